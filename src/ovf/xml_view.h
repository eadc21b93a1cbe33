#pragma once

#include <cstddef>
#include <optional>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace ovaport::ovf {

/// Families of namespaces: what matters is what an element means, not which edition
/// of a schema its URI names, nor its prefix.
enum class Family { none, ovf_0_9, ovf_1, ovf_2, ovirt, cim, vmw, vbox, xsi, xml, unbound, other };

Family family_of(std::string_view uri);

/// Whether the family is one of OVF's own.
bool is_ovf(Family family);

/// Where lines begin, to turn offsets into line numbers.
class LineIndex {
 public:
  explicit LineIndex(std::string_view text);
  [[nodiscard]] int line_at(std::ptrdiff_t offset) const;  ///< 1-based; 0 for no offset.

 private:
  std::vector<std::size_t> starts_;
};

/// An element seen through its namespaces. A light handle: the document and the
/// index must outlive it. A default-made one is null and has no children.
class Element {
 public:
  Element() = default;
  Element(pugi::xml_node node, const LineIndex* lines) : node_(node), lines_(lines) {}

  explicit operator bool() const { return static_cast<bool>(node_); }
  [[nodiscard]] std::string_view local() const;
  [[nodiscard]] std::string uri() const;
  [[nodiscard]] Family family() const { return node_ ? family_of(uri()) : Family::none; }
  [[nodiscard]] int line() const;
  /// Local names from the root, with a 1-based position where siblings have the same
  /// name: "Envelope/References/File[2]".
  [[nodiscard]] std::string path() const;

  /// URIs of the namespaces that this element declares, document order.
  [[nodiscard]] std::vector<std::string> declared_namespaces() const;

  /// The first attribute of that local name that is unprefixed or of the family
  /// (any OVF edition for Family::ovf_1).
  [[nodiscard]] std::optional<std::string> attribute(std::string_view local,
                                                     Family family = Family::ovf_1) const;
  [[nodiscard]] std::string attribute_or(std::string_view local, std::string_view fallback,
                                         Family family = Family::ovf_1) const;
  /// The value's local part of xsi:type ("ovf:DiskSection_Type" gives
  /// "DiskSection_Type").
  [[nodiscard]] std::string type() const;

  [[nodiscard]] std::string text() const;  ///< Trimmed text content.
  [[nodiscard]] std::vector<Element> children() const;
  /// Children of that local name, whatever their namespace.
  [[nodiscard]] std::vector<Element> children(std::string_view local) const;
  [[nodiscard]] Element child(std::string_view local) const;
  [[nodiscard]] std::string child_text(std::string_view local) const;

 private:
  [[nodiscard]] std::string uri_of_prefix(std::string_view prefix) const;

  pugi::xml_node node_;
  const LineIndex* lines_ = nullptr;
};

/// "true", "1" in any case.
bool is_true(std::string_view text);

}  // namespace ovaport::ovf
