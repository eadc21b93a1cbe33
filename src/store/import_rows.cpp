#include "import_rows.h"

#include "names.h"
#include "ovaport/base/text.h"

namespace ovaport::store {

namespace {

constexpr Names<ImportState, 6> kStates{{{ImportState::queued, "queued"},
                                         {ImportState::running, "running"},
                                         {ImportState::paused, "paused"},
                                         {ImportState::succeeded, "succeeded"},
                                         {ImportState::failed, "failed"},
                                         {ImportState::cancelled, "cancelled"}}};

constexpr Names<ImportStep, 5> kSteps{
    {{ImportStep::initialize, "Initialize"},
     {ImportStep::disk_transfer, "DiskTransfer"},
     {ImportStep::image_conversion, "ImageConversion"},
     {ImportStep::disk_allocation, "DiskAllocation"},
     {ImportStep::virtual_machine_creation, "VirtualMachineCreation"}}};

constexpr Names<ImportWish, 3> kWishes{
    {{ImportWish::none, "none"}, {ImportWish::pause, "pause"}, {ImportWish::cancel, "cancel"}}};

}  // namespace

std::string_view to_string(ImportState state) {
  return name_of(kStates, state);
}
std::string_view to_string(ImportStep step) {
  return name_of(kSteps, step);
}
std::string_view to_string(ImportWish wish) {
  return name_of(kWishes, wish);
}

ImportStep import_step_at(std::int64_t position) {
  if (position < 0 || position >= static_cast<std::int64_t>(kSteps.size()))
    return ImportStep::initialize;
  return kSteps.at(static_cast<std::size_t>(position)).first;
}

ImportRow read_import(const Statement& row) {
  ImportRow read;
  Import& import = read.import;
  import.id = row.text(0);
  import.appliance_id = row.text(1);
  import.request = row.text(2);
  import.state = value_of(kStates, row.text(3));
  import.wish = value_of(kWishes, row.text(4));
  import.step = value_of(kSteps, row.text(5));
  import.priority = static_cast<int>(row.integer(6));
  import.attempt = row.integer(7);
  import.owner = row.text(8);
  import.error_code = row.text(9);
  import.error_message = row.text(10);
  import.done = row.size(11);
  import.total = row.size(12);
  import.result = row.text(13);
  import.created = row.integer(14);
  import.started = row.optional_integer(15);
  import.finished = row.optional_integer(16);
  import.not_before = row.optional_integer(17);
  import.revision = row.integer(18);
  read.number = row.integer(19);
  return read;
}

Result<ImportRow> find_import(Connection& db, std::string_view id) {
  OVAPORT_TRY(Statement row, db.query(std::string(kSelectImports) + "WHERE id = ?", id));
  OVAPORT_TRY(const bool found, row.step());
  if (!found)
    return Error(ErrorKind::not_found, "store.not-found", "there is no import " + quote(id));
  return read_import(row);
}

Result<Import> tell_import(Engine& engine, Connection& db, std::string_view kind,
                           std::int64_t number) {
  OVAPORT_TRY(Statement row, db.query(std::string(kSelectImports) + "WHERE number = ?", number));
  OVAPORT_TRY(const bool found, row.step());
  if (!found) return Error(ErrorKind::internal, "store.internal", "an import vanished");
  Import import = read_import(row).import;
  OVAPORT_CHECK(engine.add_event(db, kind, import.id,
                                 event_data({{"state", to_string(import.state)},
                                             {"wish", to_string(import.wish)},
                                             {"step", to_string(import.step)},
                                             {"attempt", std::to_string(import.attempt)},
                                             {"error", import.error_code}})));
  return import;
}

}  // namespace ovaport::store
