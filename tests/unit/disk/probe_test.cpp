#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support.h"

namespace ovaport::disk {
namespace {

class Probe : public testing::Test {
 protected:
  Result<Image> run(const std::string& bytes) {
    write_file(scratch_ / "disk", bytes);
    return probe(input_of(scratch_ / "disk"));
  }
  /// Refused, and before any program could be started for it.
  void expect_refused(const std::string& bytes, const std::string& code) {
    const auto image = run(bytes);
    ASSERT_FALSE(image.ok());
    EXPECT_EQ(image.error().code, code) << describe(image.error());
    DecodeOptions options;
    options.qemu_img = (scratch_ / "must-not-be-started").string();
    const auto report = decode(input_of(scratch_ / "disk"), scratch_ / "out", options);
    ASSERT_FALSE(report.ok());
    EXPECT_EQ(report.error().code, code);
    EXPECT_FALSE(std::filesystem::exists(scratch_ / "out"));
  }
  static std::string qcow2(std::size_t offset, const std::string& bytes) {
    std::string image("QFI\xfb\0\0\0\3", 8);
    image.resize(65536);
    image[28] = 1;  // a size of 16 MiB
    return image.replace(offset, bytes.size(), bytes);
  }
  Scratch scratch_;
};

TEST_F(Probe, TextDescriptorThatNamesAHostFileIsRefused) {
  expect_refused(vmdk_descriptor("monolithicFlat", "RW 8 FLAT \"/etc/passwd\" 0"),
                 "disk.vmdk-extent");
  expect_refused(vmdk_descriptor("monolithicFlat", "RW 8 FLAT \"passwd\" 0"),
                 "disk.vmdk-extent-missing");
}

TEST_F(Probe, SparseHeaderWithoutCapacityIsRefused) {
  VmdkRecipe recipe;
  recipe.capacity = 0;
  recipe.descriptor = vmdk_descriptor("monolithicFlat", "RW 8 FLAT \"/etc/passwd\" 0");
  expect_refused(make_vmdk(recipe), "disk.vmdk-capacity");
}

TEST_F(Probe, EmbeddedDescriptorWithAFlatExtentIsRefused) {
  VmdkRecipe recipe;
  recipe.descriptor = vmdk_descriptor("streamOptimized", "RW 8 FLAT \"/etc/passwd\" 0");
  expect_refused(make_vmdk(recipe), "disk.vmdk-extent");
  recipe.descriptor = vmdk_descriptor("streamOptimized", "RW 8 SPARSE \"/etc/passwd\"");
  expect_refused(make_vmdk(recipe), "disk.vmdk-extent");
}

TEST_F(Probe, SeveralExtentsAreRefused) {
  VmdkRecipe recipe;
  recipe.descriptor =
      vmdk_descriptor("streamOptimized", "RW 8 SPARSE \"a.vmdk\"", "RW 8 SPARSE \"b.vmdk\"");
  expect_refused(make_vmdk(recipe), "disk.vmdk-extent");
}

TEST_F(Probe, ParentsOfVmdksAreRefused) {
  VmdkRecipe recipe;
  recipe.descriptor = vmdk_descriptor("streamOptimized", "RW 8 SPARSE \"a.vmdk\"",
                                      "parentFileNameHint=\"/etc/passwd\"");
  expect_refused(make_vmdk(recipe), "disk.vmdk-parent");
  recipe.descriptor =
      "createType=\"streamOptimized\"\nparentCID=00000001\nRW 8 SPARSE \"a.vmdk\"\n";
  expect_refused(make_vmdk(recipe), "disk.vmdk-parent");
}

// QEMU finds the hint even in a comment and opens what it names.
TEST_F(Probe, ParentHintInACommentIsIgnoredByUsAndNeverSeenByQemu) {
  VmdkRecipe recipe;
  recipe.descriptor = vmdk_descriptor("streamOptimized", "RW 8 SPARSE \"a.vmdk\"",
                                      "# parentFileNameHint=\"/etc/passwd\"");
  write_file(scratch_ / "disk", make_vmdk(recipe));
  DecodeOptions options;
  options.qemu_img = (scratch_ / "must-not-be-started").string();
  const auto report = decode(input_of(scratch_ / "disk"), scratch_ / "out", options);
  ASSERT_TRUE(report.ok()) << describe(report.error());
  EXPECT_EQ(report->written, 0U);
}

TEST_F(Probe, DescriptorElsewhereIsRefused) {
  std::string bytes = make_vmdk({});
  bytes[28] = 40;
  expect_refused(bytes, "disk.vmdk-descriptor");
}

TEST_F(Probe, RawDiskStaysRawWhateverItsGuestWrote) {
  write_file(scratch_ / "disk", qcow2(15, "\1"));
  DiskInput input = input_of(scratch_ / "disk");
  input.stated_raw = true;
  EXPECT_EQ(probe(input)->format, Format::raw);
}

TEST_F(Probe, VhdxWithoutItsTablesIsRefused) {
  expect_refused("vhdxfile" + std::string(std::size_t{1} << 20, '\0'), "disk.vhdx");
  expect_refused("vhdxfile" + std::string(4096, '\0'), "disk.truncated");
}

TEST_F(Probe, OtherTypesAndVersionsOfVmdkAreRefused) {
  VmdkRecipe recipe;
  recipe.descriptor = vmdk_descriptor("twoGbMaxExtentSparse");
  expect_refused(make_vmdk(recipe), "disk.vmdk-type");
  recipe.descriptor.clear();
  recipe.version = 4;
  expect_refused(make_vmdk(recipe), "disk.vmdk-version");
}

TEST_F(Probe, Qcow2ThatNamesAnotherFileIsRefused) {
  EXPECT_EQ(run(qcow2(30, "x"))->format, Format::qcow2);
  expect_refused(qcow2(15, "\1"), "disk.backing-file");
  expect_refused(qcow2(79, "\4"), "disk.qcow2-features");  // data file
  expect_refused(qcow2(79, "\x20"), "disk.qcow2-features");
  expect_refused(qcow2(35, "\2"), "disk.encrypted");
  expect_refused(qcow2(63, "\1"), "disk.qcow2-snapshots");
}

TEST_F(Probe, DifferencingVhdIsRefused) {
  std::string image(4096, '\0');
  image.replace(0, 8, "conectix");
  image[63] = 3;
  EXPECT_EQ(run(image)->format, Format::vhd);
  image[63] = 4;
  expect_refused(image, "disk.backing-file");
}

// Only the end of a fixed VHD tells that it is none of a raw disk.
TEST_F(Probe, FixedVhdLosesItsFooterEvenInAStream) {
  std::string image(8192, 'x');
  std::string footer(512, '\0');
  footer.replace(0, 8, "conectix");
  footer[54] = 0x20;  // 8192 bytes
  footer[63] = 2;
  write_file(scratch_ / "disk", image + footer);
  for (const bool with_range : {true, false}) {
    const auto report = decode(input_of(scratch_ / "disk", with_range), scratch_ / "out", {});
    ASSERT_TRUE(report.ok()) << describe(report.error());
    EXPECT_EQ(report->size, 8192U);
    EXPECT_EQ(read_all(scratch_ / "out"), image);
    std::filesystem::remove(scratch_ / "out");
    DecodeOptions larger;
    larger.capacity = 8192 + 512;
    EXPECT_TRUE(decode(input_of(scratch_ / "disk", with_range), scratch_ / "out", larger).ok());
    EXPECT_EQ(read_all(scratch_ / "out"), image + std::string(512, '\0'));
    std::filesystem::remove(scratch_ / "out");
  }
}

TEST_F(Probe, DifferencingVdiIsRefused) {
  std::string image(4096, '\0');
  image.replace(0x40, 4, "\x7f\x10\xda\xbe");
  image[0x4c] = 1;
  EXPECT_EQ(run(image)->format, Format::vdi);
  image[0x4c] = 4;
  expect_refused(image, "disk.backing-file");
}

TEST_F(Probe, CompressedAndSnapshotDisksAreNamedForWhatTheyAre) {
  expect_refused("\x1f\x8b\x08" + std::string(4096, '\0'), "disk.compressed");
  expect_refused("COWD" + std::string(4096, '\0'), "disk.esx-sparse");
  expect_refused("\xbe\xba\xfe\xca" + std::string(4096, '\0'), "disk.esx-sparse");
  expect_refused("short", "disk.too-small");
}

TEST_F(Probe, AnythingElseIsRaw) {
  const auto image = run(std::string(4096, '\7'));
  ASSERT_TRUE(image.ok());
  EXPECT_EQ(image->format, Format::raw);
  EXPECT_EQ(image->virtual_size, 4096U);
}

}  // namespace
}  // namespace ovaport::disk
