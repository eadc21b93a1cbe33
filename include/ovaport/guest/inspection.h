#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ovaport/base/concern.h"

/// What is known about the operating system on a set of disks. Every string comes
/// from the guest: it is untrusted, but well-formed UTF-8 without control
/// characters (made so when it was read).
namespace ovaport::guest {

/// VMware Tools in any of their forms.
struct VmwareTools {
  std::vector<std::string> packages;  ///< "open-vm-tools", … of the package manager.
  bool tarball = false;               ///< VMware's own installer (Linux).
  bool windows = false;               ///< Services or programs of the Windows edition.
  std::string version;                ///< Of the first package or program; may be empty.
  std::vector<std::string> programs;  ///< Paths such as /usr/bin/vmtoolsd that exist.
  std::vector<std::string> services;  ///< Windows services that belong to them.

  [[nodiscard]] bool found() const {
    return !packages.empty() || tarball || windows || !programs.empty();
  }
};

/// A file that asks VMware for the OVF environment or for guestinfo values.
struct EnvironmentUser {
  std::string file;
  std::string how;  ///< The word found, e.g. "vmtoolsd".
  bool operator==(const EnvironmentUser&) const = default;
};

/// An interface that the guest's network configuration names.
struct ConfiguredInterface {
  std::string name;  ///< "ens192", "eth0"
  std::string file;  ///< First file that names it.
  bool operator==(const ConfiguredInterface&) const = default;
};

/// A Linux kernel and what it can find a disk with before the root file system is
/// mounted: built in, or in its initramfs.
struct Kernel {
  std::string version;
  std::string initramfs;        ///< Path; empty when there is none.
  bool initramfs_read = false;  ///< Its content list could be read.
  bool virtio_blk = false;      ///< Together with its PCI transport.
  bool virtio_scsi = false;     ///< Together with its PCI transport and disk driver.
  bool ahci = false;            ///< Together with the SCSI disk driver.
  bool virtio_net = false;      ///< Anywhere: it is needed only after the root is mounted.
  bool e1000e = false;          ///< Anywhere.
  bool e1000 = false;           ///< Anywhere.
  bool operator==(const Kernel&) const = default;
};

enum class SystemKind { none, linux_system, windows, other };

struct Inspection {
  SystemKind kind = SystemKind::none;
  std::vector<std::string> roots;  ///< Root devices; the first one is described.
  std::string distribution;        ///< libguestfs' name: "debian", "photon", "unknown", …
  std::string product_name;
  int major_version = 0;
  int minor_version = 0;
  std::string architecture;    ///< "x86_64", …
  std::string package_format;  ///< "deb", "rpm", "apk", "unknown", "" (Windows)
  std::string osinfo;          ///< Identifier in libosinfo's database, or "unknown".
  bool efi_partition = false;
  bool bios_boot_partition = false;
  std::string firmware;     ///< "efi", "bios" or "" (no partition table).
  std::string boot_loader;  ///< "grub2", "grub1", "systemd-boot", "syslinux" or "".
  std::string init;         ///< "systemd", "other" or "".
  bool selinux = false;     ///< In use (enforcing or permissive).
  bool encrypted = false;   ///< A LUKS or BitLocker volume was seen.
  bool read_only = false;   ///< The root file system could be mounted only read-only.
  VmwareTools tools;
  bool stand_in = false;                        ///< ovaport's own tools stand-in is installed.
  bool cloud_init = false;                      ///< cloud-init or cloudbase-init
  std::vector<std::string> cloud_init_sources;  ///< Its effective datasource_list.
  bool guest_agent = false;                     ///< qemu-guest-agent is installed.
  std::vector<EnvironmentUser> environment_users;
  std::vector<std::string> vmware_units;  ///< Units with ConditionVirtualization=vmware.
  std::vector<ConfiguredInterface> interfaces;
  std::vector<Kernel> kernels;   ///< Newest first, at most four.
  bool virtio_win_disk = false;  ///< Windows: a VirtIO disk driver starts at boot.
  bool virtio_win_net = false;   ///< Windows: a VirtIO network driver is there.
  Concerns concerns;
};

/// A JSON object (UTF-8, one line).
std::string to_json(const Inspection& inspection);

/// A few lines for people.
std::string summary(const Inspection& inspection);

}  // namespace ovaport::guest
