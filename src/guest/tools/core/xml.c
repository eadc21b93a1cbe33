#include "xml.h"

#include <string.h>

static const char kNamespace[] = "http://schemas.dmtf.org/ovf/environment/1";

enum tag_kind { TAG_OPEN, TAG_CLOSE, TAG_EMPTY };

struct tag {
  enum tag_kind kind;
  struct ovt_slice name;       /* Without prefix. */
  struct ovt_slice attributes; /* What lies between the name and ">". */
};

static bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct ovt_slice without_prefix(struct ovt_slice name) {
  size_t colon = ovt_index_of(name, ':');
  return colon < name.size ? ovt_skip(name, colon + 1) : name;
}

/* Moves past `end`; false when it never comes. */
static bool skip_past(struct ovt_slice* rest, const char* end) {
  while (rest->size > 0) {
    *rest = ovt_skip(*rest, ovt_index_of(*rest, end[0]));
    if (ovt_starts_with(*rest, end)) {
      *rest = ovt_skip(*rest, strlen(end));
      return true;
    }
    *rest = ovt_skip(*rest, 1);
  }
  return false;
}

/* Size of a tag's inside up to its ">", which quotes may hide; rest.size: no end. */
static size_t tag_size(struct ovt_slice rest) {
  char quote = 0;
  for (size_t i = 0; i < rest.size; i++) {
    char c = rest.at[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '>') {
      return i;
    }
  }
  return rest.size;
}

static bool parse_tag(struct ovt_slice* rest, struct tag* tag) {
  size_t size = tag_size(*rest);
  if (size == rest->size) return false;
  struct ovt_slice inside = {rest->at, size};
  *rest = ovt_skip(*rest, size + 1);
  tag->kind = TAG_OPEN;
  if (ovt_starts_with(inside, "/")) {
    tag->kind = TAG_CLOSE;
    inside = ovt_skip(inside, 1);
  } else if (inside.size > 0 && inside.at[inside.size - 1] == '/') {
    tag->kind = TAG_EMPTY;
    inside.size--;
  }
  size_t end = 0;
  while (end < inside.size && !is_space(inside.at[end]))
    end++;
  struct ovt_slice name = {inside.at, end};
  tag->name = without_prefix(name);
  tag->attributes = ovt_skip(inside, end);
  return tag->name.size > 0;
}

/* The next tag, past everything that is none. False: the end, or damage. */
static bool next_tag(struct ovt_slice* rest, struct tag* tag) {
  for (;;) {
    *rest = ovt_skip(*rest, ovt_index_of(*rest, '<'));
    if (rest->size == 0) return false;
    if (ovt_starts_with(*rest, "<?")) {
      if (!skip_past(rest, "?>")) return false;
    } else if (ovt_starts_with(*rest, "<!--")) {
      *rest = ovt_skip(*rest, 4);
      if (!skip_past(rest, "-->")) return false;
    } else if (ovt_starts_with(*rest, "<![CDATA[")) {
      if (!skip_past(rest, "]]>")) return false;
    } else if (ovt_starts_with(*rest, "<!")) {
      return false;
    } else {
      *rest = ovt_skip(*rest, 1);
      return parse_tag(rest, tag);
    }
  }
}

/* The next name="value" of a tag, undecoded. */
static bool next_attribute(struct ovt_slice* rest, struct ovt_slice* name,
                           struct ovt_slice* value) {
  while (rest->size > 0 && is_space(rest->at[0]))
    *rest = ovt_skip(*rest, 1);
  *name = ovt_before(*rest, '=');
  *rest = ovt_skip(*rest, name->size + 1);
  while (name->size > 0 && is_space(name->at[name->size - 1]))
    name->size--;
  while (rest->size > 0 && is_space(rest->at[0]))
    *rest = ovt_skip(*rest, 1);
  if (name->size == 0 || rest->size == 0) return false;
  char quote = rest->at[0];
  if (quote != '"' && quote != '\'') return false;
  *rest = ovt_skip(*rest, 1);
  *value = ovt_before(*rest, quote);
  if (value->size == rest->size) return false;
  *rest = ovt_skip(*rest, value->size + 1);
  return true;
}

static bool find_attribute(struct ovt_slice attributes, const char* wanted,
                           struct ovt_slice* value) {
  struct ovt_slice name;
  while (next_attribute(&attributes, &name, value)) {
    if (ovt_starts_with(name, "xmlns:")) continue;
    if (ovt_equal(without_prefix(name), ovt_text(wanted))) return true;
  }
  return false;
}

