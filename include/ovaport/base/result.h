#pragma once

#include <cassert>
#include <utility>
#include <variant>

#include "ovaport/base/error.h"

namespace ovaport {

/// A value, or the Error that prevented it. Everything that can fail returns one;
/// no exception leaves a module.
template <typename T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  /// Must hold a value.
  T& value() & { return *std::get_if<0>(&state_); }
  const T& value() const& { return *std::get_if<0>(&state_); }
  T&& value() && { return std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  /// Must hold an error.
  Error& error() & { return *std::get_if<1>(&state_); }
  const Error& error() const& { return *std::get_if<1>(&state_); }
  Error&& error() && { return std::move(*std::get_if<1>(&state_)); }

 private:
  std::variant<T, Error> state_;
};

/// Success without a value, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : error_(std::move(error)), ok_(false) {}  // NOLINT

  [[nodiscard]] bool ok() const { return ok_; }
  explicit operator bool() const { return ok_; }
  Error& error() & { return error_; }
  const Error& error() const& { return error_; }
  Error&& error() && { return std::move(error_); }

 private:
  Error error_;
  bool ok_ = true;
};

using Status = Result<void>;

}  // namespace ovaport

#define OVAPORT_CONCAT_(a, b) a##b
#define OVAPORT_CONCAT(a, b) OVAPORT_CONCAT_(a, b)

/// `OVAPORT_TRY(auto x, f());` – declares x from f()'s value, or returns its error.
#define OVAPORT_TRY(declaration, expression)                          \
  auto OVAPORT_CONCAT(ovaport_try_, __LINE__) = (expression);         \
  if (!OVAPORT_CONCAT(ovaport_try_, __LINE__).ok())                   \
    return std::move(OVAPORT_CONCAT(ovaport_try_, __LINE__)).error(); \
  declaration = std::move(OVAPORT_CONCAT(ovaport_try_, __LINE__)).value()

/// `OVAPORT_CHECK(f());` – returns f()'s error, if any, and drops its value.
#define OVAPORT_CHECK(expression)                                 \
  do {                                                            \
    if (auto ovaport_check_ = (expression); !ovaport_check_.ok()) \
      return std::move(ovaport_check_).error();                   \
  } while (false)
