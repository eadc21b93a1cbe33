#include <algorithm>
#include <array>

#include "ovaport/guest/guest.h"

namespace ovaport::guest {

namespace {

struct Choice {
  std::string value;
  bool proven = false;
  std::string reason;
};

// A machine boots its default kernel, which is the newest one unless someone chose
// otherwise; older ones are the fallback in the boot menu.
Choice linux_disk(const Inspection& guest) {
  if (guest.kernels.empty())
    return {"sata", false, "no kernel was found; SATA is what most systems can start from"};
  const Kernel& kernel = guest.kernels.front();
  if (kernel.virtio_blk)
    return {"virtio", true, "kernel " + kernel.version + " starts with virtio_blk"};
  if (kernel.virtio_scsi)
    return {"scsi", true, "kernel " + kernel.version + " starts with virtio_scsi, not virtio_blk"};
  if (kernel.ahci)
    return {"sata", false,
            "kernel " + kernel.version + " starts with AHCI, but without a VirtIO disk driver"};
  const std::string why = kernel.initramfs_read ? "has neither a VirtIO nor an AHCI driver at start"
                                                : "has an initramfs that could not be read";
  return {"sata", false, "kernel " + kernel.version + " " + why};
}

Choice linux_nic(const Inspection& guest) {
  const auto any = [&](bool Kernel::*member) {
    return !guest.kernels.empty() && guest.kernels.front().*member;
  };
  if (any(&Kernel::virtio_net)) return {"virtio", true, "the kernel has virtio_net"};
  if (any(&Kernel::e1000e)) return {"e1000e", false, "the kernel has e1000e, but not virtio_net"};
  if (any(&Kernel::e1000)) return {"e1000", false, "the kernel has e1000, but not virtio_net"};
  return {"e1000e", false, "no driver is known; Intel's adapter is the most widely supported"};
}

Choice windows_disk(const Inspection& guest) {
  if (guest.virtio_win_disk) return {"virtio", true, "the VirtIO disk driver starts at boot"};
  return {"sata", false, "Windows has no VirtIO disk driver; its own AHCI driver serves SATA"};
}

Choice windows_nic(const Inspection& guest) {
  if (guest.virtio_win_net) return {"virtio", true, "the VirtIO network driver is there"};
  // The 82574L driver came with Windows 8; before, there is the one for the 82545EM.
  const bool has_e1000e =
      guest.major_version > 6 || (guest.major_version == 6 && guest.minor_version >= 2);
  return {has_e1000e ? "e1000e" : "e1000", false,
          "Windows has no VirtIO network driver, but one for this Intel adapter"};
}

}  // namespace

Recommendation recommend(const Inspection& guest) {
  Choice disk;
  Choice nic;
  switch (guest.kind) {
    case SystemKind::linux_system:
      disk = linux_disk(guest);
      nic = linux_nic(guest);
      break;
    case SystemKind::windows:
      disk = windows_disk(guest);
      nic = windows_nic(guest);
      break;
    case SystemKind::none:
    case SystemKind::other:
      disk = {"sata", false, "the operating system is not known"};
      nic = {"e1000e", false, "the operating system is not known"};
      break;
  }
  return {disk.value, nic.value, disk.proven, nic.proven, guest.firmware, disk.reason, nic.reason};
}

}  // namespace ovaport::guest
