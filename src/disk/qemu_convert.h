#pragma once

#include <cstdint>

#include "ovaport/base/result.h"
#include "ovaport/disk/decode.h"
#include "sink.h"

namespace ovaport::disk {

/// The virtual size of an image as qemu-img reads it, bytes. Only for images that
/// probe() has let pass.
Result<std::uint64_t> qemu_virtual_size(const DiskInput& input, Format format,
                                        const DecodeOptions& options);

/// Lets qemu-img write the image's content into the sink, which has its size
/// already. The child reads and writes through inherited descriptors, is told the
/// format, and has no network and limited memory, time and file size.
Status qemu_convert(const DiskInput& input, Format format, std::uint64_t size,
                    const DecodeOptions& options, const Sink& sink);

}  // namespace ovaport::disk
