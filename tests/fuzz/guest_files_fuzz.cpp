// Texts from a guest go into files that we write into it: none may break out of its
// place in them. The first byte chooses the parser.
#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "../../src/guest/cloud_init.h"
#include "../../src/guest/conversion_rules.h"
#include "../../src/guest/json.h"
#include "../../src/guest/network_names.h"
#include "../../src/guest/systemd_units.h"

namespace {

using namespace ovaport::guest;  // NOLINT(google-build-using-namespace)

void require(bool condition) {
  if (!condition) std::abort();
}

void check_network(NetworkSyntax syntax, std::string_view text) {
  std::vector<ConfiguredInterface> interfaces;
  for (const std::string& name : interface_names(syntax, "ifcfg-x", text)) {
    require(std::all_of(name.begin(), name.end(), [](unsigned char c) {
      return std::isalnum(c) != 0 || c == '_' || c == '-';
    }));
    interfaces.push_back({name, ""});
  }
  const std::vector<GuestNic> nics = {{"52:54:00:00:00:01", 192}, {"52:54:00:00:00:02", {}}};
  const auto pairs = pair_names(interfaces, nics);
  require(pairs.size() <= nics.size() && pairs.size() <= interfaces.size());
  const std::string rules = render_udev_rules(pairs);
  require(std::count(rules.begin(), rules.end(), '\n') ==
          2 + static_cast<std::ptrdiff_t>(pairs.size()));
}

void check_cloud_init(std::string_view text) {
  const auto sources = datasource_list(text);
  if (!sources) return;
  const auto drop_in = render_datasource_drop_in(*sources);
  if (!drop_in) return;
  const auto again = datasource_list(*drop_in);
  require(again && again->size() == sources->size() + 1);
}

void check_unit(std::string_view text) {
  const auto drop_in = render_condition_drop_in(text);
  require(drop_in.has_value() == demands_vmware(text));
  if (drop_in) require(!demands_vmware(*drop_in));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const int choice = data[0] % 10;
  if (choice < 5) check_network(static_cast<NetworkSyntax>(choice), text);
  if (choice == 5) check_cloud_init(text);
  if (choice == 6) check_unit(text);
  if (choice == 7) (void)parse_message(text);
  if (choice == 8) (void)decode_request(text);
  if (choice == 9) (void)decode_result(text);
  return 0;
}
