#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ovaport/base/result.h"

namespace ovaport {

/// Digest algorithms that an OVF manifest may name (DSP0243 2.1.1 §5.1 and practice).
enum class DigestAlgorithm { sha1, sha256, sha384, sha512 };

/// "SHA1", "SHA256", "SHA384", "SHA512" – the manifest's spelling.
std::string_view to_string(DigestAlgorithm algorithm);

/// Length of the digest in bytes.
std::size_t digest_size(DigestAlgorithm algorithm);

/// A digest value. `hex` is lower-case and of the algorithm's length.
struct Digest {
  DigestAlgorithm algorithm = DigestAlgorithm::sha256;
  std::string hex;

  bool operator==(const Digest&) const = default;
};

/// The algorithms to compute of a file of which `promised` is known: SHA-256, which comes
/// first, and those of the promises.
std::vector<DigestAlgorithm> algorithms_for(std::span<const Digest> promised);

/// Computes one digest incrementally. Move-only; not thread-safe.
class Hasher {
 public:
  explicit Hasher(DigestAlgorithm algorithm);
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  ~Hasher();

  void update(std::span<const std::byte> bytes);
  /// The digest of all that was fed; the hasher is spent afterwards.
  Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The digest of `text` in one call.
Digest digest_of(DigestAlgorithm algorithm, std::string_view text);

}  // namespace ovaport
