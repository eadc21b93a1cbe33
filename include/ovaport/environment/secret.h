#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <utility>

namespace ovaport::environment {

/// The value of a property. It may be a password, so it has no way into a stream,
/// a format string or a concatenation but reveal(), which is easy to grep for.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}

  /// The text itself, for the environment document and the Kubernetes Secret only.
  [[nodiscard]] const std::string& reveal() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  [[nodiscard]] std::size_t size() const { return text_.size(); }

  bool operator==(const Secret&) const = default;

 private:
  std::string text_;
};

std::ostream& operator<<(std::ostream&, const Secret&) = delete;

}  // namespace ovaport::environment
