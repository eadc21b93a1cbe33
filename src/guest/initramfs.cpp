#include "initramfs.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <optional>
#include <string_view>

#include "ovaport/base/file.h"
#include "ovaport/base/text.h"

namespace ovaport::guest {

namespace {

constexpr std::uint64_t kLargestImage = 512ULL << 20;
constexpr std::uint64_t kMostUnpacked = 2ULL << 30;
constexpr int kMostEntries = 200000;

struct Free {
  void operator()(archive* handle) const { archive_read_free(handle); }
};
using Reader = std::unique_ptr<archive, Free>;

constexpr std::size_t kHeaderSize = 110;  // of the "newc" format

std::optional<std::uint64_t> field(std::string_view header, int index) {
  const std::string_view digits = header.substr(6 + 8 * static_cast<std::size_t>(index), 8);
  std::uint32_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::size_t aligned(std::size_t value) {
  return (value + 3) & ~std::size_t{3};
}

void keep(std::string_view path, std::set<std::string>& names) {
  if (std::string name = module_name(path); !name.empty()) names.insert(std::move(name));
}

// Walks one uncompressed archive at the start of `bytes`; returns its length, or
// nothing when there is none. libarchive would swallow what follows it.
std::optional<std::size_t> walk_plain(std::string_view bytes, std::set<std::string>& names) {
  std::size_t position = 0;
  for (int count = 0; count < kMostEntries; ++count) {
    if (bytes.size() - position < kHeaderSize) return std::nullopt;
    const std::string_view header = bytes.substr(position, kHeaderSize);
    if (header.substr(0, 6) != "070701" && header.substr(0, 6) != "070702") return std::nullopt;
    const auto size = field(header, 6);
    const auto name_size = field(header, 11);
    if (!size || !name_size || *name_size == 0 || *name_size > 4096) return std::nullopt;
    const std::size_t data = aligned(position + kHeaderSize + *name_size);
    const std::size_t next = aligned(data + *size);
    if (next > bytes.size()) return std::nullopt;
    const std::string_view name = bytes.substr(position + kHeaderSize, *name_size - 1);
    position = next;
    if (name == "TRAILER!!!") return position;
    keep(name, names);
  }
  return std::nullopt;
}

bool walk_compressed(std::string_view bytes, std::set<std::string>& names) {
  const Reader reader(archive_read_new());
  archive_read_support_filter_all(reader.get());
  archive_read_support_format_cpio(reader.get());
  if (archive_read_open_memory(reader.get(), bytes.data(), bytes.size()) != ARCHIVE_OK)
    return false;
  archive_entry* entry = nullptr;
  int count = 0;
  while (archive_read_next_header(reader.get(), &entry) == ARCHIVE_OK) {
    const char* name = archive_entry_pathname(entry);
    if (name != nullptr) keep(name, names);
    if (++count > kMostEntries) break;
    if (static_cast<std::uint64_t>(archive_filter_bytes(reader.get(), 0)) > kMostUnpacked) break;
  }
  return count > 0;
}

}  // namespace

std::string module_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  std::string_view file = slash == std::string_view::npos ? path : path.substr(slash + 1);
  const std::size_t suffix = file.rfind(".ko");
  if (suffix == std::string_view::npos || suffix == 0) return {};
  const std::string_view rest = file.substr(suffix + 3);
  if (!rest.empty() && rest != ".xz" && rest != ".gz" && rest != ".zst") return {};
  std::string name(file.substr(0, suffix));
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

Result<std::set<std::string>> initramfs_modules(const std::filesystem::path& image) {
  OVAPORT_TRY(const std::string content, read_file(image, kLargestImage));
  std::string_view rest(content);
  std::set<std::string> names;
  bool any = false;
  while (!rest.empty()) {
    const std::size_t start = rest.find_first_not_of('\0');
    if (start == std::string_view::npos) break;
    rest.remove_prefix(start);
    const auto length = walk_plain(rest, names);
    if (!length) {
      any = walk_compressed(rest, names) || any;
      break;
    }
    any = true;
    rest.remove_prefix(*length);
  }
  if (!any)
    return Error(ErrorKind::invalid, "guest.initramfs", "no archive is found in the initramfs");
  return names;
}

}  // namespace ovaport::guest
