#!/usr/bin/python3
"""The whole story: an appliance as it left vSphere is imported and booted on VirtIO.

The guest's own consumer asks VMware Tools for the OVF environment and prints it on the
serial console. The controls show that the story could have failed: the same guest does not
boot on VirtIO unconverted, and does not find its environment without the stand-in.
"""
import os
import shutil
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from appliances import (IN_ENVIRONMENT, NO_DISK, PROPERTIES, environment_of, import_appliance,
                        make, said, start, work_directory)


def without_stand_in(directory, copy):
    """A copy of an import whose guest has lost the tools stand-in, and nothing else."""
    shutil.copytree(directory, copy, copy_function=lambda source, target: subprocess.run(
        ["cp", "--sparse=always", "--reflink=auto", source, target], check=True))
    disk = os.path.join(copy, "story-disk0.raw")
    subprocess.run(["guestfish", "--format=raw", "-a", disk, "run", ":", "mount", "/dev/sda1",
                    "/", ":", "rm", "/usr/bin/vmtoolsd"], check=True,
                   env={**os.environ, "LIBGUESTFS_BACKEND": "direct"})
    return copy


class Story(unittest.TestCase):
    """One import serves all; the tests are in the order of the story."""

    @classmethod
    def setUpClass(cls):
        ova = make("classic")
        cls.work = work_directory(cls)
        cls.plain = import_appliance(ova, os.path.join(cls.work, "plain"), "none")
        cls.converted = import_appliance(ova, os.path.join(cls.work, "converted"), "convert")

    def test_1_control_unconverted_guest_does_not_find_a_virtio_disk(self):
        result = start(self.plain, "unconverted, VirtIO", disk_bus="virtio",
                       until=NO_DISK, deadline=300)
        self.assertEqual(result.how, "seen", result.console[-3000:])
        self.assertNotIn("CONSUMER-BEGIN", result.console)

    def test_2_control_unconverted_guest_runs_where_it_came_from(self):
        result = start(self.plain, "unconverted, VMware's controller", disk_bus="pvscsi")
        self.assertEqual(result.how, "off", result.console[-3000:])
        self.assertEqual(said(result.console, "ROOT"), "/dev/sda1")
        # VMware Tools are there and find no hypervisor of theirs.
        self.assertEqual(said(result.console, "RC"), "1")

    def test_3_imported_guest_reads_its_properties_on_virtio(self):
        result = start(self.converted, "imported")
        self.assertEqual(result.how, "off", result.console[-3000:])
        self.assertEqual(said(result.console, "ROOT"), "/dev/vda1")
        self.assertEqual(said(result.console, "RC"), "0")
        found = environment_of(result.console)
        self.assertIsNotNone(found, result.console[-3000:])
        found.pop("instance-id", None)
        self.assertEqual(found, IN_ENVIRONMENT)
        self.assertEqual(said(result.console, "HOSTNAME"), PROPERTIES["hostname"])
        # The interface has VMware's name, so its configuration applies.
        self.assertIn("ens192", said(result.console, "INTERFACES").split())
        self.assertEqual(said(result.console, "ADDRESS"), "10.0.2.15/24")

    def test_4_control_without_stand_in_there_is_no_environment(self):
        directory = without_stand_in(self.converted, os.path.join(self.work, "bare"))
        result = start(directory, "without the stand-in")
        self.assertEqual(result.how, "off", result.console[-3000:])
        self.assertEqual(said(result.console, "RC"), "127")
        self.assertEqual(environment_of(result.console), {})


if __name__ == "__main__":
    unittest.main(verbosity=2)
