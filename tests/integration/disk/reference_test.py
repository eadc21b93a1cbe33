"""How the disks of a descriptor may refer to files, sizes and each other.

OVAPORT names the program; it is set by CTest."""

import json
import unittest

from disk_case import MIB, DiskCase, ova

SIZE = 8 * MIB
PROPERTY = """<Property ovf:key="size" ovf:type="uint32" ovf:userConfigurable="true"
          ovf:value="8"><Label>Size</Label></Property>
      <Property ovf:key="port\""""


class Reference(DiskCase):
    def setUp(self):
        super().setUp()
        raw = ova.raw_disk(self.dir / "source.raw", SIZE, 2 * MIB)
        self.image = ova.vmdk(raw, self.dir / "disk.vmdk")

    def one(self, capacity=SIZE):
        return ova.descriptor([(self.image.name, capacity, self.image.stat().st_size)])

    def two(self, second=(None, SIZE, 0), **options):
        first = (self.image.name, SIZE, self.image.stat().st_size)
        return ova.descriptor([first, second], **options)

    def import_json(self, text, *arguments):
        package = self.pack(text, [self.image])
        return json.loads(self.import_(package, "--json", *arguments).stdout)

    def codes(self, report):
        return [concern["code"] for concern in report["concerns"]]

    def replaced(self, text, old, new):
        self.assertIn(old, text.decode())
        return text.decode().replace(old, new).encode()


class Files(Reference):
    def test_two_disks_on_one_file_are_two_copies(self):
        text = self.replaced(self.two(), 'ovf:diskId="disk1"', 'ovf:diskId="disk1" '
                             'ovf:fileRef="file0"')
        self.import_json(text)
        disks = self.decoded()
        self.assertEqual(len(disks), 2)
        for disk in disks:
            self.assert_same_as_qemu(disk, self.image)
        self.assertNotEqual(disks[0].stat().st_ino, disks[1].stat().st_ino)

    def test_disk_that_is_not_attached_is_left_out_and_told(self):
        report = self.import_json(self.two(detached=[1]))
        self.assertEqual(len(self.decoded()), 1)
        self.assertIn("import.disk-not-attached", self.codes(report))
        self.assertIn("disk1", json.dumps(report["concerns"]))

    def test_disk_without_a_file_is_blank(self):
        report = self.import_json(self.two())
        blank = self.decoded()[1]
        self.assertEqual(blank.stat().st_size, SIZE)
        self.assertEqual(blank.stat().st_blocks, 0)
        self.assertNotIn("import.disk-not-attached", self.codes(report))

    def test_file_may_be_a_disk_without_the_disk_section(self):
        text = self.replaced(self.one(), "ovf:/disk/disk0", "ovf:/file/file0")
        report = self.import_json(text)
        self.assert_same_as_qemu(self.decoded()[0], self.image)
        self.assertTrue(report["machines"][0]["disks"][0]["verified"])

    def test_item_that_names_an_unknown_disk(self):
        text = self.replaced(self.one(), "ovf:/disk/disk0", "ovf:/disk/disk9")
        self.refuse(self.pack(text, [self.image]), 3, "disk9", "DiskSection")

    def test_format_is_decided_by_the_bytes(self):
        """The descriptor says streamOptimized of all of them."""
        for image_format in ("qcow2", "vhdx", "raw"):
            with self.subTest(image_format):
                image = self.dir / "disk.vmdk"
                image.unlink()
                ova.run("qemu-img", "convert", "-f", "raw", "-O", image_format,
                        str(self.dir / "source.raw"), str(image))
                report = self.import_json(self.one(), "--replace")
                self.assert_same_as_qemu(self.decoded()[0], image, image_format)
                self.assertIn("import.disk-format", self.codes(report))


class Capacities(Reference):
    def check(self, capacity, wanted, concern):
        report = self.import_json(self.one(capacity))
        disk = self.decoded()[0]
        self.assertEqual(disk.stat().st_size, wanted)
        with open(disk, "rb") as decoded, open(self.dir / "source.raw", "rb") as source:
            self.assertEqual(decoded.read(SIZE), source.read())
            self.assertEqual(decoded.read().count(0), wanted - SIZE)
        self.assertEqual([c for c in self.codes(report) if "capacity" in c], concern)

    def test_below_the_image_the_image_counts(self):
        self.check(self.image.stat().st_size, SIZE, ["disk.capacity"])

    def test_above_the_image_it_counts(self):
        self.check(SIZE + MIB, SIZE + MIB, ["disk.capacity"])

    def test_zero_means_the_image(self):
        self.check(0, SIZE, ["ovf.capacity"])

    def test_zero_without_a_file_is_refused(self):
        self.refuse(self.pack(self.two((None, 0, 0)), [self.image]), 3, "disk1", "no capacity")

    def of_a_property(self):
        text = self.replaced(self.one("${size}"), 'Units="byte" ', 'Units="byte * 2^20" ')
        return self.replaced(text, '<Property ovf:key="port"', PROPERTY)

    def test_property_may_enlarge_the_disk(self):
        self.import_json(self.of_a_property(), "--prop", "size=16")
        self.assertEqual(self.decoded()[0].stat().st_size, 16 * MIB)

    def test_property_may_not_shrink_the_disk(self):
        package = self.pack(self.of_a_property(), [self.image])
        result = self.import_(package, "--prop", "size=4", check=False)
        self.assertEqual(result.returncode, 5, result.stderr)
        self.assertRegex(result.stderr, "never shrunk")
        self.assertFalse(self.out.exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
