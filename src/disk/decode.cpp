#include "ovaport/disk/decode.h"

#include <unistd.h>

#include <algorithm>
#include <thread>

#include "chain.h"
#include "file_pass.h"
#include "ovaport/base/text.h"
#include "pipeline.h"
#include "qemu_convert.h"
#include "sparse_extent.h"
#include "split_disk.h"

namespace ovaport::disk {

namespace fs = std::filesystem;

namespace {

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

bool needs_qemu(Format format) {
  return format == Format::vhd || format == Format::vhdx || format == Format::qcow2 ||
         format == Format::vdi;
}

/// One chain on its way into one sink.
class Decoder {
 public:
  Decoder(const DiskChain& chain, const DecodeOptions& options)
      : chain_(chain), options_(options) {}

  Result<DecodeReport> run(const fs::path& target) {
    OVAPORT_CHECK(examine());
    OVAPORT_TRY(Sink sink, Sink::open(target));
    TargetGuard guard(target, sink.is_device());
    OVAPORT_CHECK(sink.set_size(report_.size));
    if (auto done = transfer_base(sink); !done.ok())
      return explain(chain_.front(), std::move(done).error());
    OVAPORT_CHECK(lay_deltas(sink));
    note_capacity();
    OVAPORT_CHECK(sink.finish());
    guard.keep();
    return std::move(report_);
  }

 private:
  [[nodiscard]] const DiskInput& base() const { return chain_.front(); }

  Status examine() {
    OVAPORT_TRY(ProbedChain probed, probe_chain(chain_));
    report_.image = probed.image;
    report_.concerns = std::move(probed.concerns);
    if (needs_qemu(report_.image.format)) OVAPORT_CHECK(ask_qemu());
    report_.size = std::max(report_.image.virtual_size, options_.capacity);
    if (report_.size > options_.size_limit)
      return Error(ErrorKind::unsupported, "disk.too-large",
                   "the disk has " + format_bytes(report_.size) + "; at most " +
                       format_bytes(options_.size_limit) + " are allowed")
          .in_file(chain_.back().name);
    return {};
  }

  Status ask_qemu() {
    const Format format = report_.image.format;
    if (!base().range)
      return Error(ErrorKind::unsupported, "disk.needs-seeking",
                   std::string(to_string(format)) +
                       " images can not be read from a compressed package")
          .in_file(base().name)
          .advise("Unpack the package into a directory and import that");
    OVAPORT_TRY(const std::uint64_t size, qemu_virtual_size(base(), format, options_));
    report_.image.virtual_size =
        chain_.size() == 1 ? size : std::max(size, report_.image.virtual_size);
    return {};
  }

  Status transfer_base(Sink& sink) {
    switch (report_.image.format) {
      case Format::vmdk_stream_optimized:
        return decode_grains(sink);
      case Format::vmdk_sparse:
        return decode_sparse(sink);
      case Format::vmdk_split: {
        OVAPORT_TRY(report_.written, decode_split(base(), options_, sink, report_.files));
        return {};
      }
      case Format::raw:
        return copy_raw(sink);
      case Format::vhd:
      case Format::vhdx:
      case Format::qcow2:
      case Format::vdi:
        break;
    }
    return decode_by_qemu(sink);
  }

  Status decode_grains(Sink& sink) {
    OVAPORT_TRY(const auto source, base().open());
    PipelineOptions pipeline;
    pipeline.digests = algorithms_for(base().expected);
    // Memory grows with the workers, and one disk cannot use more than a few.
    constexpr unsigned kMostWorkers = 8;
    const unsigned wanted = options_.workers != 0
                                ? options_.workers
                                : std::max(1U, std::thread::hardware_concurrency());
    pipeline.workers = std::min(wanted, kMostWorkers);
    pipeline.progress = options_.progress;
    pipeline.stop = options_.stop;
    OVAPORT_TRY(PipelineReport done, decode_stream(*source, base().size, pipeline, sink));
    report_.written = done.written;
    OVAPORT_TRY(FileDigests file, check_digests(base(), std::move(done.digests)));
    report_.files.push_back(std::move(file));
    return {};
  }

