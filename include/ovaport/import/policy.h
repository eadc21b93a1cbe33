#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ovaport/base/concern.h"
#include "ovaport/base/digest.h"
#include "ovaport/base/result.h"
#include "ovaport/import/appliance.h"

namespace ovaport::imports {

/// What an organisation demands of the packages that it imports. The default demands
/// nothing.
struct Policy {
  bool strict = false;             ///< Refuse what deviates from the standard.
  bool require_manifest = false;   ///< One that covers every file.
  bool require_signature = false;  ///< A valid one.
  bool accept_expired_signature = false;
  std::vector<DigestAlgorithm> allowed_digests;    ///< Empty: all.
  std::optional<std::uint64_t> max_package_size;   ///< bytes
  std::optional<std::uint64_t> max_disk_capacity;  ///< bytes, of one disk
  std::optional<std::uint64_t> max_memory;         ///< bytes, of one virtual system
  std::optional<std::uint64_t> max_cpus;           ///< Of one virtual system.
  std::optional<std::uint64_t> max_disks;          ///< Of one virtual system.
  std::optional<std::uint64_t> max_virtual_systems;
  std::vector<std::string> forbidden_dialects;   ///< "0.9", "1", "2", "ovirt"
  std::vector<std::string> forbidden_producers;  ///< As `inspect` names them.
  std::vector<std::string> refuse_concerns;      ///< Codes that refuse a package.
  bool refuse_warnings = false;
};

/// Largest policy file that is read, in bytes.
inline constexpr std::uint64_t kPolicyLimit = 1ULL << 20;

/// Parses a policy file: a JSON object as in schemas/policy.schema.json. Sizes are
/// bytes, or a text as "50 GiB". Kind choice, code "policy.file", for anything else;
/// for an unknown key with the nearest known one.
Result<Policy> parse_policy(std::string_view text, std::string_view file);

/// What the package violates: a critical concern "policy.…" for each rule.
Concerns check_policy(const Policy& policy, const Appliance& appliance,
                      const std::vector<SystemView>& systems);

/// Makes critical what the policy does not accept: in strict mode every tolerance, the
/// codes that it names, all warnings if it says so.
void apply_policy(const Policy& policy, Concerns& concerns);

}  // namespace ovaport::imports
