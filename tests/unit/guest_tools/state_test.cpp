#include "core/state.h"

#include "core/host.h"
#include "support.h"

namespace ovaport::guest {
namespace {

std::string numbered(std::string name, std::size_t number) {
  return name.append(std::to_string(number));
}

std::string set(const std::string& state, const std::string& key, const std::string& value) {
  std::string space(OVT_STATE_LIMIT + 1, '\0');
  ovt_buffer changed{space.data(), 0, space.size()};
  if (!ovt_state_set(slice(state), slice(key), slice(value), &changed)) return "(full)";
  return text(ovt_filled(&changed));
}

std::string find(const std::string& state, const std::string& key) {
  std::string space(1 << 17, '\0');
  ovt_buffer value{space.data(), 0, space.size()};
  if (!ovt_state_find(slice(state), slice(key), &value)) return "(none)";
  return text(ovt_filled(&value));
}

TEST(State, GivesBackEveryValue) {
  std::string state;
  const std::vector<std::string> values = {"",       "a b", "line\nline\r\n",
                                           "\\n \\", " x ", "\xC3\xBC"};
  for (std::size_t i = 0; i < values.size(); i++)
    state = set(state, numbered("guestinfo.k", i), values[i]);
  for (std::size_t i = 0; i < values.size(); i++)
    EXPECT_EQ(find(state, numbered("guestinfo.k", i)), values[i]);
  EXPECT_EQ(find(state, "guestinfo.k"), "(none)");
}

TEST(State, ReplacesAKeyInWhateverCase) {
  EXPECT_EQ(set(set("", "guestinfo.K", "1"), "guestinfo.k", "2"), "guestinfo.k 2\n");
}

TEST(State, IsLimited) {
  EXPECT_EQ(set("", "k", std::string(OVT_VALUE_LIMIT + 1, 'x')), "(full)");
  EXPECT_EQ(set("", std::string(OVT_KEY_LIMIT + 1, 'k'), "x"), "(full)");
  std::string state;
  std::size_t keys = 0;
  for (std::string next;
       (next = set(state, numbered("k", keys), std::string(60000, 'x'))) != "(full)"; keys++)
    state = next;
  EXPECT_EQ(keys, 17U);
}

TEST(State, SurvivesDamage) {
  EXPECT_EQ(find("k a\\", "k"), "a\\");
  EXPECT_EQ(find("\n\n \nk", "k"), "");
  EXPECT_EQ(find("", "k"), "(none)");
}

struct Wait {
  ovt_options options;
  unsigned long long waited_ms;
  unsigned long long uptime_s;
  bool goes_on;
};

TEST(Waiting, EndsSoonOnceTheSystemIsUp) {
  const ovt_options usual{nullptr, nullptr, 30, false, 0644};
  const ovt_options said{nullptr, nullptr, 5, true, 0644};
  const ovt_options never{nullptr, nullptr, 0, true, 0644};
  const ovt_options image{"x.iso", nullptr, 30, false, 0644};
  for (const Wait& wait :
       {Wait{usual, 0, 3, true}, Wait{usual, 29999, 60, true}, Wait{usual, 30000, 60, false},
        Wait{usual, 0, 119, true}, Wait{usual, 0, 120, false}, Wait{said, 4999, 100000, true},
        Wait{said, 5000, 1, false}, Wait{never, 0, 1, false}, Wait{image, 0, 1, false}})
    EXPECT_EQ(ovt_keep_waiting(&wait.options, wait.waited_ms, wait.uptime_s), wait.goes_on)
        << wait.waited_ms << " " << wait.uptime_s;
}

}  // namespace
}  // namespace ovaport::guest
