#include "ovaport/import/appliance.h"

#include <algorithm>
#include <ctime>
#include <set>

#include "ovaport/base/file.h"
#include "ovaport/base/text.h"
#include "ovaport/ovf/schema.h"
#include "ovaport/ovf/start_sequence.h"
#include "ovaport/package/coverage.h"
#include "property_answers.h"
#include "stored_file.h"
#include "string_bundles.h"

namespace ovaport::imports {

namespace fs = std::filesystem;

namespace {

Concern critical(std::string_view code, std::string message, std::string file,
                 std::string advice = {}) {
  Concern concern;
  concern.code = code;
  concern.severity = Severity::critical;
  concern.message = std::move(message);
  concern.advice = std::move(advice);
  concern.file = std::move(file);
  return concern;
}

void append(Concerns& all, Concerns more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

Result<std::string> read_descriptor(const package::Package& package, Appliance& appliance) {
  const package::Entry& entry = package.descriptor();
  appliance.descriptor_name = entry.name;
  OVAPORT_TRY(std::string text, package.read(entry, ovf::kDescriptorLimit));
  appliance.descriptor_digest = digest_of(DigestAlgorithm::sha256, text);
  return text;
}

// The manifest says what the descriptor must be; nothing in a descriptor that is
// not what it should be is worth parsing.
Status check_descriptor_digest(const Appliance& appliance, std::string_view text) {
  for (const Digest& expected : appliance.manifest->find(appliance.descriptor_name)) {
    const Digest found = digest_of(expected.algorithm, text);
    if (found == expected) continue;
    return Error(ErrorKind::integrity, "import.descriptor-digest",
                 std::string(to_string(expected.algorithm)) +
                     " digest does not match the manifest: expected " + expected.hex + ", found " +
                     found.hex)
        .in_file(appliance.descriptor_name)
        .advise("The package was damaged or changed; get it again from its vendor");
  }
  return {};
}

void add_signature_concern(Appliance& appliance, std::string_view code, Severity severity,
                           std::string message, std::string advice) {
  Concern concern;
  concern.code = code;
  concern.severity = severity;
  concern.message = std::move(message);
  concern.advice = std::move(advice);
  concern.file = appliance.package->certificate()->name;
  appliance.concerns.push_back(std::move(concern));
}

void report_signature(Appliance& appliance) {
  const package::Signature& signature = appliance.signature;
  const std::string signer = quote(signature.subject);
  switch (signature.state) {
    case package::SignatureState::broken:
      add_signature_concern(appliance, "package.signature-broken", Severity::critical,
                            "the certificate does not fit the manifest: " + signature.reason,
                            "The package was damaged or changed; get it again from its vendor");
      break;
    case package::SignatureState::untrusted:
      add_signature_concern(appliance, "package.signature-untrusted", Severity::warning,
                            "the signer " + signer + " is not trusted: " + signature.reason,
                            "If you trust the signer, name its certificate with --trust-store");
      break;
    case package::SignatureState::expired:
      add_signature_concern(
          appliance, "package.signature-expired", Severity::warning,
          "a certificate of the signer " + signer + " is not valid now: " + signature.reason,
          "Ask the vendor for a package that is signed anew");
      break;
    default:
      break;
  }
  if (signature.digest == "SHA1")
    add_signature_concern(appliance, "package.signature-weak", Severity::warning,
                          "the signature uses SHA-1, which can be forged",
                          "Ask the vendor for a package that is signed with SHA-256");
}

Status read_certificate(Appliance& appliance, std::string_view manifest,
                        const package::TrustStore& trust) {
  const package::Package& package = *appliance.package;
  const package::Entry* entry = package.certificate();
  appliance.signature.state = package::SignatureState::not_signed;
  if (entry == nullptr) return {};
  constexpr std::uint64_t kCertificateLimit = 1ULL << 20;
  OVAPORT_TRY(const std::string text, package.read(*entry, kCertificateLimit));
  OVAPORT_TRY(appliance.signature,
              package::check_signature(text, manifest, package.manifest()->name, trust,
                                       std::time(nullptr)));
  report_signature(appliance);
  return {};
}

Status read_manifest(Appliance& appliance, std::string_view descriptor,
                     const package::TrustStore& trust) {
  const package::Package& package = *appliance.package;
  const package::Entry* entry = package.manifest();
  if (entry == nullptr && package.certificate() != nullptr)
    add_signature_concern(appliance, "package.certificate-without-manifest", Severity::critical,
                          "there is a certificate and no manifest that it could sign",
                          "The package is incomplete; get it again from its vendor");
  if (entry == nullptr) {
    Concern concern;
    concern.code = "import.no-manifest";
    concern.message = "the package has no manifest, so its files cannot be verified";
    concern.advice = "Compare the digests in the import's report with your vendor's";
    appliance.concerns.push_back(std::move(concern));
    return {};
  }
  constexpr std::uint64_t kManifestLimit = 16ULL << 20;
  OVAPORT_TRY(const std::string text, package.read(*entry, kManifestLimit));
  OVAPORT_TRY(const auto manifest, package::parse_manifest(text, entry->name, appliance.concerns));
  appliance.manifest = package::resolve_names(manifest, package);
  OVAPORT_CHECK(read_certificate(appliance, text, trust));
  return check_descriptor_digest(appliance, descriptor);
}

constexpr std::size_t kMostUnreferenced = 20;

// What is in the package for people: a README, a licence, a picture.
void note_unreferenced(Appliance& appliance, const std::set<const package::Entry*>& referenced) {
  const package::Package& package = *appliance.package;
  std::size_t count = 0;
  for (const package::Entry& entry : package.entries()) {
    if (&entry == &package.descriptor() || &entry == package.manifest() ||
        &entry == package.certificate() || referenced.count(&entry) != 0)
      continue;
    if (++count > kMostUnreferenced) return;
    Concern concern;
    concern.code = "import.unreferenced-file";
    concern.severity = Severity::information;
    concern.message = "the descriptor does not reference " + quote(entry.name);
    concern.file = entry.name;
    appliance.concerns.push_back(std::move(concern));
  }
}

// The descriptor may keep files in folders beside it.
Status complete_package(Appliance& appliance) {
  for (const ovf::File& file : appliance.envelope.files)
    OVAPORT_CHECK(appliance.package->add_folder_of(file.href));
  if (!appliance.manifest) return {};
  appliance.manifest = package::resolve_names(*appliance.manifest, *appliance.package);
  append(appliance.concerns, package::check_coverage(*appliance.manifest, *appliance.package));
  return {};
}

// Every referenced file must be there, unless no disk or drive needs it.
void check_references(Appliance& appliance) {
  std::set<const package::Entry*> referenced;
  std::set<std::string_view> needed;
  for (const ovf::Disk& disk : appliance.envelope.disks)
    needed.insert(disk.file_ref);
  for (const ovf::File& file : appliance.envelope.files) {
    auto found = find_stored_file(*appliance.package, file, appliance.concerns);
    if (!found.ok()) {
      Concern concern =
          critical(found.error().code, found.error().message, file.href, found.error().advice);
      if (needed.count(file.id) == 0) concern.severity = Severity::warning;
      concern.line = file.line;
      appliance.concerns.push_back(std::move(concern));
      continue;
    }
    referenced.insert(found->parts.begin(), found->parts.end());
    if (file.size && *file.size != found->size) {
      Concern concern = critical("import.file-size",
                                 "the descriptor says " + std::to_string(*file.size) +
                                     " bytes, the package holds " + std::to_string(found->size),
                                 file.href);
      concern.severity = Severity::warning;
      concern.line = file.line;
      appliance.concerns.push_back(std::move(concern));
    }
  }
  note_unreferenced(appliance, referenced);
}

void judge_descriptor(Appliance& appliance, std::string_view text, const OpenOptions& options) {
  append(appliance.concerns, ovf::validate(appliance.envelope));
  ovf::start_sequence(appliance.envelope, appliance.concerns);
  if (options.check_schema)
    append(appliance.concerns,
           ovf::check_schema(text, appliance.descriptor_name, appliance.envelope.dialect));
}

void collect_licences(const ovf::Envelope& envelope, const ovf::Content& content,
                      std::string_view languages, std::vector<std::string>& texts) {
  for (const ovf::Message& eula : content.eulas) {
    std::string text = ovf::localized(envelope, eula, languages);
    if (std::find(texts.begin(), texts.end(), text) == texts.end())
      texts.push_back(std::move(text));
  }
  for (const ovf::Content& child : content.children)
    collect_licences(envelope, child, languages, texts);
}

}  // namespace

Result<Appliance> open_appliance(const fs::path& path, const OpenOptions& options) {
  Appliance appliance;
  appliance.source_name =
      path.filename().empty() ? path.parent_path().filename().string() : path.filename().string();
  OVAPORT_TRY(auto package, package::Package::open(path, appliance.concerns, options.stop));
  for (const auto& [href, file] : options.adopted)
    OVAPORT_CHECK(package.adopt(href, file));
  appliance.package = std::move(package);
  OVAPORT_TRY(const std::string text, read_descriptor(*appliance.package, appliance));
  OVAPORT_CHECK(read_manifest(appliance, text, options.trust));
  OVAPORT_TRY(appliance.envelope,
              ovf::parse_envelope(text, appliance.descriptor_name, appliance.concerns));
  judge_descriptor(appliance, text, options);
  OVAPORT_CHECK(complete_package(appliance));
  check_references(appliance);
  read_string_bundles(appliance);
  return appliance;
}

Result<Appliance> open_descriptor(const fs::path& path, const OpenOptions& options) {
  Appliance appliance;
  appliance.source_name = appliance.descriptor_name = path.filename().string();
  OVAPORT_TRY(const std::string text, read_file(path, ovf::kDescriptorLimit));
  appliance.descriptor_digest = digest_of(DigestAlgorithm::sha256, text);
  OVAPORT_TRY(appliance.envelope,
              ovf::parse_envelope(text, appliance.descriptor_name, appliance.concerns));
  judge_descriptor(appliance, text, options);
  return appliance;
}

std::string option_in_force(const ovf::Envelope& envelope, const std::string& option) {
  if (!option.empty()) return option;
  const ovf::DeploymentOption* standard = envelope.default_option();
  return standard == nullptr ? "" : standard->id;
}

Result<SystemView> view_system(const Appliance& appliance, const ovf::Content& system,
                               const ViewChoices& wanted, Concerns& concerns) {
  const ovf::Envelope& envelope = appliance.envelope;
  SystemView view;
  view.system = &system;
  view.properties = environment::define_properties(
      envelope.path_to(system), option_in_force(envelope, wanted.option), concerns);
  if (wanted.addresses != nullptr)
    view.properties =
        environment::apply_profiles(std::move(view.properties), *wanted.addresses, concerns);

  // A capacity may be a property: resolved leniently here, since the strict answer
  // (missing values, wrong ones) is given for all properties together.
  Concerns ignored;
  environment::ResolveOptions lenient;
  lenient.allow_constants = true;
  lenient.allow_missing = true;
  const auto answers =
      answers_for(envelope.path_to(system), view.properties, wanted.answers).assignments;
  const auto values = environment::resolve_properties(view.properties, answers, lenient, ignored);
  ovf::MachineChoices choices;
  choices.option = wanted.option;
  choices.language = wanted.languages;
  choices.property = [&](std::string_view key) -> std::optional<std::string> {
    if (!values.ok()) return std::nullopt;
    const environment::PropertyValue* value = environment::find_value(*values, key);
    if (value == nullptr) return std::nullopt;
    return value->value.reveal();
  };
  OVAPORT_TRY(view.machine, ovf::configure(envelope, system, choices, concerns));
  return view;
}

Result<SystemView> view_system(const Appliance& appliance, const ovf::Content& system,
                               const std::string& option,
                               const std::vector<environment::Assignment>& answers,
                               Concerns& concerns) {
  ViewChoices choices;
  choices.option = option;
  choices.answers = answers;
  return view_system(appliance, system, choices, concerns);
}

std::vector<std::string> licences(const ovf::Envelope& envelope, std::string_view languages) {
  std::vector<std::string> texts;
  collect_licences(envelope, envelope.content, languages, texts);
  return texts;
}

}  // namespace ovaport::imports
