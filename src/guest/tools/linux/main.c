#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../core/program.h"
#include "../core/state.h"
#include "../core/toolbox.h"
#include "../core/xml.h"
#include "disks.h"
#include "files.h"

static const char kStateDirectory[] = "/run/ovaport";
static const char kCacheName[] = "ovf-env.xml";
static const char kGuestinfoName[] = "guestinfo";
/* Left by --ovaport-cache when there was no disk: nobody need wait again. */
static const char kAbsentName[] = "no-environment";

enum { kStateCapacity = OVT_STATE_LIMIT + 1, kPauseMs = 200, kDefaultWait = 30 };

/* All memory of the program; pages that are not touched cost nothing. */
struct memory {
  char document[OVT_DOCUMENT_LIMIT];
  char value[OVT_DOCUMENT_LIMIT];
  char state[kStateCapacity];
  char changed[kStateCapacity];
  char time[64];
};

struct place {
  struct memory* memory;
  struct ovt_buffer document;
};

static struct place* place_of(struct ovt_host* host) {
  return host->context;
}

static const char* state_directory(const struct ovt_host* host) {
  return host->options.state ? host->options.state : kStateDirectory;
}

static unsigned long long milliseconds(clockid_t clock) {
  struct timespec now = {0, 0};
  clock_gettime(clock, &now);
  return (unsigned long long)now.tv_sec * 1000 + (unsigned long long)now.tv_nsec / 1000000;
}

static bool read_cache(struct ovt_host* host, bool* absent) {
  struct ovt_buffer* document = &place_of(host)->document;
  struct stat status;
  *absent = false;
  int directory = ovt_open_directory(state_directory(host), false);
  if (directory < 0) return false;
  bool good = ovt_read_file(directory, kCacheName, document) &&
              ovt_xml_is_environment(ovt_filled(document));
  *absent = !good && fstatat(directory, kAbsentName, &status, AT_SYMLINK_NOFOLLOW) == 0;
  close(directory);
  if (!good) document->size = 0;
  return good;
}

static enum ovt_disk look(struct ovt_host* host) {
  struct ovt_buffer* document = &place_of(host)->document;
  if (host->options.device) return ovt_read_disk(host->options.device, document);
  return ovt_search_disks(state_directory(host), document);
}

static bool pause_and_go_on(const struct ovt_host* host, unsigned long long started) {
  unsigned long long waited = milliseconds(CLOCK_MONOTONIC) - started;
  if (!ovt_keep_waiting(&host->options, waited, milliseconds(CLOCK_BOOTTIME) / 1000)) return false;
  struct timespec pause = {0, kPauseMs * 1000000L};
  nanosleep(&pause, NULL);
  return true;
}

static struct ovt_slice environment(struct ovt_host* host) {
  struct ovt_buffer* document = &place_of(host)->document;
  unsigned long long started = milliseconds(CLOCK_MONOTONIC);
  bool absent = false;
  if (document->size > 0) return ovt_filled(document);
  do {
    if (host->options.device == NULL && read_cache(host, &absent)) break;
    if (look(host) == OVT_DISK_FOUND) break;
  } while (!absent && pause_and_go_on(host, started));
  return ovt_filled(document);
}

static enum ovt_disk cache(struct ovt_host* host, bool* stored) {
  unsigned long long started = milliseconds(CLOCK_MONOTONIC);
  enum ovt_disk result;
  int directory = ovt_open_directory(state_directory(host), true);
  do {
    result = look(host);
  } while (result != OVT_DISK_FOUND && pause_and_go_on(host, started));
  *stored = directory >= 0 && result == OVT_DISK_FOUND &&
            ovt_replace_file(directory, kCacheName, host->options.mode,
                             ovt_filled(&place_of(host)->document));
  if (*stored) unlinkat(directory, kAbsentName, 0);
  struct ovt_slice nothing = {NULL, 0};
  if (directory >= 0 && result != OVT_DISK_FOUND)
    ovt_replace_file(directory, kAbsentName, 0644, nothing);
  if (directory >= 0) close(directory);
  return result;
}

static struct ovt_slice state(struct ovt_host* host) {
  struct ovt_buffer text = {place_of(host)->memory->state, 0, kStateCapacity};
  int directory = ovt_open_directory(state_directory(host), false);
  if (directory < 0) return ovt_filled(&text);
  ovt_read_file(directory, kGuestinfoName, &text);
  close(directory);
  return ovt_filled(&text);
}

