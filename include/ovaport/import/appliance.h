#pragma once

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
#include "ovaport/environment/properties.h"
#include "ovaport/ovf/envelope.h"
#include "ovaport/ovf/machine.h"
#include "ovaport/package/manifest.h"
#include "ovaport/package/package.h"
#include "ovaport/package/signature.h"

namespace ovaport::imports {

/// An opened and judged package: what `inspect` shows and an import starts from.
struct Appliance {
  std::string source_name;  ///< File name of the package.
  /// Absent when only a descriptor was given.
  std::optional<package::Package> package;
  std::string descriptor_name;
  Digest descriptor_digest;
  ovf::Envelope envelope;
  std::optional<package::Manifest> manifest;
  package::Signature signature;  ///< What the certificate proves about the manifest.
  Concerns concerns;             ///< Of package, manifest, descriptor and cross-checks.
};

/// One virtual system with a deployment option applied.
struct SystemView {
  const ovf::Content* system = nullptr;  ///< Into the appliance's envelope.
  ovf::Machine machine;
  std::vector<environment::PropertyDefinition> properties;
};

/// URLs that a descriptor references, and the files that were fetched from there.
using AdoptedFiles = std::vector<std::pair<std::string, std::filesystem::path>>;

/// How packages are judged.
struct OpenOptions {
  package::TrustStore trust;  ///< Who is trusted to sign a manifest.
  bool check_schema = false;  ///< Check the descriptor's structure against its schema too.
  std::stop_token stop = {};  ///< Ends the unpacking of a compressed package.
  AdoptedFiles adopted = {};  ///< Count as files of the package.
};

/// Opens `path` (OVA, OVF directory or .ovf file), verifies the descriptor against
/// the manifest, parses and validates it and checks that every file it needs is
/// there. Reads no disk. What prevents an import but not a look at the package is a
/// critical concern, not an error.
Result<Appliance> open_appliance(const std::filesystem::path& path,
                                 const OpenOptions& options = {});

/// The same for a bare descriptor whose disks are absent.
Result<Appliance> open_descriptor(const std::filesystem::path& path,
                                  const OpenOptions& options = {});

/// What a view of one virtual system depends on.
struct ViewChoices {
  std::string option;                             ///< Deployment option; "" means the default.
  std::string languages;                          ///< Of texts; see ovf::wanted_languages().
  std::vector<environment::Assignment> answers;   ///< Of the user, for all systems.
  environment::AddressPool* addresses = nullptr;  ///< Shared by all systems; may be null.
};

/// Applies the choices to one virtual system. ${…} capacities are taken from the
/// answers, else from the properties' defaults.
Result<SystemView> view_system(const Appliance& appliance, const ovf::Content& system,
                               const ViewChoices& choices, Concerns& concerns);

/// The same with an option and answers alone.
Result<SystemView> view_system(const Appliance& appliance, const ovf::Content& system,
                               const std::string& option,
                               const std::vector<environment::Assignment>& answers,
                               Concerns& concerns);

/// The deployment option in force: `option`, or the default one's id, or "".
std::string option_in_force(const ovf::Envelope& envelope, const std::string& option);

/// All licence texts of the package, outermost first, in the wanted language.
std::vector<std::string> licences(const ovf::Envelope& envelope, std::string_view languages = {});

}  // namespace ovaport::imports
