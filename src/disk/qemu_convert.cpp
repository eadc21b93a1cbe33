#include "qemu_convert.h"

#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "ovaport/base/child.h"
#include "ovaport/base/text.h"
#include "vmdk_header.h"

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

// The image inside its package: never a name from the package, always the format.
std::string source_name(const DiskInput& input, Format format) {
  nlohmann::ordered_json file{{"driver", "file"},
                              {"filename", "/proc/self/fd/" + std::to_string(kSourceFd)},
                              {"locking", "off"}};
  struct stat info {};
  const bool whole = input.range->offset == 0 && ::fstat(input.range->file->get(), &info) == 0 &&
                     static_cast<std::uint64_t>(info.st_size) == input.range->size;
  nlohmann::ordered_json inner{{"driver", "raw"}};
  if (!whole) {
    inner["offset"] = input.range->offset;
    // Tar pads members to whole sectors, and qemu reads in sectors.
    inner["size"] = (input.range->size + kSector - 1) / kSector * kSector;
  }
  inner["file"] = std::move(file);
  const nlohmann::ordered_json image{{"driver", driver_of(format)}, {"file", std::move(inner)}};
  return "json:" + image.dump();
}

ChildOptions base_options(const DiskInput& input, const DecodeOptions& options) {
  ChildOptions child;
  child.environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"};
  child.limits.address_space = 2ULL << 30;
  child.limits.open_files = 64;
  child.descriptors = {{input.range->file->get(), kSourceFd}};
  child.arguments = {options.qemu_img};
  return child;
}

// As nobody, if nobody may read the package: /proc/self/fd opens it anew.
void drop_privileges(ChildOptions& child, const DiskInput& input) {
  struct stat info {};
  if (::geteuid() == 0 && ::fstat(input.range->file->get(), &info) == 0 &&
      (info.st_mode & S_IROTH) != 0)
    child.user = kNobody;
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
  ChildOptions child = base_options(input, options);
  drop_privileges(child, input);
  child.limits.cpu_seconds = 30;
  child.deadline = std::chrono::seconds(120);
  child.arguments.insert(child.arguments.end(),
                         {"info", "-U", "--output=json", source_name(input, format)});
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

Status qemu_convert(const DiskInput& input, Format format, std::uint64_t size,
                    const DecodeOptions& options, const Sink& sink) {
  ChildOptions child = base_options(input, options);
  drop_privileges(child, input);
  struct stat before {};
  if (child.user && ::fstat(sink.fd(), &before) == 0 &&
      ::fchown(sink.fd(), kNobody, before.st_gid) != 0)
    child.user.reset();
  child.descriptors.emplace_back(sink.fd(), kTargetFd);
  if (!sink.is_device()) child.limits.file_size = size;
  child.limits.cpu_seconds = 12 * 3600;
  child.deadline = std::chrono::hours(24);
  child.arguments.insert(
      child.arguments.end(),
      {"convert", "-n", "-W", "-m", "8", "-t", "writeback", "-O", "raw", "-U",
       source_name(input, format), "/proc/self/fd/" + std::to_string(kTargetFd)});
  const auto outcome = run_child(child, options.stop);
  if (child.user && ::fchown(sink.fd(), before.st_uid, before.st_gid) != 0)
    return system_error("cannot take the disk back", errno).in_file(input.name);
  if (!outcome.ok()) return outcome.error();
  if (!outcome->ok()) return failed(input, *outcome);
  return {};
}

}  // namespace ovaport::disk
