#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ovaport/base/concern.h"
#include "ovaport/base/digest.h"
#include "ovaport/base/result.h"
#include "ovaport/environment/ip_profile.h"
#include "ovaport/environment/property_file.h"
#include "ovaport/import/policy.h"

/// One import: from a package to disks and manifests in a directory.
///
/// The steps have the names of Forklift's pipeline: Initialize, DiskTransfer,
/// ImageConversion, VirtualMachineCreation. Everything that can be refused is
/// refused in Initialize, before a byte of a disk is read. Each disk is read once:
/// its digest is computed while it is decoded. All results are made in a work
/// directory beside the target and become visible together by one rename, so that
/// a failure, a cancellation or a crash leaves nothing behind that could be taken
/// for a result; the next import removes what a killed one left.
namespace ovaport::imports {

enum class GuestMode {
  convert,  ///< VirtIO drivers, VMware Tools removed, tools stand-in injected.
  inject,   ///< The tools stand-in only.
  none,     ///< The guest is left as it is.
};

/// All that a user decides about one import.
struct Request {
  /// OVA, OVF directory or .ovf file; or the http or https URL of an OVA, which is fetched
  /// first, to beside the result.
  std::filesystem::path package;
  std::optional<Digest> digest;  ///< That the package, a file, must have.
  std::filesystem::path out;     ///< The result becomes out/<name>/.
  std::string option;            ///< Deployment option; "" means the default.
  /// Properties in order; a later one of the same key wins.
  std::vector<environment::Assignment> properties;
  /// Addresses that networks give the machines: what vCenter takes from IP pools.
  std::vector<environment::IpProfile> ip_profiles;
  std::string languages;            ///< Of texts; see ovf::wanted_languages().
  bool override_constants = false;  ///< Properties that are not user-configurable may be set.
  /// OVF network name → "pod", "multus:<namespace>/<name>" or "none".
  std::vector<std::pair<std::string, std::string>> networks;
  std::string storage_class;  ///< "" means the cluster's default.
  std::string name;           ///< "" means from the descriptor.
  std::string name_space = "default";
  std::vector<std::string> systems;  ///< Ids of virtual systems; empty means all.
  bool accept_eula = false;
  bool require_manifest = false;
  Policy policy;              ///< What packages must be like.
  package::TrustStore trust;  ///< Who is trusted to sign them.
  /// Files that the descriptor references by URLs below these are fetched; see
  /// intake::is_allowed(). Others are refused. A package's own URL may redirect there.
  std::vector<std::string> allowed_urls;
  bool keep_macs = false;
  bool replace = false;
  bool start = false;
  GuestMode guest = GuestMode::convert;
  bool guest_environment_root_only = false;
  std::string virtio_win;  ///< Directory or ISO; "" when there is none.
  unsigned workers = 0;    ///< Decoder threads; 0 means one a core.
};

/// Is told what happens. Called from the importing thread, advance() also from a
/// decoder's, never from two at once.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void step(std::string_view /*step*/, std::string_view /*subject*/) {}
  virtual void advance(std::uint64_t /*done*/, std::uint64_t /*total*/) {}
  virtual void note(std::string_view /*text*/) {}
};

/// A disk or medium of the result.
struct ImportedDisk {
  std::string file;             ///< Name inside the result directory.
  std::string source;           ///< Entry in the package; "" for a blank disk.
  std::uint64_t size = 0;       ///< bytes
  std::uint64_t written = 0;    ///< bytes that are not holes
  std::vector<Digest> digests;  ///< Of the bytes in the package.
  bool verified = false;        ///< Against the manifest.
};

struct ImportedMachine {
  std::string name;  ///< Of the VirtualMachine.
  std::string system_id;
  std::vector<ImportedDisk> disks;
  std::string guest_summary;  ///< For people; "" when the guest was left alone.
  std::string guest_report;   ///< JSON; "" when the guest was left alone.
};

/// When one machine of the result starts; see ovf::StartStep.
struct StartEntry {
  std::string machine;  ///< Of the VirtualMachine.
  std::string system_id;
  int stage = 1;  ///< Machines of one stage start together.
  bool start = true;
  int start_delay = 0;  ///< seconds
  bool wait_for_guest = false;
  std::string stop_action;
  int stop_delay = 0;               ///< seconds
  std::optional<int> install_boot;  ///< seconds; 0 means as long as it takes.
};

struct Outcome {
  std::filesystem::path directory;  ///< out/<name>
  /// By stage; empty when the package gives no order. start.sh follows it.
  std::vector<StartEntry> start_sequence;
  std::string content_digest;  ///< "SHA256:<hex>": identity of all that was imported.
  std::vector<ImportedMachine> machines;
  Concerns concerns;
  std::vector<std::pair<std::string, double>> seconds;  ///< By step.
};

/// Runs an import to its end. `ovaport_program` is this program's path, which
/// guest conversion runs again as a supervised child.
Result<Outcome> run(const Request& request, const std::filesystem::path& ovaport_program,
                    Observer& observer, std::stop_token stop);

}  // namespace ovaport::imports
