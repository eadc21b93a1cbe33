"""VMDKs in several files give the disk that qemu-img reads from them.

OVAPORT names the program; it is set by CTest."""

import json
import shutil
import unittest

from disk_case import MIB, DiskCase, ova

DESCRIPTOR = """# Disk DescriptorFile
version=1
CID=12345678
parentCID=ffffffff
createType="{type}"

# Extent description
{extents}

ddb.adapterType = "lsilogic"
"""


class Split(DiskCase):
    def make(self, subformat, size, data):
        """The descriptor and, in order, the files of a VMDK that qemu-img makes."""
        raw = ova.raw_disk(self.dir / "source.raw", size, data)
        image = self.dir / "disk.vmdk"
        ova.run("qemu-img", "convert", "-f", "raw", "-O", "vmdk", "-o", f"subformat={subformat}",
                str(raw), str(image))
        return image, sorted(self.dir.glob("disk-*.vmdk"))

    def write(self, extents, files, kind="custom"):
        """A hand-written descriptor over files with those contents."""
        image = self.dir / "disk.vmdk"
        image.write_text(DESCRIPTOR.format(type=kind, extents="\n".join(extents)))
        paths = []
        for name, content in files.items():
            paths.append(self.dir / name)
            paths[-1].write_bytes(content)
        return image, paths

    def as_directory(self, image, files, capacity):
        """Too large for a tar in memory, but sparse."""
        folder = self.dir / "folder"
        folder.mkdir()
        (folder / "app.ovf").write_bytes(
            ova.descriptor([(image.name, capacity, image.stat().st_size)]))
        for file in (image, *files):
            shutil.move(str(file), str(folder / file.name))
        return folder


class SameAsQemu(Split):
    def test_monolithic_flat(self):
        image, files = self.make("monolithicFlat", 8 * MIB + 512, 3 * MIB)
        report = json.loads(self.import_(self.package(image, 8 * MIB, *files), "--json").stdout)
        self.assert_same_as_qemu(self.decoded()[0], image)
        self.assertTrue(report["machines"][0]["disks"][0]["verified"])

    def test_pieces_of_two_gibibytes(self):
        size = 2100 * MIB + 512 * 7
        for subformat in ("twoGbMaxExtentSparse", "twoGbMaxExtentFlat"):
            with self.subTest(subformat):
                image, files = self.make(subformat, size, 8 * MIB)
                self.assertEqual(len(files), 2)
                folder = self.as_directory(image, files, size)
                self.import_(folder)
                disk = self.decoded()[0]
                self.assert_same_as_qemu(disk, folder / image.name)
                self.assertLess(disk.stat().st_blocks * 512, 64 * MIB)
                shutil.rmtree(folder)
                shutil.rmtree(self.out)

    def test_sparse_pieces_in_an_ova(self):
        image, files = self.make("twoGbMaxExtentSparse", 2100 * MIB, 4 * MIB)
        self.import_(self.package(image, 2100 * MIB, *files))
        for file in files:
            self.assertTrue(file.exists())
        self.assert_same_as_qemu(self.decoded()[0], image)

    def test_offsets_zero_extents_and_another_case(self):
        flat = bytes(range(256)) * 64  # 32 sectors
        image, files = self.write(
            ['RW 8 ZERO', 'RW 16 FLAT "Data.BIN" 4', 'RDONLY 32 VMFS "disk-flat.vmdk"'],
            {"data.bin": flat, "disk-flat.vmdk": flat[::-1]})
        self.import_(self.package(image, 56 * 512, *files))
        self.assertEqual(self.decoded()[0].read_bytes(),
                         bytes(8 * 512) + flat[4 * 512:20 * 512] + flat[::-1])


class Refused(Split):
    def test_descriptor_alone(self):
        image, _ = self.make("monolithicFlat", MIB, 0)
        self.refuse(self.package(image, MIB), 3, "only the descriptor", "disk-flat.vmdk")

    def test_names_that_lead_outside(self):
        secret = self.dir / "secret"
        secret.write_bytes(b"secret" * 1000)
        for name in (str(secret), "../secret", "\\\\host\\share", "json:{}", "nbd:127.0.0.1:1"):
            with self.subTest(name):
                image, _ = self.write([f'RW 8 FLAT "{name}" 0'], {}, "monolithicFlat")
                self.refuse(self.package(image, 4096, secret), 3, "only files of the package")

    def test_file_that_is_too_short(self):
        image, files = self.write(['RW 64 FLAT "short.bin" 1'], {"short.bin": bytes(64 * 512)})
        self.refuse(self.package(image, 64 * 512, *files), 4, "short.bin", "64 sectors")

    def test_file_that_is_named_twice(self):
        image, files = self.write(['RW 8 FLAT "a.bin" 0', 'RW 8 FLAT "A.BIN" 0'],
                                  {"a.bin": bytes(4096)})
        self.refuse(self.package(image, 8192, *files), 3, "twice")

    def test_other_kinds_of_extents(self):
        for line in ('RW 8 VMFSRDM "a.bin"', 'RW 8 VMFSSPARSE "a.bin"', 'NOACCESS 8 FLAT "a.bin" 0'):
            with self.subTest(line):
                image, files = self.write([line], {"a.bin": bytes(4096)})
                self.refuse(self.package(image, 4096, *files), 3, "extent", "not supported")

    def test_flipped_byte_in_an_extent(self):
        image, files = self.make("monolithicFlat", MIB, MIB // 2)
        package = self.package(image, MIB, *files)
        with open(package, "r+b") as file:
            file.seek(-MIB // 2, 2)
            byte = file.read(1)
            file.seek(-1, 1)
            file.write(bytes([byte[0] ^ 1]))
        self.refuse(package, 4, "disk-flat.vmdk", "digest")

    def test_piece_without_its_descriptor(self):
        image, files = self.make("twoGbMaxExtentSparse", MIB, 0)
        self.refuse(self.package(files[0], MIB), 3, "one piece of a VMDK")


if __name__ == "__main__":
    unittest.main(verbosity=2)
