#pragma once

#include <span>
#include <string>
#include <string_view>

namespace ovaport::imports {

/// What a concern or error means for the one who decides about an import.
enum class ConcernKind {
  tolerance,  ///< Deviates from the standard and is accepted all the same.
  loss,       ///< Something of the source is not carried over.
  doubt,      ///< May be wrong; worth a look.
  note,       ///< Worth knowing.
  refusal,    ///< The package is refused.
  choice,     ///< A choice of the user is missing or wrong.
  fault,      ///< The machine, a helper program or ovaport itself failed.
};

/// "tolerance", "loss", …
std::string_view to_string(ConcernKind kind);

/// One code of the catalogue. Views into the program's own text.
struct CatalogueEntry {
  std::string_view code;  ///< "ovf.no-info"
  ConcernKind kind = ConcernKind::note;
  std::string_view clause;  ///< Of DSP0243 2.1.1, "§9.5"; may be empty.
  std::string_view meaning;
  std::string_view advice;  ///< What to do.
};

/// Every code that ovaport gives to a concern or an error, sorted.
std::span<const CatalogueEntry> concern_catalogue();

/// The entry of a code, or null.
const CatalogueEntry* find_concern(std::string_view code);

/// The catalogue as docs/concerns.md.
std::string catalogue_markdown();

/// The catalogue as a JSON array with a final newline.
std::string catalogue_json();

}  // namespace ovaport::imports
