#include "catalog_rows.h"

#include "names.h"
#include "ovaport/base/text.h"

namespace ovaport::store {

namespace {

constexpr Names<Availability, 3> kAvailabilities{{{Availability::available, "available"},
                                                  {Availability::unavailable, "unavailable"},
                                                  {Availability::removed, "removed"}}};

std::optional<Severity> severity_of(std::int64_t rank) {
  switch (rank) {
    case 1:
      return Severity::information;
    case 2:
      return Severity::warning;
    case 3:
      return Severity::critical;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::string_view to_string(Availability availability) {
  return name_of(kAvailabilities, availability);
}

int severity_rank(std::optional<Severity> severity) {
  if (!severity) return 0;
  switch (*severity) {
    case Severity::information:
      return 1;
    case Severity::warning:
      return 2;
    case Severity::critical:
      return 3;
  }
  return 0;
}

Availability availability_of(std::int64_t rank) {
  if (rank == 0) return Availability::available;
  return rank == 1 ? Availability::unavailable : Availability::removed;
}

int availability_rank(Availability availability) {
  switch (availability) {
    case Availability::available:
      return 0;
    case Availability::unavailable:
      return 1;
    case Availability::removed:
      break;
  }
  return 2;
}

Appliance read_appliance(const Statement& row) {
  Appliance appliance;
  appliance.id = row.text(0);
  appliance.name = row.text(1);
  appliance.vendor = row.text(2);
  appliance.product = row.text(3);
  appliance.version = row.text(4);
  appliance.os = row.text(5);
  appliance.producer = row.text(6);
  appliance.description = row.text(7);
  appliance.transport = row.text(8);
  appliance.has_properties = row.integer(9) != 0;
  appliance.severity = severity_of(row.integer(10));
  appliance.size = row.size(11);
  appliance.disks = static_cast<std::uint32_t>(row.integer(12));
  appliance.first_seen = row.integer(13);
  appliance.updated = row.integer(14);
  appliance.revision = row.integer(15);
  // Without any location it is nowhere.
  appliance.availability = availability_of(row.optional_integer(16).value_or(2));
  return appliance;
}

Error no_such_appliance(std::string_view id) {
  return {ErrorKind::not_found, "store.not-found", "there is no appliance " + quote(id)};
}

}  // namespace ovaport::store
