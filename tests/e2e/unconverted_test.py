#!/usr/bin/python3
"""Controls of the whole story: what happens to the same appliance without a conversion."""
import os
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from appliances import NO_DISK, import_appliance, make, said, start, work_directory


class Unconverted(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = import_appliance(make("classic"), work_directory(cls), "none")

    def test_does_not_find_a_virtio_disk(self):
        result = start(self.directory, "unconverted, VirtIO", disk_bus="virtio", until=NO_DISK)
        self.assertEqual(result.how, "seen", result.console[-3000:])
        self.assertNotIn("CONSUMER-BEGIN", result.console)

    def test_runs_where_it_came_from(self):
        result = start(self.directory, "unconverted, VMware's controller", disk_bus="pvscsi")
        self.assertEqual(result.how, "off", result.console[-3000:])
        self.assertEqual(said(result.console, "ROOT"), "/dev/sda1")
        # VMware Tools are there and find no hypervisor of theirs.
        self.assertEqual(said(result.console, "RC"), "1")


if __name__ == "__main__":
    unittest.main(verbosity=2)
