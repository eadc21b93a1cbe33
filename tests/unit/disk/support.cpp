#include "support.h"

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <cstring>
#include <fstream>
#include <sstream>

#include "ovaport/base/file.h"

namespace ovaport::disk {

namespace fs = std::filesystem;

Scratch::Scratch() {
  std::string pattern = testing::TempDir() + "ovaport-disk-XXXXXX";
  path_ = ::mkdtemp(pattern.data());
}

Scratch::~Scratch() {
  fs::remove_all(path_);
}

DiskInput input_of(const fs::path& path, bool with_range) {
  const auto size = fs::file_size(path);
  auto file = std::make_shared<const UniqueFd>(std::move(open_for_reading(path).value()));
  const FileRange range{file, 0, size};
  DiskInput input;
  input.name = path.filename().string();
  input.size = size;
  if (with_range) input.range = range;
  input.open = [range] { return Result<std::unique_ptr<ByteSource>>(make_source(range)); };
  return input;
}

void write_file(const fs::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

std::string read_all(const fs::path& path) {
  std::stringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

namespace {

template <typename Number>
void put(std::string& bytes, std::size_t offset, Number value) {
  std::memcpy(bytes.data() + offset, &value, sizeof value);
}

void pad(std::string& bytes) {
  bytes.resize((bytes.size() + 511) / 512 * 512);
}

std::string header_of(const VmdkRecipe& recipe) {
  std::string header(512, '\0');
  std::memcpy(header.data(), "KDMV", 4);
  put<std::uint32_t>(header, 4, recipe.version);
  put<std::uint32_t>(header, 8, 0x30001);
  put<std::uint64_t>(header, 12, recipe.capacity);
  put<std::uint64_t>(header, 20, recipe.grain_sectors);
  put<std::uint64_t>(header, 28, 1);
  put<std::uint64_t>(header, 36, 20);
  put<std::uint32_t>(header, 44, 512);
  put<std::uint64_t>(header, 56, ~std::uint64_t{0});
  put<std::uint64_t>(header, 64, 128);
  put<std::uint16_t>(header, 77, 1);
  return header;
}

std::string marker(std::uint64_t sectors, std::uint32_t type) {
  std::string bytes(512, '\0');
  put<std::uint64_t>(bytes, 0, sectors);
  put<std::uint32_t>(bytes, 12, type);
  return bytes;
}

std::string packed_grain(std::uint64_t lba, const std::string& content) {
  uLongf size = compressBound(content.size());
  std::string packed(size, '\0');
  compress(reinterpret_cast<Bytef*>(packed.data()), &size,
           reinterpret_cast<const Bytef*>(content.data()), content.size());
  std::string bytes(12, '\0');
  put<std::uint64_t>(bytes, 0, lba);
  put<std::uint32_t>(bytes, 8, static_cast<std::uint32_t>(size));
  bytes += packed.substr(0, size);
  pad(bytes);
  return bytes;
}

}  // namespace

std::string vmdk_descriptor(const std::string& type, const std::string& extent,
                            const std::string& more) {
  return "# Disk DescriptorFile\nversion=1\nCID=12345678\nparentCID=ffffffff\ncreateType=\"" +
         type + "\"\n\n" + extent + "\n" + more + "\nddb.adapterType = \"lsilogic\"\n";
}

std::string make_vmdk(const VmdkRecipe& recipe) {
  constexpr std::uint64_t kEntries = 512;
  std::string header = header_of(recipe);
  if (!recipe.zeros.empty()) put<std::uint32_t>(header, 8, 0x30005);
  std::string bytes = header;
  bytes += recipe.descriptor.empty() ? vmdk_descriptor() : recipe.descriptor;
  bytes.resize(std::size_t{128} * 512);
  const std::uint64_t covered = kEntries * recipe.grain_sectors;
  std::vector<std::string> tables((recipe.capacity + covered - 1) / covered,
                                  std::string(kEntries * 4, '\0'));
  const auto enter = [&](std::uint64_t lba, std::uint64_t sector) {
    if (lba < recipe.capacity)
      put<std::uint32_t>(tables[lba / covered], lba % covered / recipe.grain_sectors * 4,
                         static_cast<std::uint32_t>(sector));
  };
  for (const auto& [lba, content] : recipe.grains) {
    enter(lba, bytes.size() / 512);
    bytes += packed_grain(lba, content);
  }
  for (const std::uint64_t lba : recipe.zeros)
    enter(lba, 1);
  std::string directory(tables.size() * 4, '\0');
  for (std::size_t i = 0; i < tables.size(); ++i) {
    put<std::uint32_t>(directory, i * 4, static_cast<std::uint32_t>(bytes.size() / 512 + 1));
    bytes += marker(4, 1) + tables[i];
  }
  pad(directory);
  put<std::uint64_t>(header, 56, bytes.size() / 512 + 1);
  bytes += marker(directory.size() / 512, 2) + directory;
  if (recipe.footer) bytes += marker(1, 3) + header;
  if (recipe.end_marker) bytes += std::string(512, '\0');
  return bytes;
}

std::string make_sparse(const SparseRecipe& recipe) {
  VmdkRecipe geometry;
  geometry.capacity = recipe.capacity;
  geometry.grain_sectors = 8;
  geometry.version = 1;
  std::string bytes = header_of(geometry);
  put<std::uint32_t>(bytes, 8, recipe.flags);
  put<std::uint64_t>(bytes, 56, 21);
  bytes += recipe.descriptor.empty() ? vmdk_descriptor("monolithicSparse") : recipe.descriptor;
  bytes.resize(std::size_t{32} * 512);
  for (std::size_t i = 0; i < recipe.tables.size(); ++i)
    put<std::uint32_t>(bytes, 21 * 512 + i * 4, recipe.tables[i]);
  for (std::size_t i = 0; i < recipe.entries.size(); ++i)
    put<std::uint32_t>(bytes, 22 * 512 + i * 4, recipe.entries[i]);
  return bytes + recipe.data;
}

}  // namespace ovaport::disk