/* What was set may be as secret as the document: as readable as its cache is. */
static unsigned state_mode(int directory) {
  struct stat status;
  if (fstatat(directory, kCacheName, &status, AT_SYMLINK_NOFOLLOW) != 0) return 0644;
  return status.st_mode & 0644;
}

static enum ovt_stored set_locked(struct ovt_host* host, int directory, struct ovt_slice key,
                                  struct ovt_slice value) {
  struct ovt_buffer changed = {place_of(host)->memory->changed, 0, kStateCapacity};
  if (!ovt_state_set(state(host), key, value, &changed)) return OVT_STORE_FULL;
  return ovt_replace_file(directory, kGuestinfoName, state_mode(directory), ovt_filled(&changed))
             ? OVT_STORED
             : OVT_STORE_DENIED;
}

static enum ovt_stored set(struct ovt_host* host, struct ovt_slice key, struct ovt_slice value) {
  int directory = ovt_open_directory(state_directory(host), true);
  if (directory < 0) return OVT_STORE_DENIED;
  /* The lock would be anybody's to hold; so only who may write takes it. */
  if (faccessat(directory, ".", W_OK, AT_EACCESS) != 0) {
    close(directory);
    return OVT_STORE_DENIED;
  }
  int lock = openat(directory, ".lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  enum ovt_stored result = OVT_STORE_DENIED;
  if (lock >= 0 && flock(lock, LOCK_EX) == 0) result = set_locked(host, directory, key, value);
  if (lock >= 0) close(lock);
  close(directory);
  return result;
}

/* The number after the first `label` of a /proc file. */
static unsigned long long proc_number(const char* path, const char* label) {
  char text[8192];
  unsigned number = 0;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t got = read(fd, text, sizeof text - 1);
  close(fd);
  if (got <= 0) return 0;
  text[got] = 0;
  const char* at = strstr(text, label);
  if (at == NULL) return 0;
  at += strcspn(at, "0123456789\n");
  struct ovt_slice digits = {at, strspn(at, "0123456789")};
  return ovt_parse_number(digits, 10, UINT_MAX, &number) ? number : 0;
}

static unsigned long long fact(struct ovt_host* host, enum ovt_fact which) {
  (void)host;
  if (which == OVT_FACT_MHZ) return proc_number("/proc/cpuinfo", "cpu MHz");
  return proc_number("/proc/meminfo", "MemTotal") / 1024;
}

static struct ovt_slice time_text(struct ovt_host* host) {
  struct ovt_buffer out = {place_of(host)->memory->time, 0, sizeof place_of(host)->memory->time};
  time_t now = time(NULL);
  struct tm local;
  if (localtime_r(&now, &local) != NULL) {
    struct ovt_time time = {local.tm_year + 1900, local.tm_mon, local.tm_mday,
                            local.tm_hour,        local.tm_min, local.tm_sec};
    ovt_format_time(&time, &out);
  }
  return ovt_filled(&out);
}

static void print(struct ovt_host* host, bool to_stderr, struct ovt_slice text) {
  (void)host;
  while (text.size > 0) {
    ssize_t put = write(to_stderr ? STDERR_FILENO : STDOUT_FILENO, text.at, text.size);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return;
    text = ovt_skip(text, (size_t)put);
  }
}

static struct ovt_options options_from_environment(void) {
  struct ovt_options options = {NULL, NULL, kDefaultWait, false, 0644};
  const char* wait = getenv("OVAPORT_TOOLS_WAIT");
  if (wait != NULL) options.wait_given = ovt_parse_number(ovt_text(wait), 10, 600, &options.wait);
  return options;
}

int main(int argc, char** argv) {
  static struct memory memory;
  struct place place = {&memory, {memory.document, 0, sizeof memory.document}};
  struct ovt_host host = {
      .context = &place,
      .options = options_from_environment(),
      .environment = environment,
      .cache = cache,
      .state = state,
      .set = set,
      .fact = fact,
      .time_text = time_text,
      .print = print,
      .value = {memory.value, 0, sizeof memory.value},
  };
  return ovt_program(&host, argc, argv);
}
