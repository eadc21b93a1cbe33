#include "ovaport/base/digest.h"

#include <gtest/gtest.h>

namespace ovaport {
namespace {

// Values of FIPS 180-4's example message "abc".
TEST(Digest, MatchesPublishedVectors) {
  EXPECT_EQ(digest_of(DigestAlgorithm::sha1, "abc").hex,
            "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(digest_of(DigestAlgorithm::sha256, "abc").hex,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digest_of(DigestAlgorithm::sha512, "abc").hex.substr(0, 16), "ddaf35a193617aba");
  EXPECT_EQ(digest_of(DigestAlgorithm::sha384, "abc").hex.size(),
            2 * digest_size(DigestAlgorithm::sha384));
}

TEST(Digest, IsIncremental) {
  Hasher hasher(DigestAlgorithm::sha256);
  hasher.update(std::as_bytes(std::span("a", 1)));
  hasher.update(std::as_bytes(std::span("bc", 2)));
  EXPECT_EQ(hasher.finish(), digest_of(DigestAlgorithm::sha256, "abc"));
}

}  // namespace
}  // namespace ovaport
