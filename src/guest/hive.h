#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "appliance.h"
#include "ovaport/base/result.h"

namespace ovaport::guest {

/// A Windows registry hive, opened inside the appliance (which holds one at a
/// time). Key paths are separated by '\' and relative to the hive's root.
class Hive {
 public:
  static Result<Hive> open(Appliance& appliance, const std::string& path, bool writable);
  Hive(Hive&& other) noexcept : appliance_(std::exchange(other.appliance_, nullptr)) {}
  Hive& operator=(Hive&&) = delete;
  ~Hive();

  [[nodiscard]] bool has(std::string_view key) const { return find(key).has_value(); }
  /// Names of the keys directly below; at most 4096.
  [[nodiscard]] std::vector<std::string> children(std::string_view key) const;
  [[nodiscard]] std::optional<std::uint32_t> dword(std::string_view key,
                                                   const std::string& name) const;
  [[nodiscard]] std::string text(std::string_view key, const std::string& name) const;

  /// Each makes the missing keys of the path.
  Status set_dword(std::string_view key, const std::string& name, std::uint32_t value);
  /// REG_SZ (1) or REG_EXPAND_SZ (2); `value` is ASCII.
  Status set_text(std::string_view key, const std::string& name, std::string_view value,
                  int type = 1);
  /// No error if the key is not there.
  Status remove(std::string_view key);
  /// Writes the changes to the guest's file.
  Status commit();

 private:
  explicit Hive(Appliance& appliance) : appliance_(&appliance) {}
  [[nodiscard]] std::optional<std::int64_t> find(std::string_view key) const;
  Result<std::int64_t> make(std::string_view key);
  Status set(std::string_view key, const std::string& name, int type, std::string_view bytes);

  Appliance* appliance_;
};

}  // namespace ovaport::guest
