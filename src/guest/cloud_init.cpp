#include "cloud_init.h"

#include <algorithm>
#include <cctype>

#include "ovaport/base/text.h"

namespace ovaport::guest {

namespace {

constexpr std::string_view kKey = "datasource_list:";
constexpr std::size_t kMostSources = 64;

// Names of data sources are words; anything else does not get into our file.
void keep(std::vector<std::string>& sources, std::string_view text) {
  text = trimmed(text);
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\''))
    text = text.substr(1, text.size() - 2);
  const bool word = !text.empty() && text.size() <= 40 &&
                    std::all_of(text.begin(), text.end(), [](unsigned char c) {
                      return std::isalnum(c) != 0 || c == '_' || c == '.' || c == '-';
                    });
  if (word && sources.size() < kMostSources) sources.emplace_back(text);
}

std::string_view without_comment(std::string_view line) {
  const std::size_t hash = line.find('#');
  return hash == std::string_view::npos ? line : line.substr(0, hash);
}

}  // namespace

std::optional<std::vector<std::string>> datasource_list(std::string_view yaml) {
  std::optional<std::vector<std::string>> sources;
  enum class Place { outside, flow, block } place = Place::outside;
  for (const std::string_view raw : split(yaml, "\r\n")) {
    std::string_view line = without_comment(raw);
    if (line.substr(0, kKey.size()) == kKey) {
      sources.emplace();
      line = trimmed(line.substr(kKey.size()));
      place = line.empty() ? Place::block : Place::flow;
    }
    if (place == Place::flow) {
      for (const std::string_view item : split(line, "[], "))
        keep(*sources, item);
      if (line.find(']') != std::string_view::npos) place = Place::outside;
    } else if (place == Place::block) {
      const std::string_view item = trimmed(line);
      if (item.empty()) continue;
      if (item[0] == '-')
        keep(*sources, item.substr(1));
      else
        place = Place::outside;
    }
  }
  return sources;
}

std::optional<std::string> render_datasource_drop_in(const std::vector<std::string>& sources) {
  // A list that was cut must not replace the whole one.
  if (sources.size() >= kMostSources) return std::nullopt;
  if (sources.empty() || std::find(sources.begin(), sources.end(), "OVF") != sources.end())
    return std::nullopt;
  std::string list;
  bool placed = false;
  const auto append = [&](std::string_view name) {
    if (!list.empty()) list += ", ";
    list += name;
  };
  for (const std::string& source : sources) {
    // None ends the search; what follows it is never asked.
    if (source == "None" && !placed) {
      append("OVF");
      placed = true;
    }
    append(source);
  }
  if (!placed) append("OVF");
  return "# Written by ovaport: properties arrive on a CD-ROM with the OVF environment.\n"
         "datasource_list: [" +
         list + "]\n";
}

}  // namespace ovaport::guest
