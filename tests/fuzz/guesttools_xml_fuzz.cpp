// The tools stand-in's look-ups in any document, and its state file. The input: a key, a
// line feed, a document, which is copied to its exact size so that reads past it show.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "core/state.h"
#include "core/xml.h"

namespace {

void check_state(ovt_slice state, ovt_slice key) {
  static char changed[OVT_STATE_LIMIT + 1];
  static char value[OVT_STATE_LIMIT];
  ovt_buffer before{value, 0, sizeof value};
  ovt_state_find(state, key, &before);
  if (ovt_index_of(key, ' ') < key.size) return;
  // What is set is found again, byte for byte.
  ovt_buffer after{changed, 0, sizeof changed};
  if (!ovt_state_set(state, key, state, &after)) return;
  ovt_buffer found{value, 0, sizeof value};
  if (!ovt_state_find(ovt_filled(&after), key, &found)) std::abort();
  if (!ovt_equal(ovt_filled(&found), state)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto copy = std::make_unique<char[]>(size + 1);
  if (size > 0) std::memcpy(copy.get(), data, size);
  const auto value_space = std::make_unique<char[]>(size + 1);
  const ovt_slice all{copy.get(), size};
  const ovt_slice key = ovt_before(all, '\n');
  const ovt_slice document = ovt_skip(all, key.size + 1);
  ovt_xml_is_environment(document);
  for (const ovt_section section : {OVT_PROPERTIES, OVT_GUESTINFO}) {
    // Decoded text is never longer than the document.
    ovt_buffer value{value_space.get(), 0, document.size};
    if (ovt_xml_find(document, section, key, &value) && value.size > document.size) std::abort();
  }
  check_state(document, key);
  return 0;
}
