#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ovaport::guest {

/// One directory record, with whatever lies one wants to tell.
struct Record {
  std::string name;
  std::uint32_t block = 0;
  std::uint32_t size = 0;
  std::uint8_t flags = 0;
};

inline constexpr std::size_t kSector = 2048;

inline void put32(std::string& bytes, std::size_t at, std::uint32_t value) {
  for (int i = 0; i < 4; i++)
    bytes[at + i] = static_cast<char>(value >> (8 * i));
}

inline std::string encode(const Record& record) {
  std::string bytes(33 + record.name.size() + (record.name.size() % 2 == 0 ? 1 : 0), '\0');
  bytes[0] = static_cast<char>(bytes.size());
  put32(bytes, 2, record.block);
  put32(bytes, 10, record.size);
  bytes[25] = static_cast<char>(record.flags);
  bytes[32] = static_cast<char>(record.name.size());
  bytes.replace(33, record.name.size(), record.name);
  return bytes;
}

/// A bare ISO 9660 image: descriptors in sectors 16 and 17, the root directory in 18, and
/// `data`, one piece a sector, from sector 19 on.
inline std::string tiny_iso(const std::vector<Record>& records,
                            const std::vector<std::string>& data) {
  std::string image(kSector * (19 + data.size()), '\0');
  const std::size_t primary = 16 * kSector;
  image.replace(primary, 6, std::string("\x01") + "CD001");
  image.replace(primary + 40, 32, std::string("OVF_ENV") + std::string(25, ' '));
  image[primary + 129] = 8;  // Blocks of 2048 bytes.
  put32(image, primary + 156 + 2, 18);
  put32(image, primary + 156 + 10, kSector);
  image.replace(17 * kSector, 6, std::string("\xff") + "CD001");
  std::string root = encode({std::string(1, '\0'), 18, kSector, 2}) +
                     encode({std::string(1, '\1'), 18, kSector, 2});
  for (const Record& record : records)
    root += encode(record);
  image.replace(18 * kSector, root.size(), root);
  for (std::size_t i = 0; i < data.size(); i++)
    image.replace((19 + i) * kSector, data[i].size(), data[i]);
  return image;
}

}  // namespace ovaport::guest
