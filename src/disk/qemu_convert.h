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

/// Lets qemu-img write the image's content into the sink, which has its size already
/// and holds zeros. The child can open neither: it reads and writes through sockets
/// that this process answers, so it runs as nobody whatever the files' permissions
/// are. It is told the format, has no network, may write no file, and its memory and
/// time are limited.
Status qemu_convert(const DiskInput& input, Format format, const DecodeOptions& options,
                    std::uint64_t size, Sink& sink);

}  // namespace ovaport::disk
