#include "ovaport/base/error.h"

#include <array>
#include <cerrno>
#include <cstring>

#include "ovaport/base/concern.h"
#include "ovaport/base/text.h"

namespace ovaport {

Error Error::in_file(std::string name) && {
  if (file.empty()) file = std::move(name);
  return std::move(*this);
}

Error Error::in_element(std::string path) && {
  if (element.empty()) element = std::move(path);
  return std::move(*this);
}

Error Error::at(std::uint64_t position) && {
  if (!offset) offset = position;
  return std::move(*this);
}

Error Error::advise(std::string what_to_do) && {
  if (advice.empty()) advice = std::move(what_to_do);
  return std::move(*this);
}

std::string describe(const Error& error) {
  std::string text;
  if (!error.file.empty()) text += escaped(error.file) + ": ";
  if (!error.element.empty()) text += escaped(error.element) + ": ";
  text += error.message;
  if (error.offset) text += " (at " + std::to_string(*error.offset) + ")";
  if (!error.advice.empty()) text += ". " + error.advice;
  return text;
}

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid:
      return "invalid";
    case ErrorKind::unsupported:
      return "unsupported";
    case ErrorKind::integrity:
      return "integrity";
    case ErrorKind::choice:
      return "choice";
    case ErrorKind::not_found:
      return "not-found";
    case ErrorKind::conflict:
      return "conflict";
    case ErrorKind::io:
      return "io";
    case ErrorKind::no_space:
      return "no-space";
    case ErrorKind::child:
      return "child";
    case ErrorKind::cancelled:
      return "cancelled";
    case ErrorKind::internal:
      return "internal";
  }
  return "internal";
}

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::critical:
      return "critical";
    case Severity::warning:
      return "warning";
    case Severity::information:
      return "information";
  }
  return "warning";
}

namespace {

ErrorKind kind_of(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return ErrorKind::no_space;
    case ENOENT:
      return ErrorKind::not_found;
    case EEXIST:
      return ErrorKind::conflict;
    default:
      return ErrorKind::io;
  }
}

std::string text_of(int error_number) {
  std::array<char, 256> buffer{};
  return strerror_r(error_number, buffer.data(), buffer.size());
}

}  // namespace

Error system_error(std::string_view what, int error_number) {
  return {kind_of(error_number), "base.io", std::string(what) + ": " + text_of(error_number)};
}

}  // namespace ovaport
