#include "libvirt_xml.h"

#include <array>
#include <string_view>

namespace ovaport::guest {

namespace {

std::string xml_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '\'':
        out += "&apos;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

// libvirt of this virt-v2v knows no NVMe; such guests name disks by UUID at least.
std::string_view bus_name(ovf::Bus bus) {
  switch (bus) {
    case ovf::Bus::ide:
      return "ide";
    case ovf::Bus::sata:
    case ovf::Bus::nvme:
      return "sata";
    case ovf::Bus::scsi:
    case ovf::Bus::unspecified:
      return "scsi";
  }
  return "scsi";
}

// 0 → "a", 25 → "z", 26 → "aa", as the kernel counts.
std::string letters(std::size_t index) {
  std::string text;
  for (++index; index > 0; index = (index - 1) / 26)
    text.insert(text.begin(), static_cast<char>('a' + (index - 1) % 26));
  return text;
}

}  // namespace

std::string render_libvirt_xml(const std::vector<GuestDisk>& disks, const std::string& firmware) {
  std::string text =
      "<domain type='kvm'>\n  <name>guest</name>\n  <memory unit='MiB'>1024</memory>\n"
      "  <vcpu>1</vcpu>\n  <os firmware='";
  text += firmware == "efi" ? "efi" : "bios";
  text += "'>\n    <type arch='x86_64'>hvm</type>\n  </os>\n  <devices>\n";
  std::size_t ide = 0;
  std::size_t scsi_like = 0;
  for (const GuestDisk& disk : disks) {
    const std::string_view bus = bus_name(disk.bus);
    const std::string name = bus == "ide" ? "hd" + letters(ide++) : "sd" + letters(scsi_like++);
    text += "    <disk type='file' device='disk'>\n      <driver name='qemu' type='raw'/>\n";
    text += "      <source file='" + xml_escaped(disk.path.string()) + "'/>\n";
    text += "      <target dev='" + name + "' bus='" + std::string(bus) + "'/>\n    </disk>\n";
  }
  return text + "  </devices>\n</domain>\n";
}

}  // namespace ovaport::guest
