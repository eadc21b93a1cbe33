#include "slice.h"

#include <string.h>

struct ovt_slice ovt_text(const char* terminated) {
  struct ovt_slice text = {terminated, strlen(terminated)};
  return text;
}

struct ovt_slice ovt_filled(const struct ovt_buffer* buffer) {
  struct ovt_slice text = {buffer->at, buffer->size};
  return text;
}

struct ovt_slice ovt_skip(struct ovt_slice text, size_t count) {
  if (count > text.size) count = text.size;
  text.at += count;
  text.size -= count;
  return text;
}

bool ovt_equal(struct ovt_slice a, struct ovt_slice b) {
  return a.size == b.size && (a.size == 0 || memcmp(a.at, b.at, a.size) == 0);
}

static char lower(char c) {
  if (c >= 'A' && c <= 'Z') return (char)(c + ('a' - 'A'));
  return c;
}

bool ovt_equal_ignoring_case(struct ovt_slice a, struct ovt_slice b) {
  if (a.size != b.size) return false;
  for (size_t i = 0; i < a.size; i++) {
    if (lower(a.at[i]) != lower(b.at[i])) return false;
  }
  return true;
}

bool ovt_starts_with(struct ovt_slice text, const char* prefix) {
  size_t size = strlen(prefix);
  return text.size >= size && memcmp(text.at, prefix, size) == 0;
}

size_t ovt_index_of(struct ovt_slice text, char c) {
  if (text.size == 0) return 0;
  const char* found = memchr(text.at, c, text.size);
  return found ? (size_t)(found - text.at) : text.size;
}

struct ovt_slice ovt_before(struct ovt_slice text, char separator) {
  text.size = ovt_index_of(text, separator);
  return text;
}

bool ovt_append(struct ovt_buffer* buffer, struct ovt_slice text) {
  if (text.size > buffer->capacity - buffer->size) return false;
  if (text.size > 0) memcpy(buffer->at + buffer->size, text.at, text.size);
  buffer->size += text.size;
  return true;
}

bool ovt_append_text(struct ovt_buffer* buffer, const char* terminated) {
  return ovt_append(buffer, ovt_text(terminated));
}

bool ovt_append_number(struct ovt_buffer* buffer, unsigned long long number) {
  char digits[24];
  size_t first = sizeof digits;
  do {
    digits[--first] = (char)('0' + number % 10);
    number /= 10;
  } while (number > 0);
  struct ovt_slice text = {digits + first, sizeof digits - first};
  return ovt_append(buffer, text);
}

static unsigned digit_value(char c) {
  if (c >= '0' && c <= '9') return (unsigned)(c - '0');
  c = lower(c);
  if (c >= 'a' && c <= 'f') return (unsigned)(c - 'a' + 10);
  return 16;
}

bool ovt_parse_number(struct ovt_slice text, unsigned base, unsigned most, unsigned* number) {
  unsigned long long sum = 0;
  if (text.size == 0) return false;
  for (size_t i = 0; i < text.size; i++) {
    unsigned digit = digit_value(text.at[i]);
    if (digit >= base) return false;
    sum = sum * base + digit;
    if (sum > most) return false;
  }
  *number = (unsigned)sum;
  return true;
}
