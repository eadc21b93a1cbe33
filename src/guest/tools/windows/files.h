#ifndef OVT_WINDOWS_FILES_H
#define OVT_WINDOWS_FILES_H

#include <wchar.h>

#include "../core/slice.h"

#define OVT_PATH_SIZE 512

/* `path` (UTF-8) and `rest` in UTF-16; false when too long. */
bool ovt_widen(const char* path, const wchar_t* rest, wchar_t out[OVT_PATH_SIZE]);

/* False when absent, forbidden or larger than the buffer. */
bool ovt_read_whole_file(const wchar_t* path, struct ovt_buffer* out);

/* Makes the directory that administrators alone may write. */
void ovt_make_directory(const wchar_t* path);

/* Does the directory belong to the administrators, the system, or the caller itself?
 * Any user may make directories where ours lies, and so speak for the host. */
bool ovt_is_trusted(const wchar_t* path);

/* Puts a file in place at once, or not at all. */
bool ovt_replace_file(const wchar_t* directory, const wchar_t* name, struct ovt_slice text);

/* directory + "\" + name; false when too long. */
bool ovt_join(const wchar_t* directory, const wchar_t* name, wchar_t out[OVT_PATH_SIZE]);

#endif
