#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ovaport/base/byte_source.h"
#include "ovaport/base/result.h"

namespace ovaport::package {

/// Opens one part of a file that is stored in several.
using OpenPart = std::function<Result<std::unique_ptr<ByteSource>>()>;

/// The parts one after the other; each is opened when its turn comes.
std::unique_ptr<ByteSource> concatenate(std::vector<OpenPart> parts);

/// What `packed` unpacks to: one or several gzip members (RFC 1952), zeros behind the
/// last are ignored. Damage is an error of kind integrity, code "package.gzip", about
/// the file `name`. Needs 128 KiB, whatever the size.
Result<std::unique_ptr<ByteSource>> gunzip(std::unique_ptr<ByteSource> packed, std::string name);

}  // namespace ovaport::package
