"""Makes small OVAs with real disks (qemu-img) for tests, whole or broken on purpose."""

import hashlib
import io
import os
import pathlib
import random
import subprocess
import tarfile

DESCRIPTOR = """<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1"
    xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
    xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"
    xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData"
    xmlns:vmw="http://www.vmware.com/schema/ovf">
  <References>{files}
  </References>
  <DiskSection>
    <Info>Disks</Info>{disks}
  </DiskSection>
  <NetworkSection>
    <Info>Networks</Info>
    <Network ovf:name="VM Network"><Description>First network</Description></Network>{networks}
  </NetworkSection>
  <VirtualSystem ovf:id="{system}">
    <Info>A virtual machine</Info>
    <Name>{name}</Name>
    <OperatingSystemSection ovf:id="96" vmw:osType="debian11_64Guest">
      <Info>Guest</Info>
    </OperatingSystemSection>{eula}
    <VirtualHardwareSection ovf:transport="com.vmware.guestInfo iso">
      <Info>Hardware</Info>
      <System>
        <vssd:ElementName>Virtual Hardware Family</vssd:ElementName>
        <vssd:InstanceID>0</vssd:InstanceID>
        <vssd:VirtualSystemType>vmx-19</vssd:VirtualSystemType>
      </System>
      <Item>
        <rasd:ElementName>2 CPU</rasd:ElementName>
        <rasd:InstanceID>1</rasd:InstanceID>
        <rasd:ResourceType>3</rasd:ResourceType>
        <rasd:VirtualQuantity>2</rasd:VirtualQuantity>
      </Item>
      <Item>
        <rasd:AllocationUnits>byte * 2^20</rasd:AllocationUnits>
        <rasd:ElementName>1024 MB</rasd:ElementName>
        <rasd:InstanceID>2</rasd:InstanceID>
        <rasd:ResourceType>4</rasd:ResourceType>
        <rasd:VirtualQuantity>1024</rasd:VirtualQuantity>
      </Item>
      <Item>
        <rasd:Address>0</rasd:Address>
        <rasd:ElementName>SCSI controller 0</rasd:ElementName>
        <rasd:InstanceID>3</rasd:InstanceID>
        <rasd:ResourceSubType>VirtualSCSI</rasd:ResourceSubType>
        <rasd:ResourceType>6</rasd:ResourceType>
      </Item>{items}
      <Item>
        <rasd:AddressOnParent>7</rasd:AddressOnParent>
        <rasd:AutomaticAllocation>true</rasd:AutomaticAllocation>
        <rasd:Connection>VM Network</rasd:Connection>
        <rasd:ElementName>Network adapter 1</rasd:ElementName>
        <rasd:InstanceID>20</rasd:InstanceID>
        <rasd:ResourceSubType>VmxNet3</rasd:ResourceSubType>
        <rasd:ResourceType>10</rasd:ResourceType>
      </Item>{nics}
    </VirtualHardwareSection>
    <ProductSection>
      <Info>Product</Info>
      <Product>{name}</Product>
      <Vendor>Example</Vendor>
      <Version>1.0</Version>
      <Property ovf:key="hostname" ovf:type="string" ovf:userConfigurable="true"
          ovf:value="app" ovf:qualifiers="MinLen(1) MaxLen(63)"><Label>Host name</Label></Property>
      <Property ovf:key="password" ovf:type="string" ovf:userConfigurable="true"
          ovf:password="true" ovf:value="changeme"><Label>Password</Label></Property>
      <Property ovf:key="port" ovf:type="uint16" ovf:userConfigurable="true"
          ovf:value="443"><Label>Port</Label></Property>
    </ProductSection>
  </VirtualSystem>
</Envelope>
"""

EULA = """
    <EulaSection><Info>Licence</Info><License>Be kind.</License></EulaSection>"""

EXTRA_NIC = """
      <Item>
        <rasd:AddressOnParent>8</rasd:AddressOnParent>
        <rasd:AutomaticAllocation>true</rasd:AutomaticAllocation>
        <rasd:Connection>Management</rasd:Connection>
        <rasd:ElementName>Network adapter 2</rasd:ElementName>
        <rasd:InstanceID>21</rasd:InstanceID>
        <rasd:ResourceSubType>E1000</rasd:ResourceSubType>
        <rasd:ResourceType>10</rasd:ResourceType>
      </Item>"""

