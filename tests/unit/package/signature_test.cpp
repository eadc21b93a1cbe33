#include "ovaport/package/signature.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace ovaport::package {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kManifest = "SHA256(a.ovf)= 00\n";

/// Authorities, keys and signatures made by the openssl program, once for all tests.
class SignatureTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = fs::path(::testing::TempDir()) / ("ovaport-sign-" + std::to_string(::getpid()));
    fs::create_directories(folder_ / "trust");
    write("m.mf", kManifest);
    const std::string quiet = " 2>>openssl.log && ";
    const std::string req = "openssl req -new -nodes -newkey ";
    const std::string root_key = " -keyout root.key -out trust/root.pem -subj '/CN=Test Root' ";
    const std::string sign = " -days 30 -CAcreateserial -in ";
    run("printf 'basicConstraints=CA:TRUE\\n' > ca.ext && "
        "printf 'keyUsage=keyCertSign\\n' > nosign.ext && " +
        req + "rsa:2048 -x509 -days 30" + root_key + quiet + req +
        "rsa:2048 -keyout mid.key -out mid.csr -subj '/CN=Test Issuing'" + quiet +
        "openssl x509 -req" + sign + "mid.csr -CA trust/root.pem -CAkey root.key -extfile ca.ext " +
        "-out mid.pem" + quiet + req +
        "ec -pkeyopt ec_paramgen_curve:P-256 -keyout ec.key -out ec.csr -subj '/O=Vendor/CN=EC'" +
        quiet + "openssl x509 -req" + sign + "ec.csr -CA mid.pem -CAkey mid.key -out ec.pem" +
        quiet + req + "rsa:2048 -keyout rsa.key -out rsa.csr -subj '/O=Vendor/CN=RSA'" + quiet +
        "openssl x509 -req" + sign + "rsa.csr -CA trust/root.pem -CAkey root.key -out rsa.pem" +
        quiet + "openssl x509 -req" + sign +
        "rsa.csr -CA trust/root.pem -CAkey root.key -extfile nosign.ext -out nosign.pem" + quiet +
        req + "rsa:2048 -x509 -days 30 -keyout self.key -out self.pem -subj '/CN=Self'" + quiet +
        "openssl cms -sign -binary -in m.mf -signer rsa.pem -inkey rsa.key -outform PEM -out "
        "cms.pem"
        " 2>>openssl.log");
  }

  static void TearDownTestSuite() { fs::remove_all(folder_); }

  static void run(const std::string& command) {
    const std::string whole = "cd " + folder_.string() + " && " + command;
    ASSERT_EQ(std::system(whole.c_str()), 0) << whole << "\n" << read("openssl.log");
  }

  static void write(const std::string& name, std::string_view text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }

  static std::string read(const std::string& name) {
    std::stringstream text;
    text << std::ifstream(folder_ / name, std::ios::binary).rdbuf();
    return text.str();
  }

  /// A certificate file: the manifest signed with `key`, then `certificates`.
  static std::string signed_by(const std::string& key, const std::string& digest,
                               const std::vector<std::string>& certificates) {
    run("openssl dgst -" + digest + " -sign " + key + ".key -hex -r m.mf | cut -d' ' -f1 > hex");
    std::string hex = read("hex");
    hex.erase(hex.find_last_not_of('\n') + 1);
    std::string text = digest + "(m.mf)= " + hex + "\n";
    for (const std::string& certificate : certificates)
      text += read(certificate);
    return text;
  }

  static Signature check(const std::string& text, std::vector<fs::path> trusted = {"trust"},
                         std::time_t now = std::time(nullptr),
                         std::string_view manifest = kManifest, std::string_view name = "m.mf") {
    TrustStore trust;
    trust.system = false;
    for (const fs::path& path : trusted)
      trust.paths.push_back(folder_ / path);
    auto signature = check_signature(text, manifest, name, trust, now);
    EXPECT_TRUE(signature.ok());
    return signature.ok() ? *signature : Signature{};
  }

  static fs::path folder_;
};

fs::path SignatureTest::folder_;

