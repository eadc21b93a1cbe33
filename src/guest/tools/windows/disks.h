#ifndef OVT_WINDOWS_DISKS_H
#define OVT_WINDOWS_DISKS_H

#include "../core/iso.h"

/* Puts the environment of the ISO image at `path` (UTF-8) into `document`. */
enum ovt_disk ovt_read_image(const char* path, struct ovt_buffer* document);

/* Searches the CD-ROM drives D: to Z:, which Windows mounts itself; one labelled as
 * environment disk wins over one that only has the content. */
enum ovt_disk ovt_search_disks(struct ovt_buffer* document);

#endif
