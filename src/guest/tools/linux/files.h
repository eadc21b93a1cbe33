#ifndef OVT_LINUX_FILES_H
#define OVT_LINUX_FILES_H

#include "../core/slice.h"

/* Opens, or makes, the directory that root alone may write; -1 when that fails. */
int ovt_open_directory(const char* path, bool make);

/* Reads a whole file that its directory's owner made; false when absent, forbidden,
 * somebody else's or too large. */
bool ovt_read_file(int directory, const char* name, struct ovt_buffer* out);

/* Puts a file in place at once, or not at all. */
bool ovt_replace_file(int directory, const char* name, unsigned mode, struct ovt_slice text);

#endif
