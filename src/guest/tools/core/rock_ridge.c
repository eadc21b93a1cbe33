#include "rock_ridge.h"

#include <string.h>

enum {
  kArea = 2048,   /* A continuation area is shorter than a sector. */
  kContinued = 8, /* Continuations followed for one name. */
  kNameContinues = 0x01,
  kNameIsDot = 0x02 | 0x04, /* The names "." and "..". */
};

struct continuation {
  bool given;
  uint32_t block;
  uint32_t offset;
  uint32_t size;
};

struct name_state {
  struct ovt_buffer name;
  bool complete;
  struct continuation next;
};

static uint32_t little32(const unsigned char* p) {
  return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static const unsigned char* system_use(const unsigned char* record, size_t* size) {
  size_t start = 33u + record[32];
  if (record[32] % 2 == 0) start++; /* A pad byte (ECMA-119 §9.1.12). */
  *size = start < record[0] ? record[0] - start : 0;
  return record + start;
}

size_t ovt_rock_ridge_skip(const unsigned char* dot_record) {
  size_t size;
  const unsigned char* field = system_use(dot_record, &size);
  bool sp = size >= 7 && field[0] == 'S' && field[1] == 'P' && field[2] == 7 && field[4] == 0xbe &&
            field[5] == 0xef;
  return sp ? field[6] : 0;
}

static void take_name(const unsigned char* field, struct name_state* state) {
  unsigned char flags = field[4];
  struct ovt_slice part = {(const char*)field + 5, field[2] - 5u};
  if ((flags & kNameIsDot) != 0 || !ovt_append(&state->name, part)) {
    state->name.size = 0;
    state->complete = true;
    return;
  }
  state->complete = (flags & kNameContinues) == 0;
}

static void take_fields(const unsigned char* area, size_t size, struct name_state* state) {
  size_t at = 0;
  state->next.given = false;
  while (!state->complete && size - at >= 4) {
    const unsigned char* field = area + at;
    size_t length = field[2];
    if (length < 4 || length > size - at) return;
    if (field[0] == 'N' && field[1] == 'M' && length >= 5) take_name(field, state);
    if (field[0] == 'C' && field[1] == 'E' && length >= 28) {
      state->next.given = true;
      state->next.block = little32(field + 4);
      state->next.offset = little32(field + 12);
      state->next.size = little32(field + 20);
    }
    if (field[0] == 'S' && field[1] == 'T') return;
    at += length;
  }
}

struct ovt_slice ovt_rock_ridge_name(const struct ovt_susp* susp, const unsigned char* record,
                                     char out[256]) {
  struct name_state state = {{out, 0, 255}, false, {false, 0, 0, 0}};
  unsigned char area[kArea];
  size_t size;
  const unsigned char* fields = system_use(record, &size);
  size_t skip = susp->skip < size ? susp->skip : size;
  take_fields(fields + skip, size - skip, &state);
  for (int i = 0; i < kContinued && !state.complete && state.next.given; i++) {
    struct continuation next = state.next;
    uint64_t offset = (uint64_t)next.block * susp->block_size + next.offset;
    if (next.size == 0 || next.size > kArea || next.offset >= kArea) break;
    if (!susp->read_at(susp->context, offset, area, next.size)) break;
    take_fields(area, next.size, &state);
  }
  return ovt_filled(&state.name);
}
