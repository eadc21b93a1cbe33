#include "toolbox.h"

#include <string.h>

#include "print.h"

static const char kUsage[] =
    "Usage: vmware-toolbox-cmd <command> [options] [subcommand]\n"
    "Commands that this stand-in of ovaport answers:\n"
    "   stat hosttime|speed|memory|balloon|swap|memlimit|memres|cpures|cpulimit\n"
    "   timesync status|disable\n"
    "   upgrade status\n"
    "   device list\n"
    "   help\n"
    "Options: -h/--help, -v/--version, -q/--quiet\n";

static void append_two_digits(struct ovt_buffer* out, int number) {
  if (number < 10) ovt_append_text(out, "0");
  ovt_append_number(out, (unsigned long long)number);
}

void ovt_format_time(const struct ovt_time* time, struct ovt_buffer* out) {
  static const char kMonths[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  struct ovt_slice month = {kMonths + 3 * (size_t)(time->month % 12), 3};
  append_two_digits(out, time->day);
  ovt_append_text(out, " ");
  ovt_append(out, month);
  ovt_append_text(out, " ");
  ovt_append_number(out, (unsigned long long)time->year);
  ovt_append_text(out, " ");
  append_two_digits(out, time->hour);
  ovt_append_text(out, ":");
  append_two_digits(out, time->minute);
  ovt_append_text(out, ":");
  append_two_digits(out, time->second);
}

enum answer_kind { FIXED, MHZ, MEMORY, TIME };

static int print_fact(struct ovt_host* host, enum ovt_fact fact, const char* unit,
                      const char* failure) {
  char space[40];
  struct ovt_buffer line = {space, 0, sizeof space};
  unsigned long long number = host->fact(host, fact);
  if (number == 0) return ovt_say(host, OVT_ERR, failure, OVT_EX_UNAVAILABLE);
  ovt_append_number(&line, number);
  ovt_append_text(&line, unit);
  host->print(host, false, ovt_filled(&line));
  return 0;
}

/* What an ESX host says of a machine without limits, reservations or pressure: under
 * KVM none of them exists. The session has no counterpart. */
static int stat_command(struct ovt_host* host, const char* what) {
  static const struct {
    const char* name;
    enum answer_kind kind;
    const char* text;
  } kStats[] = {
      {"hosttime", TIME, ""},     {"speed", MHZ, ""},         {"memory", MEMORY, ""},
      {"balloon", FIXED, "0 MB"}, {"swap", FIXED, "0 MB"},    {"memlimit", FIXED, "4294967295 MB"},
      {"memres", FIXED, "0 MB"},  {"cpures", FIXED, "0 MHz"}, {"cpulimit", FIXED, "4294967295 MHz"},
  };
  for (size_t i = 0; i < sizeof kStats / sizeof kStats[0]; i++) {
    if (strcmp(kStats[i].name, what) != 0) continue;
    if (kStats[i].kind == MHZ)
      return print_fact(host, OVT_FACT_MHZ, " MHz\n", "Unable to get processor speed.");
    if (kStats[i].kind == MEMORY)
      return print_fact(host, OVT_FACT_MEMORY_MIB, " MB\n", "Unable to get memory size.");
    if (kStats[i].kind == FIXED) return ovt_say(host, OVT_OUT, kStats[i].text, 0);
    host->print(host, false, host->time_text(host));
    return ovt_say(host, OVT_OUT, "", 0);
  }
  if (strcmp(what, "sessionid") == 0 || strcmp(what, "raw") == 0)
    return ovt_say(host, OVT_ERR,
                   "OpenHandle failed: VMware Guest API is not running in a Virtual Machine",
                   OVT_EX_UNAVAILABLE);
  ovt_print(host, OVT_ERR, "Unknown subcommand\n");
  ovt_print(host, OVT_ERR, kUsage);
  return OVT_EX_USAGE;
}

static int timesync_command(struct ovt_host* host, const char* what) {
  /* The guest's clock is KVM's business; VMware's synchronisation is never on. */
  if (strcmp(what, "status") == 0) return ovt_say(host, OVT_OUT, "Disabled", OVT_EX_UNAVAILABLE);
  if (strcmp(what, "disable") == 0) return ovt_say(host, OVT_OUT, "Disabled", 0);
  if (strcmp(what, "enable") == 0)
    return ovt_say(host, OVT_ERR, "Unable to enable time synchronization: not on VMware.",
                   OVT_EX_UNAVAILABLE);
  return ovt_say(host, OVT_ERR, "Unknown subcommand", OVT_EX_USAGE);
}

static int subcommand(struct ovt_host* host, const char* command, const char* what) {
  if (strcmp(command, "stat") == 0) return stat_command(host, what);
  if (strcmp(command, "timesync") == 0) return timesync_command(host, what);
  if (strcmp(command, "upgrade") == 0 && strcmp(what, "status") == 0)
    return ovt_say(host, OVT_OUT, "VMware Tools are up-to-date.", 0);
  if (strcmp(command, "device") == 0 && strcmp(what, "list") == 0) return 0;
  return ovt_say(host, OVT_ERR, "Not available: this is ovaport's stand-in for VMware Tools.",
                 OVT_EX_UNAVAILABLE);
}

static bool is_command(const char* word) {
  static const char* const kCommands[] = {"stat",   "timesync", "upgrade",    "device",
                                          "script", "disk",     "config",     "logging",
                                          "info",   "record",   "gueststore", "globalconf"};
  for (size_t i = 0; i < sizeof kCommands / sizeof kCommands[0]; i++) {
    if (strcmp(kCommands[i], word) == 0) return true;
  }
  return false;
}

static bool is_option(const char* word, const char* brief, const char* full) {
  return strcmp(word, brief) == 0 || strcmp(word, full) == 0;
}

int ovt_toolbox(struct ovt_host* host, int argc, char* const* argv) {
  while (argc > 0 && is_option(argv[0], "-q", "--quiet"))
    argc--, argv++;
  if (argc > 0 && is_option(argv[0], "-v", "--version"))
    return ovt_say(host, OVT_OUT, OVT_TOOLS_VERSION, 0);
  if (argc > 0 && (is_option(argv[0], "-h", "--help") || strcmp(argv[0], "help") == 0)) {
    ovt_print(host, OVT_OUT, kUsage);
    return 0;
  }
  if (argc == 0 || !is_command(argv[0])) {
    ovt_print(host, OVT_ERR, argc == 0 ? "Missing command\n" : "Unknown command\n");
    ovt_print(host, OVT_ERR, kUsage);
    return OVT_EX_USAGE;
  }
  if (argc == 1) return ovt_say(host, OVT_ERR, "Missing subcommand", OVT_EX_USAGE);
  return subcommand(host, argv[0], argv[1]);
}

/* Says what it says on ESX. Appliances ask it "am I on vSphere?" before they read their
 * properties, and the answer that lets them go on is the reason why we are here. */
int ovt_checkvm(struct ovt_host* host, int argc, char* const* argv) {
  for (int i = 0; i < argc; i++) {
    if (strcmp(argv[i], "-p") == 0) return ovt_say(host, OVT_OUT, "ESX Server", 0);
    if (strcmp(argv[i], "-r") == 0) return ovt_say(host, OVT_OUT, "0 0", 0);
    if (strcmp(argv[i], "-h") == 0) ovt_print(host, OVT_OUT, "VM's hw version is 13\n");
  }
  return ovt_say(host, OVT_OUT, "VMware software version 6 (good)", 0);
}
