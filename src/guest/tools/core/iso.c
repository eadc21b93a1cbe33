#include "iso.h"

#include <string.h>

#include "rock_ridge.h"
#include "xml.h"

enum {
  kSector = 2048,
  kFirstDescriptor = 16,
  kDescriptors = 32,      /* More than any disk has. */
  kRootLimit = 1 << 20,   /* Bytes of root directory that are searched. */
  kBytesLimit = 16 << 20, /* Bytes read from one disk, in all. */
  kPrimary = 1,
  kSupplementary = 2,
  kTerminator = 255,
  kFlagDirectory = 0x02,
  kFlagAssociated = 0x04,
  kFlagContinues = 0x80,
};

struct disk {
  ovt_read_at read_at;
  void* context;
  size_t left; /* Bytes that may still be read. */
  bool damaged;
};

struct volume {
  uint32_t block_size;
  uint32_t root_block;
  uint32_t root_size;
  bool joliet;
};

static uint32_t little32(const unsigned char* p) {
  return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static bool read_bytes(struct disk* disk, uint64_t offset, void* out, size_t size) {
  if (size > disk->left) return false;
  disk->left -= size;
  return disk->read_at(disk->context, offset, out, size);
}

static bool has_environment_label(const unsigned char* field, bool joliet) {
  static const char* const kLabels[] = {"OVF ENV", "OVF_ENV", "OVFENV", "OVF-TRANSPORT",
                                        "OVF_TRANSPORT"};
  char label[32];
  size_t size = 0;
  for (size_t i = joliet ? 1 : 0; i < 32; i += joliet ? 2 : 1)
    label[size++] = (char)field[i];
  while (size > 0 && (label[size - 1] == ' ' || label[size - 1] == 0))
    size--;
  struct ovt_slice text = {label, size};
  for (size_t i = 0; i < sizeof kLabels / sizeof kLabels[0]; i++) {
    if (ovt_equal_ignoring_case(text, ovt_text(kLabels[i]))) return true;
  }
  return false;
}

/* ECMA-119 §8.4; Joliet is a supplementary volume with one of three escapes. */
static bool parse_volume(const unsigned char* sector, struct volume* volume) {
  volume->joliet = sector[0] == kSupplementary;
  if (volume->joliet && (sector[88] != '%' || sector[89] != '/' ||
                         (sector[90] != '@' && sector[90] != 'C' && sector[90] != 'E')))
    return false;
  volume->block_size = sector[128] | (uint32_t)sector[129] << 8;
  volume->root_block = little32(sector + 156 + 2);
  volume->root_size = little32(sector + 156 + 10);
  return volume->block_size == 512 || volume->block_size == 1024 || volume->block_size == kSector;
}

/* A file identifier without its version, Joliet's as ASCII. */
static struct ovt_slice plain_name(const unsigned char* id, size_t size, bool joliet,
                                   char out[256]) {
  size_t length = 0;
  for (size_t i = 0; i + (joliet ? 1 : 0) < size; i += joliet ? 2 : 1) {
    bool wide = joliet && id[i] != 0;
    unsigned char c = id[joliet ? i + 1 : i];
    out[length++] = (char)(wide ? '?' : c);
  }
  struct ovt_slice name = {out, length};
  return ovt_before(name, ';');
}

/* "ovf-env.xml" in the spellings that guests look for: any case, "_" for "-". */
static bool is_environment_name(struct ovt_slice name) {
  char copy[16];
  if (name.size != strlen("ovf-env.xml")) return false;
  memcpy(copy, name.at, name.size);
  if (copy[3] == '_') copy[3] = '-';
  struct ovt_slice text = {copy, name.size};
  return ovt_equal_ignoring_case(text, ovt_text("ovf-env.xml"));
}

static bool read_continuation(void* context, uint64_t offset, void* out, size_t size) {
  return read_bytes(context, offset, out, size);
}

static bool record_matches(struct disk* disk, const struct volume* volume,
                           const unsigned char* record, size_t skip) {
  char name[256];
  size_t id_size = record[32];
  if (is_environment_name(plain_name(record + 33, id_size, volume->joliet, name))) return true;
  if (volume->joliet) return false;
  struct ovt_susp susp = {read_continuation, disk, volume->block_size, skip};
  return is_environment_name(ovt_rock_ridge_name(&susp, record, name));
}

/* Appends the data of one record (one extent of a file) to the document. */
static bool read_extent(struct disk* disk, const struct volume* volume, const unsigned char* record,
                        struct ovt_buffer* document) {
  uint32_t size = little32(record + 10);
  uint64_t block = (uint64_t)little32(record + 2) + record[1];
  if (record[26] != 0 || record[27] != 0) return false; /* Interleaved: nobody writes it. */
  if (size > document->capacity - document->size) return false;
  if (size > 0 &&
      !read_bytes(disk, block * volume->block_size, document->at + document->size, size)) {
    disk->damaged = true;
    return false;
  }
  document->size += size;
  return true;
}

/* Does `record` complete a file that is the environment? A file of several extents has
 * one record for each, all but the last with a flag (ECMA-119 §9.1.6). */
static bool take_record(struct disk* disk, const struct volume* volume, const unsigned char* record,
                        size_t skip, struct ovt_buffer* document) {
  unsigned char flags = record[25];
  if ((flags & (kFlagDirectory | kFlagAssociated)) != 0 ||
      !record_matches(disk, volume, record, skip) || !read_extent(disk, volume, record, document)) {
    document->size = 0;
    return false;
  }
  if ((flags & kFlagContinues) != 0) return false;
  if (ovt_xml_is_environment(ovt_filled(document))) return true;
  document->size = 0;
  return false;
}

/* Size of the record at `at` in a sector, 0 when no further one lies there. */
static size_t record_size(struct disk* disk, const unsigned char* sector, size_t at, size_t end) {
  if (at >= end || sector[at] == 0) return 0;
  size_t size = sector[at];
  bool sound =
      size >= 34 && size <= end - at && sector[at + 32] != 0 && 33u + sector[at + 32] <= size;
  if (!sound) disk->damaged = true;
  return sound ? size : 0;
}

static bool search_root(struct disk* disk, const struct volume* volume,
                        struct ovt_buffer* document) {
  unsigned char sector[kSector];
  size_t skip = 0;
  uint32_t limit = volume->root_size < kRootLimit ? volume->root_size : kRootLimit;
  document->size = 0;
  for (uint32_t done = 0; done < limit; done += kSector) {
    size_t end = limit - done < kSector ? limit - done : kSector;
    uint64_t offset = (uint64_t)volume->root_block * volume->block_size + done;
    if (!read_bytes(disk, offset, sector, end)) {
      disk->damaged = true;
      return false;
    }
    size_t size = 0;
    for (size_t at = 0; (size = record_size(disk, sector, at, end)) > 0; at += size) {
      const unsigned char* record = sector + at;
      if (done == 0 && at == 0) skip = ovt_rock_ridge_skip(record);
      if (take_record(disk, volume, record, skip, document)) return true;
    }
  }
  return false;
}

enum ovt_disk ovt_iso_environment(ovt_read_at read_at, void* context, struct ovt_buffer* document,
                                  bool* labelled) {
  struct disk disk = {read_at, context, kBytesLimit, false};
  bool any = false;
  bool found = false;
  *labelled = false;
  for (unsigned i = 0; i < kDescriptors; i++) {
    unsigned char sector[kSector];
    struct volume volume;
    if (!read_bytes(&disk, (uint64_t)(kFirstDescriptor + i) * kSector, sector, kSector)) break;
    if (memcmp(sector + 1, "CD001", 5) != 0 || sector[0] == kTerminator) break;
    if (sector[0] != kPrimary && sector[0] != kSupplementary) continue;
    if (!parse_volume(sector, &volume)) continue;
    any = true;
    *labelled = *labelled || has_environment_label(sector + 40, volume.joliet);
    /* Once found, the further descriptors are read for their label only. */
    if (!found) found = search_root(&disk, &volume, document);
  }
  if (found) return OVT_DISK_FOUND;
  document->size = 0;
  return disk.damaged ? OVT_DISK_DAMAGED : any ? OVT_DISK_FOREIGN : OVT_DISK_NONE;
}
