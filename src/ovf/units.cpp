#include <array>
#include <cctype>

#include "ovaport/base/checked.h"
#include "ovaport/base/text.h"
#include "ovaport/ovf/machine.h"

namespace ovaport::ovf {

namespace {

Error bad_unit(std::string_view unit) {
  return Error(ErrorKind::invalid, "ovf.unit", "the unit " + quote(unit, 80) + " is not known")
      .advise("Units look like \"byte * 2^20\" (DSP0004 Annex C)");
}

struct Spelling {
  std::string_view name;
  std::uint64_t factor;
};

// What producers write instead of programmatic units. OVF 0.9's "MegaBytes" and the
// short forms are binary wherever VMware and VirtualBox write them.
constexpr std::array kSpellings{Spelling{"b", 1},
                                Spelling{"kb", 1ULL << 10},
                                Spelling{"kib", 1ULL << 10},
                                Spelling{"mb", 1ULL << 20},
                                Spelling{"mib", 1ULL << 20},
                                Spelling{"gb", 1ULL << 30},
                                Spelling{"gib", 1ULL << 30},
                                Spelling{"tb", 1ULL << 40},
                                Spelling{"tib", 1ULL << 40},
                                Spelling{"hz", 1},
                                Spelling{"khz", 1000},
                                Spelling{"mhz", 1'000'000},
                                Spelling{"ghz", 1'000'000'000}};

struct Prefix {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array kBinaryPrefixes{Prefix{"kibi", 1ULL << 10}, Prefix{"mebi", 1ULL << 20},
                                     Prefix{"gibi", 1ULL << 30}, Prefix{"tebi", 1ULL << 40},
                                     Prefix{"pebi", 1ULL << 50}};
constexpr std::array kDecimalPrefixes{
    Prefix{"kilo", 1'000}, Prefix{"mega", 1'000'000}, Prefix{"giga", 1'000'000'000},
    Prefix{"tera", 1'000'000'000'000}, Prefix{"peta", 1'000'000'000'000'000}};

std::uint64_t binary_of(std::string_view decimal_prefix) {
  for (std::size_t i = 0; i < kDecimalPrefixes.size(); ++i)
    if (kDecimalPrefixes.at(i).name == decimal_prefix) return kBinaryPrefixes.at(i).factor;
  return 1;
}

// "byte", "kibibyte", "megabytes", "hertz", "GB".
std::optional<std::uint64_t> named_unit(const std::string& word) {
  for (const Spelling& spelling : kSpellings)
    if (spelling.name == word) return spelling.factor;
  std::string_view base = word;
  const bool plural = base.size() > 4 && base.ends_with("s");
  if (plural) base.remove_suffix(1);
  const bool bytes = base.ends_with("byte");
  const bool hertz = base.ends_with("hertz");
  if (!bytes && !hertz) return std::nullopt;
  const std::string_view prefix = base.substr(0, base.size() - (bytes ? 4 : 5));
  if (prefix.empty()) return 1;
  for (const Prefix& known : kBinaryPrefixes)
    if (known.name == prefix) return known.factor;
  for (const Prefix& known : kDecimalPrefixes)
    if (known.name == prefix) return bytes ? binary_of(prefix) : known.factor;
  return std::nullopt;
}

std::optional<std::uint64_t> power(std::uint64_t base, std::uint64_t exponent) {
  if (exponent > 64) return std::nullopt;
  std::uint64_t value = 1;
  for (std::uint64_t i = 0; i < exponent; ++i) {
    const auto next = checked_multiply(value, base);
    if (!next) return std::nullopt;
    value = *next;
  }
  return value;
}

// number | number ^ number | name
std::optional<std::uint64_t> factor_of(std::string_view element) {
  element = trimmed(element);
  const auto caret = element.find('^');
  if (caret != std::string_view::npos) {
    const auto base = parse_unsigned(trimmed(element.substr(0, caret)));
    const auto exponent = parse_unsigned(trimmed(element.substr(caret + 1)));
    return base && exponent ? power(*base, *exponent) : std::nullopt;
  }
  if (const auto number = parse_unsigned(element)) return number;
  return named_unit(to_lower(element));
}

}  // namespace

Result<std::uint64_t> parse_unit(std::string_view unit) {
  const std::string_view whole = trimmed(unit);
  if (whole.empty()) return std::uint64_t{1};
  if (whole.size() > 200) return bad_unit(unit);
  std::uint64_t value = 1;
  std::size_t start = 0;
  while (start <= whole.size()) {
    auto end = whole.find('*', start);
    if (end == std::string_view::npos) end = whole.size();
    const auto factor = factor_of(whole.substr(start, end - start));
    if (!factor || *factor == 0) return bad_unit(unit);
    const auto product = checked_multiply(value, *factor);
    if (!product) return bad_unit(unit);
    value = *product;
    start = end + 1;
  }
  return value;
}

}  // namespace ovaport::ovf
