#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine.h"
#include "ovaport/store/imports.h"
#include "sqlite.h"

/// Between the rows of imports and structures.
namespace ovaport::store {

inline constexpr std::string_view kSelectImports =
    "SELECT id, appliance_id, request, state, wish, step, priority, attempt, owner, error_code, "
    "error_message, done, total, result, created, started, finished, not_before, revision, number "
    "FROM imports ";

struct ImportRow {
  Import import;
  std::int64_t number = 0;
};

ImportRow read_import(const Statement& row);
ImportStep import_step_at(std::int64_t position);
/// Not known: kind not_found, code "store.not-found".
Result<ImportRow> find_import(Connection& db, std::string_view id);
/// Adds an event that shows the state of an import after the change, and returns it.
Result<Import> tell_import(Engine& engine, Connection& db, std::string_view kind,
                           std::int64_t number);

}  // namespace ovaport::store
