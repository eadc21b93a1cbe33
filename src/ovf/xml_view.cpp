#include "xml_view.h"

#include <algorithm>

#include "ovaport/base/text.h"

namespace ovaport::ovf {

namespace {

struct Name {
  std::string_view prefix;
  std::string_view local;
};

Name split_name(std::string_view name) {
  const auto colon = name.find(':');
  if (colon == std::string_view::npos) return {{}, name};
  return {name.substr(0, colon), name.substr(colon + 1)};
}

}  // namespace

Family family_of(std::string_view uri) {
  if (uri.empty()) return Family::none;
  if (uri == "http://schemas.dmtf.org/ovf/envelope/1") return Family::ovf_1;
  if (uri == "http://schemas.dmtf.org/ovf/envelope/2") return Family::ovf_2;
  if (uri == "http://schemas.dmtf.org/ovf/envelope/1/") return Family::ovirt;
  if (uri == "http://www.vmware.com/schema/ovf/1/envelope") return Family::ovf_0_9;
  if (uri == "http://www.vmware.com/schema/ovf") return Family::vmw;
  if (uri.starts_with("http://www.virtualbox.org/ovf/")) return Family::vbox;
  if (uri.starts_with("http://schemas.dmtf.org/wbem/wscim/1/")) return Family::cim;
  if (uri == "http://www.w3.org/2001/XMLSchema-instance") return Family::xsi;
  if (uri == "http://www.w3.org/XML/1998/namespace") return Family::xml;
  if (uri == "urn:ovaport:unbound-prefix") return Family::unbound;
  return Family::other;
}

bool is_ovf(Family family) {
  return family == Family::ovf_0_9 || family == Family::ovf_1 || family == Family::ovf_2 ||
         family == Family::ovirt;
}

LineIndex::LineIndex(std::string_view text) {
  starts_.push_back(0);
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '\n') starts_.push_back(i + 1);
}

int LineIndex::line_at(std::ptrdiff_t offset) const {
  if (offset < 0) return 0;
  const auto after =
      std::upper_bound(starts_.begin(), starts_.end(), static_cast<std::size_t>(offset));
  return static_cast<int>(after - starts_.begin());
}

std::string_view Element::local() const {
  return split_name(node_.name()).local;
}

std::string Element::uri_of_prefix(std::string_view prefix) const {
  if (prefix == "xml") return "http://www.w3.org/XML/1998/namespace";
  const std::string name = prefix.empty() ? "xmlns" : "xmlns:" + std::string(prefix);
  for (pugi::xml_node node = node_; node; node = node.parent())
    if (const pugi::xml_attribute bound = node.attribute(name.c_str())) return bound.value();
  return prefix.empty() ? std::string() : "urn:ovaport:unbound-prefix";
}

std::string Element::uri() const {
  return uri_of_prefix(split_name(node_.name()).prefix);
}

int Element::line() const {
  return lines_ == nullptr ? 0 : lines_->line_at(node_.offset_debug());
}

std::string Element::path() const {
  constexpr std::size_t kMostSiblings = 10'000;  // Counted; positions beyond are left out.
  std::string path;
  for (pugi::xml_node node = node_; node.type() == pugi::node_element; node = node.parent()) {
    std::size_t before = 0;
    for (pugi::xml_node other = node.previous_sibling(node.name()); other && before < kMostSiblings;
         other = other.previous_sibling(node.name()))
      ++before;
    std::string step(split_name(node.name()).local);
    const bool repeated = before != 0 || node.next_sibling(node.name());
    if (repeated && before < kMostSiblings) step += "[" + std::to_string(before + 1) + "]";
    if (!path.empty()) step.append("/").append(path);
    path = std::move(step);
  }
  return path;
}

std::vector<std::string> Element::declared_namespaces() const {
  std::vector<std::string> uris;
  for (const pugi::xml_attribute attribute : node_.attributes()) {
    const std::string_view name = attribute.name();
    if (name == "xmlns" || name.starts_with("xmlns:")) uris.emplace_back(attribute.value());
  }
  return uris;
}

std::optional<std::string> Element::attribute(std::string_view local, Family family) const {
  std::optional<std::string> unprefixed;
  for (const pugi::xml_attribute attribute : node_.attributes()) {
    const Name name = split_name(attribute.name());
    if (name.local != local || name.prefix == "xmlns") continue;
    if (name.prefix.empty()) {
      unprefixed = attribute.value();
      continue;
    }
    const Family found = family_of(uri_of_prefix(name.prefix));
    const bool matches = is_ovf(family) ? is_ovf(found) : found == family;
    // An unbound prefix that is the family's usual one means it.
    const bool usual = found == Family::unbound && is_ovf(family) && name.prefix == "ovf";
    if (matches || usual) return attribute.value();
  }
  return unprefixed;
}

std::string Element::attribute_or(std::string_view local, std::string_view fallback,
                                  Family family) const {
  return attribute(local, family).value_or(std::string(fallback));
}

std::string Element::type() const {
  const auto value = attribute("type", Family::xsi);
  return value ? std::string(split_name(*value).local) : std::string();
}

std::string Element::text() const {
  std::string text;
  for (const pugi::xml_node part : node_.children())
    if (part.type() == pugi::node_pcdata || part.type() == pugi::node_cdata) text += part.value();
  return std::string(trimmed(text));
}

std::vector<Element> Element::children() const {
  std::vector<Element> found;
  for (const pugi::xml_node node : node_.children())
    if (node.type() == pugi::node_element) found.emplace_back(node, lines_);
  return found;
}

std::vector<Element> Element::children(std::string_view local) const {
  std::vector<Element> found;
  for (const pugi::xml_node node : node_.children())
    if (node.type() == pugi::node_element && split_name(node.name()).local == local)
      found.emplace_back(node, lines_);
  return found;
}

Element Element::child(std::string_view local) const {
  for (const pugi::xml_node node : node_.children())
    if (node.type() == pugi::node_element && split_name(node.name()).local == local)
      return {node, lines_};
  return {};
}

std::string Element::child_text(std::string_view local) const {
  const Element found = child(local);
  return found ? found.text() : std::string();
}

bool is_true(std::string_view text) {
  return text == "1" || equal_ignoring_case(trimmed(text), "true");
}

}  // namespace ovaport::ovf
