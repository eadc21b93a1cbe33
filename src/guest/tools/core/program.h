#ifndef OVT_PROGRAM_H
#define OVT_PROGRAM_H

#include "host.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The whole program: `argv[0]` says as which of VMware's programs it answers. Returns
 * the exit code. `host->options` holds the defaults, which options change. */
int ovt_program(struct ovt_host* host, int argc, char* const* argv);

#ifdef __cplusplus
}
#endif
#endif
