#include "qemu_convert.h"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "nbd_server.h"
#include "ovaport/base/child.h"
#include "ovaport/base/text.h"

namespace ovaport::disk {

namespace {

constexpr int kSourceFd = 3;
constexpr int kTargetFd = 4;
constexpr std::uint32_t kNobody = 65534;

std::string_view driver_of(Format format) {
  switch (format) {
    case Format::vhd:
      return "vpc";
    case Format::vhdx:
      return "vhdx";
    case Format::qcow2:
      return "qcow2";
    case Format::vdi:
      return "vdi";
    case Format::raw:
    case Format::vmdk_stream_optimized:
    case Format::vmdk_sparse:
    case Format::vmdk_split:
      break;
  }
  return "raw";
}

// An image behind a socket: never a name from the package, always the format.
std::string behind_socket(std::string_view driver, int fd) {
  return "driver=" + std::string(driver) +
         ",file.driver=nbd,file.server.type=fd,file.server.str=" + std::to_string(fd);
}

Result<std::unique_ptr<NbdServer>> serve_source(const DiskInput& input) {
  NbdExport exported;
  exported.size = input.range->size;
  exported.read = [range = *input.range](std::uint64_t position,
                                         std::span<std::byte> out) -> Status {
    OVAPORT_TRY(const std::size_t got, range.read_at(position, out));
    if (got == out.size()) return {};
    return Error(ErrorKind::integrity, "disk.truncated",
                 "the file became shorter while it was read");
  };
  return NbdServer::start(std::move(exported));
}

Result<std::unique_ptr<NbdServer>> serve_target(Sink& sink, std::uint64_t size) {
  NbdExport exported;
  exported.size = size;
  exported.read = [](std::uint64_t, std::span<std::byte>) -> Status {
    return Error(ErrorKind::child, "disk.qemu-img", "qemu-img tried to read the disk it writes");
  };
  exported.write = [&sink](std::uint64_t position, std::span<const std::byte> bytes) {
    return sink.write(position, bytes);
  };
  exported.zero = [&sink](std::uint64_t position, std::uint64_t count) {
    return sink.zero(position, count);
  };
  return NbdServer::start(std::move(exported));
}

ChildOptions base_options(const DecodeOptions& options, const NbdServer& source) {
  ChildOptions child;
  child.environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"};
  child.limits.address_space = 2ULL << 30;
  child.limits.open_files = 64;
  child.limits.file_size = 0;
  child.descriptors = {{source.client_fd(), kSourceFd}};
  child.arguments = {options.qemu_img};
  if (::geteuid() == 0) child.user = kNobody;
  return child;
}

Error failed(const DiskInput& input, const ChildOutcome& outcome) {
  std::string why = outcome.timed_out ? "took too long"
                    : outcome.signal != 0
                        ? "was ended by signal " + std::to_string(outcome.signal)
                        : "failed: " + escaped(trimmed(outcome.standard_error), 500);
  const bool full = outcome.standard_error.find("No space left") != std::string::npos;
  return Error(full ? ErrorKind::no_space : ErrorKind::child, "disk.qemu-img",
               "qemu-img " + std::move(why))
      .in_file(input.name);
}

}  // namespace

Result<std::uint64_t> qemu_virtual_size(const DiskInput& input, Format format,
                                        const DecodeOptions& options) {
  OVAPORT_TRY(const auto source, serve_source(input));
  ChildOptions child = base_options(options, *source);
  child.limits.cpu_seconds = 30;
  child.deadline = std::chrono::seconds(120);
  child.arguments.insert(child.arguments.end(), {"info", "-U", "--output=json", "--image-opts",
                                                 behind_socket(driver_of(format), kSourceFd)});
  OVAPORT_TRY(const ChildOutcome outcome, run_child(child, options.stop));
  if (!outcome.ok()) return failed(input, outcome);
  const auto info = nlohmann::json::parse(outcome.standard_output, nullptr, false);
  if (info.is_discarded() || !info.contains("virtual-size") ||
      !info["virtual-size"].is_number_unsigned())
    return Error(ErrorKind::child, "disk.qemu-img", "qemu-img info gave no size")
        .in_file(input.name);
  // Our header check lets nothing of the kind pass; this is the second lock.
  if (info.contains("backing-filename"))
    return Error(ErrorKind::invalid, "disk.backing-file", "the image names a backing file")
        .in_file(input.name);
  return info["virtual-size"].get<std::uint64_t>();
}

Status qemu_convert(const DiskInput& input, Format format, const DecodeOptions& options,
                    std::uint64_t size, Sink& sink) {
  OVAPORT_TRY(const auto source, serve_source(input));
  OVAPORT_TRY(const auto target, serve_target(sink, size));
  ChildOptions child = base_options(options, *source);
  child.descriptors.emplace_back(target->client_fd(), kTargetFd);
  child.limits.cpu_seconds = 12 * 3600;
  child.deadline = std::chrono::hours(24);
  child.arguments.insert(child.arguments.end(), {"convert", "-n", "--target-is-zero", "-W", "-m",
                                                 "8", "-U", "--image-opts", "--target-image-opts",
                                                 behind_socket(driver_of(format), kSourceFd),
                                                 behind_socket("raw", kTargetFd)});
  const auto outcome = run_child(child, options.stop);
  // What went wrong on our side of the sockets explains what qemu-img says of it.
  if (auto failure = target->finish()) return std::move(*failure);
  if (auto failure = source->finish()) return std::move(*failure).in_file(input.name);
  if (!outcome.ok()) return outcome.error();
  if (!outcome->ok()) return failed(input, *outcome);
  return {};
}

}  // namespace ovaport::disk
