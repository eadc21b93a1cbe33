# The program's own functions, and the built programs for the black-box tests.
target_link_libraries(ovaport_guest_tools_tests PRIVATE ovaport_guesttools)
target_compile_definitions(
  ovaport_guest_tools_tests
  PRIVATE OVAPORT_LINUX_TOOLS="$<TARGET_PROPERTY:ovaport_guest_tools,OVAPORT_LINUX_PROGRAM>"
          OVAPORT_WINDOWS_TOOLS="$<TARGET_PROPERTY:ovaport_guest_tools,OVAPORT_WINDOWS_PROGRAM>")
