# The tests look into the database by SQLite itself, and make older and foreign ones.
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
target_link_libraries(ovaport_store_tests PRIVATE PkgConfig::SQLITE)
# Decisions are tested by themselves, below the public interface.
target_include_directories(ovaport_store_tests PRIVATE ${PROJECT_SOURCE_DIR}/src/store)
set(timeout 300)
