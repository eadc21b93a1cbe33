#include "initramfs.h"

#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ovaport::guest {
namespace {

using testing::UnorderedElementsAre;

std::string cpio(const std::vector<std::string>& names, int (*filter)(archive*)) {
  std::string out(1 << 20, '\0');
  std::size_t used = 0;
  archive* writer = archive_write_new();
  archive_write_set_format_cpio_newc(writer);
  if (filter != nullptr) filter(writer);
  archive_write_set_bytes_in_last_block(writer, 1);
  EXPECT_EQ(archive_write_open_memory(writer, out.data(), out.size(), &used), ARCHIVE_OK);
  archive_entry* entry = archive_entry_new();
  for (const std::string& name : names) {
    archive_entry_clear(entry);
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, 3);
    archive_write_header(writer, entry);
    archive_write_data(writer, "abc", 3);
  }
  archive_entry_free(entry);
  archive_write_close(writer);
  archive_write_free(writer);
  out.resize(used);
  return out;
}

Result<std::set<std::string>> read(const std::string& content) {
  return initramfs_modules(content);
}

TEST(Initramfs, ModulesAreFoundInACompressedArchive) {
  const auto names = read(cpio({"lib/modules/6.1/kernel/drivers/block/virtio_blk.ko", "init"},
                               archive_write_add_filter_gzip));
  ASSERT_TRUE(names) << names.error().message;
  EXPECT_THAT(*names, UnorderedElementsAre("virtio_blk"));
}

TEST(Initramfs, ModulesAreFoundBehindMicrocode) {
  // Debian and Fedora put an uncompressed archive with microcode first.
  const auto names =
      read(cpio({"kernel/x86/microcode/GenuineIntel.bin"}, nullptr) + std::string(512, '\0') +
           cpio({"lib/virtio-pci.ko.xz", "lib/sd_mod.ko.zst"}, archive_write_add_filter_xz));
  ASSERT_TRUE(names) << names.error().message;
  EXPECT_THAT(*names, UnorderedElementsAre("virtio_pci", "sd_mod"));
}

TEST(Initramfs, RubbishIsToldApartFromAnEmptyOne) {
  EXPECT_EQ(read("not an archive at all").error().code, "guest.initramfs");
  EXPECT_EQ(read("").error().code, "guest.initramfs");
  const auto empty = read(cpio({"init"}, nullptr));
  ASSERT_TRUE(empty);
  EXPECT_TRUE(empty->empty());
}

TEST(Initramfs, TruncatedOrLyingHeadersAreHarmless) {
  std::string image = cpio({"lib/virtio_blk.ko"}, nullptr);
  for (std::size_t size = 0; size < image.size(); size += 7)
    (void)read(image.substr(0, size));
  image.replace(6 + 8 * 6, 8, "FFFFFFFF");
  (void)read(image);
}

TEST(ModuleName, IgnoresPathCompressionAndDashes) {
  EXPECT_EQ(module_name("kernel/drivers/virtio/virtio-pci.ko.xz"), "virtio_pci");
  EXPECT_EQ(module_name("ahci.ko"), "ahci");
  EXPECT_EQ(module_name("README.kolor"), "");
  EXPECT_EQ(module_name("dir/.ko"), "");
}

}  // namespace
}  // namespace ovaport::guest
