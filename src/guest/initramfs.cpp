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

// Collects module names from "newc" archives that arrive in pieces, one after the
// other with zeros between them. Own code, since libarchive (3.6) allocates whatever
// length a header claims.
class NewcNames {
 public:
  explicit NewcNames(std::set<std::string>& names) : names_(names) {}

  /// Returns where in `bytes` the first thing starts that is no archive (or not
  /// enough of one); nothing of it is used.
  std::size_t feed(std::string_view bytes) {
    std::size_t used = 0;
    while (used < bytes.size() && !broken_ && entries_ < kMostEntries)
      used += step(bytes.substr(used));
    return used - std::min(used, pending_.size());
  }

  [[nodiscard]] bool any() const { return entries_ > 0; }
  [[nodiscard]] bool broken() const { return broken_; }

 private:
  static constexpr std::size_t kHeaderSize = 110;
  static constexpr std::uint32_t kLongestName = 4096;

  static std::size_t aligned(std::size_t value) { return (value + 3) & ~std::size_t{3}; }

  static std::optional<std::uint32_t> field(std::string_view header, std::size_t index) {
    const std::string_view digits = header.substr(6 + 8 * index, 8);
    std::uint32_t value = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return value;
  }

  // Takes something from a piece that is not empty; returns how much.
  std::size_t step(std::string_view bytes) {
    if (skip_ > 0) {
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(skip_, bytes.size()));
      skip_ -= count;
      return count;
    }
    if (pending_.empty() && name_size_ == 0 && bytes.front() == '\0') return 1;
    const std::size_t wanted =
        name_size_ == 0 ? kHeaderSize : aligned(kHeaderSize + name_size_) - kHeaderSize;
    const std::size_t count = std::min(wanted - pending_.size(), bytes.size());
    pending_.append(bytes.substr(0, count));
    if (pending_.size() == wanted) take();
    return count;
  }

  void take() {
    if (name_size_ == 0) {
      take_header();
      return;
    }
    if (std::string name = module_name(std::string_view(pending_).substr(0, name_size_ - 1));
        !name.empty())
      names_.insert(std::move(name));
    ++entries_;
    name_size_ = 0;
    skip_ = aligned(data_size_);
    pending_.clear();
  }

  void take_header() {
    const std::string_view magic = std::string_view(pending_).substr(0, 6);
    const auto data = field(pending_, 6);
    const auto name = field(pending_, 11);
    broken_ = (magic != "070701" && magic != "070702") || !data || !name || *name == 0 ||
              *name > kLongestName;
    if (broken_) return;
    data_size_ = *data;
    name_size_ = *name;
    pending_.clear();
  }

  std::set<std::string>& names_;
  std::string pending_;
  std::uint64_t skip_ = 0;
  std::uint32_t name_size_ = 0;  ///< 0 while a header is expected.
  std::size_t data_size_ = 0;
  int entries_ = 0;
  bool broken_ = false;
};

// Those of Linux (lib/decompress.c). Only the one that is there: asking libarchive
// for all of them would start programs for some and trust lengths for others.
bool support_compression(archive* reader, std::string_view bytes) {
  struct Method {
    std::string_view magic;
    int (*support)(archive*);
  };
  using namespace std::string_view_literals;
  constexpr std::array kMethods = {Method{"\x1f\x8b"sv, archive_read_support_filter_gzip},
                                   Method{"BZh"sv, archive_read_support_filter_bzip2},
                                   Method{"\x5d\x00"sv, archive_read_support_filter_lzma},
                                   Method{"\xfd\x37zXZ"sv, archive_read_support_filter_xz},
                                   Method{"\x02\x21\x4c\x18"sv, archive_read_support_filter_lz4},
                                   Method{"\x04\x22\x4d\x18"sv, archive_read_support_filter_lz4},
                                   Method{"\x28\xb5\x2f\xfd"sv, archive_read_support_filter_zstd}};
  const auto found = std::find_if(kMethods.begin(), kMethods.end(), [&](const Method& method) {
    return bytes.substr(0, method.magic.size()) == method.magic;
  });
  return found != kMethods.end() && found->support(reader) == ARCHIVE_OK;
}

bool walk_compressed(std::string_view bytes, std::set<std::string>& names) {
  const Reader reader(archive_read_new());
  archive_read_support_format_raw(reader.get());
  archive_entry* entry = nullptr;
  if (!support_compression(reader.get(), bytes) ||
      archive_read_open_memory(reader.get(), bytes.data(), bytes.size()) != ARCHIVE_OK ||
      archive_read_next_header(reader.get(), &entry) != ARCHIVE_OK)
    return false;
  NewcNames archive(names);
  std::array<char, 65536> buffer{};
  std::uint64_t unpacked = 0;
  while (!archive.broken() && unpacked < kMostUnpacked) {
    const la_ssize_t got = archive_read_data(reader.get(), buffer.data(), buffer.size());
    if (got <= 0) break;
    unpacked += static_cast<std::uint64_t>(got);
    archive.feed({buffer.data(), static_cast<std::size_t>(got)});
  }
  return archive.any();
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

Result<std::set<std::string>> initramfs_file_modules(const std::filesystem::path& file) {
  OVAPORT_TRY(const std::string content, read_file(file, kLargestImage));
  return initramfs_modules(content);
}

Result<std::set<std::string>> initramfs_modules(std::string_view image) {
  std::set<std::string> names;
  NewcNames plain(names);
  const std::size_t end = plain.feed(image);
  const bool packed = walk_compressed(image.substr(end), names);
  if (!plain.any() && !packed)
    return Error(ErrorKind::invalid, "guest.initramfs", "no archive is found in the initramfs");
  return names;
}

}  // namespace ovaport::guest
