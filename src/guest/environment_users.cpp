#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <set>
#include <utility>

#include "inspector.h"
#include "places.h"
#include "systemd_units.h"

namespace ovaport::guest {

namespace {

using Clock = std::chrono::steady_clock;

struct Place {
  std::string_view directory;
  int depth;
};

// Where scripts and units live that run at boot; the big directories last, so that
// limits cut there.
constexpr std::array kPlaces = {Place{"/etc/systemd/system", 2},
                                Place{"/usr/lib/systemd/system", 1},
                                Place{"/lib/systemd/system", 1},
                                Place{"/etc/init.d", 1},
                                Place{"/etc/rc.d", 2},
                                Place{"/etc/profile.d", 1},
                                Place{"/etc/network", 2},
                                Place{"/etc/NetworkManager/dispatcher.d", 2},
                                Place{"/etc/cloud", 2},
                                Place{"/etc/cron.d", 1},
                                Place{"/root", 2},
                                Place{"/usr/local", 5},
                                Place{"/opt", 5},
                                Place{"/srv", 4},
                                Place{"/var/lib/cloud/scripts", 2},
                                Place{"/usr/libexec", 2},
                                Place{"/usr/sbin", 1},
                                Place{"/usr/bin", 1}};

constexpr std::array<std::string_view, 8> kWords = {
    "vmtoolsd",       "vmware-rpctool", "vmware-guestd", "vmware-toolbox-cmd",
    "vmware-checkvm", "ovfEnv",         "ovf-env.xml",   "guestinfo."};

bool ends_with(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
}

// A walk that ends whatever the tree looks like: a directory may be linked into
// itself or hold millions of names.
class Search {
 public:
  Search(const Appliance& appliance, Inspection& guest) : appliance_(appliance), guest_(guest) {}

  void run() {
    read("/etc/rc.local");
    for (const Place& place : kPlaces)
      visit(std::string(place.directory), place.depth);
    if (!cut_) return;
    Concern concern;
    concern.code = "guest.search-limited";
    concern.severity = Severity::information;
    concern.message =
        "the search for programs that ask for the OVF environment was ended by its limits; "
        "there may be more than are listed";
    guest_.concerns.push_back(std::move(concern));
  }

 private:
  static constexpr int kMostDirectories = 600;
  static constexpr int kMostFiles = 2500;
  static constexpr std::int64_t kLargestFile = 128 << 10;
  static constexpr std::size_t kMostFindings = 200;
  static constexpr auto kLongest = std::chrono::seconds(90);

  bool spent() {
    cut_ = cut_ || directories_ > kMostDirectories || files_ > kMostFiles || Clock::now() > end_ ||
           guest_.environment_users.size() >= kMostFindings;
    return cut_;
  }

  void visit(const std::string& directory, int depth) {
    // /lib is often a link to /usr/lib: each place once, by its real name.
    const auto real = appliance_.real_path(directory);
    if (!real || !seen_.insert(*real).second) return;
    ++directories_;
    std::vector<std::string> plain;
    std::vector<std::string> deeper;
    for (const GuestEntry& entry : appliance_.list(*real)) {
      if (entry.type == 'r') plain.push_back(entry.name);
      if (entry.type == 'd') deeper.push_back(entry.name);
    }
    for (const std::string& name : of_readable_size(*real, plain)) {
      if (spent()) return;
      read_listed(*real + "/" + name, name);
    }
    for (const std::string& name : deeper)
      if (depth > 1 && !spent()) visit(*real + "/" + name, depth - 1);
  }

  std::vector<std::string> of_readable_size(const std::string& directory,
                                            const std::vector<std::string>& names) {
    std::vector<std::string> kept;
    constexpr std::size_t kBatch = 1000;
    for (std::size_t start = 0; start < names.size(); start += kBatch) {
      std::vector<char*> batch;
      for (std::size_t i = start; i < std::min(names.size(), start + kBatch); ++i)
        batch.push_back(const_cast<char*>(names[i].c_str()));
      batch.push_back(nullptr);
      const std::unique_ptr<guestfs_statns_list, void (*)(guestfs_statns_list*)> found(
          guestfs_lstatnslist(appliance_.raw(), directory.c_str(), batch.data()),
          guestfs_free_statns_list);
      for (std::uint32_t i = 0; found && i < found->len && start + i < names.size(); ++i)
        if (found->val[i].st_size > 0 && found->val[i].st_size <= kLargestFile)
          kept.push_back(names[start + i]);
    }
    return kept;
  }

  void read(const std::string& path) {
    if (appliance_.is_file(path)) read_listed(path, path.substr(path.rfind('/') + 1));
  }

  void read_listed(const std::string& path, const std::string& name) {
    if (is_of_the_tools(path, name)) return;
    ++files_;
    judge(path, name, appliance_.read_listed(path, kLargestFile));
  }

  static bool is_of_the_tools(const std::string& path, const std::string& name) {
    return belongs_to_vmware_tools(name) || name == "ovaport-environment.service" ||
           ends_with(path, ".dpkg-old") || name == "open-vm-tools" || name == "vmware-tools" ||
           ends_with(path, ".vmware-orig") || is_tool_program(path) ||
           name.substr(0, 7) == "vmware-" || name == "vm-support" ||
           path.find("/90-ovaport.conf") != std::string::npos;
  }

  static bool is_tool_program(const std::string& path) {
    return std::find(kToolPrograms.begin(), kToolPrograms.end(), path) != kToolPrograms.end();
  }

  void judge(const std::string& path, const std::string& name, std::string_view text) {
    const bool unit = ends_with(name, ".service") || ends_with(name, ".mount") ||
                      ends_with(name, ".socket") || ends_with(name, ".timer") ||
                      ends_with(name, ".path") || ends_with(name, ".target");
    if (unit && demands_vmware(text)) guest_.vmware_units.push_back(clean(path));
    for (const std::string_view word : kWords) {
      if (text.find(word) == std::string_view::npos) continue;
      guest_.environment_users.push_back({clean(path), std::string(word)});
      return;
    }
  }

  const Appliance& appliance_;
  Inspection& guest_;
  std::set<std::string> seen_;
  Clock::time_point end_ = Clock::now() + kLongest;
  int directories_ = 0;
  int files_ = 0;
  bool cut_ = false;
};

}  // namespace

void find_environment_users(const Appliance& appliance, Inspection& guest) {
  Search(appliance, guest).run();
}

}  // namespace ovaport::guest
