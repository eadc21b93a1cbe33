# The document must read the same in the parsers that guests use.
find_package(nlohmann_json 3.11 REQUIRED)
find_package(LibXml2 REQUIRED)
find_package(pugixml REQUIRED)
target_link_libraries(ovaport_environment_tests PRIVATE LibXml2::LibXml2 pugixml::pugixml
                                                        nlohmann_json::nlohmann_json)
