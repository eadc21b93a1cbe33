// The tools stand-in on a damaged disk: it reads inside the image and its buffer, a
// bounded number of bytes, and what it finds is an environment.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "core/iso.h"
#include "core/xml.h"

namespace {

struct Image {
  const std::uint8_t* data;
  std::size_t size;
  std::size_t total;
};

// The image lies where the descriptors are, so that inputs need not hold 32 KiB of zeros.
constexpr std::uint64_t kStart = 16 * 2048;
constexpr std::size_t kMost = std::size_t{17} << 20;

bool read_at(void* context, std::uint64_t offset, void* out, std::size_t size) {
  auto* image = static_cast<Image*>(context);
  image->total += size;
  if (image->total > kMost) std::abort();
  if (offset < kStart || offset - kStart > image->size) return false;
  if (size > image->size - (offset - kStart)) return false;
  if (size > 0) std::memcpy(out, image->data + (offset - kStart), size);
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static std::vector<char> space(OVT_DOCUMENT_LIMIT);
  Image image{data, size, 0};
  ovt_buffer document{space.data(), 0, space.size()};
  bool labelled = false;
  const ovt_disk result = ovt_iso_environment(read_at, &image, &document, &labelled);
  if ((result == OVT_DISK_FOUND) != (document.size > 0)) std::abort();
  if (document.size > 0 && !ovt_xml_is_environment(ovt_filled(&document))) std::abort();
  return 0;
}
