"""Disks that `ovaport import` decodes are those that qemu-img decodes, byte for byte.

OVAPORT names the program; it is set by CTest."""

import os
import pathlib
import re
import subprocess
import unittest

from disk_case import MIB, OVAPORT, DiskCase, ova

FIXTURES = pathlib.Path(__file__).resolve().parents[3] / "fixtures"
TIB = 1 << 40


class Case(DiskCase):
    def check_vmdk(self, size, data):
        raw = ova.raw_disk(self.dir / "source.raw", size, data)
        image = ova.vmdk(raw, self.dir / "disk.vmdk")
        self.import_(self.package(image, size))
        self.assert_same_as_qemu(self.decoded()[0], image)


class StreamOptimized(Case):
    def test_real_data(self):
        self.check_vmdk(256 * MIB, 48 * MIB)

    def test_empty_disk(self):
        self.check_vmdk(64 * MIB, 0)

    def test_nearly_empty_tebibyte(self):
        self.check_vmdk(TIB, 2 * MIB)

    def test_size_that_is_no_multiple_of_a_grain(self):
        self.check_vmdk(32 * MIB + 512 * 5, 8 * MIB)

    def test_sample_appliance(self):
        package = subprocess.run([FIXTURES / "appliance" / "make.sh", "tiny"],
                                 capture_output=True, text=True, check=True).stdout.strip()
        self.import_(package)
        ova.run("tar", "-xf", package, "-C", str(self.dir))
        self.assert_same_as_qemu(self.decoded()[0], self.dir / "tiny-disk1.vmdk")

    def test_memory_does_not_depend_on_the_disk(self):
        peaks = []
        for size, data in ((64 * MIB, 16 * MIB), (1024 * MIB, 256 * MIB)):
            raw = ova.raw_disk(self.dir / "source.raw", size, data)
            package = self.package(ova.vmdk(raw, self.dir / "disk.vmdk"), size)
            process = subprocess.run(["/usr/bin/time", "-f", "%M", OVAPORT, "import", str(package),
                                      "--out", str(self.dir / f"out{size}"), "--guest", "none"],
                                     capture_output=True, text=True)
            self.assertEqual(process.returncode, 0, process.stderr)
            peaks.append(int(re.search(r"(\d+)\s*$", process.stderr).group(1)))
        print("peak RSS in KiB:", peaks)
        self.assertLess(max(peaks), 64 * 1024)


class OtherFormats(Case):
    def check(self, image_format, *options, qemu=None):
        raw = ova.raw_disk(self.dir / "source.raw", 64 * MIB, 8 * MIB)
        image = self.dir / f"disk.{image_format}"
        ova.run("qemu-img", "convert", "-f", "raw", "-O", qemu or image_format, *options, str(raw),
                str(image))
        self.import_(self.package(image, 64 * MIB))
        self.assert_same_as_qemu(self.decoded()[0], image, qemu or image_format)

    def test_monolithic_sparse(self):
        self.check("vmdk", "-o", "subformat=monolithicSparse")

    def test_qcow2(self):
        self.check("qcow2")

    def test_vhdx(self):
        self.check("vhdx")

    def test_vdi(self):
        self.check("vdi")

    def test_raw(self):
        self.check("raw")

    def test_dynamic_vhd(self):
        self.check("vhd", "-o", "subformat=dynamic,force_size=on", qemu="vpc")

    def test_fixed_vhd(self):
        self.check("vhd", "-o", "subformat=fixed,force_size=on", qemu="vpc")

    def test_flipped_byte_never_reaches_qemu(self):
        raw = ova.raw_disk(self.dir / "source.raw", 16 * MIB, MIB)
        image = self.dir / "disk.qcow2"
        ova.run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", str(raw), str(image))
        package = self.package(image, 16 * MIB)
        with open(package, "r+b") as file:
            file.seek(-100000, os.SEEK_END)
            file.write(b"x")
        result = self.import_(package, check=False)
        self.assertEqual(result.returncode, 4, result.stderr)
        self.assertIn("digest", result.stderr)
        self.assertFalse((self.dir / "out").exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
