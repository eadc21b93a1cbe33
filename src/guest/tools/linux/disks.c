#include "disks.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { kDrives = 64, kNameSize = 32, kPathSize = 128 };

struct drives {
  size_t count;
  size_t discs; /* The first so many are CD-ROMs. */
  char names[kDrives][kNameSize];
};

static bool read_at(void* context, uint64_t offset, void* out, size_t size) {
  int fd = *(const int*)context;
  char* to = out;
  while (size > 0) {
    ssize_t got = pread(fd, to, size, (off_t)offset);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    to += got;
    offset += (uint64_t)got;
    size -= (size_t)got;
  }
  return true;
}

static int open_for_reading(const char* path) {
  /* Non-blocking: an empty drive must not make us wait, nor a FIFO. */
  return open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

static enum ovt_disk read_and_close(int fd, struct ovt_buffer* document, bool* labelled) {
  enum ovt_disk result = ovt_iso_environment(read_at, &fd, document, labelled);
  close(fd);
  return result;
}

enum ovt_disk ovt_read_disk(const char* path, struct ovt_buffer* document) {
  bool labelled;
  int fd = open_for_reading(path);
  return fd < 0 ? OVT_DISK_NONE : read_and_close(fd, document, &labelled);
}

/* directory + name + rest into `path`; false when too long. */
static bool make_path(char path[kPathSize], const char* directory, const char* name,
                      const char* rest) {
  struct ovt_buffer out = {path, 0, kPathSize - 1};
  bool fits = ovt_append_text(&out, directory) && ovt_append_text(&out, name) &&
              ovt_append_text(&out, rest);
  path[out.size] = 0;
  return fits;
}

/* The first line of a file below /sys/class/block/NAME; empty when there is none. */
static struct ovt_slice read_sys(const char* name, const char* file, char out[kNameSize]) {
  char path[kPathSize];
  struct ovt_slice line = {out, 0};
  if (!make_path(path, "/sys/class/block/", name, file)) return line;
  int fd = open_for_reading(path);
  if (fd < 0) return line;
  ssize_t got = read(fd, out, kNameSize);
  close(fd);
  line.size = got > 0 ? (size_t)got : 0;
  return ovt_before(line, '\n');
}

static bool has_drive_name(const char* name) {
  static const char* const kPrefixes[] = {"sr", "hd", "sd", "vd", "xvd"};
  for (size_t i = 0; i < sizeof kPrefixes / sizeof kPrefixes[0]; i++) {
    if (ovt_starts_with(ovt_text(name), kPrefixes[i])) return true;
  }
  return false;
}

/* SCSI peripheral type 5 (sr and what else says so), or IDE's own word. */
static bool is_disc_drive(const char* name) {
  char text[kNameSize];
  char path[kPathSize];
  if (ovt_starts_with(ovt_text(name), "sr")) return true;
  if (ovt_equal(read_sys(name, "/device/type", text), ovt_text("5"))) return true;
  if (!make_path(path, "/proc/ide/", name, "/media")) return false;
  int fd = open_for_reading(path);
  if (fd < 0) return false;
  ssize_t got = read(fd, text, sizeof text);
  close(fd);
  struct ovt_slice media = {text, got > 0 ? (size_t)got : 0};
  return ovt_starts_with(media, "cdrom");
}

static void add_drive(struct drives* drives, const char* name) {
  if (drives->count == kDrives || strlen(name) >= kNameSize) return;
  size_t at = drives->count++;
  if (is_disc_drive(name)) {
    size_t first_other = drives->discs++;
    memcpy(drives->names[at], drives->names[first_other], kNameSize);
    at = first_other;
  }
  strcpy(drives->names[at], name);
}

/* Without /sys (very early, or in a bare chroot) the names that kernels give. */
static void guess_drives(struct drives* drives) {
  static const char* const kUsual[] = {"sr0", "sr1", "sr2", "sr3", "hda", "hdb", "hdc", "hdd"};
  for (size_t i = 0; i < sizeof kUsual / sizeof kUsual[0]; i++) {
    strcpy(drives->names[i], kUsual[i]);
  }
  drives->count = drives->discs = sizeof kUsual / sizeof kUsual[0];
}

static void list_drives(struct drives* drives) {
  memset(drives, 0, sizeof *drives);
  DIR* directory = opendir("/sys/class/block");
  if (directory == NULL) {
    guess_drives(drives);
    return;
  }
  for (struct dirent* entry; (entry = readdir(directory)) != NULL;) {
    char number[kNameSize];
    if (!has_drive_name(entry->d_name)) continue;
    if (read_sys(entry->d_name, "/partition", number).size > 0) continue;
    add_drive(drives, entry->d_name);
  }
  closedir(directory);
}

/* A drive that the kernel knows and /dev does not: through a node of our own. */
static int open_by_number(const char* scratch, const char* name) {
  char text[kNameSize];
  char path[kPathSize];
  unsigned major_number;
  unsigned minor_number;
  struct ovt_slice number = read_sys(name, "/dev", text);
  struct ovt_slice first = ovt_before(number, ':');
  if (!ovt_parse_number(first, 10, 0xfff, &major_number) ||
      !ovt_parse_number(ovt_skip(number, first.size + 1), 10, 0xfffff, &minor_number) ||
      !make_path(path, scratch, "/node-", name))
    return -1;
  mkdir(scratch, 0755); /* It is there already if anything was kept. */
  unlink(path);
  if (mknod(path, S_IFBLK | 0400, makedev(major_number, minor_number)) != 0) return -1;
  int fd = open_for_reading(path);
  unlink(path);
  return fd;
}

static enum ovt_disk read_drive(const char* scratch, const char* name, struct ovt_buffer* document,
                                bool* labelled) {
  char path[kPathSize];
  struct stat status;
  *labelled = false;
  if (!make_path(path, "/dev/", name, "")) return OVT_DISK_NONE;
  int fd = open_for_reading(path);
  if (fd < 0 && errno == ENOENT) fd = open_by_number(scratch, name);
  if (fd < 0) return OVT_DISK_NONE;
  if (fstat(fd, &status) != 0 || !S_ISBLK(status.st_mode)) {
    close(fd);
    return OVT_DISK_NONE;
  }
  return read_and_close(fd, document, labelled);
}

enum ovt_disk ovt_search_disks(const char* scratch, struct ovt_buffer* document) {
  struct drives drives;
  enum ovt_disk failure = OVT_DISK_NONE; /* Damage says more than a foreign disk. */
  size_t unlabelled = kDrives;
  bool labelled;
  list_drives(&drives);
  for (size_t i = 0; i < drives.count; i++) {
    enum ovt_disk result = read_drive(scratch, drives.names[i], document, &labelled);
    if (result == OVT_DISK_FOUND && labelled) return result;
    if (result == OVT_DISK_FOUND && unlabelled == kDrives) unlabelled = i;
    if (result == OVT_DISK_DAMAGED || (result == OVT_DISK_FOREIGN && failure == OVT_DISK_NONE))
      failure = result;
  }
  if (unlabelled < kDrives)
    return read_drive(scratch, drives.names[unlabelled], document, &labelled);
  document->size = 0;
  return failure;
}
