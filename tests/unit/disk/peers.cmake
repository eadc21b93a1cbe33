# The tests make VMDKs of their own, by zlib: another library than the decoder's.
find_package(ZLIB REQUIRED)
target_link_libraries(ovaport_disk_tests PRIVATE ZLIB::ZLIB)
set(timeout 300)
# What is inside the module and talks to other programs is tested by itself.
target_include_directories(ovaport_disk_tests PRIVATE ${PROJECT_SOURCE_DIR}/src/disk)
