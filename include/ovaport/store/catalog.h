#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ovaport/base/concern.h"
#include "ovaport/base/digest.h"
#include "ovaport/base/result.h"
#include "ovaport/store/time.h"

namespace ovaport::store {

class Engine;

/// Whether a package can be read where it was seen.
enum class Availability {
  available,
  unavailable,  ///< Its share is away; the package counts as being there still.
  removed,      ///< It was deleted or replaced.
};

/// How a package came to be known.
enum class Source { share, upload, url };

/// "available", "unavailable", "removed".
std::string_view to_string(Availability availability);
/// "share", "upload", "url".
std::string_view to_string(Source source);

/// The identity of a package's content, the same wherever it lies: 40 lower-case
/// hexadecimal digits, made from the SHA-256 digests of descriptor and manifest.
std::string appliance_id(const Digest& descriptor, const std::optional<Digest>& manifest);

/// What a list shows of a package. Texts are as the descriptor has them (UTF-8, not
/// escaped).
struct Appliance {
  std::string id;  ///< See appliance_id().
  std::string name;
  std::string vendor;
  std::string product;
  std::string version;
  std::string os;
  std::string producer;     ///< The program that made the package.
  std::string description;  ///< Searched, not sorted.
  std::string transport;    ///< Of the OVF environment, words separated by spaces.
  bool has_properties = false;
  std::optional<Severity> severity;  ///< The highest of its concerns.
  std::uint64_t size = 0;            ///< bytes
  std::uint32_t disks = 0;

  // Set by the store:
  Availability availability = Availability::removed;  ///< The best of its locations'.
  Time first_seen = 0;
  Time updated = 0;       ///< When what is above, or a document, changed last.
  Revision revision = 0;  ///< Grows when its locations change, too.
};

/// What is large about an appliance, each a JSON text that the store does not look into.
struct Documents {
  std::string model;
  std::string concerns;
  std::string properties_schema;
};

/// A file that is, or was, a package.
struct Location {
  std::string appliance_id;  ///< Empty when the file could not be read as a package.
  Source source = Source::share;
  std::string share;       ///< Name of the share; empty for other sources.
  std::string path;        ///< In the share, of the upload, or the URL; any bytes but NUL.
  std::uint64_t size = 0;  ///< bytes
  std::int64_t mtime_ns = 0;
  std::uint64_t inode = 0;
  std::string error_code;     ///< Of a file that could not be read; it has no appliance.
  std::string error_message;  ///< For people.

  // Set by the store:
  Availability availability = Availability::available;
  Time seen_at = 0;  ///< When it was recorded last.
};

/// A package together with where it was found.
struct Found {
  Appliance appliance;
  Documents documents;
  Location location;  ///< Its appliance_id is taken from `appliance`.
};

/// What a rescan compares a file with. A file with the same size, mtime and inode needs
/// no second look, whether it could be read or not.
struct KnownFile {
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  std::uint64_t inode = 0;
  Availability availability = Availability::available;
  std::string appliance_id;  ///< Empty when it could not be read, then:
  std::string error_code;
  std::string error_message;
};

/// By path, in the share.
using KnownFiles = std::map<std::string, KnownFile, std::less<>>;

enum class Order { name, vendor, updated, size };

/// Which appliances to list. Empty members do not restrict.
struct Query {
  std::string text;    ///< Words that all must occur (as beginnings of words) in name, vendor,
                       ///< product, version, OS, description or file name; at most 16.
  std::string vendor;  ///< Equal but for case; so are the next three.
  std::string product;
  std::string os;
  std::string producer;
  std::string transport;             ///< One word that must be among the transports.
  std::string share;                 ///< With a location in this share that is not removed.
  std::optional<Severity> at_least;  ///< Its highest concern is this one or worse.
  std::optional<bool> has_properties;
  std::optional<Availability> availability;

  Order order = Order::name;
  bool descending = false;
  std::size_t limit = 50;  ///< Taken as 1 … 1000.
  std::string cursor;      ///< `next` of the page before; otherwise empty.
};

struct AppliancePage {
  std::vector<Appliance> items;
  std::string next;         ///< Cursor of the next page; empty on the last one.
  std::uint64_t total = 0;  ///< Of all pages, at this moment.
};

/// The packages that are known. Thread-safe; belongs to a Store and lives as long.
class Catalog {
 public:
  explicit Catalog(Engine& engine) : engine_(engine) {}

  /// Enters packages and where they were found, all or none. What is known already and
  /// did not change costs no write. A path that held another package before holds this
  /// one now; the other one keeps its entry.
  Status record(std::span<const Found> found);
  /// Enters files that could not be read, each with its error, so that they can be shown
  /// and are not tried again before they change.
  Status record_broken(std::span<const Location> files);

  /// The share went away (unavailable) or came back (available). Locations that are
  /// removed stay so. Returns how many changed.
  Result<std::uint64_t> mark_share(std::string_view share, Availability availability);
  /// Files of a share that are gone. Unknown paths do no harm.
  Status mark_removed(std::string_view share, std::span<const std::string> paths);
  /// Files of a share that have another path now, without a change of content: pairs of
  /// old and new path. A new path that is known already is replaced.
  Status mark_moved(std::string_view share,
                    std::span<const std::pair<std::string, std::string>> paths);
  /// Takes out an appliance that was uploaded or fetched, with its locations; their files
  /// are the caller's. One that is in a share is kind conflict, code "store.state".
  Status forget(std::string_view id, std::optional<Revision> expected = {});
  /// Deletes locations that are removed since before `time`, and then the appliances that
  /// have no location left. Returns how many appliances.
  Result<std::uint64_t> forget_removed(Time before);

  /// All files of a share that are not removed, readable as packages or not.
  Result<KnownFiles> known_files(std::string_view share);
  /// The files that could not be read and are not removed, of all shares, by share and path.
  Result<std::vector<Location>> broken_files();

  /// Not known: kind not_found, code "store.not-found".
  Result<Appliance> appliance(std::string_view id);
  Result<Documents> documents(std::string_view id);
  Result<std::vector<Location>> locations_of(std::string_view id);
  /// All appliances of that vendor and product (both equal but for case), newest version
  /// first: numbers in versions compare as numbers.
  Result<std::vector<Appliance>> versions_of(std::string_view vendor, std::string_view product);

  /// One page. What is on all pages stays the same when appliances are added meanwhile:
  /// none is shown twice or left out. A cursor of another query is an error, kind choice,
  /// code "store.cursor"; so is a text that cannot be searched, code "store.query".
  Result<AppliancePage> search(const Query& query);

 private:
  Engine& engine_;
};

}  // namespace ovaport::store
