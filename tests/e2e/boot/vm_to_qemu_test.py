#!/usr/bin/python3
"""Judges the translator from manifests to QEMU's command line, without booting."""
import copy
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import vm_to_qemu
from vm_to_qemu import Manifests, Unsupported, command, quantity

DOCUMENTS = [
    {"kind": "Secret", "metadata": {"name": "env"},
     "stringData": {"ovf-env.xml": "<Environment/>\n"}},
    {"kind": "DataVolume", "metadata": {"name": "vm-disk0"}},
    {"kind": "VirtualMachine", "metadata": {"name": "vm"}, "spec": {"template": {"spec": {
        "domain": {
            "machine": {"type": "q35"},
            "cpu": {"sockets": 2, "cores": 3, "threads": 1},
            "memory": {"guest": "1536Mi"},
            "firmware": {"uuid": "43307e03-84ad-5f48-a569-8169b260198b",
                         "bootloader": {"bios": {}}},
            "devices": {
                "disks": [{"name": "root", "bootOrder": 1, "serial": "s0",
                           "disk": {"bus": "virtio"}},
                          {"name": "env", "cdrom": {"bus": "sata"}}],
                "interfaces": [{"name": "net0", "model": "virtio",
                                "macAddress": "02:00:00:00:00:01", "masquerade": {}}]}},
        "volumes": [{"name": "root", "dataVolume": {"name": "vm-disk0"}},
                    {"name": "env", "secret": {"secretName": "env",
                                               "volumeLabel": "OVF ENV"}}]}}}}]


def translate(change=lambda domain: None, **options):
    documents = copy.deepcopy(DOCUMENTS)
    manifests = Manifests(documents)
    change(manifests.domain)
    return command(manifests, "/in", "/scratch", **options)


class Translator(unittest.TestCase):
    def test_cpu_memory_and_uuid_are_those_of_the_manifest(self):
        words = translate()
        self.assertIn("6,sockets=2,cores=3,threads=1", words)
        self.assertEqual(words[words.index("-m") + 1], "1536M")
        self.assertIn("43307e03-84ad-5f48-a569-8169b260198b", words)

    def test_disk_and_config_cd_are_attached_where_the_manifest_says(self):
        words = translate()
        self.assertIn("file=/in/vm-disk0.raw,format=raw,if=none,id=root,cache=unsafe", words)
        self.assertIn("virtio-blk-pci,drive=root,bootindex=1,serial=s0", words)
        self.assertIn("file=/scratch/env.iso,format=raw,if=none,id=env,"
                      "media=cdrom,readonly=on", words)
        self.assertIn("ide-cd,drive=env,bus=ide.0", words)

    def test_two_sata_devices_get_two_ports(self):
        words = translate(disk_bus="sata")
        self.assertIn("ide-hd,drive=root,bus=ide.0,bootindex=1,serial=s0", words)
        self.assertIn("ide-cd,drive=env,bus=ide.1", words)

    def test_forced_pvscsi_brings_its_controller(self):
        words = translate(disk_bus="pvscsi")
        self.assertIn("pvscsi,id=ctl-root", words)
        self.assertIn("scsi-hd,drive=root,bus=ctl-root.0,bootindex=1,serial=s0", words)

    def test_network_card_keeps_its_address_and_reaches_nothing(self):
        words = translate()
        self.assertIn("user,id=net0,restrict=on", words)
        self.assertIn("virtio-net-pci,netdev=net0,mac=02:00:00:00:00:01", words)

    def test_efi_boots_by_ovmf(self):
        def efi(domain):
            domain["firmware"]["bootloader"] = {"efi": {"secureBoot": False}}
        words = " ".join(translate(efi))
        self.assertIn("OVMF_CODE_4M.fd", words)
        self.assertIn("/scratch/vars.fd", words)
        self.assertNotIn("pflash", " ".join(translate()))

    def test_what_is_not_understood_is_an_error(self):
        def secure(domain):
            domain["firmware"]["bootloader"] = {"efi": {}}

        def bus(domain):
            domain["devices"]["disks"][0]["disk"]["bus"] = "floppy"

        def card(domain):
            domain["devices"]["interfaces"][0]["model"] = "tulip"

        def machine(domain):
            domain["machine"]["type"] = "virt"
        for change in (secure, bus, card, machine):
            with self.subTest(change.__name__), self.assertRaises(Unsupported):
                translate(change)
        with self.assertRaises(Unsupported):
            Manifests([document for document in DOCUMENTS
                       if document["kind"] != "VirtualMachine"])
        with self.assertRaises(Unsupported):
            Manifests(DOCUMENTS[1:]).secret_files("env")

    def test_quantities(self):
        self.assertEqual(quantity("8Gi"), 8 * 2**30)
        self.assertEqual(quantity("1024"), 1024)
        with self.assertRaises(Unsupported):
            quantity("1.5Gi")

    @unittest.skipUnless(shutil.which("xorrisofs") and shutil.which("blkid"),
                         "xorrisofs or blkid is not installed")
    def test_config_cd_has_label_and_files_of_the_secret(self):
        with tempfile.TemporaryDirectory() as scratch:
            vm_to_qemu.prepare(Manifests(DOCUMENTS), scratch)
            image = os.path.join(scratch, "env.iso")
            label = subprocess.run(["blkid", "-p", "-o", "value", "-s", "LABEL", image],
                                   check=True, capture_output=True, text=True).stdout.strip()
            self.assertEqual(label, "OVF ENV")
            subprocess.run(["xorriso", "-osirrox", "on", "-indev", image, "-extract",
                            "/ovf-env.xml", os.path.join(scratch, "out.xml")],
                           check=True, capture_output=True)
            with open(os.path.join(scratch, "out.xml"), encoding="utf-8") as stream:
                self.assertEqual(stream.read(), "<Environment/>\n")


if __name__ == "__main__":
    unittest.main(verbosity=2)
