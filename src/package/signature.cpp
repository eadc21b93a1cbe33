#include "ovaport/package/signature.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <optional>

#include "ovaport/base/text.h"
#include "trust_store.h"

namespace ovaport::package {

namespace {

constexpr std::size_t kMostCertificates = 16;
constexpr std::size_t kLongestSignature = 2048;  // bytes: RSA of 16384 bits

/// The first line of a certificate file.
struct SignatureLine {
  std::string digest;  ///< OpenSSL's name, "SHA256".
  std::string file;
  std::vector<unsigned char> bytes;
};

std::optional<std::vector<unsigned char>> from_hex(std::string_view hex) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const std::string lower = to_lower(hex);
  if (lower.size() % 2 != 0 || lower.size() / 2 > kLongestSignature) return std::nullopt;
  std::vector<unsigned char> bytes;
  for (std::size_t i = 0; i < lower.size(); i += 2) {
    const auto high = kDigits.find(lower[i]);
    const auto low = kDigits.find(lower[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    bytes.push_back(static_cast<unsigned char>(high * 16 + low));
  }
  return bytes;
}

std::optional<SignatureLine> parse_line(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  while (!text.empty() && (text.front() == '\r' || text.front() == '\n'))
    text.remove_prefix(1);
  const std::string_view line = trimmed(text.substr(0, text.find('\n')));
  const auto open = line.find('(');
  const auto close = line.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open)
    return std::nullopt;
  const std::string_view rest = trimmed(line.substr(close + 1));
  if (!rest.starts_with("=")) return std::nullopt;
  std::string digest = to_lower(trimmed(line.substr(0, open)));
  static constexpr std::array<std::pair<std::string_view, const char*>, 7> kNames{
      {{"sha1", "SHA1"},
       {"sha256", "SHA256"},
       {"sha2-256", "SHA256"},
       {"sha384", "SHA384"},
       {"sha2-384", "SHA384"},
       {"sha512", "SHA512"},
       {"sha2-512", "SHA512"}}};
  auto bytes = from_hex(trimmed(rest.substr(1)));
  for (const auto& [name, known] : kNames)
    if (name == digest && bytes && !bytes->empty())
      return SignatureLine{known, std::string(line.substr(open + 1, close - open - 1)),
                           std::move(*bytes)};
  return std::nullopt;
}

bool verifies(const SignatureLine& line, X509* certificate, std::string_view manifest) {
  const EVP_MD* digest = EVP_get_digestbyname(line.digest.c_str());
  EVP_PKEY* key = X509_get0_pubkey(certificate);
  const DigestContext context(EVP_MD_CTX_new());
  if (digest == nullptr || key == nullptr || !context) return false;
  return EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key) == 1 &&
         EVP_DigestVerify(context.get(), line.bytes.data(), line.bytes.size(),
                          reinterpret_cast<const unsigned char*>(manifest.data()),
                          manifest.size()) == 1;
}

std::string name_text(const X509_NAME* name) {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (!bio) return {};
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return size <= 0 ? std::string() : std::string(data, static_cast<std::size_t>(size));
}

std::string time_text(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::string fingerprint_of(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  if (X509_digest(certificate, EVP_sha256(), bytes.data(), &size) != 1) return {};
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    text += kDigits[bytes[i] >> 4U];
    text += kDigits[bytes[i] & 15U];
  }
  return text;
}

void describe_signer(Signature& signature, X509* signer) {
  signature.subject = name_text(X509_get_subject_name(signer));
  signature.issuer = name_text(X509_get_issuer_name(signer));
  signature.not_before = time_text(X509_get0_notBefore(signer));
  signature.not_after = time_text(X509_get0_notAfter(signer));
  signature.fingerprint = fingerprint_of(signer);
}

/// Why the chain from the signer to somebody trusted does not hold; "" when it does.
std::string chain_fault(X509_STORE* store, X509* signer, const CertificateStack& others,
                        std::time_t now, bool check_time) {
  const StoreContext context(X509_STORE_CTX_new());
  if (!context || X509_STORE_CTX_init(context.get(), store, signer, others.get()) != 1)
    return "out of memory";
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
  // The trust store may name a signer or an intermediate authority itself.
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
  // A time that is set counts even with NO_CHECK_TIME.
  if (check_time)
    X509_VERIFY_PARAM_set_time(parameters, now);
  else
    X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_NO_CHECK_TIME);
  if (X509_verify_cert(context.get()) == 1) return {};
  return X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()));
}

