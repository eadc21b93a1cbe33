#include "ovaport/import/concern_catalogue.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <vector>

namespace ovaport::imports {

namespace {

#include "concerns.inc"

constexpr std::array<std::pair<std::string_view, ConcernKind>, 7> kKinds{
    {{"tolerance", ConcernKind::tolerance},
     {"loss", ConcernKind::loss},
     {"doubt", ConcernKind::doubt},
     {"note", ConcernKind::note},
     {"refusal", ConcernKind::refusal},
     {"choice", ConcernKind::choice},
     {"fault", ConcernKind::fault}}};

ConcernKind kind_named(std::string_view name) {
  for (const auto& [text, kind] : kKinds)
    if (text == name) return kind;
  return ConcernKind::note;
}

std::string_view cell(std::string_view& line) {
  const auto end = line.find('\t');
  const std::string_view text = line.substr(0, end);
  line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
  return text;
}

std::vector<CatalogueEntry> read_table(std::string_view table) {
  std::vector<CatalogueEntry> entries;
  table.remove_prefix(table.find('\n') + 1);  // The names of the columns.
  while (!table.empty()) {
    const auto end = table.find('\n');
    std::string_view line = table.substr(0, end);
    table.remove_prefix(end == std::string_view::npos ? table.size() : end + 1);
    CatalogueEntry entry;
    entry.code = cell(line);
    entry.kind = kind_named(cell(line));
    entry.clause = cell(line);
    entry.meaning = cell(line);
    entry.advice = cell(line);
    entries.push_back(entry);
  }
  std::sort(entries.begin(), entries.end(),
            [](const CatalogueEntry& a, const CatalogueEntry& b) { return a.code < b.code; });
  return entries;
}

}  // namespace

std::string_view to_string(ConcernKind kind) {
  for (const auto& [text, known] : kKinds)
    if (known == kind) return text;
  return "note";
}

std::span<const CatalogueEntry> concern_catalogue() {
  static const std::vector<CatalogueEntry> entries = read_table(kConcernTable);
  return entries;
}

const CatalogueEntry* find_concern(std::string_view code) {
  const auto entries = concern_catalogue();
  const auto found = std::lower_bound(
      entries.begin(), entries.end(), code,
      [](const CatalogueEntry& entry, std::string_view wanted) { return entry.code < wanted; });
  return found == entries.end() || found->code != code ? nullptr : &*found;
}

std::string catalogue_markdown() {
  std::string text =
      "# Concerns and errors\n\n"
      "Every finding about a package and every error has a code, which never changes its\n"
      "meaning. `ovaport concerns` prints this list, `ovaport concerns --json` for programs.\n\n"
      "Kinds: a *tolerance* deviates from the standard and is accepted (`--strict` refuses it),\n"
      "a *loss* is something that is not carried over, a *doubt* is worth a look, a *note* worth\n"
      "knowing; a *refusal* ends the import, a *choice* is yours to make, a *fault* is the\n"
      "machine's. Clauses are those of DSP0243 2.1.1.\n";
  std::string_view module;
  for (const CatalogueEntry& entry : concern_catalogue()) {
    const std::string_view own = entry.code.substr(0, entry.code.find('.'));
    if (own != module)
      text += "\n## " + std::string(own) +
              "\n\n| code | kind | clause | what it means | what to do |\n|---|---|---|---|---|\n";
    module = own;
    text += "| `" + std::string(entry.code) + "` | " + std::string(to_string(entry.kind)) + " | " +
            std::string(entry.clause) + " | " + std::string(entry.meaning) + " | " +
            std::string(entry.advice) + " |\n";
  }
  return text;
}

std::string catalogue_json() {
  auto list = nlohmann::ordered_json::array();
  for (const CatalogueEntry& entry : concern_catalogue())
    list.push_back({{"code", entry.code},
                    {"kind", to_string(entry.kind)},
                    {"clause", entry.clause},
                    {"meaning", entry.meaning},
                    {"advice", entry.advice}});
  return list.dump(2) + "\n";
}

}  // namespace ovaport::imports
