#include "iso_dates.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ovaport::environment {

namespace {

constexpr std::size_t kSector = 2048;
constexpr std::size_t kFirstDescriptor = 16 * kSector;
// ECMA-119 §9.1.5: years since 1900, month, day, hour, minute, second, zone.
constexpr std::string_view kRecordDate("\x50\x01\x01\x00\x00\x00\x00", 7);
// ECMA-119 §8.4.26.1: digits, then the zone.
constexpr std::string_view kVolumeDate("1980010100000000\0", 17);

std::uint8_t byte_at(const std::string& image, std::size_t at) {
  return static_cast<std::uint8_t>(image[at]);
}

std::size_t little_endian(const std::string& image, std::size_t at) {
  return byte_at(image, at) | (std::size_t{byte_at(image, at + 1)} << 8) |
         (std::size_t{byte_at(image, at + 2)} << 16) | (std::size_t{byte_at(image, at + 3)} << 24);
}

void put(std::string& image, std::size_t at, std::string_view bytes) {
  image.replace(at, bytes.size(), bytes);
}

// System use entries (SUSP §4.1) in [at, end): the dates of each TF entry (RRIP
// §4.1.6), whose flags have one bit a date; bit 7 means the long form.
void fix_system_use(std::string& image, std::size_t at, std::size_t end) {
  while (at + 4 <= end && byte_at(image, at + 2) >= 4) {
    const std::size_t next = at + byte_at(image, at + 2);
    if (next > end) return;
    const bool short_dates =
        image.compare(at, 2, "TF") == 0 && (byte_at(image, at + 4) & 0x80) == 0;
    for (std::size_t date = at + 5; short_dates && date + kRecordDate.size() <= next;
         date += kRecordDate.size()) {
      put(image, date, kRecordDate);
    }
    at = next;
  }
}

// The records of the one directory there is, the root (ECMA-119 §9.1).
bool fix_directory(std::string& image, std::size_t root_record) {
  const std::size_t start = little_endian(image, root_record + 2) * kSector;
  const std::size_t end = start + little_endian(image, root_record + 10);
  if (start > image.size() || end > image.size()) return false;
  for (std::size_t at = start; at + 33 < end && byte_at(image, at) != 0;) {
    const std::size_t next = at + byte_at(image, at);
    const std::size_t name = byte_at(image, at + 32);
    const std::size_t system_use = at + 33 + name + (name % 2 == 0 ? 1 : 0);
    if (next > end || system_use > next) return false;
    put(image, at + 18, kRecordDate);
    fix_system_use(image, system_use, next);
    at = next;
  }
  return true;
}

bool fix_descriptor(std::string& image, std::size_t descriptor) {
  constexpr std::size_t kRootRecord = 156;
  constexpr std::size_t kDates = 813;  // Creation, modification, expiration, effective.
  put(image, descriptor + kRootRecord + 18, kRecordDate);
  put(image, descriptor + kDates, kVolumeDate);
  put(image, descriptor + kDates + kVolumeDate.size(), kVolumeDate);
  put(image, descriptor + kDates + 3 * kVolumeDate.size(), kVolumeDate);
  return fix_directory(image, descriptor + kRootRecord);
}

}  // namespace

bool fix_dates(std::string& image) {
  constexpr int kPrimary = 1;
  constexpr int kSupplementary = 2;
  constexpr int kTerminator = 255;
  for (std::size_t at = kFirstDescriptor; at + 2 * kSector <= image.size(); at += kSector) {
    if (image.compare(at + 1, 5, "CD001") != 0) return false;
    const int type = byte_at(image, at);
    if ((type == kPrimary || type == kSupplementary) && !fix_descriptor(image, at)) return false;
    if (type != kTerminator) continue;
    // libarchive leaves "INFO <date>" and its options in the sector after it.
    if (image.compare(at + kSector, 5, "INFO ") == 0) {
      put(image, at + kSector, std::string(kSector, '\0'));
    }
    return true;
  }
  return false;
}

}  // namespace ovaport::environment
