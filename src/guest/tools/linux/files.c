#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* renameat() */
#include <sys/stat.h>
#include <unistd.h>

int ovt_open_directory(const char* path, bool make) {
  if (make && mkdir(path, 0755) == 0 && chmod(path, 0755) != 0) return -1;
  return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static bool read_all(int fd, struct ovt_buffer* out) {
  while (out->size < out->capacity) {
    ssize_t got = read(fd, out->at + out->size, out->capacity - out->size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    if (got == 0) return true;
    out->size += (size_t)got;
  }
  return false;
}

bool ovt_read_file(int directory, const char* name, struct ovt_buffer* out) {
  struct stat file;
  struct stat parent;
  out->size = 0;
  int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return false;
  bool good = fstat(fd, &file) == 0 && fstat(directory, &parent) == 0 && S_ISREG(file.st_mode) &&
              file.st_uid == parent.st_uid && read_all(fd, out);
  close(fd);
  if (!good) out->size = 0;
  return good;
}

static bool write_all(int fd, struct ovt_slice text) {
  while (text.size > 0) {
    ssize_t put = write(fd, text.at, text.size);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    text = ovt_skip(text, (size_t)put);
  }
  return true;
}

bool ovt_replace_file(int directory, const char* name, unsigned mode, struct ovt_slice text) {
  char space[64];
  struct ovt_buffer temporary = {space, 0, sizeof space - 1};
  if (!ovt_append_text(&temporary, ".") || !ovt_append_text(&temporary, name) ||
      !ovt_append_text(&temporary, ".") ||
      !ovt_append_number(&temporary, (unsigned long long)getpid()))
    return false;
  space[temporary.size] = 0;
  unlinkat(directory, space, 0);
  int fd = openat(directory, space, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  bool good = write_all(fd, text) && fchmod(fd, mode) == 0;
  good = close(fd) == 0 && good;
  good = good && renameat(directory, space, directory, name) == 0;
  if (!good) unlinkat(directory, space, 0);
  return good;
}
