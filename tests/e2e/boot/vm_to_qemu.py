#!/usr/bin/python3
"""Turns what `ovaport import` wrote into a command line of QEMU.

    vm_to_qemu.py DIR --scratch DIR [--disk-bus virtio|sata|scsi|pvscsi] [--serial FILE]

DIR holds manifests.yaml and one <data volume>.raw for each disk. KubeVirt reads the same
manifests; where it decides something itself (the machine, the config CD, where a disk is
attached), this does the same with QEMU's emulation instead of KVM. What it does not
understand is an error: a test must not boot something else than the manifest says.
"""
import argparse
import os
import shlex
import shutil
import subprocess
import sys

import yaml

OVMF = "/usr/share/OVMF"
UNITS = {"": 1, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "k": 10**3, "M": 10**6, "G": 10**9}
NIC_MODELS = {"virtio": "virtio-net-pci", "e1000e": "e1000e", "e1000": "e1000",
              "rtl8139": "rtl8139"}


class Unsupported(Exception):
    """The manifest asks for something that this translator does not know."""


def quantity(text):
    """Bytes of a Kubernetes quantity."""
    digits = str(text).rstrip("KMGik")
    unit = str(text)[len(digits):]
    if unit not in UNITS or not digits.isdigit():
        raise Unsupported(f"quantity {text!r}")
    return int(digits) * UNITS[unit]


class Manifests:
    """The documents of one import: one virtual machine and what it refers to."""

    def __init__(self, documents):
        self.by_kind = {}
        for document in documents:
            name = document["metadata"]["name"]
            self.by_kind.setdefault(document["kind"], {})[name] = document
        machines = self.by_kind.get("VirtualMachine", {})
        if len(machines) != 1:
            raise Unsupported(f"{len(machines)} virtual machines, expected one")
        (self.machine,) = machines.values()
        self.spec = self.machine["spec"]["template"]["spec"]
        self.domain = self.spec["domain"]
        self.volumes = {volume["name"]: volume for volume in self.spec["volumes"]}

    @classmethod
    def load(cls, path):
        with open(path, encoding="utf-8") as stream:
            return cls([one for one in yaml.safe_load_all(stream) if one])

    def secret_files(self, name):
        """File names and contents of a secret, as its volume shows them."""
        secret = self.by_kind.get("Secret", {}).get(name)
        if secret is None:
            raise Unsupported(f"secret {name} is not in the manifests")
        if secret.get("data"):
            raise Unsupported("secret with base64 data")
        return secret["stringData"]

    def data_volume(self, name):
        if name not in self.by_kind.get("DataVolume", {}):
            raise Unsupported(f"data volume {name} is not in the manifests")
        return name


def iso_command(output, label, files):
    """KubeVirt's call for a disk made from a secret; files: name on the disk -> path."""
    grafts = [f"{name}={path}" for name, path in sorted(files.items())]
    return ["xorrisofs", "-output", output, "-follow-links", "-volid", label, "-joliet",
            "-rock", "-graft-points", "-partition_cyl_align", "on"] + grafts


