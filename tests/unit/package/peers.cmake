# The tests pack what is to be unpacked.
find_package(ZLIB REQUIRED)
target_link_libraries(ovaport_package_tests PRIVATE ZLIB::ZLIB)
