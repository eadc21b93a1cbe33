"""What the tests of disks share: packages with disks, imported and compared."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import ova  # noqa: E402

OVAPORT = os.environ["OVAPORT"]
MIB = 1 << 20


class DiskCase(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="ovaport-disk-")
        self.addCleanup(self.temporary.cleanup)
        self.dir = pathlib.Path(self.temporary.name)
        self.out = self.dir / "out"

    def import_(self, package, *arguments, check=True):
        result = subprocess.run([OVAPORT, "import", str(package), "--out", str(self.out),
                                 "--guest", "none", "--accept-eula", *arguments],
                                capture_output=True, text=True, timeout=600)
        if check:
            self.assertEqual(result.returncode, 0, result.stderr)
        return result

    def refuse(self, package, code, *patterns):
        """Fails with `code`, says every pattern, and leaves nothing behind."""
        result = self.import_(package, check=False)
        self.assertEqual(result.returncode, code, result.stderr)
        for pattern in patterns:
            self.assertRegex(result.stderr, pattern)
        self.assertFalse(self.out.exists())

    def decoded(self):
        return sorted(self.out.glob("*/*.raw"))

    def assert_same_as_qemu(self, disk, image, image_format="vmdk"):
        """By content and size; qemu-img compare does not read holes, so it does for 1 TiB."""
        reference = self.dir / "reference.raw"
        ova.run("qemu-img", "convert", "-f", image_format, "-O", "raw", str(image), str(reference))
        self.assertEqual(disk.stat().st_size, reference.stat().st_size)
        ova.run("qemu-img", "compare", "-f", "raw", "-F", "raw", str(disk), str(reference))
        reference.unlink()

    def pack(self, descriptor, files, name="app.ova"):
        """An OVA of a descriptor, its manifest and files of the test's directory."""
        members = [("app.ovf", descriptor)]
        members += [(file.name, file.read_bytes()) for file in files]
        members.insert(1, ("app.mf", ova.manifest(members)))
        return ova.tar(self.dir / name, members)

    def package(self, image, capacity, *others):
        size = image.stat().st_size
        return self.pack(ova.descriptor([(image.name, capacity, size)]), [image, *others])
