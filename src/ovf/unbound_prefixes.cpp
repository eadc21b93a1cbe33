#include "unbound_prefixes.h"

#include <map>
#include <set>

#include "ovaport/base/text.h"

namespace ovaport::ovf {

namespace {

constexpr std::string_view kBinding = "xmlns:";

class PrefixCheck {
 public:
  PrefixCheck(const LineIndex& lines, const ReadContext& context)
      : lines_(lines), context_(context) {}

  // How deep elements nest is limited before a document is parsed.
  void visit(pugi::xml_node node) {
    bind(node, 1);
    check(node.name(), node);
    for (const pugi::xml_attribute attribute : node.attributes())
      check(attribute.name(), node);
    for (const pugi::xml_node child : node.children())
      if (child.type() == pugi::node_element) visit(child);
    bind(node, -1);
  }

 private:
  void bind(pugi::xml_node node, int change) {
    for (const pugi::xml_attribute attribute : node.attributes()) {
      const std::string_view name = attribute.name();
      if (name.starts_with(kBinding)) bound_[name.substr(kBinding.size())] += change;
    }
  }

  void check(std::string_view name, pugi::xml_node where) {
    const auto colon = name.find(':');
    if (colon == std::string_view::npos) return;
    const std::string_view prefix = name.substr(0, colon);
    if (prefix == "xml" || prefix == "xmlns") return;
    if (const auto found = bound_.find(prefix); found != bound_.end() && found->second > 0) return;
    if (!told_.insert(prefix).second) return;
    context_.warn("ovf.unbound-prefix",
                  "the prefix " + quote(prefix) +
                      " stands for no namespace; what it marks is taken by its local name",
                  Element(where, &lines_));
  }

  const LineIndex& lines_;
  const ReadContext& context_;
  std::map<std::string_view, int> bound_;
  std::set<std::string_view> told_;
};

}  // namespace

void check_prefixes(pugi::xml_node root, const LineIndex& lines, const ReadContext& context) {
  PrefixCheck(lines, context).visit(root);
}

}  // namespace ovaport::ovf
