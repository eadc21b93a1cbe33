#ifndef OVT_STATE_H
#define OVT_STATE_H

#include "slice.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What `info-set` said, as text: "key value" lines, in which the value's backslash, line
 * feed and carriage return are \\, \n and \r. */

/* VMware's limits for one guestinfo variable are of this order; ours are exact. */
#define OVT_KEY_LIMIT 256u
#define OVT_VALUE_LIMIT (64u << 10)
#define OVT_STATE_LIMIT (1u << 20)

/* Appends the value of `key` (ASCII case ignored, as in a VMX file). */
bool ovt_state_find(struct ovt_slice state, struct ovt_slice key, struct ovt_buffer* value);

/* Appends `state` with `key` set to `value`; false when a limit is passed. */
bool ovt_state_set(struct ovt_slice state, struct ovt_slice key, struct ovt_slice value,
                   struct ovt_buffer* changed);

#ifdef __cplusplus
}
#endif
#endif
