// Texts to search for and cursors, as clients send them: whatever they hold, a search
// ends with a page or with an error of its own.
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "ovaport/store/store.h"

namespace {

namespace fs = std::filesystem;
using namespace ovaport;
using namespace ovaport::store;

/// A store with a few appliances, in a directory that is gone at its end.
class Catalogue {
 public:
  Catalogue() {
    std::string name = (fs::temp_directory_path() / "ovaport-fuzz-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    directory_ = name;
    auto opened = Store::open(directory_);
    if (!opened.ok()) std::abort();
    store_ = std::move(opened).value();
    for (const char* id : {"a1", "a2", "a3"}) {
      Found one;
      one.appliance.id = id;
      one.appliance.name = "Probe";
      one.location.path = std::string(id) + ".ova";
      if (!store_->catalog().record({&one, 1}).ok()) std::abort();
    }
  }
  Catalogue(const Catalogue&) = delete;
  ~Catalogue() {
    store_.reset();
    std::error_code ignored;
    fs::remove_all(directory_, ignored);
  }
  Store& store() { return *store_; }

 private:
  fs::path directory_;
  std::unique_ptr<Store> store_;
};

void expect_page_or_refusal(Store& store, const Query& query) {
  const auto page = store.catalog().search(query);
  if (page.ok() || page.error().code == "store.query" || page.error().code == "store.cursor")
    return;
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Catalogue catalogue;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t middle = input.find('\n');
  Query query;
  query.text = input.substr(0, middle);
  query.limit = 1;
  query.order = static_cast<Order>(size % 4);
  expect_page_or_refusal(catalogue.store(), query);
  if (middle != std::string_view::npos) {
    query.cursor = input.substr(middle + 1);
    expect_page_or_refusal(catalogue.store(), query);
  }
  return 0;
}
