#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ovaport/base/concern.h"
#include "ovaport/base/result.h"
#include "ovaport/guest/inspection.h"
#include "ovaport/ovf/machine.h"

/// Looking into guests and making them fit for KVM.
///
/// A guest's disks are hostile: nothing here opens their file systems in the
/// caller's process. Every function starts children — this program again, as the
/// hidden subcommand `guest-worker` — which work inside libguestfs' appliance
/// without network, without privileges and under limits, and are killed with all
/// their descendants when the deadline passes or a stop is asked.
///
/// One appliance runs at a time for each cache directory (it takes over a gigabyte
/// of memory); others wait for it, which the deadline does not count.
namespace ovaport::guest {

/// A raw disk image. Any other format is treated as raw bytes, never probed.
struct GuestDisk {
  std::filesystem::path path;
  ovf::Bus bus = ovf::Bus::unspecified;  ///< What it was attached to on the source.
};

/// A network adapter that the new machine will have, in the source's order.
struct GuestNic {
  std::string mac;              ///< "52:54:00:12:34:56"
  std::optional<int> pci_slot;  ///< On the source: 192 makes "ens192".
};

enum class Mode {
  convert,  ///< virt-v2v-in-place, then injection; injection alone where it would refuse.
  inject,   ///< The tools stand-in and its helpers only.
};

/// Who may read the OVF environment in the guest. VMware lets any user.
enum class EnvironmentAccess { everyone, root };

struct WorkerOptions {
  /// The program that answers to `guest-worker` by calling run_worker().
  std::filesystem::path program;
  /// Keeps the appliance between runs (about 700 MB, made on first use). It must be
  /// the caller's; "" means default_cache_directory().
  std::filesystem::path cache_directory;
  /// For the whole call. Without KVM a conversion takes minutes.
  std::chrono::seconds deadline{3600};
  /// Uid to work as when the caller is root; absent: stay root. The disks are given
  /// to it for that time. Other callers work as themselves.
  std::optional<std::uint32_t> user = 65534;
  /// Where virt-v2v finds Windows drivers: ISO file or unpacked directory; may be "".
  std::filesystem::path virtio_win;
  std::vector<GuestNic> nics;
  EnvironmentAccess access = EnvironmentAccess::everyone;
  /// Is told what goes on, in a few words, and how much of the whole is probably
  /// done (0–100). Called from the calling thread.
  std::function<void(std::string_view step, int percent)> on_step;
  std::stop_token stop;
};

/// What the new machine should be built with, and why.
struct Recommendation {
  std::string disk_bus;   ///< "virtio", "scsi" (VirtIO SCSI) or "sata"
  std::string nic_model;  ///< "virtio", "e1000e" or "e1000"
  bool virtio_disk_proven = false;
  bool virtio_net_proven = false;
  std::string firmware;  ///< "efi", "bios" or "": nothing is known, follow the descriptor.
  std::string disk_reason;
  std::string nic_reason;
};

/// What was done to a guest.
struct ConversionReport {
  Inspection before;
  bool converted = false;            ///< virt-v2v-in-place ran to its end.
  bool injected = false;             ///< The stand-in is in place.
  std::vector<std::string> found;    ///< Before: VMware Tools, who asks for properties, …
  std::vector<std::string> removed;  ///< Packages, programs, services disabled.
  std::vector<std::string> added;    ///< Files written, each with its purpose.
  Recommendation recommendation;
  Concerns concerns;
  std::vector<std::pair<std::string, double>> seconds;  ///< By phase.
};

/// Looks at a guest without changing it. No operating system is not an error:
/// Inspection::kind tells. Errors: kind child, codes "guest.timed-out",
/// "guest.appliance" (libguestfs cannot start, with the reason), "guest.worker";
/// kind cancelled.
Result<Inspection> inspect(const std::vector<GuestDisk>& disks, const WorkerOptions& options);

/// Converts a guest in place.
///
/// After an error the disks are in an unknown state: the caller discards them and
/// makes them again from the package. They are never to be used half-converted.
/// For code "guest.conversion-failed" (virt-v2v gave up) a second attempt on a new
/// copy with Mode::inject usually gives a guest that runs on its safe buses.
///
/// A guest that cannot be converted or injected (no system, unknown system,
/// encrypted, read-only) is not an error: the disks are then as they were and the
/// report's concerns say what was left out.
Result<ConversionReport> convert(const std::vector<GuestDisk>& disks, Mode mode,
                                 const WorkerOptions& options);

/// What the machine should be built with if the guest is left as it is.
Recommendation recommend(const Inspection& inspection);

/// A JSON object (UTF-8, one line).
std::string to_json(const ConversionReport& report);

/// What was done, in lines for people.
std::string summary(const ConversionReport& report);

/// /var/cache/ovaport for root, else $XDG_CACHE_HOME/ovaport or ~/.cache/ovaport.
std::filesystem::path default_cache_directory();

/// The hidden subcommand's whole work: reads a request from standard input, tells
/// its steps on standard output and its result on descriptor 3. Returns the exit
/// code. Only for a process of its own: it changes user and mounts.
int run_worker();

}  // namespace ovaport::guest
