#include "ovaport/import/concern_catalogue.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

namespace ovaport::imports {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::stringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

bool is_code(const std::string& text) {
  static const std::set<std::string> modules{"base",        "package", "ovf",      "disk",
                                             "environment", "guest",   "kubevirt", "intake",
                                             "import",      "cli",     "policy",   "store"};
  const auto dot = text.find('.');
  if (dot == std::string::npos || modules.count(text.substr(0, dot)) == 0) return false;
  const std::string reason = text.substr(dot + 1);
  return !reason.empty() && text != "import.json" &&  // A file.
         reason.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
}

/// Every "<module>.<reason>" in the sources, with the file where it is.
std::map<std::string, std::string> codes_in_sources() {
  std::map<std::string, std::string> codes;
  for (const auto& item : fs::recursive_directory_iterator(OVAPORT_SOURCE_DIR "/src")) {
    const std::string extension = item.path().extension();
    if (extension != ".cpp" && extension != ".h") continue;
    const std::string text = read(item.path());
    // Between any two quotation marks: what is no literal is no code either.
    for (auto open = text.find('"'); open != std::string::npos; open = text.find('"', open + 1)) {
      const std::string literal = text.substr(open + 1, text.find('"', open + 1) - open - 1);
      if (is_code(literal)) codes.emplace(literal, item.path().string());
    }
  }
  return codes;
}

TEST(ConcernCatalogue, HasEveryCodeThatTheProgramGives) {
  for (const auto& [code, file] : codes_in_sources())
    EXPECT_NE(find_concern(code), nullptr)
        << code << " of " << file << " is not in src/import/concerns.tsv: add a line "
        << "code, kind, clause, meaning, advice, then run 'ovaport concerns --markdown > "
        << "docs/concerns.md'";
}

TEST(ConcernCatalogue, HasNoCodeThatNothingGives) {
  const auto codes = codes_in_sources();
  for (const CatalogueEntry& entry : concern_catalogue())
    EXPECT_EQ(codes.count(std::string(entry.code)), 1U)
        << entry.code << " is in src/import/concerns.tsv and nowhere else";
}

TEST(ConcernCatalogue, EveryEntryIsComplete) {
  std::set<std::string_view> codes;
  for (const CatalogueEntry& entry : concern_catalogue()) {
    EXPECT_TRUE(codes.insert(entry.code).second) << entry.code;
    EXPECT_TRUE(entry.meaning.ends_with('.')) << entry.code;
    EXPECT_TRUE(entry.advice.ends_with('.')) << entry.code;
  }
}

TEST(ConcernCatalogue, TheDocumentIsUpToDate) {
  EXPECT_EQ(read(OVAPORT_SOURCE_DIR "/docs/concerns.md"), catalogue_markdown())
      << "run 'ovaport concerns --markdown > docs/concerns.md'";
}

TEST(ConcernCatalogue, AnUnknownCodeHasNoEntry) {
  EXPECT_EQ(find_concern("ovf.nonsense"), nullptr);
  EXPECT_EQ(find_concern(""), nullptr);
  EXPECT_EQ(find_concern("zzz"), nullptr);
}

}  // namespace
}  // namespace ovaport::imports
