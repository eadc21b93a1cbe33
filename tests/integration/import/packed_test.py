#!/usr/bin/python3
"""Appliances that are compressed as a whole: imported without a full unpacked copy, and
refused when they are cut off, damaged or bombs."""
import bz2
import gzip
import io
import json
import lzma
import re
import subprocess
import tarfile
import unittest
import zipfile
import zlib

from import_test import MIB, OVAPORT, Case, ova

KINDS = ("gz", "xz", "zst", "bz2", "zip")


def zstd(content, *options):
    return subprocess.run(["zstd", "-q", "-c", *options], input=content, check=True,
                          capture_output=True).stdout


def packers():
    return {"gz": lambda tar: gzip.compress(tar, 1), "xz": lambda tar: lzma.compress(tar, preset=0),
            "zst": lambda tar: zstd(tar, "--check"), "bz2": lambda tar: bz2.compress(tar, 1)}


def pack(made, kind, method=zipfile.ZIP_DEFLATED):
    """The appliance as a file of that kind."""
    path = made.directory / f"packed.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w", method) as archive:
            for name, content in made.members:
                archive.writestr(name, content)
        return path
    path.write_bytes(packers()[kind](made.write("plain.tar").read_bytes()))
    return path


class Packed(Case):
    def report(self, package, *options):
        self.succeed(self.import_(package, "--replace", *options))
        return json.loads((self.out / "test-appliance/import.json").read_text())

    def peak(self, *command):
        """Runs ovaport; its peak memory in KiB."""
        done = subprocess.run(["/usr/bin/time", "-f", "%M", OVAPORT, *map(str, command)],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return int(done.stderr.split()[-1])

    def codes(self, package):
        shown = json.loads(self.ovaport("inspect", "--json", package).stdout)
        return {concern["code"] for concern in shown["concerns"]}

    def test_each_kind_gives_the_disks_of_the_plain_package(self):
        made = ova.Ova(self.dir, sizes=((16 * MIB, 3 * MIB), (8 * MIB, MIB)))
        plain = self.report(made.write())
        for kind in KINDS:
            with self.subTest(kind):
                report = self.report(pack(made, kind))
                for index, raw in enumerate(made.raws):
                    self.assert_same_disk(
                        self.out / f"test-appliance/test-appliance-disk{index}.raw", raw)
                self.assertTrue(all(d["verified"] for d in report["machines"][0]["disks"]))
                self.assertEqual(report["content_digest"], plain["content_digest"])
                self.assertIn("package.compressed", {c["code"] for c in report["concerns"]})

    def test_a_zip_with_stored_members_is_read(self):
        made = ova.Ova(self.dir)
        self.report(pack(made, "zip", zipfile.ZIP_STORED))
        self.assert_same_disk(self.out / "test-appliance/test-appliance-disk0.raw", made.raws[0])

    def test_raw_disks_and_members_in_any_order_are_read(self):
        made = ova.Ova(self.dir, sizes=((16 * MIB, 3 * MIB), (8 * MIB, MIB)))
        for index, raw in enumerate(made.raws):
            made.replace(f"disk{index}.vmdk", raw.read_bytes())
        made.ovf = made.ovf.replace(b"vmdk.html#streamOptimized", b"raw")
        made.replace("app.ovf", made.ovf, keep_manifest=False)
        made.members.reverse()
        for kind in ("gz", "zip"):
            with self.subTest(kind):
                report = self.report(pack(made, kind))
                self.assertTrue(all(d["verified"] for d in report["machines"][0]["disks"]))
                for index, raw in enumerate(made.raws):
                    self.assert_same_disk(
                        self.out / f"test-appliance/test-appliance-disk{index}.raw", raw)

    def test_sparse_members_are_read_with_their_holes(self):
        made = ova.Ova(self.dir, sizes=((24 * MIB, 3 * MIB), (8 * MIB, 0)))
        folder = self.dir / "raw"
        folder.mkdir()
        for index, raw in enumerate(made.raws):
            made.replace(f"disk{index}.vmdk", raw.read_bytes())
            raw.rename(folder / f"disk{index}.vmdk")
        made.ovf = made.ovf.replace(b"vmdk.html#streamOptimized", b"raw")
        made.replace("app.ovf", made.ovf, keep_manifest=False)
        for name in ("app.ovf", "app.mf"):
            (folder / name).write_bytes(made.content(name))
        order = ["app.ovf", "app.mf", "disk0.vmdk", "disk1.vmdk"]
        for kind in (("--format=gnu",), ("--format=pax", "--sparse-version=0.0"),
                     ("--format=pax", "--sparse-version=0.1"),
                     ("--format=pax", "--sparse-version=1.0")):
            with self.subTest(kind):
                path = self.dir / "sparse.ova"
                ova.run("tar", "-C", folder, "-c", "--sparse", *kind, "-f", path, *order)
                self.assertLess(path.stat().st_size, 16 * MIB)
                for package in (path, self.gzipped(path)):
                    report = self.report(package)
                    self.assertTrue(all(d["verified"] for d in report["machines"][0]["disks"]))
                    for index in range(2):
                        self.assert_same_disk(
                            self.out / f"test-appliance/test-appliance-disk{index}.raw",
                            folder / f"disk{index}.vmdk")
                cut = self.dir / "cut.ova"
                cut.write_bytes(path.read_bytes()[:2 * MIB])
                self.assertEqual(self.ovaport("inspect", cut).returncode, 4)

    def test_a_sparse_member_of_endless_holes_is_refused(self):
        with open(self.dir / "disk0.vmdk", "wb") as disk:
            disk.truncate(2 << 40)
        path = self.dir / "sparse.ova"
        ova.run("tar", "-C", self.dir, "-c", "--sparse", "-f", path, "disk0.vmdk")
        self.refuse(self.ovaport("inspect", path), 3, "package.bomb", "1 TiB")

    def gzipped(self, path):
        packed = path.with_suffix(".gz")
        packed.write_bytes(gzip.compress(path.read_bytes(), 1))
        return packed

    def test_a_missing_file_that_no_disk_needs_does_not_matter(self):
        made = ova.Ova(self.dir)
        made.ovf = made.ovf.replace(b"</References>",
                                    b'<File ovf:id="x" ovf:href="x.iso"/></References>')
        made.replace("app.ovf", made.ovf)
        made.remove("app.mf")
        self.report(pack(made, "gz"))
        self.assert_same_disk(self.out / "test-appliance/test-appliance-disk0.raw", made.raws[0])

    def test_a_gzip_disk_inside_is_unpacked_too(self):
        made = ova.Ova(self.dir)
        made.ovf = made.ovf.replace(b'ovf:href="disk0.vmdk"',
                                    b'ovf:href="disk0.vmdk" ovf:compression="gzip"')
        made.replace("app.ovf", made.ovf)
        made.replace("disk0.vmdk", gzip.compress(made.content("disk0.vmdk")), keep_manifest=False)
        self.report(pack(made, "xz"))
        self.assert_same_disk(self.out / "test-appliance/test-appliance-disk0.raw", made.raws[0])

    def test_a_disk_that_needs_seeking_is_refused_with_advice(self):
        made = ova.Ova(self.dir)
        image = self.dir / "d.qcow2"
        ova.run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", made.raws[0], image)
        made.replace("disk0.vmdk", image.read_bytes(), keep_manifest=False)
        self.refuse(self.import_(pack(made, "gz")), 3, "disk.needs-seeking", "Unpack the package")

    def test_a_flipped_byte_in_a_disk_is_named_by_its_digest(self):
        made = ova.Ova(self.dir)
        content = bytearray(made.content("disk0.vmdk"))
        content[-1] ^= 1
        made.replace("disk0.vmdk", bytes(content))
        for kind in KINDS:
            with self.subTest(kind):
                self.refuse(self.import_(pack(made, kind)), 4, "disk0.vmdk",
                            "does not match the manifest")

    def test_a_truncated_package_is_refused(self):
        made = ova.Ova(self.dir)
        made.remove("app.mf")
        for kind in KINDS:
            whole = pack(made, kind).read_bytes()
            for keep in (len(whole) // 2, len(whole) - 1, 100):
                with self.subTest(f"{kind}, {keep} of {len(whole)} bytes"):
                    cut = self.dir / f"cut.{kind}"
                    cut.write_bytes(whole[:keep])
                    self.refuse(self.ovaport("inspect", cut), 4, "cut|end|truncated")

    def test_a_flipped_bit_of_the_compressed_data_is_noticed_without_a_manifest(self):
        made = ova.Ova(self.dir)
        made.remove("app.mf")
        for kind in KINDS:
            with self.subTest(kind):
                damaged = bytearray(pack(made, kind).read_bytes())
                damaged[len(damaged) // 2] ^= 4
                path = self.dir / f"damaged.{kind}"
                path.write_bytes(damaged)
                self.refuse(self.import_(path), 4)

    def test_compressed_twice_is_refused(self):
        made = ova.Ova(self.dir)
        path = self.dir / "twice.gz"
        path.write_bytes(gzip.compress(pack(made, "xz").read_bytes()))
        self.refuse(self.ovaport("inspect", path), 3, "package.packed-twice", "xz")

    def test_what_is_compressed_but_no_archive_is_named(self):
        path = self.dir / "disk.gz"
        path.write_bytes(gzip.compress(b"KDMV" + bytes(5000)))
        self.refuse(self.ovaport("inspect", path), 3, "package.not-an-ova", "VMDK")

    def test_an_encrypted_zip_is_refused(self):
        made = ova.Ova(self.dir)
        path = pack(made, "zip", zipfile.ZIP_STORED)
        content = bytearray(path.read_bytes())
        for magic, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            for found in re.finditer(re.escape(magic), content):
                content[found.start() + flags] |= 1
        path.write_bytes(content)
        self.refuse(self.ovaport("inspect", path), 3, "package.encrypted", "password")

    def test_other_methods_of_zip_are_refused(self):
        made = ova.Ova(self.dir)
        self.refuse(self.ovaport("inspect", pack(made, "zip", zipfile.ZIP_LZMA)), 3,
                    "package.zip-method", "lzma")

    def test_a_dictionary_that_needs_too_much_memory_is_refused(self):
        made = ova.Ova(self.dir)
        path = self.dir / "window.zst"
        path.write_bytes(zstd(made.write("plain.tar").read_bytes(), "--long=31"))
        self.refuse(self.ovaport("inspect", path), 3, "package.dictionary", "Unpack it with zstd")
        content = bytearray(pack(made, "xz").read_bytes())
        # In the header of the first block: the size of LZMA2's dictionary, and a checksum.
        begin, end = 12, 12 + 4 * (content[12] + 1)
        content[begin + 4] = 36  # 1 GiB
        content[end - 4:end] = zlib.crc32(content[begin:end - 4]).to_bytes(4, "little")
        path = self.dir / "dictionary.xz"
        path.write_bytes(content)
        self.refuse(self.ovaport("inspect", path), 3, "package.dictionary", "Unpack it with xz")

    def test_names_and_links_are_judged_as_in_a_plain_package(self):
        made = ova.Ova(self.dir)
        made.members.append(("../evil", b"x"))
        for kind in KINDS:
            with self.subTest(kind):
                self.refuse(self.ovaport("inspect", pack(made, kind)), 3, "package.unsafe-name")
        tar = io.BytesIO()
        with tarfile.open(fileobj=tar, mode="w") as archive:
            link = tarfile.TarInfo("app.ovf")
            link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
            archive.addfile(link)
        path = self.dir / "link.gz"
        path.write_bytes(gzip.compress(tar.getvalue()))
        self.refuse(self.ovaport("inspect", path), 3, "package.link")

    def test_a_bomb_is_refused_with_its_numbers(self):
        entry = tarfile.TarInfo("disk0.vmdk")
        entry.size = 20 << 30
        # Frames follow each other, so that one of them is enough.
        bomb = zstd(entry.tobuf(tarfile.GNU_FORMAT)) + zstd(bytes(256 * MIB), "-19") * 78
        path = self.dir / "bomb.zst"
        path.write_bytes(bomb)
        self.refuse(self.ovaport("inspect", path), 3, "package.bomb", "16 GiB", "1200")
        with zipfile.ZipFile(self.dir / "bomb.zip", "w") as archive:
            archive.writestr("app.ovf", made_of_lies := b"<x/>" * 100)
        content = (self.dir / "bomb.zip").read_bytes()
        lie = (0xfffffff0).to_bytes(4, "little")
        content = content.replace(len(made_of_lies).to_bytes(4, "little") * 2, lie * 2)
        (self.dir / "bomb.zip").write_bytes(content)
        self.assertEqual(self.ovaport("inspect", self.dir / "bomb.zip").returncode, 4)

    def test_memory_is_bounded(self):
        made = ova.Ova(self.dir, sizes=((256 * MIB, 96 * MIB),))
        for kind in KINDS:
            package = pack(made, kind)
            peak = self.peak("import", package, "--out", self.out, "--replace", "--guest=none")
            print(f"{kind}: {package.stat().st_size >> 20} MiB packed, peak {peak >> 10} MiB")
            self.assertLess(peak, 150 << 10)
            self.assert_same_disk(self.out / "test-appliance/test-appliance-disk0.raw",
                                  made.raws[0])


if __name__ == "__main__":
    unittest.main(verbosity=2)
