#include "ovaport/disk/decode.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <thread>

#include "ovaport/base/text.h"
#include "pipeline.h"
#include "qemu_convert.h"
#include "vmdk_header.h"

namespace ovaport::disk {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kBlock = std::size_t{1} << 20;
constexpr std::size_t kHole = 4096;

std::vector<DigestAlgorithm> algorithms(const std::vector<Digest>& expected) {
  std::vector<DigestAlgorithm> all{DigestAlgorithm::sha256};
  for (const Digest& digest : expected)
    if (std::find(all.begin(), all.end(), digest.algorithm) == all.end())
      all.push_back(digest.algorithm);
  return all;
}

Status compare(const DiskInput& input, const std::vector<Digest>& expected,
               const std::vector<Digest>& found) {
  for (const Digest& want : expected)
    for (const Digest& have : found)
      if (have.algorithm == want.algorithm && have.hex != want.hex)
        return Error(ErrorKind::integrity, "disk.digest-mismatch",
                     std::string(to_string(want.algorithm)) +
                         " digest does not match the manifest: expected " + want.hex + ", found " +
                         have.hex)
            .in_file(input.name)
            .advise("The package was damaged or changed; get it again from its vendor");
  return {};
}

/// Removes the file again unless the work succeeds.
class TargetGuard {
 public:
  TargetGuard(const fs::path& path, bool device) : path_(path), armed_(!device) {}
  TargetGuard(const TargetGuard&) = delete;
  TargetGuard& operator=(const TargetGuard&) = delete;
  ~TargetGuard() {
    if (armed_) ::unlink(path_.c_str());
  }
  void keep() { armed_ = false; }

