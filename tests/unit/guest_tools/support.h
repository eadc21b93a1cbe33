#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/iso.h"
#include "core/slice.h"
#include "ovaport/base/child.h"

namespace ovaport::guest {

inline ovt_slice slice(std::string_view text) {
  return {text.data(), text.size()};
}
inline std::string text(ovt_slice slice) {
  return {slice.at, slice.size};
}

/// A directory of the running test, removed after it.
class Workplace : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    std::string name = std::string(info->test_suite_name()) + "-" + info->name();
    for (char& c : name)
      if (c == '/') c = '-';
    directory_ = std::filesystem::path(testing::TempDir()) /
                 ("ovaport-tools-" + std::to_string(getpid()) + "-" + name);
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
    ASSERT_EQ(chmod(directory_.c_str(), 0755), 0);
  }

  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::filesystem::path put(std::string_view name, std::string_view content) {
    const auto path = directory_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  std::filesystem::path directory_;
};

inline std::string contents(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

inline Result<ChildOutcome> run(std::vector<std::string> arguments,
                                std::vector<std::string> environment = {},
                                std::optional<std::uint32_t> user = {}) {
  ChildOptions options;
  options.arguments = std::move(arguments);
  options.environment = std::move(environment);
  options.environment.emplace_back("PATH=/usr/sbin:/usr/bin:/sbin:/bin");
  options.environment.emplace_back("LC_ALL=C.UTF-8");
  options.deadline = std::chrono::seconds(110);
  options.isolate_network = false;
  options.user = user;
  options.output_limit = std::size_t{8} << 20;
  return run_child(options);
}

/// A document in the shape that the environment module renders, with what goes wrong.
inline std::string document() {
  return R"(<?xml version="1.0" encoding="UTF-8"?>
<!-- <PropertySection><Property oe:key="hostname" oe:value="from a comment"/> -->
<Environment
     xmlns="http://schemas.dmtf.org/ovf/environment/1"
     xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
     xmlns:oe="http://schemas.dmtf.org/ovf/environment/1"
     xmlns:ve="http://www.vmware.com/schema/ovfenv"
     oe:id="">
   <PlatformSection>
      <Kind>KubeVirt</Kind>
   </PlatformSection>
   <PropertySection>
         <Property oe:key="hostname" oe:value="acme&#10;fw &amp; &lt;&gt;&quot;&apos; gr&#xfc;n"/>
         <Property oe:key="guestinfo.dns" oe:value="192.0.2.53"/>
         <Property oe:key="dns" oe:value="the one without prefix"/>
         <Property oe:key="guestinfo.both" oe:value="the property"/>
         <Property oe:key="empty" oe:value=""/>
         <Property oe:key="CamelCase" oe:value="camel"/>
   </PropertySection>
   <Entity oe:id="db">
      <PropertySection>
         <Property oe:key="sibling" oe:value="secret of another"/>
      </PropertySection>
   </Entity>
   <ovaport:GuestInfoSection xmlns:ovaport="urn:ovaport:guestinfo:1">
      <ovaport:Entry ovaport:key="guestinfo.userdata" ovaport:value="I2Nsb3VkLWNvbmZpZw=="/>
      <ovaport:Entry ovaport:key="guestinfo.both" ovaport:value="the entry"/>
   </ovaport:GuestInfoSection>
</Environment>
)";
}

struct IsoAnswer {
  ovt_disk result;
  std::string document;
  bool labelled;
};

struct Image {
  std::string bytes;
  std::size_t reads = 0;
};

inline bool read_image(void* context, std::uint64_t offset, void* out, std::size_t size) {
  auto* image = static_cast<Image*>(context);
  image->reads++;
  if (offset > image->bytes.size() || size > image->bytes.size() - offset) return false;
  if (size > 0) std::memcpy(out, image->bytes.data() + offset, size);
  return true;
}

inline IsoAnswer find_environment(Image& image) {
  // Filled once: sanitizers take long over two megabytes.
  static std::string space(OVT_DOCUMENT_LIMIT, '\0');
  ovt_buffer buffer{space.data(), 0, space.size()};
  bool labelled = false;
  const ovt_disk result = ovt_iso_environment(read_image, &image, &buffer, &labelled);
  return {result, text(ovt_filled(&buffer)), labelled};
}

}  // namespace ovaport::guest
