#!/usr/bin/python3
"""The whole story: an appliance as it left vSphere is imported and booted on VirtIO.

The guest's own consumer asks VMware Tools for the OVF environment and prints it on the
serial console. That the story could have failed is shown by the same guest without the
stand-in here, and by the unconverted guest in unconverted_test.py.
"""
import json
import os
import shutil
import subprocess
import sys
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from appliances import (IN_ENVIRONMENT, OVAPORT, PROPERTIES, environment_of, import_appliance,
                        make, report_of, said, say, start, work_directory)

# Where the fixture's only partition begins.
ROOT_OFFSET = 1 << 20


def without_stand_in(directory, copy):
    """A copy of an import whose guest has lost the tools stand-in, and nothing else."""
    shutil.copytree(directory, copy, copy_function=lambda source, target: subprocess.run(
        ["cp", "--sparse=always", "--reflink=auto", source, target], check=True))
    disk = os.path.join(copy, "story-disk0.raw")
    subprocess.run(["/usr/sbin/debugfs", "-w", "-R", "rm /usr/bin/vmtoolsd",
                    f"{disk}?offset={ROOT_OFFSET}"], check=True)
    return copy


def inject_again(directory):
    """The report of an injection by hand into a guest that has the stand-in already."""
    disk = os.path.join(directory, "story-disk0.raw")
    started = time.monotonic()
    done = subprocess.run([OVAPORT, "guest", "inject", "--json", disk], check=True,
                          stdout=subprocess.PIPE)
    say(f"guest inject: {time.monotonic() - started:.1f} s")
    return json.loads(done.stdout)


class Story(unittest.TestCase):
    """One import serves all; the tests are in the order of the story."""

    @classmethod
    def setUpClass(cls):
        cls.work = work_directory(cls)
        cls.directory = import_appliance(make("classic"), os.path.join(cls.work, "out"), "convert")

    def test_1_the_report_says_what_was_done(self):
        report = report_of(self.directory)
        self.assertFalse(report["before"]["kernels"][0]["virtioBlk"])
        self.assertTrue(report["converted"] and report["injected"])
        self.assertIn("package open-vm-tools", report["removed"])
        for path in ("/usr/bin/vmtoolsd", "/etc/udev/rules.d/70-ovaport-net.rules"):
            self.assertTrue(any(line.startswith(path) for line in report["added"]), path)
        self.assertEqual(report["recommendation"]["diskBus"], "virtio")
        self.assertTrue(report["recommendation"]["virtioDiskProven"])

    def test_2_a_second_injection_finds_the_first_and_sets_nothing_aside(self):
        again = inject_again(self.directory)
        self.assertTrue(again["before"]["toolsStandIn"])
        self.assertTrue(again["injected"])
        self.assertEqual(again["removed"], [])

    def test_3_imported_guest_reads_its_properties_on_virtio(self):
        result = start(self.directory, "imported")
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
        directory = without_stand_in(self.directory, os.path.join(self.work, "bare"))
        result = start(directory, "without the stand-in")
        self.assertEqual(result.how, "off", result.console[-3000:])
        self.assertEqual(said(result.console, "RC"), "127")
        self.assertEqual(environment_of(result.console), {})


if __name__ == "__main__":
    unittest.main(verbosity=2)