  Status decode_sparse(Sink& sink) {
    OVAPORT_TRY(const Stamp stamp, Stamp::of(base()));
    OVAPORT_TRY(Passed passed, pass_over(base(), options_));
    report_.files.push_back(std::move(passed.file));
    OVAPORT_TRY(const SparseExtent extent, SparseExtent::open(*base().range));
    const SparseCopy copy{0, extent.header().capacity * kSector, Ground::empty, options_.stop};
    OVAPORT_TRY(report_.written, extent.copy_to(sink, copy));
    return stamp.check(base());
  }

  Status copy_raw(Sink& sink) {
    OVAPORT_TRY(Passed passed,
                pass_over(base(), options_, Window{&sink, 0, report_.image.virtual_size, 0}));
    report_.written = passed.written;
    report_.files.push_back(std::move(passed.file));
    if (base().range || base().stated_raw) return {};
    // What comes as a stream shows its end last: a fixed VHD is a raw disk up to there.
    const auto size = fixed_vhd_size(passed.tail, base().size);
    return size ? drop_footer(sink, *size) : Status{};
  }

  Status drop_footer(Sink& sink, std::uint64_t size) {
    OVAPORT_CHECK(sink.zero(size, report_.image.virtual_size - size));
    if (chain_.size() > 1) return {};
    report_.image.virtual_size = size;
    report_.size = std::max(size, options_.capacity);
    return sink.cut(report_.size);
  }

  Status decode_by_qemu(Sink& sink) {
    OVAPORT_TRY(const Stamp stamp, Stamp::of(base()));
    // The digest first: an image that is not what the manifest says never reaches
    // qemu's parsers.
    OVAPORT_TRY(Passed passed, pass_over(base(), options_));
    report_.files.push_back(std::move(passed.file));
    OVAPORT_CHECK(qemu_convert(base(), report_.image.format, options_, report_.size, sink));
    report_.written = sink.allocated().value_or(report_.size);
    return stamp.check(base());
  }

  Status lay_deltas(Sink& sink) {
    for (std::size_t i = 1; i < chain_.size(); ++i) {
      auto file = apply_delta(chain_[i], options_, sink);
      if (!file.ok()) return std::move(file).error().in_file(chain_[i].name);
      report_.files.push_back(std::move(*file));
      report_.written = sink.allocated().value_or(report_.size);
    }
    return {};
  }

  void note_capacity() {
    const std::uint64_t image = report_.image.virtual_size;
    if (options_.capacity == 0 || options_.capacity == image) return;
    Concern concern;
    concern.code = "disk.capacity";
    concern.message = "the descriptor says a capacity of " + std::to_string(options_.capacity) +
                      " bytes, the image has " + std::to_string(image) + "; the greater is used";
    concern.file = chain_.back().name;
    report_.concerns.push_back(std::move(concern));
  }

  // Damage shows first as a grain that cannot be inflated, or the like. If the file is
  // not what the manifest says, that is what people need to hear.
  [[nodiscard]] Error explain(const DiskInput& input, Error failure) const {
    const bool about_data =
        failure.kind == ErrorKind::integrity || failure.kind == ErrorKind::invalid;
    const bool own = failure.file.empty() || failure.file == input.name;
    if (about_data && own && failure.code != "disk.digest-mismatch" && !input.expected.empty()) {
      DecodeOptions quiet = options_;
      quiet.progress = nullptr;
      if (auto passed = pass_over(input, quiet); !passed.ok()) failure = std::move(passed).error();
    }
    return std::move(failure).in_file(input.name);
  }

  const DiskChain& chain_;
  const DecodeOptions& options_;
  DecodeReport report_;
};

}  // namespace

Result<DecodeReport> decode(const DiskChain& chain, const fs::path& target,
                            const DecodeOptions& options) {
  return Decoder(chain, options).run(target);
}

Result<DecodeReport> decode(const DiskInput& input, const fs::path& target,
                            const DecodeOptions& options) {
  return decode(DiskChain{input}, target, options);
}

}  // namespace ovaport::disk
