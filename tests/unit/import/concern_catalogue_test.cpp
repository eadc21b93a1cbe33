#include "ovaport/import/concern_catalogue.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
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

/// Every "<module>.<reason>" in the sources, with the file where it is.
std::map<std::string, std::string> codes_in_sources() {
  const std::regex code(
      R"re("((?:base|package|ovf|disk|environment|guest|kubevirt|import|cli|policy)\.[a-z0-9]+(?:-[a-z0-9]+)*)")re");
  std::map<std::string, std::string> codes;
  for (const auto& item : fs::recursive_directory_iterator(OVAPORT_SOURCE_DIR "/src")) {
    const std::string extension = item.path().extension();
    if (extension != ".cpp" && extension != ".h") continue;
    const std::string text = read(item.path());
    for (std::sregex_iterator at(text.begin(), text.end(), code), end; at != end; ++at)
      if ((*at)[1] != "import.json") codes.emplace((*at)[1], item.path().string());  // A file.
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
