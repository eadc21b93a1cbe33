// Input: "type|ovf:qualifiers|vmw:qualifiers|value", as an attacker's descriptor and
// a user's answer would give them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "ovaport/base/text.h"
#include "ovaport/environment/document.h"
#include "ovaport/environment/property_type.h"

using namespace ovaport;
using namespace ovaport::environment;

namespace {

std::string_view take_field(std::string_view& rest) {
  const auto end = rest.find('|');
  const std::string_view field = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return field;
}

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const std::string_view type_text = take_field(rest);
  const std::string_view qualifiers = take_field(rest);
  const std::string_view vmw = take_field(rest);
  Concerns concerns;
  const PropertyType type = parse_property_type("key", type_text, qualifiers, vmw, concerns);
  require(!type.minimum || *type.minimum <= *type.maximum);
  require(!type.min_length || !type.max_length || *type.min_length <= *type.max_length);
  require(!describe(type).empty());
  const auto checked = check_value("key", type, rest);
  if (!checked.ok()) return 0;
  // The canonical form is a fixed point, and the document always holds it.
  const auto again = check_value("key", type, checked->reveal());
  require(again.ok() && *again == *checked);
  require(is_utf8(checked->reveal()));
  Document document;
  document.properties = {{"key", *checked, false}};
  require(is_utf8(render(document)));
  return 0;
}