 private:
  const fs::path& path_;
  bool armed_;
};

bool all_zero(std::span<const std::byte> bytes) {
  return bytes[0] == std::byte{0} &&
         std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

// Writes the parts that are not zero; returns how many bytes those are.
Result<std::uint64_t> write_sparsely(Sink& sink, std::uint64_t position,
                                     std::span<const std::byte> bytes) {
  std::uint64_t written = 0;
  std::size_t begin = 0;
  while (begin < bytes.size()) {
    const auto piece = [&](std::size_t at) {
      return bytes.subspan(at, std::min(kHole, bytes.size() - at));
    };
    if (all_zero(piece(begin))) {
      begin += piece(begin).size();
      continue;
    }
    std::size_t end = begin;
    while (end < bytes.size() && !all_zero(piece(end)))
      end += piece(end).size();
    OVAPORT_CHECK(sink.write(position + begin, bytes.subspan(begin, end - begin)));
    written += end - begin;
    begin = end;
  }
  return written;
}

/// One pass over a file: digests, and the copy of its first `copied` bytes.
Status copy(const DiskInput& input, std::uint64_t copied, Sink* sink, const DecodeOptions& options,
            DecodeReport& report) {
  OVAPORT_TRY(const auto source, input.open());
  std::vector<Hasher> hashers;
  for (const DigestAlgorithm algorithm : algorithms(options.expected))
    hashers.emplace_back(algorithm);
  std::vector<std::byte> buffer(kBlock);
  std::uint64_t position = 0;
  while (true) {
    if (options.stop.stop_requested())
      return Error(ErrorKind::cancelled, "disk.cancelled", "stopped on request");
    OVAPORT_TRY(const std::size_t got, source->read(buffer));
    if (got == 0) break;
    const auto bytes = std::span<const std::byte>(buffer).first(got);
    for (Hasher& hasher : hashers)
      hasher.update(bytes);
    if (sink != nullptr && position < copied) {
      const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(got, copied - position));
      OVAPORT_TRY(const std::uint64_t written,
                  write_sparsely(*sink, position, bytes.first(wanted)));
      report.written += written;
    }
    position += got;
    if (options.progress) options.progress(position, input.size);
  }
  if (position != input.size)
    return Error(ErrorKind::integrity, "disk.truncated",
                 "ends after " + std::to_string(position) + " of " + std::to_string(input.size) +
                     " bytes")
        .in_file(input.name);
  for (Hasher& hasher : hashers)
    report.digests.push_back(hasher.finish());
  return compare(input, options.expected, report.digests);
}

Status decode_vmdk(const DiskInput& input, const DecodeOptions& options, Sink& sink,
                   DecodeReport& report) {
  OVAPORT_TRY(const auto source, input.open());
  PipelineOptions pipeline;
  pipeline.digests = algorithms(options.expected);
  // Memory grows with the workers, and one disk cannot use more than a few.
  constexpr unsigned kMostWorkers = 8;
  const unsigned wanted =
      options.workers != 0 ? options.workers : std::max(1U, std::thread::hardware_concurrency());
  pipeline.workers = std::min(wanted, kMostWorkers);
  pipeline.progress = options.progress;
  pipeline.stop = options.stop;
  OVAPORT_TRY(const PipelineReport done, decode_stream(*source, input.size, pipeline, sink));
  report.written = done.written;
  report.digests = done.digests;
  return compare(input, options.expected, report.digests);
}

Status decode_by_qemu(const DiskInput& input, const DecodeOptions& options, std::uint64_t size,
                      Sink& sink, DecodeReport& report) {
  // The digest first: an image that is not what the manifest says never reaches
  // qemu's parsers.
  OVAPORT_CHECK(copy(input, 0, nullptr, options, report));
  OVAPORT_CHECK(qemu_convert(input, report.image.format, size, options, sink));
  struct stat info {};
  if (::fstat(sink.fd(), &info) == 0)
    report.written = static_cast<std::uint64_t>(info.st_blocks) * 512;
  return {};
}

void note_capacity(const DiskInput& input, const DecodeOptions& options, DecodeReport& report) {
  if (options.capacity == 0 || options.capacity == report.image.virtual_size) return;
  Concern concern;
  concern.code = "disk.capacity";
  concern.message = "the descriptor says a capacity of " + std::to_string(options.capacity) +
                    " bytes, the image has " + std::to_string(report.image.virtual_size) +
                    "; the greater is used";
  concern.file = input.name;
  report.concerns.push_back(std::move(concern));
}

bool needs_qemu(Format format) {
  return format != Format::raw && format != Format::vmdk_stream_optimized;
}

Status transfer(const DiskInput& input, const DecodeOptions& options, Sink& sink,
                DecodeReport& report) {
  if (report.image.format == Format::vmdk_stream_optimized)
    return decode_vmdk(input, options, sink, report);
  if (report.image.format == Format::raw)
    return copy(input, report.image.virtual_size, &sink, options, report);
  return decode_by_qemu(input, options, report.size, sink, report);
}

// Damage shows first as a grain that cannot be inflated, or the like. If the file is
// not what the manifest says, that is what people need to hear.
Error explain(const DiskInput& input, const DecodeOptions& options, Error failure) {
  const bool about_data =
      failure.kind == ErrorKind::integrity || failure.kind == ErrorKind::invalid;
  if (about_data && failure.code != "disk.digest-mismatch" && !options.expected.empty()) {
    DecodeReport ignored;
    DecodeOptions quiet = options;
    quiet.progress = nullptr;
    if (auto digests = copy(input, 0, nullptr, quiet, ignored); !digests.ok())
      failure = std::move(digests).error();
  }
  return std::move(failure).in_file(input.name);
}

}  // namespace

Result<DecodeReport> decode(const DiskInput& input, const fs::path& target,
                            const DecodeOptions& options) {
  DecodeReport report;
  OVAPORT_TRY(report.image, probe(input));
  const bool by_qemu = needs_qemu(report.image.format);
  if (by_qemu && !input.range)
    return Error(ErrorKind::unsupported, "disk.needs-seeking",
                 std::string(to_string(report.image.format)) +
                     " images can not be read from a compressed package")
        .in_file(input.name)
        .advise("Unpack the package into a directory and import that");
  if (by_qemu) {
    OVAPORT_TRY(report.image.virtual_size, qemu_virtual_size(input, report.image.format, options));
  }
  report.size = std::max(report.image.virtual_size, options.capacity);
  if (report.size > options.size_limit)
    return Error(ErrorKind::unsupported, "disk.too-large",
                 "the disk has " + format_bytes(report.size) + "; at most " +
                     format_bytes(options.size_limit) + " are allowed")
        .in_file(input.name);
  OVAPORT_TRY(Sink sink, Sink::open(target));
  TargetGuard guard(target, sink.is_device());
  OVAPORT_CHECK(sink.set_size(report.size));
  note_capacity(input, options, report);
  if (auto done = transfer(input, options, sink, report); !done.ok())
    return explain(input, options, std::move(done).error());
  OVAPORT_CHECK(sink.finish());
  guard.keep();
  return report;
}

}  // namespace ovaport::disk