def write_secret(manifests, name, directory):
    """Writes a secret's files as the kubelet would; returns name -> path."""
    paths = {}
    os.makedirs(directory, exist_ok=True)
    for key, text in manifests.secret_files(name).items():
        if os.path.basename(key) != key:
            raise Unsupported(f"key {key!r} of a secret")
        paths[key] = os.path.join(directory, key)
        with open(paths[key], "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
    return paths


def machine_arguments(domain):
    """Machine, processor and memory."""
    kind = domain.get("machine", {}).get("type", "q35")
    if kind != "q35":
        raise Unsupported(f"machine type {kind}")
    cpu = domain.get("cpu", {})
    sockets, cores, threads = (cpu.get(key, 1) for key in ("sockets", "cores", "threads"))
    memory = quantity(domain["memory"]["guest"]) // 2**20
    return ["-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", "max",
            "-smp", f"{sockets * cores * threads},sockets={sockets},cores={cores},"
                    f"threads={threads}",
            "-m", f"{memory}M"]


def firmware_arguments(domain, scratch):
    """BIOS needs none; UEFI is OVMF with variables of its own."""
    loader = domain.get("firmware", {}).get("bootloader", {"bios": {}})
    if "efi" not in loader:
        return []
    if (loader["efi"] or {}).get("secureBoot", True):
        raise Unsupported("secure boot")
    return ["-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={OVMF}/OVMF_CODE_4M.fd",
            "-drive", f"if=pflash,format=raw,unit=1,file={os.path.join(scratch, 'vars.fd')}"]


def device_of(bus, name, kind, port):
    """The devices that attach the drive `name` to a bus; port: place on a SATA bus."""
    model = "cd" if kind == "cdrom" else "hd"
    if bus == "virtio" and kind == "disk":
        return [f"virtio-blk-pci,drive={name}"]
    if bus == "sata":
        return [f"ide-{model},drive={name},bus=ide.{port}"]
    if bus == "scsi":
        return [f"virtio-scsi-pci,id=ctl-{name}", f"scsi-{model},drive={name},bus=ctl-{name}.0"]
    if bus == "pvscsi":  # VMware's; the machine that the guest came from
        return [f"pvscsi,id=ctl-{name}", f"scsi-{model},drive={name},bus=ctl-{name}.0"]
    raise Unsupported(f"bus {bus} of a {kind}")


def disk_arguments(manifests, directory, scratch, disk_bus=None):
    """Disks and CD-ROMs in their order; `disk_bus` overrides the bus of every disk."""
    arguments = []
    port = 0
    for disk in manifests.domain["devices"]["disks"]:
        kind = "cdrom" if "cdrom" in disk else "disk"
        if kind not in disk:
            raise Unsupported(f"disk {disk['name']} is neither disk nor cdrom")
        bus = disk[kind].get("bus", "sata" if kind == "cdrom" else "virtio")
        if kind == "disk" and disk_bus:
            bus = disk_bus
        volume = manifests.volumes[disk["name"]]
        if "dataVolume" in volume:
            path = os.path.join(directory,
                                manifests.data_volume(volume["dataVolume"]["name"]) + ".raw")
        elif "secret" in volume:
            path = os.path.join(scratch, volume["secret"]["secretName"] + ".iso")
        else:
            raise Unsupported(f"volume {volume}")
        options = ",media=cdrom,readonly=on" if kind == "cdrom" else ",cache=unsafe"
        arguments += ["-drive", f"file={path},format=raw,if=none,id={disk['name']}{options}"]
        devices = device_of(bus, disk["name"], kind, port)
        if bus == "sata":
            port += 1
        if "bootOrder" in disk:
            devices[-1] += f",bootindex={disk['bootOrder']}"
        if "serial" in disk:
            devices[-1] += f",serial={disk['serial']}"
        for device in devices:
            arguments += ["-device", device]
    return arguments


def network_arguments(domain, nic_model=None):
    """Every interface on a network of its own, from which nothing can be reached."""
    arguments = []
    for interface in domain["devices"].get("interfaces", []):
        name = interface["name"]
        model = nic_model or NIC_MODELS.get(interface.get("model", "virtio"))
        if model is None:
            raise Unsupported(f"network card {interface['model']}")
        device = f"{model},netdev={name}"
        if "macAddress" in interface:
            device += f",mac={interface['macAddress']}"
        arguments += ["-netdev", f"user,id={name},restrict=on", "-device", device]
    return arguments or ["-nic", "none"]


def command(manifests, directory, scratch, disk_bus=None, nic_model=None, serial="stdio"):
    """The whole command line."""
    devices = manifests.domain["devices"]
    arguments = ["qemu-system-x86_64", "-nodefaults", "-no-user-config"]
    arguments += machine_arguments(manifests.domain)
    arguments += firmware_arguments(manifests.domain, scratch)
    arguments += disk_arguments(manifests, directory, scratch, disk_bus)
    arguments += network_arguments(manifests.domain, nic_model)
    if "rng" in devices:
        arguments += ["-device", "virtio-rng-pci"]
    if "uuid" in manifests.domain.get("firmware", {}):
        arguments += ["-uuid", manifests.domain["firmware"]["uuid"]]
    return arguments + ["-device", "VGA", "-display", "none", "-monitor", "none",
                        "-serial", serial, "-no-reboot", "-snapshot"]


def prepare(manifests, scratch):
    """Makes in `scratch` what the command line refers to: config CDs, UEFI variables."""
    for volume in manifests.volumes.values():
        secret = volume.get("secret")
        if not secret:
            continue
        name = secret["secretName"]
        files = write_secret(manifests, name, os.path.join(scratch, name))
        output = os.path.join(scratch, name + ".iso")
        # KubeVirt's default label, kubevirt/pkg/config: "cfgdata".
        subprocess.run(iso_command(output, secret.get("volumeLabel", "cfgdata"), files),
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if "efi" in manifests.domain.get("firmware", {}).get("bootloader", {}):
        shutil.copy(f"{OVMF}/OVMF_VARS_4M.fd", os.path.join(scratch, "vars.fd"))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory")
    parser.add_argument("--scratch", required=True)
    parser.add_argument("--disk-bus")
    parser.add_argument("--serial", default="stdio")
    options = parser.parse_args()
    manifests = Manifests.load(os.path.join(options.directory, "manifests.yaml"))
    os.makedirs(options.scratch, exist_ok=True)
    prepare(manifests, options.scratch)
    print(shlex.join(command(manifests, options.directory, options.scratch,
                             disk_bus=options.disk_bus, serial=options.serial)))


if __name__ == "__main__":
    sys.exit(main())
