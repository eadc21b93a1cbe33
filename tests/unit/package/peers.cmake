# The tests pack gzip data of their own.
find_package(ZLIB REQUIRED)
target_link_libraries(ovaport_package_tests PRIVATE ZLIB::ZLIB)
# What is inside the module is tested by itself, with smaller limits.
target_include_directories(ovaport_package_tests PRIVATE ${PROJECT_SOURCE_DIR}/src/package)
