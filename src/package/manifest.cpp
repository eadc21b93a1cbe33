#include "ovaport/package/manifest.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>

#include "ovaport/base/text.h"

namespace ovaport::package {
namespace {

// Enough for a person; a hostile manifest must not fill the memory with findings.
constexpr std::size_t kMaxConcerns = 100;

/// How a line is written; only `standard` is DSP0243's.
enum class Form { standard, bsd, openssl3, coreutils };

struct Line {
  std::string name;
  Digest digest;
  Form form = Form::standard;
};

std::string_view describe(Form form) {
  switch (form) {
    case Form::bsd:
      return "BSD's, `SHA256 (file) = digest`";
    case Form::openssl3:
      return "OpenSSL 3's, `SHA2-256(file)= digest`";
    case Form::coreutils:
      return "sha256sum's, `digest  file`";
    case Form::standard:
      break;
  }
  return "the standard's";
}

std::optional<DigestAlgorithm> algorithm_named(std::string_view word) {
  // OpenSSL 3's dgst writes "SHA2-256" where OpenSSL 1 wrote "SHA256".
  static constexpr std::array<std::pair<std::string_view, DigestAlgorithm>, 7> kNames = {{
      {"SHA1", DigestAlgorithm::sha1},
      {"SHA256", DigestAlgorithm::sha256},
      {"SHA2-256", DigestAlgorithm::sha256},
      {"SHA384", DigestAlgorithm::sha384},
      {"SHA2-384", DigestAlgorithm::sha384},
      {"SHA512", DigestAlgorithm::sha512},
      {"SHA2-512", DigestAlgorithm::sha512},
  }};
  for (const auto& [name, algorithm] : kNames)
    if (equal_ignoring_case(name, word)) return algorithm;
  return std::nullopt;
}

std::optional<DigestAlgorithm> algorithm_of_length(std::size_t hex_length) {
  for (auto algorithm : {DigestAlgorithm::sha1, DigestAlgorithm::sha256, DigestAlgorithm::sha384,
                         DigestAlgorithm::sha512})
    if (digest_size(algorithm) * 2 == hex_length) return algorithm;
  return std::nullopt;
}

std::optional<Line> make_line(std::optional<DigestAlgorithm> algorithm, std::string_view name,
                              std::string_view hex, Form form) {
  while (name.substr(0, 2) == "./")
    name.remove_prefix(2);
  if (!algorithm || name.empty() || hex.size() != digest_size(*algorithm) * 2 ||
      hex.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos)
    return std::nullopt;
  return Line{std::string(name), Digest{*algorithm, to_lower(hex)}, form};
}

// `ALGO(file)= hex`; the name may itself hold parentheses, so the last ")" ends it.
std::optional<Line> parse_tagged(std::string_view line) {
  const auto open = line.find('(');
  const auto close = line.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open)
    return std::nullopt;
  auto rest = trimmed(line.substr(close + 1));
  if (rest.empty() || rest.front() != '=') return std::nullopt;
  const std::string_view word = line.substr(0, open);
  const Form form = word.find('-') != std::string_view::npos ? Form::openssl3
                    : word.ends_with(' ')                    ? Form::bsd
                                                             : Form::standard;
  return make_line(algorithm_named(trimmed(word)), line.substr(open + 1, close - open - 1),
                   trimmed(rest.substr(1)), form);
}

// `hex  file` or `hex *file`, as sha256sum writes; the length tells the algorithm.
std::optional<Line> parse_coreutils(std::string_view line) {
  const auto space = line.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  auto name = trimmed(line.substr(space));
  if (!name.empty() && name.front() == '*') name.remove_prefix(1);
  return make_line(algorithm_of_length(space), name, line.substr(0, space), Form::coreutils);
}

void add_concern(Concerns& concerns, std::size_t& count, Concern concern) {
  if (count++ < kMaxConcerns) concerns.push_back(std::move(concern));
}

}  // namespace

std::span<const Digest> Manifest::find(std::string_view name) const {
  const auto found = digests.find(name);
  return found == digests.end() ? std::span<const Digest>() : found->second;
}

namespace {

// False when the file already has another digest of that algorithm.
bool add_promise(Manifest& manifest, const Line& line) {
  std::vector<Digest>& promised = manifest.digests[line.name];
  for (const Digest& digest : promised)
    if (digest.algorithm == line.digest.algorithm) return digest == line.digest;
  promised.push_back(line.digest);
  return true;
}

Concern form_note(Form form, std::string_view file, int line) {
  return {
      "package.manifest-form",
      Severity::information,
      "Lines are written in a form that is not the standard's but " + std::string(describe(form)),
      "",
      std::string(file),
      "",
      line};
}

}  // namespace

Result<Manifest> parse_manifest(std::string_view text, std::string_view file, Concerns& concerns) {
  Manifest manifest;
  std::set<Form> forms{Form::standard};
  std::size_t count = 0;
  int number = 0;
  const std::string_view own_name = file.substr(file.rfind('/') + 1);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    if (line.empty()) continue;
    auto parsed = parse_tagged(line);
    if (!parsed) parsed = parse_coreutils(line);
    if (!parsed) {
      add_concern(concerns, count,
                  {"package.manifest-line", Severity::warning,
                   "Manifest line " + quote(line) + " is not understood; its file stays unverified",
                   "", std::string(file), "", number});
    } else if (parsed->name == file || parsed->name == own_name) {
      add_concern(
          concerns, count,
          {"package.manifest-lists-itself", Severity::warning,
           "The manifest lists itself; the line is ignored", "", std::string(file), "", number});
    } else {
      if (forms.insert(parsed->form).second)
        add_concern(concerns, count, form_note(parsed->form, file, number));
      if (!add_promise(manifest, *parsed))
        return Error(ErrorKind::integrity, "package.manifest-conflict",
                     "The manifest gives two different digests for " + quote(parsed->name))
            .in_file(std::string(file))
            .at(static_cast<std::uint64_t>(number));
    }
  }
  return manifest;
}

}  // namespace ovaport::package
