#pragma once

#include "openssl.h"
#include "ovaport/base/result.h"
#include "ovaport/package/signature.h"

namespace ovaport::package {

/// All certificates of a PEM text, at most `limit`.
std::vector<Certificate> read_certificates(std::string_view pem, std::size_t limit);

/// An OpenSSL store of everybody who is trusted. Kind io or invalid when a path cannot
/// be read or holds no certificate.
Result<CertificateStore> load_trust_store(const TrustStore& trust);

}  // namespace ovaport::package
