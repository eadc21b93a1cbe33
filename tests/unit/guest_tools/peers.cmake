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

# The first process of the boot test's machine.
set(init ${CMAKE_CURRENT_BINARY_DIR}/guest_tools_init)
set(init_source ${CMAKE_CURRENT_SOURCE_DIR}/guest_tools/boot/init.c)
add_custom_command(
  OUTPUT ${init}
  COMMAND ${OVAPORT_MUSL_GCC} -std=c11 -O1 -s -static -Wall -Wextra -Werror -o ${init} ${init_source}
  DEPENDS ${init_source}
  VERBATIM)
target_sources(ovaport_guest_tools_tests PRIVATE ${init})
set_source_files_properties(${init} PROPERTIES HEADER_FILE_ONLY TRUE)
target_compile_definitions(ovaport_guest_tools_tests PRIVATE OVAPORT_BOOT_INIT="${init}")
