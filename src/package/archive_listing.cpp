#include "archive_listing.h"

#include <algorithm>
#include <array>

#include "names.h"
#include "ovaport/base/checked.h"
#include "ovaport/base/text.h"

namespace ovaport::package {

namespace {

Error broken(std::string message) {
  return {ErrorKind::invalid, "package.broken-archive", std::move(message)};
}

// Regular files only: everything else could make a reader leave the package.
Status check_type(const Member& member) {
  const std::string who = "the member " + quote(member.raw_name);
  if (member.is_link) return Error(ErrorKind::invalid, "package.link", who + " is a link");
  if (!member.is_file && !member.is_directory)
    return Error(ErrorKind::invalid, "package.special-file",
                 who + " is a device, FIFO or other special file");
  if (member.is_encrypted)
    return Error(ErrorKind::unsupported, "package.encrypted", who + " is encrypted")
        .advise("Unpack the package with its password and import the directory");
  if (member.is_file && !member.has_size) return broken(who + " has no valid size");
  return {};
}

Result<Entry> entry_in_tar(const Member& member, std::string name, const FileRange& file) {
  const auto end = checked_add(member.begin, member.size);
  if (!end || *end > file.size)
    return Error(ErrorKind::integrity, "package.truncated",
                 "the archive is truncated: this member has " + std::to_string(member.size) +
                     " bytes, of which " +
                     std::to_string(file.size - std::min(member.begin, file.size)) + " are there")
        .in_file(name)
        .advise("Copy or download the package again");
  return Entry{std::move(name), member.size, FileRange{file.file, member.begin, member.size}};
}

Concern warning(std::string_view code, std::string message) {
  Concern concern;
  concern.code = code;
  concern.message = std::move(message);
  return concern;
}

constexpr std::size_t kMostGuesses = 20;  // of which each is a concern

Result<std::string> name_of(const Member& member, std::size_t& guesses, Concerns& concerns) {
  if (is_utf8(member.raw_name)) return checked_name(member.raw_name);
  const bool zip = member.method.starts_with("ZIP");
  OVAPORT_TRY(std::string name, checked_name(guessed_name(member.raw_name, zip)));
  if (guesses++ < kMostGuesses) {
    concerns.push_back(warning(
        "package.name-encoding",
        "the name " + quote(member.raw_name) + " is not UTF-8; it is read as " + quote(name)));
    concerns.back().file = name;
  }
  return name;
}

}  // namespace

std::string describe_magic(std::string_view head) {
  struct Magic {
    std::string_view bytes;
    const char* what;
  };
  static constexpr std::array kMagics{Magic{"\x89PNG", "a PNG image"},
                                      Magic{"\x1f\x8b", "gzip-compressed"},
                                      Magic{"\xfd"
                                            "7zXZ",
                                            "xz-compressed"},
                                      Magic{"\x28\xb5\x2f\xfd", "zstd-compressed"},
                                      Magic{"PK\x03\x04", "a zip archive"},
                                      Magic{"KDMV", "a bare VMDK disk"},
                                      Magic{"QFI\xfb", "a qcow2 disk"},
                                      Magic{"<?xml", "an XML file (a descriptor?)"},
                                      Magic{"%PDF", "a PDF document"},
                                      Magic{"\x7f"
                                            "ELF",
                                            "a program"},
                                      Magic{"<!DOC", "a web page"},
                                      Magic{"<html", "a web page"}};
  if (head.empty()) return "empty";
  for (const Magic& magic : kMagics)
    if (head.starts_with(magic.bytes)) return magic.what;
  return "of an unknown format";
}

bool is_posix_tar(std::string_view head) {
  constexpr std::size_t kMagic = 257;
  return head.size() >= 512 && head.substr(kMagic).starts_with("ustar");
}

Status visit_files(ArchiveReader& reader, const VisitFile& visit, Concerns& concerns) {
  std::size_t guesses = 0;
  while (true) {
    OVAPORT_TRY(const auto member, reader.next());
    if (!member) return {};
    if (is_mac_companion(member->raw_name)) continue;
    OVAPORT_CHECK(check_type(*member));
    OVAPORT_TRY(std::string name, name_of(*member, guesses, concerns));
    if (member->is_directory) continue;
    OVAPORT_CHECK(visit(*member, std::move(name)));
  }
}

Status judge_end(ArchiveReader& reader, Concerns& concerns) {
  const bool marked = reader.has_end_mark();
  OVAPORT_TRY(const bool more, reader.has_more_data());
  if (!marked)
    concerns.push_back(
        warning("package.no-end-mark", "the archive has no end mark; what it holds is complete"));
  if (marked && more)
    concerns.push_back(
        warning("package.trailing-data", "data follows the end of the archive; it is ignored"));
  return {};
}

Result<TarListing> list_tar(const FileRange& file, Concerns& concerns) {
  OVAPORT_TRY(const auto reader, ArchiveReader::open(Container::tar, file));
  TarListing listing;
  const auto add = [&](const Member& member, std::string name) -> Status {
    if (member.is_sparse) {
      listing.sparse.emplace(name, member.ordinal);
      listing.entries.push_back({std::move(name), member.size, std::nullopt});
      return {};
    }
    OVAPORT_TRY(Entry entry, entry_in_tar(member, std::move(name), file));
    listing.entries.push_back(std::move(entry));
    return {};
  };
  OVAPORT_CHECK(visit_files(*reader, add, concerns));
  OVAPORT_CHECK(judge_end(*reader, concerns));
  return listing;
}

}  // namespace ovaport::package
