#include "program.h"

#include <string.h>

#include "print.h"
#include "rpc.h"
#include "toolbox.h"

static const char kHelp[] =
    "ovaport's stand-in for VMware Tools; answers from the OVF environment disk.\n"
    "\n"
    "It was put here when this machine was imported to KVM. It hands out the appliance's\n"
    "properties from the CD-ROM with ovf-env.xml, the way VMware Tools did on vSphere:\n"
    "\n"
    "  vmtoolsd --cmd \"info-get guestinfo.ovfEnv\"     the whole OVF environment\n"
    "  vmtoolsd --cmd \"info-get guestinfo.KEY\"        one property or guestinfo value\n"
    "  vmtoolsd --cmd \"info-set guestinfo.KEY VALUE\"  kept in this guest until it restarts\n"
    "  vmware-rpctool COMMAND                          the same commands\n"
    "  vmware-guestd --cmd COMMAND                     the same commands\n"
    "  vmware-toolbox-cmd stat|timesync|upgrade ...    fixed answers\n"
    "  vmware-checkvm                                  answers as on ESX\n"
    "\n"
    "Options of its own, to be given first:\n"
    "  --as NAME               answer as the program NAME\n"
    "  --ovaport-cache         (root) read the disk now, keep the document for all users\n"
    "  --mode 0644|0600        who may read what --ovaport-cache keeps\n"
    "  --ovaport-device PATH   read this device or image instead of searching\n"
    "  --ovaport-state DIR     keep cache and info-set values there\n"
    "  --ovaport-wait SECONDS  wait that long for the disk (or OVAPORT_TOOLS_WAIT)\n";

enum { kLongestWait = 600 };

struct arguments {
  int argc;
  char* const* argv;
};

static const char* take(struct arguments* rest) {
  if (rest->argc == 0) return NULL;
  rest->argc--;
  return *rest->argv++;
}

static bool is(const char* word, const char* other) {
  return strcmp(word, other) == 0;
}

/* The program's name without directory and ".exe". */
static struct ovt_slice base_name(const char* path) {
  struct ovt_slice name = ovt_text(path);
  for (size_t i = name.size; i-- > 0;) {
    if (path[i] == '/' || path[i] == '\\') {
      name = ovt_skip(name, i + 1);
      break;
    }
  }
  struct ovt_slice end = ovt_skip(name, name.size > 4 ? name.size - 4 : name.size);
  if (ovt_equal_ignoring_case(end, ovt_text(".exe"))) name.size -= 4;
  return name;
}

static int run_command(struct ovt_host* host, const char* command) {
  struct ovt_answer answer = ovt_rpc(host, ovt_text(command));
  host->print(host, !answer.good, answer.text);
  return ovt_say(host, answer.good ? OVT_OUT : OVT_ERR, "", answer.good ? 0 : 1);
}

static int help(struct ovt_host* host) {
  ovt_print(host, OVT_OUT, kHelp);
  return 0;
}

static int bad_option(struct ovt_host* host, const char* problem, const char* option) {
  ovt_print(host, OVT_ERR, "Command line parsing failed: ");
  ovt_print(host, OVT_ERR, problem);
  return ovt_say(host, OVT_ERR, option, 1);
}

/* Does this option of vmtoolsd take a value? -c is the configuration, not --cmd. */
static bool takes_value(const char* option) {
  static const char* const kOptions[] = {
      "-c", "--config", "-n",        "--name",        "-p", "--plugin-path", "-b", "--background",
      "-g", "--debug",  "--blockFd", "--common-path", "-d", "--displayname"};
  for (size_t i = 0; i < sizeof kOptions / sizeof kOptions[0]; i++) {
    if (is(option, kOptions[i])) return true;
  }
  return false;
}

static bool is_ignored(const char* option) {
  static const char* const kOptions[] = {
      "--config=", "--name=",    "--plugin-path=", "--background=",
      "--debug=",  "--blockFd=", "--common-path="};
  if (is(option, "-l") || is(option, "--log") || is(option, "-k") || is(option, "--kill"))
    return true;
  for (size_t i = 0; i < sizeof kOptions / sizeof kOptions[0]; i++) {
    if (ovt_starts_with(ovt_text(option), kOptions[i])) return true;
  }
  return false;
}

