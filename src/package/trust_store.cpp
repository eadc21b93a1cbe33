#include "trust_store.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>

#include "ovaport/base/file.h"
#include "ovaport/base/text.h"

namespace ovaport::package {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMostCertificates = 10'000;
constexpr std::uint64_t kFileLimit = 16ULL << 20;

Result<std::size_t> add_file(X509_STORE* store, const fs::path& path) {
  OVAPORT_TRY(const std::string text, read_file(path, kFileLimit));
  const auto certificates = read_certificates(text, kMostCertificates);
  for (const Certificate& certificate : certificates)
    X509_STORE_add_cert(store, certificate.get());
  return certificates.size();
}

// A directory may hold other things too; what must be there is a certificate at all.
Result<std::size_t> add_directory(X509_STORE* store, const fs::path& path) {
  std::error_code failure;
  std::vector<fs::path> files;
  for (fs::directory_iterator at(path, failure), end; !failure && at != end; at.increment(failure))
    if (at->is_regular_file(failure)) files.push_back(at->path());
  if (failure)
    return system_error("cannot read the trust store", failure.value()).in_file(path.string());
  std::sort(files.begin(), files.end());
  std::size_t count = 0;
  for (const fs::path& file : files) {
    OVAPORT_TRY(const std::size_t more, add_file(store, file));
    count += more;
  }
  return count;
}

}  // namespace

std::vector<Certificate> read_certificates(std::string_view pem, std::size_t limit) {
  std::vector<Certificate> certificates;
  const Bio bio = memory_bio(pem);
  while (bio && certificates.size() < limit) {
    Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!certificate) break;
    certificates.push_back(std::move(certificate));
  }
  ERR_clear_error();
  return certificates;
}

Result<CertificateStore> load_trust_store(const TrustStore& trust) {
  CertificateStore store(X509_STORE_new());
  if (!store) return Error(ErrorKind::internal, "package.trust-store", "out of memory");
  if (trust.system) X509_STORE_set_default_paths(store.get());
  for (const fs::path& path : trust.paths) {
    std::error_code failure;
    OVAPORT_TRY(const std::size_t count, fs::is_directory(path, failure)
                                             ? add_directory(store.get(), path)
                                             : add_file(store.get(), path));
    if (count == 0)
      return Error(ErrorKind::invalid, "package.trust-store",
                   "the trust store holds no PEM certificate")
          .in_file(path.string());
  }
  ERR_clear_error();
  return store;
}

}  // namespace ovaport::package
