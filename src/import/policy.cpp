#include "ovaport/import/policy.h"

#include <algorithm>

#include "ovaport/base/text.h"
#include "ovaport/import/concern_catalogue.h"

namespace ovaport::imports {

namespace {

bool contains(const std::vector<std::string>& list, std::string_view text) {
  return std::any_of(list.begin(), list.end(),
                     [&](const std::string& each) { return equal_ignoring_case(each, text); });
}

class Checker {
 public:
  Checker(const Policy& policy, const Appliance& appliance)
      : policy_(policy), appliance_(appliance) {}

  Concerns run(const std::vector<SystemView>& systems) {
    check_origin();
    if (appliance_.package) {
      check_size();
      check_manifest();
      check_digests();
      check_signature();
    }
    if (policy_.max_virtual_systems && systems.size() > *policy_.max_virtual_systems)
      violate("policy.virtual-systems", std::to_string(systems.size()) +
                                            " virtual systems; the policy allows " +
                                            std::to_string(*policy_.max_virtual_systems));
    for (const SystemView& system : systems)
      check_machine(system.machine);
    return std::move(concerns_);
  }

 private:
  void violate(std::string_view code, std::string message, std::string element = {}) {
    Concern concern;
    concern.code = code;
    concern.severity = Severity::critical;
    concern.message = std::move(message);
    concern.file = appliance_.source_name;
    concern.element = std::move(element);
    if (const CatalogueEntry* entry = find_concern(code)) concern.advice = entry->advice;
    concerns_.push_back(std::move(concern));
  }

  void check_origin() {
    const std::string_view dialect = ovf::to_string(appliance_.envelope.dialect);
    if (contains(policy_.forbidden_dialects, dialect))
      violate("policy.dialect",
              "the descriptor is of the dialect " + quote(dialect) + ", which the policy forbids");
    if (contains(policy_.forbidden_producers, appliance_.envelope.producer))
      violate("policy.producer", "the package is made by " + quote(appliance_.envelope.producer) +
                                     ", which the policy forbids");
  }

  void check_size() {
    std::uint64_t size = 0;
    for (const package::Entry& entry : appliance_.package->entries())
      size += entry.size;
    if (policy_.max_package_size && size > *policy_.max_package_size)
      violate("policy.package-size", "the package holds " + format_bytes(size) +
                                         "; the policy allows " +
                                         format_bytes(*policy_.max_package_size));
  }

  void check_manifest() {
    if (!policy_.require_manifest) return;
    if (!appliance_.manifest) {
      violate("policy.manifest", "there is no manifest, which the policy demands");
      return;
    }
    for (const package::Entry& entry : appliance_.package->entries()) {
      const bool signing =
          &entry == appliance_.package->manifest() || &entry == appliance_.package->certificate();
      if (signing || !appliance_.manifest->find(entry.name).empty()) continue;
      violate("policy.manifest", "the manifest does not cover the file", entry.name);
      return;
    }
  }

  [[nodiscard]] bool is_allowed(DigestAlgorithm algorithm) const {
    const auto& allowed = policy_.allowed_digests;
    return allowed.empty() || std::find(allowed.begin(), allowed.end(), algorithm) != allowed.end();
  }

  // One allowed digest of a file is enough: it is verified like the others.
  void check_digests() {
    if (policy_.allowed_digests.empty() || !appliance_.manifest) return;
    for (const auto& [name, digests] : appliance_.manifest->digests) {
      const bool good = std::any_of(digests.begin(), digests.end(), [&](const Digest& digest) {
        return is_allowed(digest.algorithm);
      });
      if (good) continue;
      violate("policy.digest",
              "the manifest has only a " + std::string(to_string(digests.front().algorithm)) +
                  " digest of the file, which the policy does not allow",
              name);
      return;
    }
  }

  void check_signature() {
    if (!policy_.require_signature) return;
    const package::Signature& signature = appliance_.signature;
    const bool expired = signature.state == package::SignatureState::expired;
    const bool good = signature.state == package::SignatureState::valid ||
                      (expired && policy_.accept_expired_signature);
    const bool weak = signature.digest == "SHA1" && !is_allowed(DigestAlgorithm::sha1);
    if (good && !weak) return;
    violate("policy.signature", weak ? "the signature uses SHA1, which the policy does not allow"
                                     : "the signature is " +
                                           std::string(to_string(signature.state)) +
                                           "; the policy demands a valid one");
  }

  void check_machine(const ovf::Machine& machine) {
    const auto limit = [&](std::string_view code, std::uint64_t value,
                           const std::optional<std::uint64_t>& most, std::string_view what,
                           bool bytes) {
      if (!most || value <= *most) return;
      const auto text = [&](std::uint64_t number) {
        return bytes ? format_bytes(number) : std::to_string(number);
      };
      violate(code, std::string(what) + text(value) + "; the policy allows " + text(*most),
              machine.id);
    };
    limit("policy.cpus", machine.cpus, policy_.max_cpus, "processors: ", false);
    limit("policy.memory", machine.memory, policy_.max_memory, "memory: ", true);
    limit("policy.disks", machine.disks.size(), policy_.max_disks, "disks: ", false);
    for (const ovf::MachineDisk& disk : machine.disks)
      limit("policy.disk-capacity", disk.capacity, policy_.max_disk_capacity,
            "disk " + quote(disk.name) + ": ", true);
  }

  const Policy& policy_;
  const Appliance& appliance_;
  Concerns concerns_;
};

bool is_refused(const Policy& policy, const Concern& concern) {
  if (contains(policy.refuse_concerns, concern.code)) return true;
  if (policy.refuse_warnings && concern.severity == Severity::warning) return true;
  const CatalogueEntry* entry = find_concern(concern.code);
  return policy.strict && entry != nullptr && entry->kind == ConcernKind::tolerance;
}

}  // namespace

Concerns check_policy(const Policy& policy, const Appliance& appliance,
                      const std::vector<SystemView>& systems) {
  return Checker(policy, appliance).run(systems);
}

void apply_policy(const Policy& policy, Concerns& concerns) {
  for (Concern& concern : concerns) {
    if (concern.severity == Severity::critical || !is_refused(policy, concern)) continue;
    concern.severity = Severity::critical;
    concern.message += "; the policy refuses it";
  }
}

}  // namespace ovaport::imports