/* vmtoolsd and vmware-guestd. Like the original it runs --cmd as soon as it is read. */
static int daemon_program(struct ovt_host* host, struct arguments rest) {
  bool version = false;
  for (const char* option; (option = take(&rest)) != NULL;) {
    if (is(option, "--cmd")) {
      const char* command = take(&rest);
      return command ? run_command(host, command)
                     : bad_option(host, "Missing argument for ", option);
    }
    if (ovt_starts_with(ovt_text(option), "--cmd=")) return run_command(host, option + 6);
    if (is(option, "-h") || is(option, "--help") || is(option, "-?")) return help(host);
    if (is(option, "-v") || is(option, "--version")) {
      version = true;
    } else if (takes_value(option)) {
      if (take(&rest) == NULL) return bad_option(host, "Missing argument for ", option);
    } else if (option[0] == '-' && !is_ignored(option)) {
      return bad_option(host, "Unknown option ", option);
    }
  }
  if (version) return ovt_say(host, OVT_OUT, "VMware Tools daemon, version " OVT_TOOLS_VERSION, 0);
  /* Started as a service by a unit that outlived VMware Tools: nothing to do. */
  return 0;
}

static int rpctool(struct ovt_host* host, struct arguments rest) {
  const char* command = take(&rest);
  if (command == NULL) {
    ovt_print(host, OVT_ERR, "rpctool syntax:\n\n  rpctool <text>\n\n");
    return 1;
  }
  if (is(command, "-h") || is(command, "--help")) return help(host);
  return run_command(host, command);
}

static int cache(struct ovt_host* host) {
  bool stored = false;
  switch (host->cache(host, &stored)) {
    case OVT_DISK_FOUND:
      if (stored) return 0;
      return ovt_say(host, OVT_ERR, "The OVF environment cannot be kept: run this as root.", 1);
    case OVT_DISK_DAMAGED:
      return ovt_say(host, OVT_ERR, "No OVF environment: a CD-ROM is damaged.", 1);
    case OVT_DISK_FOREIGN:
      return ovt_say(host, OVT_ERR, "No OVF environment: no CD-ROM holds ovf-env.xml.", 1);
    default:
      return ovt_say(host, OVT_ERR, "No OVF environment: no CD-ROM with a medium.", 1);
  }
}

/* Takes one of our own options; sets `name` for --as, `want_cache` for --ovaport-cache.
 * False when the value is missing or wrong. */
static bool take_option(struct ovt_host* host, struct arguments* rest, const char* option,
                        const char** name, bool* want_cache) {
  if (is(option, "--ovaport-cache")) {
    *want_cache = true;
    return true;
  }
  const char* value = take(rest);
  if (value == NULL) return false;
  if (is(option, "--as")) {
    *name = value;
  } else if (is(option, "--ovaport-device")) {
    host->options.device = value;
  } else if (is(option, "--ovaport-state")) {
    host->options.state = value;
  } else if (is(option, "--ovaport-wait")) {
    host->options.wait_given = true;
    return ovt_parse_number(ovt_text(value), 10, kLongestWait, &host->options.wait);
  } else {
    return ovt_parse_number(ovt_text(value), 8, 0777, &host->options.mode);
  }
  return true;
}

static bool is_own_option(const char* option, bool caching) {
  return is(option, "--as") || ovt_starts_with(ovt_text(option), "--ovaport-") ||
         (caching && is(option, "--mode"));
}

static int run_as(struct ovt_host* host, struct ovt_slice name, struct arguments rest) {
  if (ovt_equal_ignoring_case(name, ovt_text("vmtoolsd")) ||
      ovt_equal_ignoring_case(name, ovt_text("vmware-guestd")))
    return daemon_program(host, rest);
  if (ovt_equal_ignoring_case(name, ovt_text("vmware-rpctool")) ||
      ovt_equal_ignoring_case(name, ovt_text("rpctool")))
    return rpctool(host, rest);
  if (ovt_equal_ignoring_case(name, ovt_text("vmware-toolbox-cmd")) ||
      ovt_equal_ignoring_case(name, ovt_text("VMwareToolboxCmd")))
    return ovt_toolbox(host, rest.argc, rest.argv);
  if (ovt_equal_ignoring_case(name, ovt_text("vmware-checkvm")))
    return ovt_checkvm(host, rest.argc, rest.argv);
  return daemon_program(host, rest);
}

int ovt_program(struct ovt_host* host, int argc, char* const* argv) {
  struct arguments rest = {argc, argv};
  const char* path = take(&rest);
  const char* name = path ? path : "vmtoolsd";
  bool want_cache = false;
  while (rest.argc > 0 && is_own_option(rest.argv[0], want_cache)) {
    const char* option = take(&rest);
    if (!take_option(host, &rest, option, &name, &want_cache))
      return bad_option(host, "Missing or wrong argument for ", option);
  }
  if (want_cache) return cache(host);
  return run_as(host, base_name(name), rest);
}

bool ovt_keep_waiting(const struct ovt_options* options, unsigned long long waited_ms,
                      unsigned long long uptime_s) {
  enum { kYoung = 120 };
  if (waited_ms >= options->wait * 1000ull) return false;
  return options->wait_given || (options->device == NULL && uptime_s < kYoung);
}
