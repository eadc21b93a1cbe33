#include "part_digests.h"

namespace ovaport::imports {

class PartDigests::Watch final : public ByteSource {
 public:
  Watch(std::unique_ptr<ByteSource> source, std::shared_ptr<Record> record)
      : source_(std::move(source)), record_(std::move(record)) {
    record_->digests.reset();
    hashers_.reserve(record_->algorithms.size());
    for (const DigestAlgorithm algorithm : record_->algorithms)
      hashers_.emplace_back(algorithm);
  }

  Result<std::size_t> read(std::span<std::byte> out) override {
    OVAPORT_TRY(const std::size_t got, source_->read(out));
    for (Hasher& hasher : hashers_)
      hasher.update(out.first(got));
    if (got < out.size() && !record_->digests) finish();
    return got;
  }

 private:
  void finish() {
    std::vector<Digest> digests;
    digests.reserve(hashers_.size());
    for (Hasher& hasher : hashers_)
      digests.push_back(hasher.finish());
    hashers_.clear();
    record_->digests = std::move(digests);
  }

  std::unique_ptr<ByteSource> source_;
  std::shared_ptr<Record> record_;
  std::vector<Hasher> hashers_;
};

void PartDigests::expect(const package::Entry& part, const std::vector<Digest>& promises) {
  auto record = std::make_shared<Record>();
  record->algorithms = algorithms_for(promises);
  records_[&part] = std::move(record);
}

Result<std::unique_ptr<ByteSource>> PartDigests::open(const package::Package& package,
                                                      const package::Entry& part) {
  OVAPORT_TRY(auto source, package.stream(part));
  return std::unique_ptr<ByteSource>(
      std::make_unique<Watch>(std::move(source), records_.at(&part)));
}

std::optional<std::vector<Digest>> PartDigests::of(const package::Entry& part) const {
  return records_.at(&part)->digests;
}

}  // namespace ovaport::imports
