#include <set>

#include "findings.h"
#include "ovaport/base/text.h"
#include "ovaport/ovf/machine.h"

namespace ovaport::ovf {

namespace {

class PackageValidator {
 public:
  PackageValidator(const Envelope& envelope, Findings& findings)
      : envelope_(envelope), findings_(findings) {}

  void run() {
    check_version();
    check_files();
    check_disks();
    check_disk_files();
    check_parents();
    check_options();
  }

 private:
  // ovf:version is advisory (§6.1): the namespace decides how the document is read.
  void check_version() {
    const std::string_view version = envelope_.version;
    const auto is = [&](std::string_view start) { return version.starts_with(start); };
    bool fits = true;
    if (envelope_.dialect == Dialect::ovf_0_9) fits = is("0.9");
    if (envelope_.dialect == Dialect::ovf_1) fits = version.empty() || is("1");
    if (envelope_.dialect == Dialect::ovf_2) fits = version.empty() || is("2");
    if (fits) return;
    // Later editions made the attribute optional; VMware still asks for it here.
    findings_.note("ovf.version",
                   version.empty() ? std::string("the envelope states no version, as it should "
                                                 "before 1.0; its namespace counts")
                                   : "the version " + quote(version) +
                                         " is not that of the namespace, which counts",
                   "Envelope", 0);
  }

  void check_files() {
    std::set<std::string> ids;
    std::set<std::string> hrefs;
    for (const File& file : envelope_.files) {
      if (file.id.empty() || !ids.insert(file.id).second)
        findings_.critical("ovf.duplicate-id",
                           file.id.empty() ? "a file has no id"
                                           : "the file id " + quote(file.id) + " is used twice",
                           kFile, file.line);
      if (file.href.empty())
        findings_.critical("ovf.no-href", "the file " + quote(file.id) + " has no href", kFile,
                           file.line);
      else if (!hrefs.insert(file.href).second)
        findings_.critical("ovf.duplicate-href", "two files have the href " + quote(file.href),
                           kFile, file.line);
      check_href(file);
      if (!file.compression.empty() && file.compression != "identity" && file.compression != "gzip")
        findings_.critical("ovf.compression",
                           "the compression " + quote(file.compression) + " is not known", kFile,
                           file.line);
    }
  }

  void check_href(const File& file) {
    const std::string lower = to_lower(file.href);
    for (const std::string_view scheme : {"http://", "https://", "file://", "ftp://"})
      if (lower.starts_with(scheme))
        findings_.warn("ovf.remote-href",
                       "the file " + quote(file.href) +
                           " lies outside the package; it is fetched only on request",
                       kFile, file.line);
  }

  void check_disks() {
    std::set<std::string> ids;
    for (const Disk& disk : envelope_.disks) {
      if (disk.disk_id.empty() || !ids.insert(disk.disk_id).second)
        findings_.critical("ovf.duplicate-id",
                           disk.disk_id.empty()
                               ? "a disk has no diskId"
                               : "the diskId " + quote(disk.disk_id) + " is used twice",
                           kDisk, disk.line);
      if (!disk.file_ref.empty() && envelope_.find_file(disk.file_ref) == nullptr)
        findings_.critical("ovf.unknown-file",
                           "the disk " + quote(disk.disk_id) + " refers to the file " +
                               quote(disk.file_ref) + ", which is not in the References",
                           kDisk, disk.line);
      if (disk.format.empty())
        findings_.note("ovf.no-format", "the disk " + quote(disk.disk_id) + " names no format",
                       kDisk, disk.line);
      check_capacity(disk);
    }
  }

  void check_capacity(const Disk& disk) {
    const auto unit = parse_unit(disk.capacity_units);
    if (!unit.ok()) findings_.critical("ovf.unit", unit.error().message, kDisk, disk.line);
    const std::string_view text = trimmed(disk.capacity);
    if (text.starts_with("${") && text.ends_with("}")) return;
    const auto number = parse_unsigned(text);
    if (!number && !text.empty())
      findings_.critical("ovf.capacity",
                         "the capacity " + quote(disk.capacity) + " is no whole number", kDisk,
                         disk.line);
    const bool none = text.empty() || (number && *number == 0);
    if (none && disk.file_ref.empty())
      findings_.critical("ovf.capacity",
                         "the blank disk " + quote(disk.disk_id) + " has no capacity", kDisk,
                         disk.line);
    else if (none)
      findings_.warn(
          "ovf.capacity",
          "the disk " + quote(disk.disk_id) + " has no capacity; its image's size is used", kDisk,
          disk.line);
    if (none || !number || !unit.ok() || !disk.populated_size) return;
    if (*disk.populated_size / *unit > *number ||
        (*disk.populated_size / *unit == *number && *disk.populated_size % *unit != 0))
      findings_.note(
          "ovf.populated-size",
          "the populated size of the disk " + quote(disk.disk_id) + " is larger than its capacity",
          kDisk, disk.line);
  }

  // §9.1: disks come in the order of their files, so that one pass can fill them.
  void check_disk_files() {
    std::set<std::string> used;
    const File* last = nullptr;
    for (const Disk& disk : envelope_.disks) {
      const File* file = envelope_.find_file(disk.file_ref);
      if (file == nullptr) continue;
      if (!used.insert(disk.file_ref).second)
        findings_.note(
            "ovf.shared-file",
            "several disks are made from the file " + quote(file->href) + "; each gets a copy",
            kDisk, disk.line);
      else if (last != nullptr && file < last)
        findings_.note("ovf.disk-order",
                       "the disks are not in the order of their files in the References", kDisk,
                       disk.line);
      last = file;
    }
  }

  void check_parents() {
    for (const Disk& disk : envelope_.disks) {
      std::set<std::string> seen{disk.disk_id};
      const Disk* at = &disk;
      while (!at->parent_ref.empty()) {
        const Disk* parent = envelope_.find_disk(at->parent_ref);
        if (parent == nullptr) {
          findings_.critical("ovf.unknown-parent",
                             "the disk " + quote(at->disk_id) + " has the parent " +
                                 quote(at->parent_ref) + ", which is not in the DiskSection",
                             kDisk, at->line);
          break;
        }
        if (!seen.insert(parent->disk_id).second) {
          findings_.critical("ovf.parent-cycle",
                             "the disk " + quote(disk.disk_id) + " is its own ancestor", kDisk,
                             disk.line);
          break;
        }
        at = parent;
      }
    }
  }

  void check_options() {
    std::set<std::string> ids;
    for (const DeploymentOption& option : envelope_.deployment_options)
      if (!ids.insert(option.id).second)
        findings_.critical("ovf.duplicate-id",
                           "the deployment option " + quote(option.id) + " occurs twice",
                           "DeploymentOptionSection/Configuration", option.line);
  }

  static constexpr const char* kFile = "References/File";
  static constexpr const char* kDisk = "DiskSection/Disk";

  const Envelope& envelope_;
  Findings& findings_;
};

}  // namespace

void validate_package(const Envelope& envelope, Findings& findings) {
  PackageValidator(envelope, findings).run();
}

Concerns validate(const Envelope& envelope) {
  Findings findings;
  validate_package(envelope, findings);
  validate_contents(envelope, findings);
  return findings.take();
}

}  // namespace ovaport::ovf
