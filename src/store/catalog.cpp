#include "ovaport/store/catalog.h"

#include <algorithm>

#include "catalog_rows.h"
#include "engine.h"
#include "names.h"
#include "ovaport/base/text.h"

namespace ovaport::store {

namespace {

constexpr Names<Source, 3> kSources{
    {{Source::share, "share"}, {Source::upload, "upload"}, {Source::url, "url"}}};

Result<std::vector<Location>> read_locations(Statement rows) {
  std::vector<Location> locations;
  while (true) {
    OVAPORT_TRY(const bool more, rows.step());
    if (!more) return locations;
    Location location;
    location.appliance_id = rows.text(0);
    location.source = value_of(kSources, rows.text(1));
    location.share = rows.text(2);
    location.path = rows.text(3);
    location.size = rows.size(4);
    location.mtime_ns = rows.integer(5);
    location.inode = rows.size(6);
    location.availability = availability_of(rows.integer(7));
    location.error_code = rows.text(8);
    location.error_message = rows.text(9);
    location.seen_at = rows.integer(10);
    locations.push_back(std::move(location));
  }
}

constexpr std::string_view kSelectLocations =
    "SELECT coalesce(a.id, ''), l.source, l.share, l.path, l.size, l.mtime_ns, l.inode, "
    "l.availability, l.error_code, l.error_message, l.seen_at "
    "FROM locations AS l LEFT JOIN appliances AS a ON a.number = l.appliance ";

}  // namespace

std::string_view to_string(Source source) {
  return name_of(kSources, source);
}

std::string appliance_id(const Digest& descriptor, const std::optional<Digest>& manifest) {
  const std::string both = descriptor.hex + "\n" + (manifest ? manifest->hex : "") + "\n";
  // 160 bits: nobody can make two packages with one identity, and it fits into a URL.
  return digest_of(DigestAlgorithm::sha256, both).hex.substr(0, 40);
}

Result<KnownFiles> Catalog::known_files(std::string_view share) {
  return engine_.read([&](Connection& db) -> Result<KnownFiles> {
    OVAPORT_TRY(Statement rows,
                db.query("SELECT l.path, l.size, l.mtime_ns, l.inode, l.availability, "
                         "coalesce(a.id, ''), l.error_code, l.error_message FROM locations AS l "
                         "LEFT JOIN appliances AS a ON a.number = l.appliance "
                         "WHERE l.share = ? AND l.source = 'share' AND l.availability < 2 "
                         "ORDER BY l.path",
                         share));
    KnownFiles files;
    while (true) {
      OVAPORT_TRY(const bool more, rows.step());
      if (!more) return files;
      files.emplace_hint(
          files.end(), rows.text(0),
          KnownFile{rows.size(1), rows.integer(2), rows.size(3), availability_of(rows.integer(4)),
                    rows.text(5), rows.text(6), rows.text(7)});
    }
  });
}

Result<std::vector<Location>> Catalog::broken_files() {
  return engine_.read([&](Connection& db) -> Result<std::vector<Location>> {
    OVAPORT_TRY(Statement rows, db.query(std::string(kSelectLocations) +
                                         "WHERE l.appliance IS NULL AND l.availability < 2 "
                                         "ORDER BY l.share, l.path"));
    return read_locations(std::move(rows));
  });
}

Result<Appliance> Catalog::appliance(std::string_view id) {
  return engine_.read([&](Connection& db) -> Result<Appliance> {
    OVAPORT_TRY(Statement row, db.query("SELECT " + std::string(kApplianceColumns) +
                                            " FROM appliances AS a WHERE a.id = ?",
                                        id));
    OVAPORT_TRY(const bool found, row.step());
    if (!found) return no_such_appliance(id);
    return read_appliance(row);
  });
}

Result<Documents> Catalog::documents(std::string_view id) {
  return engine_.read([&](Connection& db) -> Result<Documents> {
    OVAPORT_TRY(Statement row, db.query("SELECT model, concerns, properties_schema FROM documents "
                                        "WHERE appliance = (SELECT number FROM appliances "
                                        "WHERE id = ?)",
                                        id));
    OVAPORT_TRY(const bool found, row.step());
    if (!found) return no_such_appliance(id);
    return Documents{row.text(0), row.text(1), row.text(2)};
  });
}

Result<std::vector<Location>> Catalog::locations_of(std::string_view id) {
  return engine_.read([&](Connection& db) -> Result<std::vector<Location>> {
    OVAPORT_TRY(const auto number, db.integer("SELECT number FROM appliances WHERE id = ?", id));
    if (!number) return no_such_appliance(id);
    OVAPORT_TRY(Statement rows,
                db.query(std::string(kSelectLocations) + "WHERE l.appliance = ? "
                                                         "ORDER BY l.availability, l.share, l.path",
                         *number));
    return read_locations(std::move(rows));
  });
}

Result<std::vector<Appliance>> Catalog::versions_of(std::string_view vendor,
                                                    std::string_view product) {
  return engine_.read([&](Connection& db) -> Result<std::vector<Appliance>> {
    OVAPORT_TRY(Statement rows, db.query("SELECT " + std::string(kApplianceColumns) +
                                             " FROM appliances AS a "
                                             "WHERE a.vendor = ? COLLATE NOCASE "
                                             "AND a.product = ? COLLATE NOCASE",
                                         vendor, product));
    std::vector<Appliance> versions;
    while (true) {
      OVAPORT_TRY(const bool more, rows.step());
      if (!more) break;
      versions.push_back(read_appliance(rows));
    }
    std::sort(versions.begin(), versions.end(), [](const Appliance& a, const Appliance& b) {
      if (const int order = compare_versions(a.version, b.version); order != 0) return order > 0;
      return a.id < b.id;
    });
    return versions;
  });
}

}  // namespace ovaport::store
