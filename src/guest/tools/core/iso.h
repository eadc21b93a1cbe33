#ifndef OVT_ISO_H
#define OVT_ISO_H

#include <stdint.h>

#include "slice.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The largest document that is read: a Secret holds 1 MiB at most, plus slack. */
#define OVT_DOCUMENT_LIMIT (2u << 20)

/* Reads exactly `size` bytes at `offset`; false when it cannot. */
typedef bool (*ovt_read_at)(void* context, uint64_t offset, void* out, size_t size);

enum ovt_disk {
  OVT_DISK_FOUND,   /* The document is there. */
  OVT_DISK_FOREIGN, /* A readable ISO 9660 disk without an environment. */
  OVT_DISK_NONE,    /* No medium, or no ISO 9660 disk. */
  OVT_DISK_DAMAGED, /* ISO 9660, but its structures lie. */
};

/* Looks for ovf-env.xml in the root of an ISO 9660 disk (ECMA-119, by Joliet name, Rock
 * Ridge name or plain name) and puts it into `document`, whose capacity limits its
 * size. It counts only when its content is an OVF environment. `labelled` says if the
 * volume bears a label that is used for environment disks. Reads a bounded number of
 * bytes, whatever the disk says. */
enum ovt_disk ovt_iso_environment(ovt_read_at read_at, void* context, struct ovt_buffer* document,
                                  bool* labelled);

#ifdef __cplusplus
}
#endif
#endif
