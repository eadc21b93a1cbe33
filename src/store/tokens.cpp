#include "ovaport/store/tokens.h"

#include "internal.h"
#include "names.h"
#include "ovaport/base/digest.h"
#include "ovaport/base/text.h"
#include "random.h"

namespace ovaport::store {

namespace {

constexpr Names<Role, 3> kRoles{
    {{Role::viewer, "viewer"}, {Role::importer, "importer"}, {Role::admin, "admin"}}};

constexpr std::string_view kSelect =
    "SELECT id, name, role, created, expires, revoked, revision, digest FROM tokens ";
constexpr std::string_view kPrefix = "ovp_";
constexpr std::size_t kIdBytes = 8;
constexpr std::size_t kSecretBytes = 32;

Token read_token(const Statement& row) {
  return {row.text(0),
          row.text(1),
          value_of(kRoles, row.text(2)),
          row.integer(3),
          row.optional_integer(4),
          row.optional_integer(5),
          row.integer(6)};
}

/// Looks at all of both, wherever they differ.
bool equal_in_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;  // The length of a digest is no secret.
  volatile unsigned char difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference = static_cast<unsigned char>(
        difference | (static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i])));
  return difference == 0;
}

struct Parts {
  std::string_view id;
  std::string_view secret;
};

std::optional<Parts> parts_of(std::string_view text) {
  constexpr std::size_t kIdLength = kIdBytes * 2;
  if (text.size() != kPrefix.size() + kIdLength + 1 + kSecretBytes * 2) return std::nullopt;
  if (!text.starts_with(kPrefix) || text[kPrefix.size() + kIdLength] != '_') return std::nullopt;
  text.remove_prefix(kPrefix.size());
  return Parts{text.substr(0, kIdLength), text.substr(kIdLength + 1)};
}

Result<Token> find(Connection& db, std::string_view id) {
  OVAPORT_TRY(Statement row, db.query(std::string(kSelect) + "WHERE id = ?", id));
  OVAPORT_TRY(const bool found, row.step());
  if (!found)
    return Error(ErrorKind::not_found, "store.not-found", "there is no token " + quote(id));
  return read_token(row);
}

}  // namespace

std::string_view to_string(Role role) {
  return name_of(kRoles, role);
}

std::optional<Role> parse_role(std::string_view name) {
  for (const auto& [role, text] : kRoles)
    if (text == name) return role;
  return std::nullopt;
}

Result<IssuedToken> Tokens::create(std::string_view name, Role role, std::optional<Time> expires) {
  OVAPORT_TRY(const std::string id, random_hex(kIdBytes));
  OVAPORT_TRY(const std::string secret, random_hex(kSecretBytes));
  return engine_.write([&](Connection& db) -> Result<IssuedToken> {
    OVAPORT_CHECK(
        db.run("INSERT INTO tokens (id, name, role, digest, created, expires) "
               "VALUES (?, ?, ?, ?, ?, ?)",
               id, name, to_string(role), digest_of(DigestAlgorithm::sha256, secret).hex,
               engine_.now(), expires));
    OVAPORT_TRY(Token token, find(db, id));
    std::string text(kPrefix);
    text.append(id).append(1, '_').append(secret);
    return IssuedToken{std::move(token), environment::Secret(std::move(text))};
  });
}

Result<std::optional<Token>> Tokens::authenticate(std::string_view text) {
  const auto parts = parts_of(text);
  if (!parts) return std::optional<Token>();
  const Digest given = digest_of(DigestAlgorithm::sha256, parts->secret);
  return engine_.read([&](Connection& db) -> Result<std::optional<Token>> {
    OVAPORT_TRY(Statement row, db.query(std::string(kSelect) + "WHERE id = ?", parts->id));
    OVAPORT_TRY(const bool found, row.step());
    // The id is no secret; the digest is compared also when there is nothing to compare with.
    const std::string kept = found ? row.text(7) : std::string(given.hex.size(), '-');
    if (!equal_in_constant_time(kept, given.hex) || !found) return std::optional<Token>();
    Token token = read_token(row);
    const bool expired = token.expires && *token.expires <= engine_.now();
    if (expired || token.revoked) return std::optional<Token>();
    return std::optional<Token>(std::move(token));
  });
}

Result<std::vector<Token>> Tokens::list() {
  return engine_.read([&](Connection& db) -> Result<std::vector<Token>> {
    OVAPORT_TRY(Statement rows, db.query(std::string(kSelect) + "ORDER BY number"));
    std::vector<Token> tokens;
    while (true) {
      OVAPORT_TRY(const bool more, rows.step());
      if (!more) return tokens;
      tokens.push_back(read_token(rows));
    }
  });
}

Result<Token> Tokens::revoke(std::string_view id, std::optional<Revision> expected) {
  return engine_.write([&](Connection& db) -> Result<Token> {
    OVAPORT_TRY(Token token, find(db, id));
    OVAPORT_CHECK(check_revision("token", id, expected, token.revision));
    if (token.revoked) return token;
    OVAPORT_CHECK(db.run("UPDATE tokens SET revoked = ?, revision = revision + 1 WHERE id = ?",
                         engine_.now(), id));
    return find(db, id);
  });
}

}  // namespace ovaport::store
