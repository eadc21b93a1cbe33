#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <nlohmann/json.hpp>

#include "ovaport/kubevirt/manifests.h"
#include "samples.h"

namespace ovaport::kubevirt {
namespace {

using Json = nlohmann::json;

// Quoted scalars and blocks are texts, plain ones what JSON takes them for.
Json as_json(const YAML::Node& node) {
  if (node.IsMap()) {
    Json object = Json::object();
    for (const auto& item : node)
      object[item.first.Scalar()] = as_json(item.second);
    return object;
  }
  if (node.IsSequence()) {
    Json array = Json::array();
    for (const auto& item : node)
      array.push_back(as_json(item));
    return array;
  }
  if (node.Tag() == "!") return node.Scalar();
  if (node.IsNull()) return nullptr;
  return Json::parse(node.Scalar());
}

Json through_yaml(const std::vector<Manifest>& manifests) {
  Json all = Json::array();
  for (const YAML::Node& document : YAML::LoadAll(to_yaml(manifests)))
    all.push_back(as_json(document));
  return all;
}

Json through_json(const std::vector<Manifest>& manifests) {
  return Json::parse(to_json(manifests)).at("items");
}

Manifest secret_with(const Json& data) {
  const Json object{{"kind", "Secret"}, {"stringData", data}};
  return {"Secret", "x", object.dump()};
}

TEST(Yaml, KeepsEveryText) {
  for (const std::string& text : samples::hostile_texts()) {
    const std::vector<Manifest> manifests{
        secret_with({{"value", text}, {"list", {text, text}}, {"after", "x"}})};
    EXPECT_EQ(through_yaml(manifests), through_json(manifests)) << to_yaml(manifests);
  }
}

TEST(Yaml, KeepsEveryKey) {
  for (const std::string& text : samples::hostile_texts()) {
    // A simple key has at most 1024 characters on one line.
    if (text.size() > 500) continue;
    const std::vector<Manifest> manifests{secret_with({{text, {{text, 1}}}})};
    EXPECT_EQ(through_yaml(manifests), through_json(manifests)) << to_yaml(manifests);
  }
}

TEST(Yaml, KeepsEveryShape) {
  const Json shapes = Json::parse(
      R"({"a":[[1,2],[[3],[]],{}],"b":{},"c":[],"d":null,"e":true,"f":-1,"g":[{"h":[{"i":[]}]}]})");
  const std::vector<Manifest> manifests{secret_with(shapes), secret_with({})};
  EXPECT_EQ(through_yaml(manifests), through_json(manifests)) << to_yaml(manifests);
}

TEST(Yaml, KeepsTheSamples) {
  for (const samples::Sample& sample : samples::all()) {
    Concerns concerns;
    const auto plan = plan_machine(sample.machine, sample.choices, concerns);
    ASSERT_TRUE(plan.ok());
    const auto manifests = render(*plan, sample.environment);
    EXPECT_EQ(through_yaml(manifests), through_json(manifests)) << sample.name;
  }
}

TEST(Yaml, ShowsTextOfSeveralLinesAsABlock) {
  EXPECT_NE(to_yaml({secret_with({{"a", "x\ny\n"}})}).find("a: |\n    x\n    y\n"),
            std::string::npos);
}

TEST(Yaml, HidesNothing) {
  // A direction mark or a line separator must not change what a reviewer sees.
  const std::string yaml = to_yaml({secret_with({{"a", "x\xE2\x80\xAE\xE2\x80\xA8y"}})});
  EXPECT_NE(yaml.find(R"(\u202e\u2028)"), std::string::npos) << yaml;
}

}  // namespace
}  // namespace ovaport::kubevirt
