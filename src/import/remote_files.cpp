#include "remote_files.h"

#include <algorithm>

#include "ovaport/base/text.h"
#include "ovaport/intake/download.h"
#include "read_through.h"

namespace ovaport::imports {

namespace fs = std::filesystem;

bool is_remote(std::string_view href) {
  const std::string scheme = to_lower(href.substr(0, href.find(':') + 1));
  return scheme == "http:" || scheme == "https:" || scheme == "ftp:" || scheme == "file:";
}

namespace {

intake::DownloadOptions options_for(const Request& request, Observer& observer,
                                    const std::stop_token& stop) {
  intake::DownloadOptions options;
  options.allowed = request.allowed_urls;
  options.stop = stop;
  options.progress = [&observer](std::uint64_t done, std::uint64_t total) {
    observer.advance(done, total);
  };
  return options;
}

// The last part of the path, where it is a plain name: it is shown and kept as the source.
std::string name_of(std::string_view url) {
  const std::string_view path = url.substr(0, url.find_first_of("?#"));
  const std::string name = percent_decoded(path.substr(path.rfind('/') + 1));
  constexpr std::size_t kLongest = 200;
  const bool plain =
      name.size() <= kLongest && is_utf8(name) && !name.empty() && name.front() != '.' &&
      std::none_of(name.begin(), name.end(),
                   [](unsigned char c) { return c < 0x20 || c == 0x7F || c == '/'; });
  return plain ? name : "appliance.ova";
}

Status check_digest(const fs::path& path, const Digest& wanted, Observer& observer,
                    const std::stop_token& stop) {
  observer.step("Verify", path.filename().string());
  OVAPORT_TRY(const FileRange file, open_range(path));
  const auto source = make_source(file);
  Hasher hasher(wanted.algorithm);
  std::uint64_t done = 0;
  OVAPORT_CHECK(read_through(*source, stop, [&](std::span<const std::byte> bytes) -> Status {
    hasher.update(bytes);
    observer.advance(done += bytes.size(), file.size);
    return {};
  }));
  const Digest found = hasher.finish();
  if (found == wanted) return {};
  return Error(ErrorKind::integrity, "import.package-digest",
               "the package has another " + std::string(to_string(wanted.algorithm)) +
                   " digest than the given one: expected " + wanted.hex + ", found " + found.hex)
      .in_file(path.filename().string())
      .advise("It was damaged or changed; get it again from its vendor");
}

}  // namespace

Result<LocalPackage> fetch_package(const Request& request, Observer& observer,
                                   const std::stop_token& stop) {
  LocalPackage local;
  local.path = request.package;
  const std::string& url = request.package.native();
  if (is_remote(url)) {
    OVAPORT_TRY(WorkDirectory directory, WorkDirectory::create(request.out, "fetch"));
    local.directory = std::make_unique<WorkDirectory>(std::move(directory));
    local.path = local.directory->path() / name_of(url);
    intake::DownloadOptions options = options_for(request, observer, stop);
    options.allowed.push_back(url);
    observer.step("Fetch", local.path.filename().string());
    OVAPORT_CHECK(intake::download(url, local.path, options));
  }
  if (request.digest) OVAPORT_CHECK(check_digest(local.path, *request.digest, observer, stop));
  return local;
}

Result<RemoteFiles> fetch_remote_files(const Request& request, Observer& observer,
                                       const std::stop_token& stop) {
  RemoteFiles remote;
  if (request.allowed_urls.empty()) return remote;
  OVAPORT_CHECK(intake::check_prefixes(request.allowed_urls));
  OVAPORT_TRY(const Appliance appliance,
              open_appliance(request.package, {request.trust, false, stop}));
  const intake::DownloadOptions options = options_for(request, observer, stop);
  for (const ovf::File& file : appliance.envelope.files) {
    if (!is_remote(file.href)) continue;
    OVAPORT_TRY(const bool allowed, intake::is_allowed(file.href, request.allowed_urls));
    if (!allowed) continue;
    if (!remote.directory) {
      OVAPORT_TRY(WorkDirectory directory, WorkDirectory::create(request.out, "fetch"));
      remote.directory = std::make_unique<WorkDirectory>(std::move(directory));
    }
    observer.step("Fetch", file.id);
    const auto target = remote.directory->path() / std::to_string(remote.files.size());
    OVAPORT_CHECK(intake::download(file.href, target, options));
    remote.files.emplace_back(file.href, target);
  }
  return remote;
}

}  // namespace ovaport::imports
