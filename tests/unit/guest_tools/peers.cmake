# The program's own functions, and the built programs for the black-box tests.
target_link_libraries(ovaport_guest_tools_tests PRIVATE ovaport_guesttools ovaport_base)
target_compile_definitions(
  ovaport_guest_tools_tests
  PRIVATE OVAPORT_LINUX_TOOLS="$<TARGET_PROPERTY:ovaport_guest_tools,OVAPORT_LINUX_PROGRAM>"
          OVAPORT_WINDOWS_TOOLS="$<TARGET_PROPERTY:ovaport_guest_tools,OVAPORT_WINDOWS_PROGRAM>"
          # Made once by the first run under wine.
          OVAPORT_WINE_PREFIX="${PROJECT_BINARY_DIR}/wine-prefix"
          OVAPORT_SANITIZED="${OVAPORT_SANITIZE}")
# The first run under wine makes a prefix.
set(timeout 300)
