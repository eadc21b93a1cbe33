#include "ovaport/base/text.h"
#include "reader.h"

namespace ovaport::ovf {

namespace {

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> all;
  for (const std::string_view word : split(text, " ,\t\n"))
    all.emplace_back(word);
  return all;
}

std::optional<std::uint32_t> count_of(const Element& element, std::string_view name,
                                      const ReadContext& context) {
  const auto text = element.attribute(name);
  if (!text) return std::nullopt;
  const auto number = parse_unsigned(trimmed(*text));
  if (number && *number <= UINT32_MAX) return static_cast<std::uint32_t>(*number);
  context.warn("ovf.scale-out",
               "the " + std::string(name) + " count " + quote(*text) + " is no number; ignored",
               element);
  return std::nullopt;
}

std::string counts_text(const ScaleOut& scale) {
  std::string text = scale.standard ? std::to_string(*scale.standard) : "several";
  if (!scale.minimum && !scale.maximum) return text;
  text += " (" + (scale.minimum ? std::to_string(*scale.minimum) : "any number") + " to ";
  return text + (scale.maximum ? std::to_string(*scale.maximum) : "any number") + ")";
}

}  // namespace

IpAssignment read_ip_assignment(const Element& section) {
  return {words(section.attribute_or("protocols", "", Family::vmw)),
          words(section.attribute_or("schemes", "", Family::vmw))};
}

ScaleOut read_scale_out(const Element& section, const ReadContext& context) {
  ScaleOut scale;
  scale.line = section.line();
  scale.id = section.attribute_or("id", "");
  if (const Element count = section.child("InstanceCount")) {
    scale.standard = count_of(count, "default", context);
    scale.minimum = count_of(count, "minimum", context);
    scale.maximum = count_of(count, "maximum", context);
  }
  context.warn("ovf.scale-out",
               "the member " + quote(scale.id) + " is meant to run in " + counts_text(scale) +
                   " copies; one is made",
               section);
  return scale;
}

PlacementGroup read_placement_group(const Element& section) {
  return {section.attribute_or("id", ""), section.attribute_or("policy", ""), section.line()};
}

}  // namespace ovaport::ovf