// A CMS block is a second signature over the same manifest.
bool cms_contradicts(std::string_view text, std::string_view manifest) {
  const auto begin = text.find("-----BEGIN CMS-----");
  const auto older = text.find("-----BEGIN PKCS7-----");
  const auto at = std::min(begin, older);
  if (at == std::string_view::npos) return false;
  const Bio bio = memory_bio(text.substr(at));
  const Cms cms(PEM_read_bio_CMS(bio.get(), nullptr, nullptr, nullptr));
  const Bio content = memory_bio(manifest);
  return !cms || CMS_verify(cms.get(), nullptr, nullptr, content.get(), nullptr,
                            CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY) != 1;
}

Signature broken(Signature signature, std::string reason) {
  signature.state = SignatureState::broken;
  signature.reason = std::move(reason);
  return signature;
}

bool may_sign(X509* signer) {
  // All bits are set when the certificate does not restrict its use.
  return (X509_get_key_usage(signer) & KU_DIGITAL_SIGNATURE) != 0;
}

void judge_trust(Signature& signature, X509_STORE* store, X509* signer,
                 const std::vector<Certificate>& certificates, std::time_t now) {
  const CertificateStack others(sk_X509_new_null());
  for (const Certificate& certificate : certificates)
    sk_X509_push(others.get(), certificate.get());
  const std::string untrusted = chain_fault(store, signer, others, now, false);
  if (!untrusted.empty() || !may_sign(signer)) {
    signature.state = SignatureState::untrusted;
    signature.reason =
        untrusted.empty() ? "the certificate is not for digital signatures" : untrusted;
    return;
  }
  signature.reason = chain_fault(store, signer, others, now, true);
  signature.state = signature.reason.empty() ? SignatureState::valid : SignatureState::expired;
}

}  // namespace

std::string_view to_string(SignatureState state) {
  switch (state) {
    case SignatureState::none:
      return "none";
    case SignatureState::not_signed:
      return "unsigned";
    case SignatureState::untrusted:
      return "untrusted";
    case SignatureState::expired:
      return "expired";
    case SignatureState::valid:
      return "valid";
    case SignatureState::broken:
      return "broken";
  }
  return "broken";
}

Result<Signature> check_signature(std::string_view certificate, std::string_view manifest,
                                  std::string_view manifest_name, const TrustStore& trust,
                                  std::time_t now) {
  OVAPORT_TRY(const CertificateStore store, load_trust_store(trust));
  Signature signature;
  const auto line = parse_line(certificate);
  if (!line) return broken(signature, "its first line is no signature of a manifest");
  signature.digest = line->digest;
  if (line->file != manifest_name)
    return broken(signature, "it signs " + quote(line->file) + ", not " + quote(manifest_name));
  const auto certificates = read_certificates(certificate, kMostCertificates);
  if (certificates.empty()) return broken(signature, "it holds no readable certificate");
  X509* signer = nullptr;
  for (const Certificate& each : certificates)
    if (signer == nullptr && verifies(*line, each.get(), manifest)) signer = each.get();
  describe_signer(signature, signer != nullptr ? signer : certificates.front().get());
  if (signer == nullptr)
    signature = broken(signature, "no certificate in it has made this signature of the manifest");
  else if (cms_contradicts(certificate, manifest))
    signature = broken(signature, "its CMS block is no signature of the manifest");
  else
    judge_trust(signature, store.get(), signer, certificates, now);
  ERR_clear_error();
  return signature;
}

}  // namespace ovaport::package
