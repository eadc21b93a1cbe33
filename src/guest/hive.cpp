#include "hive.h"

#include <algorithm>
#include <memory>

#include "ovaport/base/text.h"

namespace ovaport::guest {

namespace {

constexpr int kDword = 4;  // REG_DWORD
constexpr std::uint32_t kMostChildren = 4096;

}  // namespace

Result<Hive> Hive::open(Appliance& appliance, const std::string& path, bool writable) {
  struct guestfs_hivex_open_argv arguments {};
  arguments.bitmask = GUESTFS_HIVEX_OPEN_WRITE_BITMASK;
  arguments.write = writable ? 1 : 0;
  if (guestfs_hivex_open_argv(appliance.raw(), path.c_str(), &arguments) != 0)
    return appliance.error("the registry file " + quote(path) + " cannot be opened");
  return Hive(appliance);
}

Hive::~Hive() {
  if (appliance_ != nullptr) guestfs_hivex_close(appliance_->raw());
}

std::optional<std::int64_t> Hive::find(std::string_view key) const {
  guestfs_h* handle = appliance_->raw();
  std::int64_t node = guestfs_hivex_root(handle);
  for (const std::string_view part : split(key, "\\")) {
    if (node <= 0) return std::nullopt;
    node = guestfs_hivex_node_get_child(handle, node, std::string(part).c_str());
  }
  if (node <= 0) return std::nullopt;
  return node;
}

Result<std::int64_t> Hive::make(std::string_view key) {
  guestfs_h* handle = appliance_->raw();
  std::int64_t node = guestfs_hivex_root(handle);
  for (const std::string_view part : split(key, "\\")) {
    const std::string name(part);
    std::int64_t child = guestfs_hivex_node_get_child(handle, node, name.c_str());
    if (child <= 0) child = guestfs_hivex_node_add_child(handle, node, name.c_str());
    if (child <= 0) return appliance_->error("the registry key " + quote(key) + " cannot be made");
    node = child;
  }
  return node;
}

std::vector<std::string> Hive::children(std::string_view key) const {
  std::vector<std::string> names;
  const auto node = find(key);
  if (!node) return names;
  const std::unique_ptr<guestfs_hivex_node_list, void (*)(guestfs_hivex_node_list*)> list(
      guestfs_hivex_node_children(appliance_->raw(), *node), guestfs_free_hivex_node_list);
  for (std::uint32_t i = 0; list && i < std::min(list->len, kMostChildren); ++i)
    names.push_back(
        take_string(guestfs_hivex_node_name(appliance_->raw(), list->val[i].hivex_node_h)));
  return names;
}

std::optional<std::uint32_t> Hive::dword(std::string_view key, const std::string& name) const {
  const auto node = find(key);
  if (!node) return std::nullopt;
  guestfs_h* handle = appliance_->raw();
  const std::int64_t value = guestfs_hivex_node_get_value(handle, *node, name.c_str());
  if (value <= 0 || guestfs_hivex_value_type(handle, value) != kDword) return std::nullopt;
  std::size_t size = 0;
  const std::unique_ptr<char, decltype(&std::free)> bytes(
      guestfs_hivex_value_value(handle, value, &size), &std::free);
  if (!bytes || size != 4) return std::nullopt;
  std::uint32_t number = 0;
  for (std::size_t i = 4; i > 0; --i)
    number = number << 8 | static_cast<unsigned char>(bytes.get()[i - 1]);
  return number;
}

std::string Hive::text(std::string_view key, const std::string& name) const {
  const auto node = find(key);
  if (!node) return {};
  guestfs_h* handle = appliance_->raw();
  const std::int64_t value = guestfs_hivex_node_get_value(handle, *node, name.c_str());
  if (value <= 0) return {};
  return take_string(guestfs_hivex_value_string(handle, value));
}

Status Hive::set(std::string_view key, const std::string& name, int type, std::string_view bytes) {
  OVAPORT_TRY(const std::int64_t node, make(key));
  if (guestfs_hivex_node_set_value(appliance_->raw(), node, name.c_str(), type, bytes.data(),
                                   bytes.size()) != 0)
    return appliance_->error("the registry value " + quote(name) + " cannot be set");
  return {};
}

Status Hive::set_dword(std::string_view key, const std::string& name, std::uint32_t value) {
  std::string bytes;
  for (int i = 0; i < 4; ++i)
    bytes += static_cast<char>(value >> (8 * i) & 0xFF);
  return set(key, name, kDword, bytes);
}

Status Hive::set_text(std::string_view key, const std::string& name, std::string_view value,
                      int type) {
  std::string bytes;  // UTF-16LE with its NUL
  for (const char c : value) {
    bytes += c;
    bytes += '\0';
  }
  bytes.append(2, '\0');
  return set(key, name, type, bytes);
}

Status Hive::remove(std::string_view key) {
  const auto node = find(key);
  if (!node) return {};
  if (guestfs_hivex_node_delete_child(appliance_->raw(), *node) != 0)
    return appliance_->error("the registry key " + quote(key) + " cannot be removed");
  return {};
}

Status Hive::commit() {
  if (guestfs_hivex_commit(appliance_->raw(), nullptr) != 0)
    return appliance_->error("the registry cannot be written");
  return {};
}

}  // namespace ovaport::guest
