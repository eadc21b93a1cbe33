#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support.h"

namespace ovaport::disk {
namespace {

constexpr std::size_t kGrain = 4096;
constexpr std::uint32_t kData = 32;
constexpr std::uint32_t kZeroGrains = 5;  ///< Flags: newline test, zero grains.

std::string grain(char c) {
  return std::string(kGrain, c);
}

std::string link(const std::string& id, const std::string& parent) {
  return "# Disk DescriptorFile\nversion=1\nCID=" + id + "\nparentCID=" + parent +
         "\ncreateType=\"monolithicSparse\"\nparentFileNameHint=\"/etc/passwd\"\n"
         "RW 64 SPARSE \"x.vmdk\"\n";
}

class Sparse : public testing::Test {
 protected:
  DiskInput file(const std::string& name, const std::string& bytes, bool with_range = true) {
    write_file(scratch_ / name, bytes);
    return input_of(scratch_ / name, with_range);
  }
  DiskInput file(const std::string& name, const SparseRecipe& recipe) {
    return file(name, make_sparse(recipe));
  }
  Result<DecodeReport> run(const DiskChain& chain) {
    DecodeOptions options;
    options.qemu_img = (scratch_ / "must-not-be-started").string();
    return decode(chain, scratch_ / "disk.raw", options);
  }
  void expect_refused(const DiskChain& chain, const std::string& code) {
    const auto report = run(chain);
    ASSERT_FALSE(report.ok());
    EXPECT_EQ(report.error().code, code) << describe(report.error());
    EXPECT_FALSE(std::filesystem::exists(scratch_ / "disk.raw"));
  }
  void expect_disk(const DiskChain& chain, const std::string& wanted) {
    const auto report = run(chain);
    ASSERT_TRUE(report.ok()) << describe(report.error());
    EXPECT_TRUE(read_all(scratch_ / "disk.raw") == wanted);
    EXPECT_EQ(report->files.size(), chain.size());
  }
  DiskInput base() {
    SparseRecipe recipe;
    recipe.entries = {kData, kData + 8, kData + 16};
    recipe.data = grain('a') + grain('b') + grain('c');
    recipe.descriptor = vmdk_descriptor("monolithicSparse");
    return file("base.vmdk", recipe);
  }
  DiskInput delta(SparseRecipe recipe, const std::string& parent = "12345678") {
    recipe.descriptor = link("00000002", parent);
    return file("delta.vmdk", recipe);
  }
  Scratch scratch_;
};

TEST_F(Sparse, GrainsInAnyOrderGoToTheirPlaces) {
  SparseRecipe recipe;
  recipe.entries = {kData + 16, 0, kData, kData + 8};
  recipe.data = grain('a') + grain('b') + grain('c');
  expect_disk({file("disk.vmdk", recipe)},
              grain('c') + grain('\0') + grain('a') + grain('b') + std::string(4 * kGrain, '\0'));
}

TEST_F(Sparse, LastGrainMayBeCut) {
  SparseRecipe recipe;
  recipe.capacity = 11;
  recipe.entries = {0, kData};
  recipe.data = std::string(3 * 512, 'x');
  expect_disk({file("disk.vmdk", recipe)}, grain('\0') + recipe.data);
}

TEST_F(Sparse, GrainBehindTheEndIsTruncation) {
  SparseRecipe recipe;
  recipe.entries = {kData, kData + 8};
  recipe.data = grain('a') + "short";
  expect_refused({file("disk.vmdk", recipe)}, "disk.truncated");
  recipe.entries = {0xFFFFFFFF};
  expect_refused({file("disk.vmdk", recipe)}, "disk.truncated");
  recipe.tables = {0xFFFFFFFF};
  expect_refused({file("disk.vmdk", recipe)}, "disk.truncated");
}

TEST_F(Sparse, SmallFileCannotMakeALargeDiskFull) {
  SparseRecipe recipe;
  recipe.capacity = std::uint64_t{8} * 512 * 512;
  recipe.entries.assign(512, kData);
  recipe.data = grain('a');
  expect_refused({file("disk.vmdk", recipe)}, "disk.vmdk-overlap");
  recipe.entries.clear();
  recipe.tables.assign(512 / 4, 22);
  expect_refused({file("disk.vmdk", recipe)}, "disk.vmdk-overlap");
}

TEST_F(Sparse, EntryOfOneNeedsItsFlag) {
  SparseRecipe recipe;
  recipe.entries = {1};
  expect_refused({file("disk.vmdk", recipe)}, "disk.vmdk-grain");
  recipe.flags = kZeroGrains;
  expect_disk({file("disk.vmdk", recipe)}, std::string(64 * 512, '\0'));
}

TEST_F(Sparse, DirectoryThatIsMissingIsTruncation) {
  std::string bytes = make_sparse({});
  bytes[56] = 0;
  expect_refused({file("disk.vmdk", bytes)}, "disk.truncated");
}

TEST_F(Sparse, NeedsAFileThatCanBeSeeked) {
  expect_refused({file("disk.vmdk", make_sparse({}), false)}, "disk.needs-seeking");
}

TEST_F(Sparse, CompressionWithoutMarkersIsRefused) {
  SparseRecipe recipe;
  recipe.flags = 0x10001;
  expect_refused({file("disk.vmdk", recipe)}, "disk.vmdk-header");
}

TEST_F(Sparse, DeltaOverwritesZeroesAndKeeps) {
  SparseRecipe recipe;
  recipe.flags = kZeroGrains;
  recipe.entries = {kData, 1, 0, kData + 8};
  recipe.data = grain('\0') + grain('d');
  expect_disk({base(), delta(recipe)},
              grain('\0') + grain('\0') + grain('c') + grain('d') + std::string(4 * kGrain, '\0'));
}

TEST_F(Sparse, DeltaMayBeLargerThanItsParentButNotSmaller) {
  SparseRecipe recipe;
  recipe.capacity = 80;
  expect_disk({base(), delta(recipe)},
              grain('a') + grain('b') + grain('c') + std::string(7 * kGrain, '\0'));
  std::filesystem::remove(scratch_ / "disk.raw");
  recipe.capacity = 56;
  expect_refused({base(), delta(recipe)}, "disk.delta-size");
}

TEST_F(Sparse, DeltaOfOtherContentIsRefused) {
  expect_refused({base(), delta({}, "87654321")}, "disk.delta-mismatch");
  expect_refused({base(), delta({}, "not-an-id")}, "disk.vmdk-descriptor");
  write_file(scratch_ / "raw", grain('r'));
  DiskInput raw = input_of(scratch_ / "raw");
  expect_refused({raw, delta({})}, "disk.delta-mismatch");
}

TEST_F(Sparse, DeltaThatNamesNoContentIsTakenWithAWarning) {
  const auto report = run({base(), delta({}, "ffffffff")});
  ASSERT_TRUE(report.ok()) << describe(report.error());
  ASSERT_EQ(report->concerns.size(), 1U);
  EXPECT_EQ(report->concerns[0].code, "disk.delta-unnamed-parent");
}

TEST_F(Sparse, DeltaIsNoBase) {
  expect_refused({delta({})}, "disk.vmdk-parent");
}

TEST_F(Sparse, DeltaMustBeAVmdk) {
  expect_refused({base(), file("other", std::string(8192, 'x'))}, "disk.delta-format");
  expect_refused(
      {base(), file("text.vmdk", vmdk_descriptor("monolithicFlat") + std::string(512, ' '))},
      "disk.delta-format");
}

VmdkRecipe streamed_delta() {
  VmdkRecipe recipe;
  recipe.capacity = 64;
  recipe.grain_sectors = 8;
  recipe.descriptor =
      "# Disk DescriptorFile\nCID=1\nparentCID=12345678\n"
      "createType=\"streamOptimized\"\nRW 64 SPARSE \"x.vmdk\"\n";
  return recipe;
}

TEST_F(Sparse, StreamedDeltaIsReadByTheTablesAtItsEnd) {
  VmdkRecipe recipe = streamed_delta();
  recipe.grains = {{8, grain('x')}, {56, grain('y')}};
  recipe.zeros = {16};
  expect_disk({base(), file("stream.vmdk", make_vmdk(recipe))},
              grain('a') + grain('x') + grain('\0') + std::string(4 * kGrain, '\0') + grain('y'));
}

TEST_F(Sparse, StreamedDeltaWithoutItsEndIsTruncated) {
  VmdkRecipe recipe = streamed_delta();
  recipe.footer = false;
  expect_refused({base(), file("stream.vmdk", make_vmdk(recipe))}, "disk.truncated");
}

TEST_F(Sparse, StreamedDeltaWhoseTablesLieIsRefused) {
  VmdkRecipe recipe = streamed_delta();
  recipe.grains = {{8, grain('x')}, {56, grain('y')}};
  std::string bytes = make_vmdk(recipe);
  std::swap(bytes[128 * 512], bytes[129 * 512]);  // the sectors in the grains' markers
  expect_refused({base(), file("stream.vmdk", bytes)}, "disk.vmdk-grain");
}

TEST_F(Sparse, FileThatIsChangedBetweenDigestAndUseIsRefused) {
  SparseRecipe recipe;
  recipe.entries = {kData};
  recipe.data = grain('a');
  DiskInput input = file("disk.vmdk", recipe);
  input.open = [&, open = input.open] {
    std::filesystem::last_write_time(scratch_ / "disk.vmdk",
                                     std::filesystem::file_time_type::clock::now());
    return open();
  };
  expect_refused({input}, "disk.changed");
}

TEST_F(Sparse, LongChainsAreRefused) {
  DiskChain chain{base()};
  for (int i = 0; i < 64; ++i)
    chain.push_back(chain.front());
  expect_refused(chain, "disk.delta-depth");
}

}  // namespace
}  // namespace ovaport::disk
