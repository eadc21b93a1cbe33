#include "ovaport/kubevirt/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ovaport::kubevirt {
namespace {

TEST(Names, AreLabelsWhateverTheDescriptorSays) {
  const std::vector<std::string> names{"",
                                       " ",
                                       "-",
                                       "---",
                                       ".",
                                       "a",
                                       "A B",
                                       "虚拟机",
                                       "\xFF\xFE",
                                       std::string(200, 'x'),
                                       std::string(54, 'x') + "-y",
                                       std::string(54, 'x') + "---------y",
                                       std::string("a\0b", 3),
                                       "-lead",
                                       "trail-",
                                       "VM_1 (copy)",
                                       std::string(10000, '-')};
  for (const std::string& name : names)
    for (const std::size_t limit : {16, 55, 63}) {
      const std::string label = label_for(name, limit);
      EXPECT_TRUE(is_label(label)) << name << " -> " << label;
      EXPECT_LE(label.size(), limit);
      EXPECT_EQ(label, label_for(name, limit));
    }
}

TEST(Names, StayReadable) {
  EXPECT_EQ(label_for("Debian Server 12.4"), "debian-server-12-4");
  EXPECT_EQ(label_for("acme-fw"), "acme-fw");
  EXPECT_EQ(label_for("VM_1 (copy)"), "vm-1-copy");
  EXPECT_THAT(label_for("Büro"), testing::MatchesRegex("b-ro-[0-9a-f]{8}"));
  EXPECT_THAT(label_for(std::string(200, 'x')), testing::MatchesRegex("x{54}-[0-9a-f]{8}"));
}

TEST(Names, OfOtherLettersDiffer) {
  EXPECT_NE(label_for("虚拟机"), label_for("虚拟"));
  EXPECT_NE(label_for(std::string(200, 'x')), label_for(std::string(201, 'x')));
}

TEST(Names, AreToldFromInvalidOnes) {
  for (const char* good : {"a", "0", "a-b", "a1"})
    EXPECT_TRUE(is_label(good)) << good;
  for (const char* bad : {"", "-a", "a-", "A", "a.b", "a_b", "ä", "a b"})
    EXPECT_FALSE(is_label(bad)) << bad;
  EXPECT_TRUE(is_label(std::string(63, 'a')));
  EXPECT_FALSE(is_label(std::string(64, 'a')));
  for (const char* good : {"a", "a.b", "my.net-1.x"})
    EXPECT_TRUE(is_subdomain(good)) << good;
  for (const char* bad : {"", ".", "a.", ".a", "a..b", "a.B", "a/b"})
    EXPECT_FALSE(is_subdomain(bad)) << bad;
}

TEST(Names, OfChildrenAreLabelsAndDistinct) {
  EXPECT_EQ(child_label("fw", "-disk0"), "fw-disk0");
  const std::string long_name(63, 'a');
  const std::string other = std::string(62, 'a') + "b";
  EXPECT_TRUE(is_label(child_label(long_name, "-disk100")));
  EXPECT_NE(child_label(long_name, "-disk0"), child_label(other, "-disk0"));
}

TEST(Names, AreMadeUnique) {
  std::set<std::string> used;
  EXPECT_EQ(unique_label("a", used), "a");
  EXPECT_EQ(unique_label("a", used), "a-2");
  EXPECT_EQ(unique_label("a", used), "a-3");
  const std::string longest(63, 'x');
  EXPECT_EQ(unique_label(longest, used), longest);
  const std::string second = unique_label(longest, used);
  EXPECT_TRUE(is_label(second));
  EXPECT_NE(second, longest);
}

TEST(Mac, IsStableLocalAndUnicast) {
  const std::string mac = stable_mac("SHA256:00", "vm", 0);
  EXPECT_EQ(mac, stable_mac("SHA256:00", "vm", 0));
  EXPECT_THAT(mac, testing::MatchesRegex("02(:[0-9a-f]{2}){5}"));
  EXPECT_NE(mac, stable_mac("SHA256:00", "vm", 1));
  EXPECT_NE(mac, stable_mac("SHA256:00", "vm2", 0));
  EXPECT_NE(mac, stable_mac("SHA256:01", "vm", 0));
  // The parts do not run into each other.
  EXPECT_NE(stable_mac("ab", "c", 0), stable_mac("a", "bc", 0));
}

TEST(Mac, IsReadInTheUsualSpellings) {
  EXPECT_EQ(*canonical_mac("00:50:56:9A:11:22"), "00:50:56:9a:11:22");
  EXPECT_EQ(*canonical_mac(" 00-50-56-9a-11-22 "), "00:50:56:9a:11:22");
}

TEST(Mac, IsRefusedWhenUnusable) {
  for (const char* bad : {"", "00:50:56:9a:11", "00:50:56:9a:11:22:33", "00:50:56:9a:11:2g",
                          "00::50:56:9a:11:22", "0:050:56:9a:11:22", "01:00:5e:00:00:01",
                          "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00", "005056:9a1122"})
    EXPECT_FALSE(canonical_mac(bad).ok()) << bad;
}

}  // namespace
}  // namespace ovaport::kubevirt
