#include "state.h"

static struct ovt_slice take_line(struct ovt_slice* state) {
  struct ovt_slice line = ovt_before(*state, '\n');
  *state = ovt_skip(*state, line.size + 1);
  return line;
}

static bool unescape(struct ovt_slice text, struct ovt_buffer* value) {
  for (size_t i = 0; i < text.size; i++) {
    char c = text.at[i];
    if (c == '\\' && i + 1 < text.size) {
      c = text.at[++i];
      if (c == 'n') c = '\n';
      if (c == 'r') c = '\r';
    }
    struct ovt_slice one = {&c, 1};
    if (!ovt_append(value, one)) return false;
  }
  return true;
}

static bool escape(struct ovt_slice text, struct ovt_buffer* out) {
  for (size_t i = 0; i < text.size; i++) {
    struct ovt_slice one = {text.at + i, 1};
    char c = text.at[i];
    if (c == '\n' || c == '\r' || c == '\\') {
      one = ovt_text(c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\\\");
    }
    if (!ovt_append(out, one)) return false;
  }
  return true;
}

bool ovt_state_find(struct ovt_slice state, struct ovt_slice key, struct ovt_buffer* value) {
  while (state.size > 0) {
    struct ovt_slice line = take_line(&state);
    struct ovt_slice name = ovt_before(line, ' ');
    if (!ovt_equal_ignoring_case(name, key)) continue;
    return unescape(ovt_skip(line, name.size + 1), value);
  }
  return false;
}

bool ovt_state_set(struct ovt_slice state, struct ovt_slice key, struct ovt_slice value,
                   struct ovt_buffer* changed) {
  if (key.size > OVT_KEY_LIMIT || value.size > OVT_VALUE_LIMIT) return false;
  while (state.size > 0) {
    struct ovt_slice line = take_line(&state);
    if (ovt_equal_ignoring_case(ovt_before(line, ' '), key)) continue;
    if (!ovt_append(changed, line) || !ovt_append_text(changed, "\n")) return false;
  }
  return ovt_append(changed, key) && ovt_append_text(changed, " ") && escape(value, changed) &&
         ovt_append_text(changed, "\n") && changed->size <= OVT_STATE_LIMIT;
}
