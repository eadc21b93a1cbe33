#ifndef OVT_HOST_H
#define OVT_HOST_H

#include "iso.h"
#include "slice.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the command line says about where to look. Empty slices: the usual places. */
struct ovt_options {
  const char* device; /* An image or device to read instead of searching, or NULL. */
  const char* state;  /* Directory of the cache and of what info-set kept, or NULL. */
  unsigned wait;      /* Seconds to wait for a disk. */
  bool wait_given;    /* Said by the caller: counts even long after boot. */
  unsigned mode;      /* Permissions of the cache file. */
};

enum ovt_fact { OVT_FACT_MHZ, OVT_FACT_MEMORY_MIB };

enum ovt_stored { OVT_STORED, OVT_STORE_DENIED, OVT_STORE_FULL };

/* Everything with an effect, which the platform gives to the program. */
struct ovt_host {
  void* context;
  struct ovt_options options;
  /* The environment document, after waiting if needed; empty when there is none. */
  struct ovt_slice (*environment)(struct ovt_host* host);
  /* Reads the disk anew and keeps the document for unprivileged callers. */
  enum ovt_disk (*cache)(struct ovt_host* host, bool* stored);
  /* What info-set kept; empty when nothing. */
  struct ovt_slice (*state)(struct ovt_host* host);
  enum ovt_stored (*set)(struct ovt_host* host, struct ovt_slice key, struct ovt_slice value);
  /* 0 when the system does not say. */
  unsigned long long (*fact)(struct ovt_host* host, enum ovt_fact fact);
  /* "23 Nov 2026 14:05:00", local time. */
  struct ovt_slice (*time_text)(struct ovt_host* host);
  void (*print)(struct ovt_host* host, bool to_stderr, struct ovt_slice text);
  /* Where a decoded value goes: as large as the document. */
  struct ovt_buffer value;
};

/* Should the search go on? By default only for half a minute, and only in the first two
 * minutes of the system: later a disk that is not there will not come. */
bool ovt_keep_waiting(const struct ovt_options* options, unsigned long long waited_ms,
                      unsigned long long uptime_s);

#ifdef __cplusplus
}
#endif
#endif
