#include "rpc.h"

#include "state.h"
#include "xml.h"

static const char kPrefix[] = "guestinfo.";

static struct ovt_answer answer(bool good, const char* text) {
  struct ovt_answer made = {good, ovt_text(text)};
  return made;
}

/* The word that `text` starts with; `text` becomes what follows one space. */
static struct ovt_slice take_word(struct ovt_slice* text) {
  struct ovt_slice word = ovt_before(*text, ' ');
  *text = ovt_skip(*text, word.size + 1);
  return word;
}

static bool is_guestinfo(struct ovt_slice key) {
  struct ovt_slice start = {key.at, sizeof kPrefix - 1};
  return key.size > start.size && ovt_equal_ignoring_case(start, ovt_text(kPrefix));
}

static bool find_in(struct ovt_slice document, enum ovt_section section, struct ovt_slice key,
                    struct ovt_buffer* value) {
  value->size = 0;
  return ovt_xml_find(document, section, key, value);
}

/* The order is the promise: what the guest itself set, then the document; in it the
 * property of the full key, the ExtraConfig entry, and the property without prefix. */
static bool find_value(struct ovt_host* host, struct ovt_slice key, struct ovt_slice* value) {
  host->value.size = 0;
  if (ovt_state_find(host->state(host), key, &host->value)) {
    *value = ovt_filled(&host->value);
    return true;
  }
  struct ovt_slice document = host->environment(host);
  if (document.size == 0) return false;
  if (ovt_equal_ignoring_case(key, ovt_text("guestinfo.ovfEnv"))) {
    *value = document;
    return true;
  }
  bool found = find_in(document, OVT_PROPERTIES, key, &host->value) ||
               find_in(document, OVT_GUESTINFO, key, &host->value) ||
               find_in(document, OVT_PROPERTIES, ovt_skip(key, sizeof kPrefix - 1), &host->value);
  *value = ovt_filled(&host->value);
  return found;
}

static struct ovt_answer info_get(struct ovt_host* host, struct ovt_slice arguments) {
  while (ovt_starts_with(arguments, " "))
    arguments = ovt_skip(arguments, 1);
  struct ovt_answer found = {true, {NULL, 0}};
  struct ovt_slice key = take_word(&arguments);
  if (!is_guestinfo(key) || !find_value(host, key, &found.text))
    return answer(false, "No value found");
  return found;
}

static struct ovt_answer info_set(struct ovt_host* host, struct ovt_slice arguments) {
  while (ovt_starts_with(arguments, " "))
    arguments = ovt_skip(arguments, 1);
  struct ovt_slice key = take_word(&arguments);
  if (!is_guestinfo(key) || ovt_index_of(key, '\n') < key.size)
    return answer(false, "Permission denied");
  switch (host->set(host, key, arguments)) {
    case OVT_STORED:
      return answer(true, "");
    case OVT_STORE_FULL:
      return answer(false, "Value too long");
    default:
      return answer(false, "Permission denied");
  }
}

/* Reports to the hypervisor that need no answer, and so get an empty one. A trailing
 * dot or space means a prefix. */
static bool is_report(struct ovt_slice command) {
  static const char* const kReports[] = {
      "log",
      "tools.capability.",
      "tools.set.",
      "tools.os.",
      "toolinstall.",
      "SetGuestInfo",
      "Set_Option",
      "deployPkg.",
      "upgrader.",
      "guest.upgrader_",
      "vmx.capability.",
      "tools.upgrader_",
      "vmx.set_option",
      "reset",
  };
  struct ovt_slice word = ovt_before(command, ' ');
  for (size_t i = 0; i < sizeof kReports / sizeof kReports[0]; i++) {
    struct ovt_slice known = ovt_text(kReports[i]);
    char last = known.at[known.size - 1];
    bool prefix = last == '.' || last == '_';
    if (prefix ? ovt_starts_with(word, kReports[i]) : ovt_equal(word, known)) return true;
  }
  return false;
}

struct ovt_answer ovt_rpc(struct ovt_host* host, struct ovt_slice command) {
  struct ovt_slice arguments = command;
  struct ovt_slice word = take_word(&arguments);
  if (ovt_equal(word, ovt_text("info-get"))) return info_get(host, arguments);
  if (ovt_equal(word, ovt_text("info-set"))) return info_set(host, arguments);
  if (ovt_equal(word, ovt_text("machine.id.get"))) return answer(false, "No machine id");
  if (is_report(command)) return answer(true, "");
  return answer(false, "Unknown command");
}
