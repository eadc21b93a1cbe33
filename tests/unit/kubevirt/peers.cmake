# The YAML must mean to another reader what the JSON says.
find_package(nlohmann_json 3.11 REQUIRED)
find_package(yaml-cpp REQUIRED)
target_link_libraries(ovaport_kubevirt_tests PRIVATE nlohmann_json::nlohmann_json yaml-cpp)
