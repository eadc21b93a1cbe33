#ifndef OVT_SLICE_H
#define OVT_SLICE_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes that somebody else owns; not terminated. */
struct ovt_slice {
  const char* at;
  size_t size;
};

/* A place to write to: `size` of `capacity` bytes are used. */
struct ovt_buffer {
  char* at;
  size_t size;
  size_t capacity;
};

struct ovt_slice ovt_text(const char* terminated);
struct ovt_slice ovt_filled(const struct ovt_buffer* buffer);
/* The rest after the first `count` bytes; empty when there are fewer. */
struct ovt_slice ovt_skip(struct ovt_slice text, size_t count);
bool ovt_equal(struct ovt_slice a, struct ovt_slice b);
/* ASCII letters compare without case. */
bool ovt_equal_ignoring_case(struct ovt_slice a, struct ovt_slice b);
bool ovt_starts_with(struct ovt_slice text, const char* prefix);
/* Where `c` first is, or text.size. */
size_t ovt_index_of(struct ovt_slice text, char c);
/* The part before the first `separator`, or all. */
struct ovt_slice ovt_before(struct ovt_slice text, char separator);
/* False, and nothing appended, when it does not fit. */
bool ovt_append(struct ovt_buffer* buffer, struct ovt_slice text);
bool ovt_append_text(struct ovt_buffer* buffer, const char* terminated);
bool ovt_append_number(struct ovt_buffer* buffer, unsigned long long number);
/* A decimal number up to `most`; false for anything else. */
bool ovt_parse_number(struct ovt_slice text, unsigned base, unsigned most, unsigned* number);

#ifdef __cplusplus
}
#endif
#endif
