#!/usr/bin/python3
"""An appliance of a newer build than the classic one, converted and booted.

It starts by UEFI, its root file system is a logical volume, and open-vm-tools stay
installed. Its initramfs has no VirtIO driver before the conversion.
"""
import os
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from appliances import (IN_ENVIRONMENT, PROPERTIES, environment_of, import_appliance, make,
                        report_of, said, start, work_directory)


class Modern(unittest.TestCase):
    """One import and one boot serve all."""

    @classmethod
    def setUpClass(cls):
        cls.directory = import_appliance(make("modern"), work_directory(cls), "convert")
        cls.result = start(cls.directory, "converted, UEFI")
        if cls.result.how != "off":
            raise AssertionError(cls.result.console[-3000:])

    def told(self, key):
        return said(self.result.console, key)

    def test_boots_by_uefi_without_the_boot_entry_that_the_old_machine_remembered(self):
        self.assertEqual(self.told("FIRMWARE"), "efi")
        self.assertTrue(any("BOOTX64.EFI" in line for line in report_of(self.directory)["added"]))

    def test_finds_its_logical_volume_on_virtio(self):
        self.assertEqual(report_of(self.directory)["recommendation"]["diskBus"], "virtio")
        self.assertEqual(self.told("ROOT"), "/dev/mapper/system-root")
        self.assertIn("vda", self.told("DISKS").split())

    def test_vmware_tools_that_stay_installed_do_not_hide_the_stand_in(self):
        self.assertEqual(self.told("PACKAGE"), "installed")
        self.assertEqual(self.told("DIVERTED"), "/usr/bin/vmtoolsd.vmware-orig")
        self.assertEqual(self.told("RC"), "0")
        found = environment_of(self.result.console)
        self.assertIsNotNone(found, self.result.console[-3000:])
        found.pop("instance-id", None)
        self.assertEqual(found, IN_ENVIRONMENT)
        self.assertEqual(self.told("HOSTNAME"), PROPERTIES["hostname"])
        self.assertEqual(self.told("ADDRESS"), "10.0.2.15/24")


if __name__ == "__main__":
    unittest.main(verbosity=2)
