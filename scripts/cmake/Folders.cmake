# Headers that half of the translation units include, parsed once. A header still names what it uses
# (tests/CMakeLists.txt compiles it alone, without these).
add_library(gemmtune_precompiled OBJECT ${CMAKE_CURRENT_LIST_DIR}/precompiled.cpp)
target_precompile_headers(gemmtune_precompiled PRIVATE
  <algorithm> <cmath> <cstdint> <filesystem> <functional> <map> <memory> <optional> <set> <span> <string>
  <string_view> <utility> <variant> <vector>)

# gemmtune_folder(PATH LINKS target... [PRIVATE target...]): the library gemmtune_<path> of all *.cpp directly in
# src/PATH. A folder of headers alone becomes an interface library.
function(gemmtune_folder path)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LINKS;PRIVATE")
  string(REPLACE "/" "_" name gemmtune_${path})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${path}/*.cpp)
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC ${arg_LINKS} PRIVATE ${arg_PRIVATE})
    target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
    target_precompile_headers(${name} REUSE_FROM gemmtune_precompiled)
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE ${arg_LINKS})
    target_include_directories(${name} INTERFACE ${CMAKE_SOURCE_DIR}/src)
  endif()
endfunction()
