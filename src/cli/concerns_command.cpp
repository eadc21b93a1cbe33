#include "commands.h"
#include "ovaport/base/file.h"
#include "ovaport/base/text.h"
#include "ovaport/cli/cli.h"
#include "ovaport/import/concern_catalogue.h"

namespace ovaport::cli {

namespace {

std::string to_text(const imports::CatalogueEntry& entry) {
  std::string text(entry.code);
  text += "  (" + std::string(to_string(entry.kind));
  if (!entry.clause.empty()) text += ", " + std::string(entry.clause);
  return text + ")\n  " + std::string(entry.meaning) + "\n  " + std::string(entry.advice) + "\n";
}

int explain(const std::string& code) {
  if (const imports::CatalogueEntry* entry = imports::find_concern(code)) {
    print(to_text(*entry));
    return kSuccess;
  }
  std::vector<std::string> codes;
  for (const imports::CatalogueEntry& entry : imports::concern_catalogue())
    codes.emplace_back(entry.code);
  const auto meant = nearest(code, codes);
  print_error("ovaport: there is no code " + quote(code) +
              (meant ? "; did you mean " + quote(*meant) + "?" : "") + "\n");
  return kUsage;
}

}  // namespace

Result<imports::Policy> read_policy(const JudgingArguments& arguments) {
  imports::Policy policy;
  if (!arguments.policy_file.empty()) {
    OVAPORT_TRY(const std::string text, read_file(arguments.policy_file, imports::kPolicyLimit));
    OVAPORT_TRY(policy, imports::parse_policy(text, arguments.policy_file));
  }
  policy.strict = policy.strict || arguments.strict;
  return policy;
}

package::TrustStore trust_store(const JudgingArguments& arguments) {
  package::TrustStore trust;
  trust.paths.assign(arguments.trust_stores.begin(), arguments.trust_stores.end());
  return trust;
}

int concerns(const ConcernsArguments& arguments) {
  if (!arguments.code.empty()) return explain(arguments.code);
  if (arguments.json) {
    print(imports::catalogue_json());
    return kSuccess;
  }
  if (arguments.markdown) {
    print(imports::catalogue_markdown());
    return kSuccess;
  }
  for (const imports::CatalogueEntry& entry : imports::concern_catalogue())
    print(to_text(entry));
  return kSuccess;
}

}  // namespace ovaport::cli
