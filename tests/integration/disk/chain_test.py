"""Delta disks (parentRef) give the disk that qemu-img makes of the same chain.

OVAPORT names the program; it is set by CTest."""

import json
import re
import subprocess
import unittest

from disk_case import MIB, OVAPORT, DiskCase, ova

SIZE = 32 * MIB


class Chain(DiskCase):
    """base.vmdk, then delta1.vmdk, delta2.vmdk over it, made by qemu-img."""

    def base(self, subformat="streamOptimized"):
        raw = ova.raw_disk(self.dir / "source.raw", SIZE, 12 * MIB)
        path = self.dir / "base.vmdk"
        ova.run("qemu-img", "convert", "-f", "raw", "-O", "vmdk", "-o", f"subformat={subformat}",
                str(raw), str(path))
        return path

    def delta(self, parent, name, *writes, subformat="monolithicSparse", zeros="on"):
        """An image over `parent` with those qemu-io commands done in it."""
        path = self.dir / name
        ova.run("qemu-img", "create", "-q", "-f", "vmdk", "-b", str(parent), "-F", "vmdk", "-o",
                f"subformat=monolithicSparse,zeroed_grain={zeros}", str(path))
        commands = [part for write in writes for part in ("-c", write)]
        ova.run("qemu-io", "-f", "vmdk", *commands, str(path))
        if subformat == "monolithicSparse":
            return path
        packed = self.dir / ("packed-" + name)
        ova.run("qemu-img", "convert", "-O", "vmdk", "-o", f"subformat={subformat}",
                "-B", str(parent), "-F", "vmdk", str(path), str(packed))
        return packed

    def descriptor(self, files, parents, detached, capacity=SIZE):
        disks = [(file.name, capacity, file.stat().st_size) for file in files]
        return ova.descriptor(disks, parents=parents, detached=detached)

    def chain_package(self, files, order=None, **options):
        """The last file is the disk, the others its ancestors in order."""
        parents = {i: i - 1 for i in range(1, len(files))}
        detached = range(len(files) - 1)
        return self.pack(self.descriptor(files, parents, detached, **options), order or files)

    def check(self, *files, order=None, **options):
        self.import_(self.chain_package(files, order, **options))
        disks = self.decoded()
        self.assertEqual(len(disks), 1)
        self.assert_same_as_qemu(disks[0], files[-1])
        return disks[0]


WRITES = ("write -P 7 64k 64k", "write -P 9 1M 3k", "write -P 1 20M 5M")


