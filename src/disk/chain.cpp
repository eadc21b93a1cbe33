#include "chain.h"

#include <string>

#include "file_pass.h"
#include "sparse_extent.h"

namespace ovaport::disk {

namespace {

constexpr std::size_t kLongestChain = 64;

std::string hex(std::uint32_t id) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (int shift = 28; shift >= 0; shift -= 4)
    text += kDigits[(id >> shift) & 0xF];
  return text;
}

Concern unnamed_parent(const DiskInput& delta, const DiskInput& parent) {
  Concern concern;
  concern.code = "disk.delta-unnamed-parent";
  concern.message = "the delta does not say which content it was made for, so it is laid over " +
                    parent.name + " as the descriptor says";
  concern.advice = "Check that the appliance boots";
  concern.file = delta.name;
  return concern;
}

// A delta over anything but the very content that it was made for gives a disk that
// is damaged in ways that show late.
Status check_link(const Layer& parent, const DiskInput& parent_input, const Layer& delta) {
  if (delta.parent_content_id && delta.parent_content_id != parent.content_id)
    return Error(ErrorKind::integrity, "disk.delta-mismatch",
                 "is a delta of content " + hex(*delta.parent_content_id) + ", but its parent " +
                     parent_input.name + " has " +
                     (parent.content_id ? "content " + hex(*parent.content_id)
                                        : std::string("no content id")))
        .advise("The parent was changed or exchanged after the delta was made; export again");
  if (delta.image.virtual_size < parent.image.virtual_size)
    return Error(ErrorKind::invalid, "disk.delta-size",
                 "is a delta of " + std::to_string(delta.image.virtual_size) +
                     " bytes, but its parent " + parent_input.name + " has " +
                     std::to_string(parent.image.virtual_size));
  return {};
}

}  // namespace

Result<ProbedChain> probe_chain(const DiskChain& chain) {
  if (chain.size() > kLongestChain)
    return Error(ErrorKind::unsupported, "disk.delta-depth",
                 "the disk is a chain of " + std::to_string(chain.size()) + " deltas; at most " +
                     std::to_string(kLongestChain) + " are read")
        .in_file(chain.back().name);
  ProbedChain probed;
  OVAPORT_TRY(Layer below, probe_layer(chain.front(), Role::base));
  probed.image = below.image;
  for (std::size_t i = 1; i < chain.size(); ++i) {
    OVAPORT_TRY(Layer layer, probe_layer(chain[i], Role::delta));
    if (auto link = check_link(below, chain[i - 1], layer); !link.ok())
      return std::move(link).error().in_file(chain[i].name);
    if (!layer.parent_content_id) probed.concerns.push_back(unnamed_parent(chain[i], chain[i - 1]));
    below = layer;
  }
  probed.image.virtual_size = below.image.virtual_size;
  return probed;
}

Result<Image> probe(const DiskChain& chain) {
  OVAPORT_TRY(const ProbedChain probed, probe_chain(chain));
  return probed.image;
}

Result<FileDigests> apply_delta(const DiskInput& delta, const DecodeOptions& options, Sink& sink) {
  OVAPORT_TRY(const Stamp stamp, Stamp::of(delta));
  OVAPORT_TRY(Passed passed, pass_over(delta, options));
  OVAPORT_TRY(const SparseExtent extent, SparseExtent::open(*delta.range));
  const std::uint64_t size = extent.header().capacity * kSector;
  OVAPORT_CHECK(extent.copy_to(sink, {0, size, Ground::parent, options.stop}));
  OVAPORT_CHECK(stamp.check(delta));
  return std::move(passed.file);
}

}  // namespace ovaport::disk
