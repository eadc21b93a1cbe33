#include "property_answers.h"

#include <algorithm>
#include <unordered_set>

#include "ovaport/base/text.h"

namespace ovaport::imports {

namespace {

using environment::Assignment;
using environment::PropertyDefinition;

// How closely an assignment names the system: by its own id, by a collection's around
// it, or not at all.
struct Reading {
  std::size_t depth = 0;
  std::string key;
};

std::vector<Reading> readings(const std::vector<const ovf::Content*>& path,
                              const std::unordered_set<std::string>& known,
                              const std::string& key) {
  std::vector<Reading> all;
  if (known.count(key) != 0) all.push_back({0, key});
  for (std::size_t depth = path.size(); depth > 0; --depth) {
    const std::string& id = path[depth - 1]->id;
    if (id.empty() || key.size() <= id.size() + 1 || !key.starts_with(id) || key[id.size()] != ':')
      continue;
    std::string rest = key.substr(id.size() + 1);
    if (known.count(rest) == 0) continue;
    all.push_back({depth, std::move(rest)});
    break;  // A member may have its collection's id: the nearer one is meant.
  }
  return all;
}

Error unknown(const std::string& key, const std::vector<std::string>& keys) {
  const auto colon = key.find(':');
  auto meant = nearest(key, keys);
  if (!meant && colon != std::string::npos) meant = nearest(key.substr(colon + 1), keys);
  return Error(ErrorKind::choice, "import.unknown-property",
               "the appliance has no property " + quote(key))
      .advise(meant ? "Did you mean " + quote(*meant) + "?"
                    : "'ovaport inspect' lists its properties");
}

}  // namespace

Answers answers_for(const std::vector<const ovf::Content*>& path,
                    const std::vector<PropertyDefinition>& definitions,
                    const std::vector<Assignment>& all) {
  std::unordered_set<std::string> known;
  for (const PropertyDefinition& definition : definitions) {
    known.insert(definition.key);
    known.insert(definition.short_key);
  }
  Answers answers;
  answers.used.resize(all.size());
  answers.ambiguous.resize(all.size());
  std::vector<std::vector<Assignment>> by_depth(path.size() + 1);
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto found = readings(path, known, all[i].key);
    answers.used[i] = !found.empty();
    answers.ambiguous[i] = found.size() > 1;
    if (!found.empty())
      by_depth[found.front().depth].push_back({std::move(found.front().key), all[i].value});
  }
  for (auto& group : by_depth)
    std::move(group.begin(), group.end(), std::back_inserter(answers.assignments));
  return answers;
}

Status check_answers(const std::vector<Assignment>& all, const std::vector<Answers>& answers,
                     const std::vector<const std::vector<PropertyDefinition>*>& definitions) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto says = [&](const std::vector<bool> Answers::*list) {
      return std::any_of(answers.begin(), answers.end(),
                         [&](const Answers& one) { return (one.*list)[i]; });
    };
    if (says(&Answers::ambiguous))
      return Error(ErrorKind::choice, "import.ambiguous-property",
                   quote(all[i].key) +
                       " is both a property's key and one of a virtual system, behind its id")
          .advise("Import that virtual system alone with --system");
    if (says(&Answers::used)) continue;
    std::vector<std::string> keys;
    for (const auto* list : definitions)
      for (const PropertyDefinition& definition : *list)
        keys.push_back(definition.key);
    return unknown(all[i].key, keys);
  }
  return {};
}

}  // namespace ovaport::imports