class SameAsQemu(Chain):
    def test_sparse_delta_over_a_stream(self):
        base = self.base()
        self.check(base, self.delta(base, "delta1.vmdk", *WRITES))

    def test_stream_delta_over_a_stream(self):
        base = self.base()
        self.check(base, self.delta(base, "delta1.vmdk", *WRITES, subformat="streamOptimized"))

    def test_stream_delta_over_a_sparse_base(self):
        base = self.base("monolithicSparse")
        self.check(base, self.delta(base, "delta1.vmdk", *WRITES, subformat="streamOptimized"))

    def test_grains_of_zeros_hide_the_parents_data(self):
        """As table entries of 1, and as grains that hold zeros."""
        base = self.base()
        for name, zeros, subformat in (("entry", "on", "monolithicSparse"),
                                       ("plain", "off", "monolithicSparse"),
                                       ("packed", "on", "streamOptimized")):
            with self.subTest(name):
                delta = self.delta(base, f"{name}.vmdk", "write -z 0 8M", "write -P 0 12M 1M",
                                   "write -P 5 2M 64k", zeros=zeros, subformat=subformat)
                disk = self.check(base, delta)
                data = disk.read_bytes()
                self.assertEqual(data[:2 * MIB].count(0), 2 * MIB)
                disk.unlink()
                self.temporary_out_away()

    def temporary_out_away(self):
        for path in sorted(self.out.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        self.out.rmdir()

    def test_three_levels_in_any_order_of_the_package(self):
        base = self.base()
        first = self.delta(base, "delta1.vmdk", *WRITES, "write -z 4M 4M")
        second = self.delta(first, "delta2.vmdk", "write -P 3 21M 100k", "write -z 64k 64k",
                            "write -P 4 5M 64k")
        self.check(base, first, second, order=[second, base, first])

    def test_last_grain_beyond_the_end(self):
        raw = ova.raw_disk(self.dir / "source.raw", 4 * MIB + 512 * 3, 2 * MIB)
        base = ova.vmdk(raw, self.dir / "base.vmdk")
        self.check(base, self.delta(base, "delta1.vmdk", "write -P 7 4M 1536"), capacity=raw.stat().st_size)

    def test_two_disks_share_their_base(self):
        base = self.base()
        one = self.delta(base, "one.vmdk", "write -P 1 0 1M")
        two = self.delta(base, "two.vmdk", "write -P 2 0 1M")
        self.import_(self.pack(self.descriptor([base, one, two], {1: 0, 2: 0}, [0]),
                               [base, one, two]))
        disks = self.decoded()
        self.assertEqual(len(disks), 2)
        self.assert_same_as_qemu(disks[0], one)
        self.assert_same_as_qemu(disks[1], two)

    def test_delta_without_a_file_is_a_copy_of_its_parent(self):
        base = self.base()
        text = ova.descriptor([(base.name, SIZE, base.stat().st_size), (None, SIZE, 0)],
                              parents={1: 0}, detached=[0])
        self.import_(self.pack(text, [base]))
        self.assert_same_as_qemu(self.decoded()[0], base)


class Report(Chain):
    def test_inspect_shows_what_lies_over_what(self):
        base = self.base()
        delta = self.delta(base, "delta1.vmdk", *WRITES)
        result = subprocess.run([OVAPORT, "inspect", str(self.chain_package([base, delta]))],
                                capture_output=True, text=True, check=True)
        self.assertIn("delta1.vmdk (over disk0)", result.stdout)

    def test_every_file_is_verified(self):
        base = self.base()
        delta = self.delta(base, "delta1.vmdk", *WRITES)
        report = json.loads(self.import_(self.chain_package([base, delta]), "--json").stdout)
        disk = report["machines"][0]["disks"][0]
        self.assertTrue(disk["verified"])
        self.assertEqual(disk["source"], "delta1.vmdk")
        self.assertNotIn("import.disk-not-attached", json.dumps(report))

    def test_flipped_byte_in_any_file_is_a_digest_mismatch(self):
        base = self.base()
        delta = self.delta(base, "delta1.vmdk", *WRITES)
        package = self.chain_package([base, delta]).read_bytes()
        for file in (base, delta):
            with self.subTest(file.name):
                content = file.read_bytes()
                damaged = content[:-3000] + bytes([content[-3000] ^ 1]) + content[-2999:]
                path = self.dir / "damaged.ova"
                path.write_bytes(package.replace(content, damaged))
                self.refuse(path, 4, "digest", re.escape(file.name))


class Refused(Chain):
    def test_parent_that_was_changed_after_the_delta(self):
        base = self.base("monolithicSparse")
        delta = self.delta(base, "delta1.vmdk", *WRITES)
        ova.run("qemu-io", "-f", "vmdk", "-c", "write -P 3 0 64k", str(base))
        other = self.dir / "other.raw"
        ova.raw_disk(other, SIZE, MIB, seed=9)
        ova.run("qemu-img", "convert", "-f", "raw", "-O", "vmdk", "-o",
                "subformat=monolithicSparse", str(other), str(base))
        self.refuse(self.chain_package([base, delta]), 4, "delta1.vmdk", "delta of content",
                    "export again")

    def test_delta_that_the_descriptor_does_not_declare(self):
        base = self.base()
        delta = self.delta(base, "delta1.vmdk", *WRITES)
        self.refuse(self.pack(self.descriptor([base, delta], {}, [0]), [base, delta]), 3,
                    "delta1.vmdk", "delta of another disk", "says nothing of a parent")

    def test_delta_of_another_format(self):
        base = self.base()
        for image_format in ("qcow2", "raw"):
            with self.subTest(image_format):
                delta = self.dir / f"delta.{image_format}"
                ova.run("qemu-img", "create", "-q", "-f", image_format, str(delta), str(SIZE))
                self.refuse(self.chain_package([base, delta]), 3, "delta",
                            "no sparse or streamOptimized VMDK")

    def test_qcow2_with_a_backing_file(self):
        base = self.base()
        delta = self.dir / "delta.qcow2"
        ova.run("qemu-img", "create", "-q", "-f", "qcow2", "-b", str(base), "-F", "vmdk",
                str(delta))
        self.refuse(self.chain_package([base, delta]), 3, "names a backing file")

    def test_missing_parent_cycle_and_blank_parent(self):
        base = self.base()
        delta = self.delta(base, "delta1.vmdk", *WRITES)
        text = self.descriptor([base, delta], {1: 7}, [0])
        self.refuse(self.pack(text, [base, delta]), 3, "parent", "disk7")
        text = self.descriptor([base, delta], {0: 1, 1: 0}, [0])
        self.refuse(self.pack(text, [base, delta]), 3, "own ancestor")
        text = ova.descriptor([(None, SIZE, 0), (delta.name, SIZE, delta.stat().st_size)],
                              parents={1: 0}, detached=[0])
        self.refuse(self.pack(text, [delta]), 3, "disk0", "has no file")
        text = self.descriptor([base, delta], {1: 0}, [0])
        self.refuse(self.pack(text, [delta]), 3, "base.vmdk")


if __name__ == "__main__":
    unittest.main(verbosity=2)
