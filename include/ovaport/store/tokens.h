#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ovaport/base/result.h"
#include "ovaport/environment/secret.h"
#include "ovaport/store/time.h"

namespace ovaport::store {

class Engine;

/// What a bearer of a token may do; each may do what those before it may.
enum class Role { viewer, importer, admin };

/// "viewer", "importer", "admin".
std::string_view to_string(Role role);
/// The role of that name.
std::optional<Role> parse_role(std::string_view name);

struct Token {
  std::string id;
  std::string name;
  Role role = Role::viewer;
  Time created = 0;
  std::optional<Time> expires;
  std::optional<Time> revoked;
  Revision revision = 0;
};

/// A token that was just made: the only moment at which its text is known.
struct IssuedToken {
  Token token;
  environment::Secret text;  ///< "ovp_<id>_<secret>"
};

/// Bearer tokens. Only a SHA-256 digest of each is kept: their secret part is 256 random
/// bits. Thread-safe; belongs to a Store.
class Tokens {
 public:
  explicit Tokens(Engine& engine) : engine_(engine) {}

  Result<IssuedToken> create(std::string_view name, Role role, std::optional<Time> expires = {});
  /// The token that `text` is, if it is valid now. How long this takes does not depend on
  /// how much of the text is right.
  Result<std::optional<Token>> authenticate(std::string_view text);
  /// All, oldest first, those that do not count any more too.
  Result<std::vector<Token>> list();
  /// A token that is not known is kind not_found, code "store.not-found". Revoking it
  /// again changes nothing.
  Result<Token> revoke(std::string_view id, std::optional<Revision> expected = {});

 private:
  Engine& engine_;
};

}  // namespace ovaport::store
