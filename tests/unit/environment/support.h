#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ovaport/base/child.h"
#include "ovaport/environment/document.h"

namespace ovaport::environment {

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// Compares with tests/unit/environment/golden/<name>, or writes it when
/// OVAPORT_UPDATE_GOLDEN is set.
inline void expect_golden(std::string_view name, const std::string& text) {
  const auto path =
      std::filesystem::path(OVAPORT_SOURCE_DIR) / "tests/unit/environment/golden" / name;
  if (std::getenv("OVAPORT_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << text;
    return;
  }
  EXPECT_EQ(read_text(path), text) << "set OVAPORT_UPDATE_GOLDEN=1 to update " << path;
}

/// Runs a helper program of the test.
inline Result<ChildOutcome> run_tool(std::vector<std::string> arguments, std::string input = {}) {
  ChildOptions options;
  options.arguments = std::move(arguments);
  options.environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8"};
  options.standard_input = std::move(input);
  options.deadline = std::chrono::seconds(60);
  return run_child(options);
}

inline PropertyValue value(std::string key, std::string text, bool password = false) {
  return {std::move(key), Secret(std::move(text)), password};
}

/// A value with everything that XML, attribute normalisation or careless guests
/// get wrong (veba's sample has the quote cases).
inline std::vector<std::string> awkward_values() {
  std::string long_value;
  while (long_value.size() < kValueLimit - 16)
    long_value += "0123456789 <&>'\"";
  return {"",
          " leading and trailing ",
          "line 1\nline 2\r\nline 3\r\ttab",
          "& < > ' \"",
          "&amp; &lt; &#10; ]]> <!-- -- --> <![CDATA[",
          "'Hello World\"",
          "$`\"\\!${x}",
          "grün 虚拟机 😀 \xE2\x80\xA8 \xC2\x85 \xEF\xBB\xBF",
          "\n",
          "\t \t",
          "\x7F",
          long_value};
}

}  // namespace ovaport::environment
