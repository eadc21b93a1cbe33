"""What ovaport reads of a machine is what virt-v2v reads of it, or the difference has a
reason that is written here.

virt-v2v --print-source only reads the package; it starts no appliance. OVAPORT names
the program; it is set by CTest."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import ova  # noqa: E402

OVAPORT = os.environ["OVAPORT"]
MIB = 1 << 20

SCSI = """<rasd:ResourceSubType>VirtualSCSI</rasd:ResourceSubType>
        <rasd:ResourceType>6</rasd:ResourceType>"""
IDE = """<rasd:ResourceSubType>PIIX4</rasd:ResourceSubType>
        <rasd:ResourceType>5</rasd:ResourceType>"""
SATA = """<rasd:ResourceSubType>AHCI</rasd:ResourceSubType>
        <rasd:ResourceType>20</rasd:ResourceType>"""
NVME = """<rasd:ResourceSubType>vmware.nvme.controller</rasd:ResourceSubType>
        <rasd:ResourceType>20</rasd:ResourceType>"""
CPUS = """<rasd:ElementName>2 CPU</rasd:ElementName>
        <rasd:InstanceID>1</rasd:InstanceID>
        <rasd:ResourceType>3</rasd:ResourceType>
        <rasd:VirtualQuantity>2</rasd:VirtualQuantity>
      </Item>"""
CDROM = """
      <Item>
        <rasd:AddressOnParent>1</rasd:AddressOnParent>
        <rasd:ElementName>CD drive</rasd:ElementName>
        <rasd:InstanceID>30</rasd:InstanceID>
        <rasd:Parent>3</rasd:Parent>
        <rasd:ResourceType>15</rasd:ResourceType>
      </Item>"""
OPTIONS = """<DeploymentOptionSection><Info>Sizes</Info>
    <Configuration ovf:id="small"{small}><Label>S</Label><Description>S</Description></Configuration>
    <Configuration ovf:id="large"{large}><Label>L</Label><Description>L</Description></Configuration>
  </DeploymentOptionSection>
  <VirtualSystem """


def with_options(text, default):
    """Two CPUs in "small", which comes first, eight in "large"."""
    text = text.replace("<VirtualSystem ", OPTIONS.format(
        small=' ovf:default="true"' if default == "small" else "",
        large=' ovf:default="true"' if default == "large" else ""), 1)
    small = '<Item ovf:configuration="small">\n        ' + CPUS
    large = small.replace("small", "large").replace("2 CPU", "8 CPU").replace(
        "VirtualQuantity>2", "VirtualQuantity>8").replace("InstanceID>1<", "InstanceID>4<")
    return text.replace("<Item>\n        " + CPUS, small + "\n      " + large)


class Peer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not shutil.which("virt-v2v"):
            raise unittest.SkipTest("virt-v2v is not installed")
        cls.temporary = tempfile.TemporaryDirectory(prefix="ovaport-peer-")
        cls.dir = pathlib.Path(cls.temporary.name)
        cls.addClassCleanup(cls.temporary.cleanup)
        raw = ova.raw_disk(cls.dir / "source.raw", 4 * MIB, MIB)
        cls.image = ova.vmdk(raw, cls.dir / "disk0.vmdk").read_bytes()

    def package(self, edit=lambda text: text, disks=1, **options):
        files = [(f"disk{i}.vmdk", self.image) for i in range(disks)]
        text = ova.descriptor([(name, 4 * MIB, len(self.image)) for name, _ in files], **options)
        edited = edit(text.decode()).encode()
        members = [("app.ovf", edited), *files]
        members.insert(1, ("app.mf", ova.manifest(members)))
        return ova.tar(self.dir / "app.ova", members)

    def theirs(self, package):
        environment = {**os.environ, "LC_ALL": "C", "LIBGUESTFS_BACKEND": "direct"}
        result = subprocess.run(["virt-v2v", "--print-source", "-i", "ova", str(package)],
                                capture_output=True, text=True, timeout=60, env=environment)
        self.assertEqual(result.returncode, 0, result.stderr)
        text = result.stdout
        disks, rest = text.split("disks:\n")[1].split("removable media:")
        media, nics = rest.split("NICs:")
        return {
            "name": re.search(r"source name: (.*)", text).group(1),
            "memory": int(re.search(r"memory: (\d+)", text).group(1)),
            "cpus": int(re.search(r"nr vCPUs: (\d+)", text).group(1)),
            "disks": re.findall(r"\[(\w+)\]", disks),
            "cdroms": media.count("CD-ROM"),
            "nics": re.findall(r'Bridge "(.*?)"', nics),
            "macs": re.findall(r"mac: (\S+)", nics),
        }

    def ours(self, package):
        result = subprocess.run([OVAPORT, "inspect", "--json", str(package)], capture_output=True,
                                text=True, timeout=60)
        self.assertEqual(result.returncode, 0, result.stderr)
        system = json.loads(result.stdout)["systems"][0]
        return {
            "name": system["name"],
            "memory": system["memory"],
            "cpus": system["cpus"],
            "disks": [disk["bus"] for disk in system["disks"]],
            "cdroms": len(system["cdroms"]),
            "nics": [nic["network"] for nic in system["nics"]],
            "macs": [nic["mac"] for nic in system["nics"] if nic["mac"]],
        }

    def agree(self, package, **differing):
        """The same in all fields but those named, whose values are (ours, theirs)."""
        ours, theirs = self.ours(package), self.theirs(package)
        for field in ours:
            wanted = differing.get(field, (ours[field], ours[field]))
            self.assertEqual((ours[field], theirs[field]), wanted, field)


class Agreement(Peer):
    def test_scsi_disk(self):
        self.agree(self.package())

    def test_ide_disk(self):
        self.agree(self.package(lambda text: text.replace(SCSI, IDE)))

    def test_sata_disk(self):
        self.agree(self.package(lambda text: text.replace(SCSI, SATA)))

    def test_two_disks_and_two_networks(self):
        self.agree(self.package(disks=2, nics=2))

    def test_fixed_address_and_odd_name(self):
        self.agree(self.package(lambda text: text.replace(
            "<rasd:AddressOnParent>7", "<rasd:Address>00:50:56:aa:bb:cc</rasd:Address>\n"
            "        <rasd:AddressOnParent>7"), name="Web &amp; Mail: größer"))

    def test_empty_cd_drive(self):
        self.agree(self.package(lambda text: text.replace(
            "</VirtualHardwareSection>", CDROM + "</VirtualHardwareSection>").replace(SCSI, IDE)))

    def test_first_option_is_the_default(self):
        self.agree(self.package(lambda text: with_options(text, "small")))


class Differences(Peer):
    """Each is a defect of virt-v2v's reader that ovaport must not share."""

    def test_unit_of_memory_is_ignored(self):
        package = self.package(lambda text: text.replace("2^20", "2^30").replace(
            "VirtualQuantity>1024", "VirtualQuantity>1"))
        self.agree(package, memory=(1 << 30, MIB))

    def test_deployment_option_is_ignored(self):
        self.agree(self.package(lambda text: with_options(text, "large")), cpus=(8, 2))

    def test_nvme_is_taken_for_sata(self):
        package = self.package(lambda text: text.replace(SCSI, NVME))
        self.agree(package, disks=(["nvme"], ["sata"]))

    def test_slots_are_ignored(self):
        """The disk in slot 0 is the first, wherever its Item stands."""
        package = self.package(lambda text: text.replace(SCSI, IDE).replace(
            "<rasd:AddressOnParent>0", "<rasd:AddressOnParent>1").replace(
            "Hard disk 2", "swapped").replace(
            "<rasd:AddressOnParent>1</rasd:AddressOnParent>\n        <rasd:ElementName>swapped",
            "<rasd:AddressOnParent>0</rasd:AddressOnParent>\n        <rasd:ElementName>swapped"),
            disks=2)
        result = subprocess.run([OVAPORT, "inspect", "--json", str(package)], capture_output=True,
                                text=True, check=True)
        names = [disk["name"] for disk in json.loads(result.stdout)["systems"][0]["disks"]]
        self.assertEqual(names, ["swapped", "Hard disk 1"])
        self.agree(package)


if __name__ == "__main__":
    unittest.main(verbosity=2)
