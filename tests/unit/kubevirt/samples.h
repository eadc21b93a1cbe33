#pragma once

#include <string>
#include <vector>

#include "ovaport/kubevirt/machine_plan.h"

/// Machines and choices that the tests of this module and the schema test share.
namespace ovaport::kubevirt::samples {

struct Sample {
  std::string name;
  ovf::Machine machine;
  Choices choices;
  std::string environment;
};

inline ovf::MachineDisk disk(const std::string& id, std::uint64_t capacity,
                             const std::string& href) {
  ovf::MachineDisk made;
  made.disk_id = id;
  made.name = "Hard disk";
  made.capacity = capacity;
  made.bus = ovf::Bus::scsi;
  if (!href.empty()) made.file.emplace().href = href;
  return made;
}

inline ovf::MachineNic nic(const std::string& network, const std::string& subtype,
                           const std::string& mac = {}) {
  ovf::MachineNic made;
  made.name = "Network adapter on " + network;
  made.network = network;
  made.subtype = subtype;
  made.mac = mac;
  return made;
}

inline constexpr std::uint64_t kGiB = 1ULL << 30;

/// Linux, BIOS, one disk, one adapter; nothing is known about the guest.
inline Sample linux_bios() {
  Sample sample;
  sample.name = "linux-bios";
  ovf::Machine& machine = sample.machine;
  machine.id = "vm";
  machine.name = "Debian Server";
  machine.annotation = "A small server.\nSecond line: with a colon # and a hash\n";
  machine.cpus = 2;
  machine.memory = kGiB;
  machine.firmware = ovf::Firmware::bios;
  machine.operating_system.id = 96;
  machine.operating_system.vmw_os_type = "debian11_64Guest";
  machine.disks = {disk("vmdisk1", 16 * kGiB, "server-disk1.vmdk")};
  machine.nics = {nic("VM Network", "VmxNet3")};
  Provenance& provenance = sample.choices.provenance;
  provenance.source = "server.ova";
  provenance.content_digest = "SHA256:" + std::string(64, 'c');
  provenance.descriptor_digest = "SHA256:" + std::string(64, 'd');
  provenance.producer = "VMware vCenter";
  provenance.product = "Debian Server";
  provenance.vendor = "Example";
  provenance.version = "1.0";
  sample.environment =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Environment\n"
      "     xmlns=\"http://schemas.dmtf.org/ovf/environment/1\"\n     oe:id=\"\">\n"
      "   <PropertySection>\n   </PropertySection>\n</Environment>\n";
  return sample;
}

/// Windows by its CIM number only, EFI with secure boot, TPM, cores.
inline Sample windows_secure_boot() {
  Sample sample = linux_bios();
  sample.name = "windows-secure-boot";
  ovf::Machine& machine = sample.machine;
  machine.name = "WIN-APPL";
  machine.annotation.clear();
  machine.cpus = 8;
  machine.cores_per_socket = 4;
  machine.memory = 8 * kGiB;
  machine.firmware = ovf::Firmware::efi;
  machine.secure_boot = true;
  machine.tpm = true;
  machine.operating_system = {};
  machine.operating_system.id = 116;
  machine.nics = {nic("VM Network", "E1000")};
  return sample;
}

/// Linux with VirtIO, two disks, two networks, addresses kept.
inline Sample two_disks_two_networks() {
  Sample sample = linux_bios();
  sample.name = "two-disks-two-networks";
  ovf::Machine& machine = sample.machine;
  machine.name = "firewall";
  machine.firmware = ovf::Firmware::efi;
  machine.option = "large";
  machine.disks.push_back(disk("vmdisk2", 3 * kGiB + 1, "server-disk2.vmdk"));
  machine.nics = {nic("LAN", "VmxNet3", "00:50:56:9A:11:22"),
                  nic("WAN: outside", "VmxNet3", "00:50:56:9a:11:23")};
  Choices& choices = sample.choices;
  choices.name_space = "apps";
  choices.storage_class = "fast";
  choices.networks = {{"LAN", "multus:apps/vlan100"}};
  choices.macs = MacPolicy::keep;
  choices.start = true;
  choices.guest = GuestFindings{"virtio", "virtio", "efi"};
  return sample;
}

/// A blank disk and an installation medium; no network.
inline Sample blank_disk() {
  Sample sample = linux_bios();
  sample.name = "blank-disk";
  ovf::Machine& machine = sample.machine;
  machine.name = "installer";
  machine.disks = {disk("blank", 100 * kGiB, "")};
  ovf::MachineCdrom cdrom;
  cdrom.file.emplace().href = "install.iso";
  cdrom.file->size = (5ULL << 20) + 2048;
  machine.cdroms = {cdrom, ovf::MachineCdrom{}};
  machine.nics.clear();
  return sample;
}

/// Names and texts of which nothing is safe to copy.
inline Sample odd_names() {
  Sample sample = linux_bios();
  sample.name = "odd-names";
  ovf::Machine& machine = sample.machine;
  machine.id = "yes";
  machine.name = "虚拟机";
  machine.annotation = " null\t\n---\n- 0x1: {{ \xE2\x80\xA8 \xC2\x85 \xE2\x80\xAE \x01";
  machine.option = "1e3";
  machine.operating_system.vmw_os_type = "no";
  machine.disks = {disk("# disk", kGiB, "Größe 1%20.vmdk"), disk("~", kGiB, "😀: x.vmdk")};
  machine.nics = {nic("虚拟机网络", "PCNet32 E1000")};
  Provenance& provenance = sample.choices.provenance;
  provenance.source = "*alias &anchor !tag.ova";
  provenance.product = "'single' \"double\" \\ back";
  provenance.vendor = "12:30:45";
  provenance.version = "1.10";
  return sample;
}

inline std::vector<Sample> all() {
  return {linux_bios(), windows_secure_boot(), two_disks_two_networks(), blank_disk(), odd_names()};
}

/// Texts that some YAML reader takes for something else, or drops a part of.
inline std::vector<std::string> hostile_texts() {
  using std::string_literals::operator""s;
  return {"",
          "yes",
          "No",
          "on",
          "y",
          "~",
          "null",
          "Null",
          "true",
          "1e3",
          "0x1",
          "0o7",
          "017",
          "1_000",
          ".inf",
          ".nan",
          "1.10",
          "12:30:45",
          "2001-12-14",
          "<<",
          "=",
          "-",
          "- a",
          "? a",
          ": b",
          "a: b",
          "a #b",
          "#",
          " leading",
          "trailing ",
          "\ttab",
          "a\tb\n",
          "---",
          "...",
          "--- \n...\n",
          "%YAML 1.1",
          "@at",
          "`tick",
          "*alias",
          "&anchor",
          "!!binary x",
          "[a, b]",
          "{a: b}",
          "| block",
          "> folded",
          "'single'",
          "\"double\"",
          "back\\slash \\n \\ud83d\\ude00 \\x41",
          "line\n",
          "line",
          "two\nlines",
          "two\nlines\n",
          "two\nlines\n\n",
          "\nfirst empty",
          "  indented\nfirst\n",
          "first\n  indented\n\n\nafter empty\n",
          "a\n \nb",
          "a \nb\n",
          "a\nb ",
          "\n",
          "\n\n",
          " ",
          " \n",
          "cr\rlf\r\n",
          "a\nb\rc\n",
          "nul\0nul"s,
          "bell\x07 esc\x1B[31m del\x7F",
          "a\n\x01\n",
          "nel\xC2\x85nel",
          "a\nb\xC2\x85",
          "ls\xE2\x80\xA8ps\xE2\x80\xA9",
          "bom\xEF\xBB\xBF"
          "bom",
          "\xEF\xBB\xBF",
          "虚拟机",
          "虚拟机\n第二行\n",
          "😀",
          "😀\n𝔸\n",
          "rtl \xE2\x80\xAE gnp",
          "nonchar \xEF\xBF\xBE \xF0\x9F\xBF\xBE",
          "tag \xF3\xA0\x80\x81",
          "#comment\nkey: value\n- item\n",
          "---\n...\n",
          "%TAG ! x\n--- y\n",
          std::string(5000, 'x'),
          std::string(300, ' ') + "x\n" + std::string(300, 'y')};
}

}  // namespace ovaport::kubevirt::samples
