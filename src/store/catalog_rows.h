#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ovaport/base/concern.h"
#include "ovaport/store/catalog.h"
#include "sqlite.h"

/// Between the catalog's rows and structures.
namespace ovaport::store {

/// Columns of appliances, for an "appliances AS a", as read_appliance() takes them.
inline constexpr std::string_view kApplianceColumns =
    "a.id, a.name, a.vendor, a.product, a.version, a.os, a.producer, a.description, "
    "a.transport, a.has_properties, a.severity, a.size, a.disks, a.first_seen, a.updated, "
    "a.revision, (SELECT min(availability) FROM locations WHERE appliance = a.number)";
inline constexpr int kApplianceColumnCount = 17;

Appliance read_appliance(const Statement& row);

/// 0 when there is none; higher is worse.
int severity_rank(std::optional<Severity> severity);
Availability availability_of(std::int64_t rank);
int availability_rank(Availability availability);

Error no_such_appliance(std::string_view id);

}  // namespace ovaport::store
