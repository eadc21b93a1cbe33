#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

namespace ovaport::store {

/// The texts that stand for an enumeration's values, here and in the database.
template <typename Enum, std::size_t Size>
using Names = std::array<std::pair<Enum, std::string_view>, Size>;

template <typename Enum, std::size_t Size>
constexpr std::string_view name_of(const Names<Enum, Size>& names, Enum value) {
  for (const auto& [candidate, name] : names)
    if (candidate == value) return name;
  return {};
}

/// The first value for a text that stands for none: the schema permits no such text.
template <typename Enum, std::size_t Size>
constexpr Enum value_of(const Names<Enum, Size>& names, std::string_view text) {
  for (const auto& [candidate, name] : names)
    if (name == text) return candidate;
  return names.front().first;
}

}  // namespace ovaport::store
