# The tests make VMDKs of their own, by zlib: another library than the decoder's.
find_package(ZLIB REQUIRED)
target_link_libraries(ovaport_disk_tests PRIVATE ZLIB::ZLIB)
set(timeout 300)
