#include "ovaport/environment/property_file.h"

#include <nlohmann/json.hpp>
#include <unordered_set>
#include <utility>

#include "ovaport/base/text.h"

namespace ovaport::environment {

namespace {

constexpr std::size_t kMostEntries = 100'000;

Error file_error(std::string_view file, std::size_t line, std::string message) {
  Error error(ErrorKind::choice, "environment.property-file", std::move(message));
  error.file = file;
  if (line != 0) error.offset = line;
  return error;
}

// Collects assignments; refuses a key that comes again.
class Collector {
 public:
  explicit Collector(std::string_view file) : file_(file) {}

  Status add(std::string_view key, std::string value, std::size_t line) {
    if (key.empty()) return file_error(file_, line, "a property without a key");
    if (assignments_.size() == kMostEntries) {
      return file_error(file_, line, "more than 100000 properties");
    }
    if (!keys_.emplace(key).second) {
      return file_error(file_, line, "the property " + quote(key) + " is given twice");
    }
    assignments_.push_back({std::string(key), Secret(std::move(value))});
    return {};
  }

  [[nodiscard]] std::string_view file() const { return file_; }
  std::vector<Assignment> take() { return std::move(assignments_); }

 private:
  std::string_view file_;
  std::vector<Assignment> assignments_;
  std::unordered_set<std::string> keys_;
};

// Lines without their LF or CR LF, numbered from 1.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}

  bool next(std::string_view& line) {
    if (rest_.empty()) return false;
    const auto end = rest_.find('\n');
    line = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    if (end != std::string_view::npos && !line.empty() && line.back() == '\r') {
      line.remove_suffix(1);
    }
    ++number_;
    return true;
  }

  [[nodiscard]] std::size_t number() const { return number_; }

 private:
  std::string_view rest_;
  std::size_t number_ = 0;
};

Status read_multi_line(Lines& lines, std::string_view key, std::string_view mark,
                       Collector& collector) {
  const std::size_t start = lines.number();
  if (mark.empty()) {
    return file_error(collector.file(), start, "\"<<\" is not followed by an end mark");
  }
  std::string value;
  std::string_view line;
  for (bool first = true; lines.next(line); first = false) {
    if (line == mark) return collector.add(key, std::move(value), start);
    if (!first) value += '\n';
    value += line;
  }
  return file_error(collector.file(), start,
                    "the value that starts here has no end: no line is just its end mark");
}

Status read_line(Lines& lines, std::string_view line, Collector& collector) {
  const std::string_view content = trimmed(line);
  if (content.empty() || content.front() == '#') return {};
  const auto equals = line.find('=');
  const auto here = line.find("<<");
  if (here < equals) {
    return read_multi_line(lines, trimmed(line.substr(0, here)), trimmed(line.substr(here + 2)),
                           collector);
  }
  if (equals == std::string_view::npos) {
    return file_error(collector.file(), lines.number(),
                      "neither key=value nor key<<END nor a comment");
  }
  return collector.add(trimmed(line.substr(0, equals)), std::string(line.substr(equals + 1)),
                       lines.number());
}

// Takes the one object as it streams by, so that numbers keep their spelling and
// nothing is nested deeper than one level.
class JsonReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit JsonReader(Collector& collector) : collector_(collector) {}

  [[nodiscard]] Status take_status() { return std::move(status_); }

  bool null() override { return refuse("is null"); }
  bool boolean(bool value) override { return add(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return add(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return add(std::to_string(value)); }
  bool number_float(number_float_t /*value*/, const string_t& text) override { return add(text); }
  bool string(string_t& value) override { return add(value); }
  bool binary(binary_t& /*value*/) override { return refuse("is binary"); }
  bool start_array(std::size_t /*size*/) override { return refuse("is a list"); }
  bool end_array() override { return true; }
  bool end_object() override { return true; }

  bool start_object(std::size_t /*size*/) override {
    if (inside_) return refuse("is an object");
    inside_ = true;
    return true;
  }

  bool key(string_t& value) override {
    key_ = value;
    return true;
  }

  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*why*/) override {
    // The library's text quotes the input, which may be a password.
    status_ = file_error(collector_.file(), 0,
                         "not a JSON object; the error is near byte " + std::to_string(position));
    return false;
  }

 private:
  bool add(std::string value) {
    if (!inside_) return refuse("is not in an object");
    if (auto status = collector_.add(key_, std::move(value), 0); !status.ok()) {
      status_ = std::move(status);
      return false;
    }
    return true;
  }

  bool refuse(std::string_view what) {
    status_ = file_error(collector_.file(), 0,
                         "the value of " + quote(key_) + " " + std::string(what) +
                             "; it must be a string, a number or a boolean");
    return false;
  }

  Collector& collector_;
  Status status_;
  std::string key_;
  bool inside_ = false;
};

Status read_json(std::string_view text, Collector& collector) {
  JsonReader reader(collector);
  const bool read = nlohmann::json::sax_parse(text, &reader);
  if (read) return {};
  return reader.take_status();
}

Status read_lines(std::string_view text, Collector& collector) {
  Lines lines(text);
  std::string_view line;
  while (lines.next(line))
    OVAPORT_CHECK(read_line(lines, line, collector));
  return {};
}

}  // namespace

Result<Assignment> split_assignment(std::string_view text) {
  const auto equals = text.find('=');
  const std::string_view key = trimmed(text.substr(0, equals));
  if (equals == std::string_view::npos || key.empty()) {
    return Error(ErrorKind::choice, "environment.bad-assignment",
                 "a property is not given as key=value")
        .advise("Write --prop KEY=VALUE");
  }
  return Assignment{std::string(key), Secret(std::string(text.substr(equals + 1)))};
}

Result<std::vector<Assignment>> parse_property_file(std::string_view text, std::string_view file) {
  if (text.size() > kPropertyFileLimit) {
    return file_error(file, 0, "larger than " + format_bytes(kPropertyFileLimit));
  }
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  Collector collector(file);
  const std::string_view content = trimmed(text);
  const bool json = !content.empty() && content.front() == '{';
  OVAPORT_CHECK(json ? read_json(text, collector) : read_lines(text, collector));
  return collector.take();
}

}  // namespace ovaport::environment
