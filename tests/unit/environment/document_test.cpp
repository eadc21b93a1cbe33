#include "ovaport/environment/document.h"

#include <gtest/gtest.h>

namespace ovaport::environment {
namespace {

TEST(Render, Smoke) {
  Document document;
  document.instance_id = "imp-7f3c";
  document.adapters.push_back({"00:50:56:9a:11:22", "VM Network", 7});
  EXPECT_NE(render(document).find("oe:key=\"instance-id\""), std::string::npos);
}

}  // namespace
}  // namespace ovaport::environment
