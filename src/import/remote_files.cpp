#include "remote_files.h"

#include "ovaport/base/text.h"
#include "ovaport/intake/download.h"

namespace ovaport::imports {

bool is_remote(std::string_view href) {
  const std::string scheme = to_lower(href.substr(0, href.find(':') + 1));
  return scheme == "http:" || scheme == "https:" || scheme == "ftp:" || scheme == "file:";
}

Result<RemoteFiles> fetch_remote_files(const Request& request, Observer& observer,
                                       const std::stop_token& stop) {
  RemoteFiles remote;
  if (request.allowed_urls.empty()) return remote;
  OVAPORT_TRY(const Appliance appliance,
              open_appliance(request.package, {request.trust, false, stop}));
  intake::DownloadOptions options;
  options.allowed = request.allowed_urls;
  options.stop = stop;
  options.progress = [&](std::uint64_t done, std::uint64_t total) {
    observer.advance(done, total);
  };
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
