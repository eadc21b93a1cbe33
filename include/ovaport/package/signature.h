#pragma once

#include <ctime>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "ovaport/base/result.h"

namespace ovaport::package {

/// What a package's certificate (.cert, DSP0243 2.1.1 §5.1) proves about its manifest.
enum class SignatureState {
  none,        ///< There is no manifest that could be signed.
  not_signed,  ///< There is a manifest and no certificate.
  untrusted,   ///< The signature is right, but nobody trusted vouches for the signer.
  expired,     ///< Right and from a trusted signer, outside the certificates' validity.
  valid,       ///< Right, from a trusted signer, now.
  broken,      ///< The signature is not that of this manifest, or cannot be read.
};

/// "none", "unsigned", "untrusted", "expired", "valid", "broken".
std::string_view to_string(SignatureState state);

/// The result of checking a certificate. Texts are quoted by the one who shows them.
struct Signature {
  SignatureState state = SignatureState::none;
  std::string reason;      ///< Why it is not valid; "" when it is.
  std::string digest;      ///< Algorithm of the signature's digest, e.g. "SHA256".
  std::string subject;     ///< Of the signer's certificate, RFC 2253.
  std::string issuer;      ///< Of the signer's certificate, RFC 2253.
  std::string not_before;  ///< Validity of the signer's certificate, RFC 3339 UTC.
  std::string not_after;
  std::string fingerprint;  ///< SHA-256 of the signer's certificate, lower-case hex.
};

/// Who is trusted to sign.
struct TrustStore {
  /// PEM files, or directories of them, with certificates of authorities or signers.
  std::vector<std::filesystem::path> paths;
  bool system = true;  ///< The system's authorities (OpenSSL's default paths) as well.
};

/// Checks the text of a certificate file against the bytes of the manifest: a line
/// `ALGO(name.mf)= hex`, an RSA (PKCS #1 v1.5) or ECDSA signature, then the signer's
/// certificate and its chain as PEM, in any order. A CMS block, as VirtualBox can add,
/// must be right as well when it is there. `now` is the time validity is judged by.
/// Everything about the package is a state; an error is a trust store that cannot be
/// read.
Result<Signature> check_signature(std::string_view certificate, std::string_view manifest,
                                  std::string_view manifest_name, const TrustStore& trust,
                                  std::time_t now);

}  // namespace ovaport::package
