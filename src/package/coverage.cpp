#include "ovaport/package/coverage.h"

#include <set>
#include <utility>

#include "names.h"
#include "ovaport/base/text.h"

namespace ovaport::package {

namespace {

constexpr std::size_t kMostConcerns = 100;

void add(Concerns& concerns, std::string_view code, std::string message, const std::string& file) {
  if (concerns.size() >= kMostConcerns) return;
  Concern concern;
  concern.code = code;
  concern.message = std::move(message);
  concern.file = file;
  concerns.push_back(std::move(concern));
}

}  // namespace

Manifest resolve_names(const Manifest& manifest, const Package& package) {
  std::set<std::string_view> exact;
  for (const Entry& entry : package.entries())
    exact.insert(entry.name);
  Manifest resolved;
  for (const auto& [name, digests] : manifest.digests) {
    std::string meant = name;
    if (exact.count(name) == 0) {
      Concerns said_of_the_reference;
      const auto found =
          package.find(is_utf8(name) ? name : guessed_name(name, false), said_of_the_reference);
      if (found.ok()) meant = (*found)->name;
    }
    // Two names of one file are two promises; both must hold.
    std::vector<Digest>& all = resolved.digests[std::move(meant)];
    all.insert(all.end(), digests.begin(), digests.end());
  }
  return resolved;
}

Concerns check_coverage(const Manifest& manifest, const Package& package) {
  const std::string file = package.manifest() == nullptr ? "" : package.manifest()->name;
  Concerns concerns;
  std::set<std::string_view> names;
  for (const Entry& entry : package.entries()) {
    names.insert(entry.name);
    if (&entry == package.manifest() || &entry == package.certificate()) continue;
    if (manifest.find(entry.name).empty())
      add(concerns, "package.not-covered",
          "the manifest has no digest of " + quote(entry.name) + ", which stays unverified", file);
  }
  Concerns extra;
  for (const auto& [name, digest] : manifest.digests)
    if (names.count(name) == 0)
      add(extra, "package.manifest-extra",
          "the manifest lists " + quote(name) + ", which the package does not hold", file);
  concerns.insert(concerns.end(), extra.begin(), extra.end());
  return concerns;
}

}  // namespace ovaport::package
