#ifndef OVT_PRINT_H
#define OVT_PRINT_H

#include "host.h"

/* Version that is answered: that of the VMware Tools whose texts we follow, in its form
 * "a.b.c.d (build-n)", because scripts cut it apart. */
#define OVT_TOOLS_VERSION "12.1.5.0 (build-0)"

enum { OVT_OUT = 0, OVT_ERR = 1, OVT_EX_USAGE = 64, OVT_EX_UNAVAILABLE = 69 };

static inline void ovt_print(struct ovt_host* host, int where, const char* text) {
  host->print(host, where == OVT_ERR, ovt_text(text));
}

/* Prints a line and returns `code`. */
static inline int ovt_say(struct ovt_host* host, int where, const char* line, int code) {
  ovt_print(host, where, line);
  ovt_print(host, where, "\n");
  return code;
}

#endif