TEST_F(SignatureTest, RsaAndEcdsaAreValidWhenTheirChainEndsAtATrustedAuthority) {
  for (const auto& [key, digest, certificates] :
       {std::tuple{"rsa", "sha256", std::vector<std::string>{"rsa.pem"}},
        std::tuple{"rsa", "sha512", std::vector<std::string>{"rsa.pem"}},
        std::tuple{"ec", "sha256", std::vector<std::string>{"ec.pem", "mid.pem"}},
        std::tuple{"ec", "sha384", std::vector<std::string>{"mid.pem", "ec.pem"}}}) {
    const Signature signature = check(signed_by(key, digest, certificates));
    EXPECT_EQ(signature.state, SignatureState::valid) << key << " " << signature.reason;
    EXPECT_EQ(signature.reason, "");
    EXPECT_NE(signature.subject.find("O=Vendor"), std::string::npos);
    EXPECT_EQ(signature.fingerprint.size(), 64U);
    EXPECT_EQ(signature.not_after.size(), 20U);
  }
  EXPECT_EQ(check(signed_by("rsa", "sha1", {"rsa.pem"})).digest, "SHA1");
}

TEST_F(SignatureTest, ASignerThatNobodyVouchesForIsUntrusted) {
  EXPECT_EQ(check(signed_by("self", "sha256", {"self.pem"})).state, SignatureState::untrusted);
  EXPECT_EQ(check(signed_by("ec", "sha256", {"ec.pem"})).state, SignatureState::untrusted);
  EXPECT_EQ(check(signed_by("rsa", "sha256", {"rsa.pem"}), {}).state, SignatureState::untrusted);
  const Signature restricted = check(signed_by("rsa", "sha256", {"nosign.pem"}));
  EXPECT_EQ(restricted.state, SignatureState::untrusted);
  EXPECT_EQ(restricted.reason, "the certificate is not for digital signatures");
}

TEST_F(SignatureTest, ASignerNamedInTheTrustStoreItselfIsTrusted) {
  EXPECT_EQ(check(signed_by("self", "sha256", {"self.pem"}), {"self.pem"}).state,
            SignatureState::valid);
  EXPECT_EQ(check(signed_by("ec", "sha256", {"ec.pem"}), {"mid.pem"}).state, SignatureState::valid);
}

TEST_F(SignatureTest, OutsideItsValidityItIsExpiredNotUntrusted) {
  const std::string text = signed_by("rsa", "sha256", {"rsa.pem"});
  constexpr std::time_t kYear = 366 * 86400;
  EXPECT_EQ(check(text, {"trust"}, std::time(nullptr) + kYear).state, SignatureState::expired);
  EXPECT_EQ(check(text, {"trust"}, std::time(nullptr) - kYear).state, SignatureState::expired);
  EXPECT_EQ(check(text, {}, std::time(nullptr) + kYear).state, SignatureState::untrusted);
}

TEST_F(SignatureTest, WhatIsNotASignatureOfThisManifestIsBroken) {
  const std::string good = signed_by("rsa", "sha256", {"rsa.pem"});
  const auto now = std::time(nullptr);
  EXPECT_EQ(check(good, {"trust"}, now, "SHA256(a.ovf)= 01\n").state, SignatureState::broken);
  EXPECT_EQ(check(good, {"trust"}, now, kManifest, "other.mf").state, SignatureState::broken);
  EXPECT_EQ(check(signed_by("rsa", "sha256", {})).state, SignatureState::broken);
  EXPECT_EQ(check(signed_by("rsa", "sha256", {"self.pem"})).state, SignatureState::broken);
  for (const std::string text :
       {"", "\n\n", "nonsense", "SHA256(m.mf)= 0", "SHA256(m.mf)= zz", "MD5(m.mf)= 00",
        "SHA256(m.mf)= 00\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"})
    EXPECT_EQ(check(text).state, SignatureState::broken) << text;
}

TEST_F(SignatureTest, ACmsBlockMustBeRightToo) {
  const std::string good = signed_by("rsa", "sha256", {"rsa.pem", "cms.pem"});
  EXPECT_EQ(check(good).state, SignatureState::valid);
  run("printf x > other && openssl cms -sign -binary -in other -signer rsa.pem -inkey rsa.key "
      "-outform PEM -out wrong.pem 2>>openssl.log");
  EXPECT_EQ(check(signed_by("rsa", "sha256", {"rsa.pem", "wrong.pem"})).state,
            SignatureState::broken);
}

TEST_F(SignatureTest, ATrustStoreThatCannotBeReadIsAnError) {
  TrustStore trust;
  trust.paths = {folder_ / "absent"};
  EXPECT_FALSE(check_signature("", kManifest, "m.mf", trust, 0).ok());
  trust.paths = {folder_ / "m.mf"};
  const auto no_certificate = check_signature("", kManifest, "m.mf", trust, 0);
  ASSERT_FALSE(no_certificate.ok());
  EXPECT_EQ(no_certificate.error().code, "package.trust-store");
}

}  // namespace
}  // namespace ovaport::package
