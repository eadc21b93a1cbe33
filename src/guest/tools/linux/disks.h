#ifndef OVT_LINUX_DISKS_H
#define OVT_LINUX_DISKS_H

#include "../core/iso.h"

/* Puts the environment of the disk or image at `path` into `document`. */
enum ovt_disk ovt_read_disk(const char* path, struct ovt_buffer* document);

/* Searches all drives, CD-ROMs first; a disk labelled as environment disk wins over one
 * that only has the content. Needs /sys or the usual device names, and no udev: as root
 * it makes a missing device node for the moment, in the directory `scratch`. */
enum ovt_disk ovt_search_disks(const char* scratch, struct ovt_buffer* document);

#endif
