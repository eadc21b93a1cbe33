#include <algorithm>
#include <nlohmann/json.hpp>

#include "ovaport/base/checked.h"
#include "ovaport/base/text.h"
#include "ovaport/import/concern_catalogue.h"
#include "ovaport/import/policy.h"

namespace ovaport::imports {

using Json = nlohmann::json;

namespace {

/// Reads the members of one policy object.
class PolicyReader {
 public:
  explicit PolicyReader(std::string_view file) : file_(file) {}

  Result<Policy> read(const Json& json) {
    if (!json.is_object()) return wrong("is no JSON object");
    for (const auto& [key, value] : json.items())
      OVAPORT_CHECK(read_member(key, value));
    return policy_;
  }

  [[nodiscard]] Error wrong(std::string message) const {
    return Error(ErrorKind::choice, "policy.file", std::move(message)).in_file(file_);
  }

 private:
  Status read_member(const std::string& key, const Json& value) {
    for (const auto& [name, target] : flags())
      if (key == name) return read_flag(key, value, *target);
    for (const auto& [name, target] : sizes())
      if (key == name) return read_size(key, value, *target);
    for (const auto& [name, target] : lists())
      if (key == name) return read_list(key, value, *target);
    if (key == "allowed_digests") return read_digests(value);
    return unknown(key);
  }

  std::vector<std::pair<std::string, bool*>> flags() {
    return {{"strict", &policy_.strict},
            {"require_manifest", &policy_.require_manifest},
            {"require_signature", &policy_.require_signature},
            {"accept_expired_signature", &policy_.accept_expired_signature},
            {"refuse_warnings", &policy_.refuse_warnings}};
  }

  std::vector<std::pair<std::string, std::optional<std::uint64_t>*>> sizes() {
    return {{"max_package_size", &policy_.max_package_size},
            {"max_disk_capacity", &policy_.max_disk_capacity},
            {"max_memory", &policy_.max_memory},
            {"max_cpus", &policy_.max_cpus},
            {"max_disks", &policy_.max_disks},
            {"max_virtual_systems", &policy_.max_virtual_systems}};
  }

  std::vector<std::pair<std::string, std::vector<std::string>*>> lists() {
    return {{"forbidden_dialects", &policy_.forbidden_dialects},
            {"forbidden_producers", &policy_.forbidden_producers},
            {"refuse_concerns", &policy_.refuse_concerns}};
  }

  Status read_flag(const std::string& key, const Json& value, bool& target) {
    if (!value.is_boolean()) return wrong(quote(key) + " must be true or false");
    target = value.get<bool>();
    return {};
  }

  Status read_size(const std::string& key, const Json& value,
                   std::optional<std::uint64_t>& target) {
    if (value.is_number_unsigned()) {
      target = value.get<std::uint64_t>();
      return {};
    }
    const bool bytes = key.ends_with("_size") || key.ends_with("_capacity") || key == "max_memory";
    if (bytes && value.is_string()) target = size_of(value.get<std::string>());
    if (!target)
      return wrong(quote(key) + " must be a number" + (bytes ? " or a size as \"50 GiB\"" : ""));
    return {};
  }

  static std::optional<std::uint64_t> size_of(const std::string& text) {
    const auto end = text.find_first_not_of("0123456789");
    const auto number = parse_unsigned(text.substr(0, end));
    const std::string_view unit =
        end == std::string::npos ? std::string_view() : trimmed(std::string_view(text).substr(end));
    std::uint64_t factor = 1;
    for (const std::string_view name : {"B", "KiB", "MiB", "GiB", "TiB"}) {
      if (number && unit == name) return checked_multiply(*number, factor);
      factor <<= 10U;
    }
    return std::nullopt;
  }

  Status read_list(const std::string& key, const Json& value, std::vector<std::string>& target) {
    if (!value.is_array()) return wrong(quote(key) + " must be a list of texts");
    for (const Json& item : value) {
      if (!item.is_string()) return wrong(quote(key) + " must be a list of texts");
      target.push_back(item.get<std::string>());
      if (key == "refuse_concerns" && find_concern(target.back()) == nullptr)
        return wrong("there is no concern " + quote(target.back()))
            .advise("'ovaport concerns' lists them");
    }
    return {};
  }

  Status read_digests(const Json& value) {
    std::vector<std::string> names;
    OVAPORT_CHECK(read_list("allowed_digests", value, names));
    for (const std::string& name : names) {
      const auto known = {DigestAlgorithm::sha1, DigestAlgorithm::sha256, DigestAlgorithm::sha384,
                          DigestAlgorithm::sha512};
      const auto found = std::find_if(known.begin(), known.end(), [&](DigestAlgorithm algorithm) {
        return to_string(algorithm) == name;
      });
      if (found == known.end())
        return wrong("the digest " + quote(name) + " is not known")
            .advise("Known ones are SHA1, SHA256, SHA384 and SHA512");
      policy_.allowed_digests.push_back(*found);
    }
    return {};
  }

  Error unknown(const std::string& key) {
    std::vector<std::string> known{"allowed_digests"};
    for (const auto& [name, target] : flags())
      known.push_back(name);
    for (const auto& [name, target] : sizes())
      known.push_back(name);
    for (const auto& [name, target] : lists())
      known.push_back(name);
    const auto meant = nearest(key, known);
    return wrong("there is no rule " + quote(key))
        .advise(meant ? "Did you mean " + quote(*meant) + "?" : "See schemas/policy.schema.json");
  }

  std::string file_;
  Policy policy_;
};

}  // namespace

Result<Policy> parse_policy(std::string_view text, std::string_view file) {
  PolicyReader reader(file);
  // No exceptions; comments are allowed, since people write this file.
  const Json json = Json::parse(text, nullptr, false, true);
  if (json.is_discarded()) return reader.wrong("is not valid JSON");
  return reader.read(json);
}

}  // namespace ovaport::imports
