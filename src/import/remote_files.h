#pragma once

#include <filesystem>
#include <memory>
#include <stop_token>

#include "ovaport/base/file.h"
#include "ovaport/import/appliance.h"
#include "ovaport/import/import.h"

namespace ovaport::imports {

/// Whether the href is a URL and not a name in the package.
bool is_remote(std::string_view href);

/// A package that is here, whole.
struct LocalPackage {
  std::unique_ptr<WorkDirectory> directory;  ///< Holds it when it was fetched; gone with this.
  std::filesystem::path path;
};

/// Fetches the package when the request names a URL, and checks the digest that it must
/// have: kind integrity, code "import.package-digest".
Result<LocalPackage> fetch_package(const Request& request, Observer& observer,
                                   const std::stop_token& stop);

/// The files of a package that lie at URLs, fetched.
struct RemoteFiles {
  std::unique_ptr<WorkDirectory> directory;  ///< Holds them; gone with this.
  AdoptedFiles files;
};

/// Fetches what the descriptor references by URLs that the request allows. Without any
/// this does nothing.
Result<RemoteFiles> fetch_remote_files(const Request& request, Observer& observer,
                                       const std::stop_token& stop);

}  // namespace ovaport::imports