EXTRA_NETWORK = """
    <Network ovf:name="Management"><Description>Second network</Description></Network>"""


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def raw_disk(path, size, data_bytes=0, seed=1):
    """A sparse raw file with pseudo-random, half compressible data spread over it."""
    rng = random.Random(seed)
    with open(path, "wb") as disk:
        disk.truncate(size)
        written = 0
        while written < data_bytes:
            chunk = rng.randbytes(32768) + bytes(range(256)) * 128
            disk.seek(rng.randrange(0, max(1, (size - len(chunk)) // 512)) * 512)
            disk.write(chunk)
            written += len(chunk)
    return path


def vmdk(raw, path):
    run("qemu-img", "convert", "-f", "raw", "-O", "vmdk", "-o", "subformat=streamOptimized",
        str(raw), str(path))
    return path


def descriptor(disks, name="Test Appliance", system="vm", eula=False, nics=1, parents=None,
               detached=()):
    """`disks`: list of (file name or None for blank, capacity in bytes, size of file).
    `parents`: index of a delta disk to that of its parent; `detached`: disks on no
    controller, such as those parents."""
    files = section = items = ""
    for index, (file, capacity, size) in enumerate(disks):
        reference = ""
        if file:
            files += f'\n    <File ovf:id="file{index}" ovf:href="{file}" ovf:size="{size}"/>'
            reference = f' ovf:fileRef="file{index}"'
        if index in (parents or {}):
            reference += f' ovf:parentRef="disk{parents[index]}"'
        section += (f'\n    <Disk ovf:diskId="disk{index}"{reference} ovf:capacity="{capacity}" '
                    'ovf:capacityAllocationUnits="byte" ovf:format="http://www.vmware.com/'
                    'interfaces/specifications/vmdk.html#streamOptimized"/>')
        if index in detached:
            continue
        items += f"""
      <Item>
        <rasd:AddressOnParent>{index}</rasd:AddressOnParent>
        <rasd:ElementName>Hard disk {index + 1}</rasd:ElementName>
        <rasd:HostResource>ovf:/disk/disk{index}</rasd:HostResource>
        <rasd:InstanceID>{10 + index}</rasd:InstanceID>
        <rasd:Parent>3</rasd:Parent>
        <rasd:ResourceType>17</rasd:ResourceType>
      </Item>"""
    return DESCRIPTOR.format(files=files, disks=section, items=items, name=name, system=system,
                             eula=EULA if eula else "",
                             nics=EXTRA_NIC if nics > 1 else "",
                             networks=EXTRA_NETWORK if nics > 1 else "").encode()


def manifest(members):
    return "".join(f"SHA256({name})= {hashlib.sha256(content).hexdigest()}\n"
                   for name, content in members).encode()


def tar(path, members):
    """Writes an OVA from (name, content) pairs in order."""
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.mode = 0o644
            archive.addfile(entry, io.BytesIO(content))
    return path


class Ova:
    """A small appliance: `members` can be changed before write()."""

    def __init__(self, directory, sizes=((16 << 20, 2 << 20),), **options):
        self.directory = pathlib.Path(directory)
        self.raws = []
        disks = []
        contents = []
        for index, (size, data) in enumerate(sizes):
            raw = raw_disk(self.directory / f"source{index}.raw", size, data, seed=index + 1)
            image = vmdk(raw, self.directory / f"disk{index}.vmdk")
            content = image.read_bytes()
            self.raws.append(raw)
            disks.append((image.name, size, len(content)))
            contents.append((image.name, content))
        self.ovf = descriptor(disks, **options)
        self.members = [("app.ovf", self.ovf)] + contents
        self.members.insert(1, ("app.mf", manifest(self.members)))

    def replace(self, name, content, keep_manifest=True):
        self.members = [(n, content if n == name else c) for n, c in self.members]
        if not keep_manifest:
            self.renew_manifest()

    def remove(self, name):
        self.members = [(n, c) for n, c in self.members if n != name]

    def renew_manifest(self):
        rest = [(n, c) for n, c in self.members if not n.endswith(".mf")]
        self.members = [rest[0], ("app.mf", manifest(rest))] + rest[1:]

    def content(self, name):
        return dict(self.members)[name]

    def write(self, name="app.ova"):
        return tar(self.directory / name, self.members)
