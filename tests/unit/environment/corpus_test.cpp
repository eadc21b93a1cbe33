#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <pugixml.hpp>

#include "ovaport/environment/property_type.h"
#include "support.h"

namespace ovaport::environment {
namespace {

std::string_view local_name(std::string_view name) {
  const auto colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

std::string ovf_attribute(const pugi::xml_node& node, std::string_view name) {
  for (const pugi::xml_attribute& attribute : node.attributes()) {
    const std::string_view full = attribute.name();
    if (local_name(full) == name && full.substr(0, 4) != "vmw:") return attribute.value();
  }
  return {};
}

struct Judge : pugi::xml_tree_walker {
  bool for_each(pugi::xml_node& node) override {
    if (local_name(node.name()) != "Property") return true;
    ++properties;
    Concerns concerns;
    const std::string type = ovf_attribute(node, "type");
    const PropertyType parsed =
        parse_property_type(ovf_attribute(node, "key"), type, ovf_attribute(node, "qualifiers"),
                            node.attribute("vmw:qualifiers").value(), concerns);
    for (const Concern& concern : concerns)
      ++found[concern.code + " " + type];
    // Whatever the default is, it is judged without trouble.
    const auto checked = check_value("k", parsed, ovf_attribute(node, "value"));
    EXPECT_FALSE(describe(parsed).empty()) << checked.ok();
    return true;
  }

  int properties = 0;
  std::map<std::string, int> found;
};

// Every type and qualifier that real producers write is understood.
TEST(Corpus, HasNoTypeOrQualifierThatWeDoNotUnderstand) {
  const std::filesystem::path corpus = OVAPORT_SHARED_DIR "/corpus";
  if (!std::filesystem::exists(corpus)) GTEST_SKIP() << corpus << " is not there";
  Judge judge;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(corpus)) {
    pugi::xml_document document;
    if (entry.path().extension() != ".ovf" || !document.load_file(entry.path().c_str())) continue;
    document.traverse(judge);
  }
  EXPECT_GT(judge.properties, 100);
  judge.found.erase("environment.unknown-type nosuchtype");
  for (const auto& [what, count] : judge.found)
    ADD_FAILURE() << what << ": " << count;
}

}  // namespace
}  // namespace ovaport::environment