static bool append_utf8(struct ovt_buffer* out, unsigned c) {
  char bytes[4];
  size_t size = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  static const unsigned char kLead[] = {0, 0, 0xc0, 0xe0, 0xf0};
  for (size_t i = size; i-- > 1; c >>= 6)
    bytes[i] = (char)(0x80 | (c & 0x3f));
  bytes[0] = (char)(kLead[size] | c);
  struct ovt_slice text = {bytes, size};
  return ovt_append(out, text);
}

/* Appends what "&name;" stands for. */
static bool append_entity(struct ovt_slice name, struct ovt_buffer* out) {
  static const struct {
    const char* name;
    const char* text;
  } kEntities[] = {{"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"apos", "'"}};
  for (size_t i = 0; i < sizeof kEntities / sizeof kEntities[0]; i++) {
    if (ovt_equal(name, ovt_text(kEntities[i].name)))
      return ovt_append_text(out, kEntities[i].text);
  }
  unsigned c = 0;
  bool number =
      ovt_starts_with(name, "#x")
          ? ovt_parse_number(ovt_skip(name, 2), 16, 0x10ffff, &c)
          : ovt_starts_with(name, "#") && ovt_parse_number(ovt_skip(name, 1), 10, 0x10ffff, &c);
  if (!number || c == 0 || (c >= 0xd800 && c <= 0xdfff)) return false;
  return append_utf8(out, c);
}

/* Attribute value normalisation of XML 1.0 §3.3.3: a literal line end or tab is a
 * space, one written as a character reference stays itself. */
static bool decode(struct ovt_slice raw, struct ovt_buffer* out) {
  while (raw.size > 0) {
    if (raw.at[0] == '&') {
      struct ovt_slice name = ovt_before(ovt_skip(raw, 1), ';');
      if (name.size + 1 >= raw.size || !append_entity(name, out)) return false;
      raw = ovt_skip(raw, name.size + 2);
      continue;
    }
    struct ovt_slice space = {" ", 1};
    struct ovt_slice one = {raw.at, 1};
    if (!ovt_append(out, is_space(raw.at[0]) ? space : one)) return false;
    raw = ovt_skip(raw, 1);
  }
  return true;
}

static bool key_matches(struct ovt_slice attributes, struct ovt_slice wanted, bool ignore_case) {
  char space[512];
  struct ovt_buffer key = {space, 0, sizeof space};
  struct ovt_slice raw;
  if (!find_attribute(attributes, "key", &raw) || !decode(raw, &key)) return false;
  return ignore_case ? ovt_equal_ignoring_case(ovt_filled(&key), wanted)
                     : ovt_equal(ovt_filled(&key), wanted);
}

bool ovt_xml_is_environment(struct ovt_slice document) {
  struct tag root;
  struct ovt_slice name;
  struct ovt_slice value;
  if (!next_tag(&document, &root) || root.kind == TAG_CLOSE) return false;
  if (!ovt_equal(root.name, ovt_text("Environment"))) return false;
  while (next_attribute(&root.attributes, &name, &value)) {
    if (ovt_starts_with(name, "xmlns") && ovt_equal(value, ovt_text(kNamespace))) return true;
  }
  return false;
}

/* The attributes of the element that answers, if any. */
static bool find_element(struct ovt_slice document, enum ovt_section section, struct ovt_slice key,
                         bool ignore_case, struct ovt_slice* attributes) {
  struct ovt_slice section_name =
      ovt_text(section == OVT_PROPERTIES ? "PropertySection" : "GuestInfoSection");
  struct ovt_slice item_name = ovt_text(section == OVT_PROPERTIES ? "Property" : "Entry");
  bool inside = false;
  size_t depth = 0;
  struct tag tag;
  while (next_tag(&document, &tag)) {
    if (tag.kind == TAG_CLOSE) {
      if (depth <= 1) return false; /* The end of the root. */
      depth--;
      continue;
    }
    if (depth == 1) inside = ovt_equal(tag.name, section_name);
    if (depth == 2 && inside && ovt_equal(tag.name, item_name) &&
        key_matches(tag.attributes, key, ignore_case)) {
      *attributes = tag.attributes;
      return true;
    }
    if (tag.kind == TAG_OPEN) depth++;
  }
  return false;
}

bool ovt_xml_find(struct ovt_slice document, enum ovt_section section, struct ovt_slice key,
                  struct ovt_buffer* value) {
  struct ovt_slice attributes;
  struct ovt_slice raw;
  if (!find_element(document, section, key, false, &attributes) &&
      !find_element(document, section, key, true, &attributes))
    return false;
  return find_attribute(attributes, "value", &raw) && decode(raw, value);
}
