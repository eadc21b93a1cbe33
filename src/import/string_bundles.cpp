#include "string_bundles.h"

#include <algorithm>

#include "ovaport/base/text.h"

namespace ovaport::imports {

namespace {

// More languages than anybody translates into.
constexpr std::size_t kMostBundles = 64;

void warn(Appliance& appliance, const ovf::StringBundle& bundle, std::string file,
          const std::string& why) {
  Concern concern;
  concern.code = "import.string-bundle";
  concern.message = "the message bundle " + quote(bundle.file_ref) + " is not used: " + why;
  concern.file = std::move(file);
  concern.line = bundle.line;
  appliance.concerns.push_back(std::move(concern));
}

bool fits_manifest(const Appliance& appliance, const std::string& name, std::string_view text) {
  if (!appliance.manifest) return true;
  const auto& expected = appliance.manifest->find(name);
  return std::all_of(expected.begin(), expected.end(), [&](const Digest& digest) {
    return digest_of(digest.algorithm, text) == digest;
  });
}

Status read_bundle(Appliance& appliance, const ovf::File& file, ovf::StringBundle& bundle) {
  Concerns repeated;  // How the name was found is said where references are checked.
  OVAPORT_TRY(const package::Entry* entry, appliance.package->find(file.href, repeated));
  OVAPORT_TRY(const std::string text, appliance.package->read(*entry, ovf::kStringBundleLimit));
  if (!fits_manifest(appliance, entry->name, text))
    return Error(ErrorKind::integrity, "import.string-bundle",
                 "its digest does not match the manifest");
  return ovf::read_string_bundle(text, entry->name, bundle, appliance.concerns);
}

}  // namespace

void read_string_bundles(Appliance& appliance) {
  std::size_t count = 0;
  for (ovf::StringBundle& bundle : appliance.envelope.strings) {
    if (bundle.file_ref.empty()) continue;
    if (++count > kMostBundles) {
      warn(appliance, bundle, "", "there are more than " + std::to_string(kMostBundles));
      return;
    }
    const ovf::File* file = appliance.envelope.find_file(bundle.file_ref);
    if (file == nullptr) {
      warn(appliance, bundle, "", "no File of the References has this id");
      continue;
    }
    const std::string href = file->href;
    if (auto read = read_bundle(appliance, *file, bundle); !read.ok())
      warn(appliance, bundle, href, read.error().message);
  }
}

}  // namespace ovaport::imports
