# Decisions are tested by themselves, below the public interface, which needs an
# appliance.
pkg_check_modules(ARCHIVE REQUIRED IMPORTED_TARGET libarchive)
find_package(nlohmann_json 3.11 REQUIRED)
target_include_directories(ovaport_guest_tests PRIVATE ${PROJECT_SOURCE_DIR}/src/guest)
target_link_libraries(ovaport_guest_tests PRIVATE nlohmann_json::nlohmann_json PkgConfig::ARCHIVE)
