#include "pipeline.h"

#include <libdeflate.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>

#include "grain_stream.h"
#include "queue.h"

namespace ovaport::disk {

namespace {

constexpr std::size_t kFresh = std::size_t{1} << 20;  // bytes read at a time
constexpr std::size_t kRun = std::size_t{2} << 20;    // most bytes written at a time

/// Packed bytes on their way: what the last block left over, then fresh ones.
struct Block {
  Block() : bytes(GrainStream::kLargestPiece + kFresh) {}

  std::vector<std::byte> bytes;
  std::size_t fresh_begin = 0;
  std::size_t end = 0;
  std::vector<PackedGrain> grains;  ///< Into `bytes`.
  std::atomic<int> users{0};
};

struct DecompressorDeleter {
  void operator()(libdeflate_decompressor* d) const { libdeflate_free_decompressor(d); }
};

bool all_zero(std::span<const std::byte> bytes) {
  return bytes.empty() || (bytes[0] == std::byte{0} &&
                           std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

/// Bytes that follow on each other on the disk, gathered for one write.
class Run {
 public:
  explicit Run(Sink& sink) : sink_(sink), bytes_(kRun) {}

  /// Where to put `size` bytes that belong at `position`; writes what is gathered
  /// first if they do not follow on it or do not fit.
  Result<std::span<std::byte>> room_at(std::uint64_t position, std::size_t size) {
    if (position != begin_ + filled_ || filled_ + size > bytes_.size()) {
      OVAPORT_CHECK(flush());
      begin_ = position;
    }
    return std::span(bytes_).subspan(filled_, size);
  }

  /// The first `size` bytes of the room are data. Without this they are a hole.
  void add(std::size_t size) { filled_ += size; }

  Status flush() {
    if (filled_ == 0) return {};
    OVAPORT_CHECK(sink_.write(begin_, std::span(bytes_).first(filled_)));
    written_ += filled_;
    begin_ += filled_;
    filled_ = 0;
    return {};
  }

  [[nodiscard]] std::uint64_t written() const { return written_; }

 private:
  Sink& sink_;
  std::vector<std::byte> bytes_;
  std::uint64_t begin_ = 0;
  std::size_t filled_ = 0;
  std::uint64_t written_ = 0;
};

class Pipeline {
 public:
  Pipeline(ByteSource& source, std::uint64_t total, const PipelineOptions& options, Sink& sink)
      : source_(source), total_(total), options_(options), sink_(sink) {
    for (const DigestAlgorithm algorithm : options.digests)
      hashers_.emplace_back(algorithm);
    blocks_ = std::vector<Block>(options.workers * 2 + 2);
    for (Block& block : blocks_)
      free_.push(&block);
  }

  Result<PipelineReport> run() {
    {
      std::vector<std::jthread> threads;
      Status read = start(threads);
      if (read.ok()) read = read_loop();
      if (!read.ok()) fail(read.error());
      to_digest_.close();
      to_workers_.close();
    }
    if (failure_) return std::move(*failure_);
    PipelineReport report{stream_.header().capacity * kSector, written_, {}};
    for (Hasher& hasher : hashers_)
      report.digests.push_back(hasher.finish());
    return report;
  }

 private:
  // One worker is enough, if the system has no thread for more.
  Status start(std::vector<std::jthread>& threads) {
    try {
      threads.emplace_back([this] { digest_loop(); });
      for (unsigned i = 0; i < options_.workers; ++i)
        threads.emplace_back([this] { worker_loop(); });
    } catch (const std::system_error& failure) {
      constexpr std::size_t kNeeded = 2;
      if (threads.size() < kNeeded)
        return system_error("cannot start a thread", failure.code().value());
    }
    return {};
  }

  void fail(Error error) {
    const std::scoped_lock lock(mutex_);
    if (!failure_) failure_ = std::move(error);
    free_.abort();
    to_digest_.abort();
    to_workers_.abort();
  }

  void release(Block* block) {
    if (block->users.fetch_sub(1) == 1) free_.push(block);
  }

  Status read_loop() {
    std::vector<std::byte> carry;
    while (true) {
      if (options_.stop.stop_requested())
        return Error(ErrorKind::cancelled, "disk.cancelled", "stopped on request");
      const auto next = free_.pop();
      if (!next) return {};  // somebody failed
      Block* block = *next;
      block->grains.clear();
      std::copy(carry.begin(), carry.end(), block->bytes.begin());
      block->fresh_begin = carry.size();
      OVAPORT_TRY(const std::size_t got,
                  source_.read(std::span(block->bytes).subspan(carry.size(), kFresh)));
      block->end = carry.size() + got;
      done_ += got;
      if (options_.progress) options_.progress(done_, total_);
      if (got == 0 && done_ != total_)
        return Error(
            ErrorKind::integrity, "disk.truncated",
            "ends after " + std::to_string(done_) + " of " + std::to_string(total_) + " bytes");
      if (got == 0) return stream_.finish(carry.size());
      OVAPORT_TRY(const std::size_t consumed,
                  stream_.take(std::span(block->bytes).first(block->end), block->grains));
      carry.assign(block->bytes.begin() + static_cast<std::ptrdiff_t>(consumed),
                   block->bytes.begin() + static_cast<std::ptrdiff_t>(block->end));
      block->users = block->grains.empty() ? 1 : 2;
      const bool work = !block->grains.empty();
      to_digest_.push(block);
      if (work) to_workers_.push(block);
    }
  }

  void digest_loop() {
    while (const auto block = to_digest_.pop()) {
      for (Hasher& hasher : hashers_)
        hasher.update(std::span((*block)->bytes)
                          .subspan((*block)->fresh_begin, (*block)->end - (*block)->fresh_begin));
      release(*block);
    }
  }

  void worker_loop() {
    Run run(sink_);
    const std::unique_ptr<libdeflate_decompressor, DecompressorDeleter> inflater(
        libdeflate_alloc_decompressor());
    while (const auto block = to_workers_.pop()) {
      for (const PackedGrain& grain : (*block)->grains)
        if (auto done = inflate(*inflater, grain, run); !done.ok())
          return fail(std::move(done).error());
      // The run's bytes are its own, but flushing here keeps runs in order on disk.
      if (auto flushed = run.flush(); !flushed.ok()) return fail(std::move(flushed).error());
      release(*block);
    }
    written_ += run.written();
  }

  Status inflate(libdeflate_decompressor& inflater, const PackedGrain& grain, Run& run) {
    const VmdkHeader& header = stream_.header();
    const std::size_t size = header.grain_sectors * kSector;
    OVAPORT_TRY(const std::span<std::byte> room, run.room_at(grain.lba * kSector, size));
    std::size_t inflated = 0;
    const auto outcome = libdeflate_zlib_decompress(
        &inflater, grain.bytes.data(), grain.bytes.size(), room.data(), size, &inflated);
    if (outcome != LIBDEFLATE_SUCCESS)
      return Error(ErrorKind::integrity, "disk.vmdk-grain",
                   "the grain at sector " + std::to_string(grain.lba) +
                       " cannot be inflated: the data is damaged");
    // The last grain may reach beyond the end of the disk.
    const std::uint64_t left = header.capacity * kSector - grain.lba * kSector;
    const auto kept = static_cast<std::size_t>(std::min<std::uint64_t>(inflated, left));
    if (!all_zero(room.first(kept))) run.add(kept);
    return {};
  }

  ByteSource& source_;
  std::uint64_t total_;
  const PipelineOptions& options_;
  Sink& sink_;
  GrainStream stream_;
  std::vector<Hasher> hashers_;
  std::vector<Block> blocks_;
  Queue<Block*> free_;
  Queue<Block*> to_digest_;
  Queue<Block*> to_workers_;
  std::mutex mutex_;
  std::optional<Error> failure_;
  std::atomic<std::uint64_t> written_{0};
  std::uint64_t done_ = 0;
};

}  // namespace

Result<PipelineReport> decode_stream(ByteSource& source, std::uint64_t total,
                                     const PipelineOptions& options, Sink& sink) {
  return Pipeline(source, total, options, sink).run();
}

}  // namespace ovaport::disk
