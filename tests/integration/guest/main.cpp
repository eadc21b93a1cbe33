#include <gtest/gtest.h>

#include <string_view>

#include "ovaport/guest/guest.h"

// The program under test runs itself as its worker; so does this one.
int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "guest-worker") return ovaport::guest::run_worker();
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
