#ifndef OVT_RPC_H
#define OVT_RPC_H

#include "host.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ovt_answer {
  bool good;
  struct ovt_slice text;
};

/* Answers one command of the guest RPC channel as a VMware host would. */
struct ovt_answer ovt_rpc(struct ovt_host* host, struct ovt_slice command);

#ifdef __cplusplus
}
#endif
#endif
