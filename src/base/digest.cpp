#include "ovaport/base/digest.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace ovaport {

std::string_view to_string(DigestAlgorithm algorithm) {
  switch (algorithm) {
    case DigestAlgorithm::sha1:
      return "SHA1";
    case DigestAlgorithm::sha256:
      return "SHA256";
    case DigestAlgorithm::sha384:
      return "SHA384";
    case DigestAlgorithm::sha512:
      return "SHA512";
  }
  return "SHA256";
}

std::size_t digest_size(DigestAlgorithm algorithm) {
  switch (algorithm) {
    case DigestAlgorithm::sha1:
      return 20;
    case DigestAlgorithm::sha256:
      return 32;
    case DigestAlgorithm::sha384:
      return 48;
    case DigestAlgorithm::sha512:
      return 64;
  }
  return 32;
}

namespace {

const EVP_MD* method_of(DigestAlgorithm algorithm) {
  switch (algorithm) {
    case DigestAlgorithm::sha1:
      return EVP_sha1();
    case DigestAlgorithm::sha256:
      return EVP_sha256();
    case DigestAlgorithm::sha384:
      return EVP_sha384();
    case DigestAlgorithm::sha512:
      return EVP_sha512();
  }
  return EVP_sha256();
}

struct ContextDeleter {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

}  // namespace

std::vector<DigestAlgorithm> algorithms_for(std::span<const Digest> promised) {
  std::vector<DigestAlgorithm> all{DigestAlgorithm::sha256};
  for (const Digest& digest : promised)
    if (std::find(all.begin(), all.end(), digest.algorithm) == all.end())
      all.push_back(digest.algorithm);
  return all;
}

struct Hasher::State {
  DigestAlgorithm algorithm;
  std::unique_ptr<EVP_MD_CTX, ContextDeleter> context;
};

Hasher::Hasher(DigestAlgorithm algorithm)
    : state_(std::make_unique<State>(
          State{algorithm, std::unique_ptr<EVP_MD_CTX, ContextDeleter>(EVP_MD_CTX_new())})) {
  EVP_DigestInit_ex(state_->context.get(), method_of(algorithm), nullptr);
}

Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;
Hasher::~Hasher() = default;

void Hasher::update(std::span<const std::byte> bytes) {
  EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size());
}

Digest Hasher::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> value{};
  unsigned length = 0;
  EVP_DigestFinal_ex(state_->context.get(), value.data(), &length);
  static constexpr char kHex[] = "0123456789abcdef";
  Digest digest{state_->algorithm, {}};
  digest.hex.reserve(std::size_t{2} * length);
  for (unsigned i = 0; i < length; ++i) {
    digest.hex += kHex[value[i] >> 4];
    digest.hex += kHex[value[i] & 15];
  }
  return digest;
}

Digest digest_of(DigestAlgorithm algorithm, std::string_view text) {
  Hasher hasher(algorithm);
  hasher.update(std::as_bytes(std::span(text)));
  return hasher.finish();
}

}  // namespace ovaport
