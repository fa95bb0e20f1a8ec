# Headers that half of the translation units include, parsed once for each level of optimisation. A file still names
# what it uses: tests/structure sees to it.
foreach(suffix "" _rows)
  add_library(gemmtune_precompiled${suffix} OBJECT ${CMAKE_CURRENT_LIST_DIR}/precompiled.cpp)
  target_precompile_headers(gemmtune_precompiled${suffix} PRIVATE
    <algorithm> <array> <charconv> <chrono> <cmath> <cstdint> <filesystem> <functional> <map> <memory> <optional> <set>
    <source_location> <span> <stdexcept> <string> <string_view> <system_error> <utility> <variant> <vector>)
endforeach()
set(rows_options $<$<CONFIG:Release>:-O1>)
target_compile_options(gemmtune_precompiled_rows PRIVATE ${rows_options})

# The include table of the architecture is that of src/README.md: a folder links what it may include.
file(READ ${CMAKE_SOURCE_DIR}/src/README.md include_table)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/README.md)

# gemmtune_may_include(PATH OUT): the libraries of the folders in the table's row for src/PATH. Those of which it names
# the headers are not linked.
function(gemmtune_may_include path out)
  if(NOT include_table MATCHES "\n\\| `${path}/?` \\|[^|\n]*\\|([^|\n]*)\\|\n")
    message(FATAL_ERROR "The include table in src/README.md has no row for ${path}")
  endif()
  string(REGEX REPLACE "[a-z_/]+ \\([^)]*\\)" "" folders "${CMAKE_MATCH_1}")
  string(REGEX MATCHALL "[a-z_/]+" folders "${folders}")
  list(TRANSFORM folders REPLACE "/" "_")
  list(TRANSFORM folders PREPEND gemmtune_)
  set(${out} ${folders} PARENT_SCOPE)
endfunction()

# gemmtune_folder(PATH [ROWS] [LINKS target...] [PRIVATE target...]): the library gemmtune_<path> of all *.cpp directly
# in src/PATH; LINKS are what is not ours. A folder of headers alone becomes an interface library. ROWS: it loops over
# many rows or candidates.
function(gemmtune_folder path)
  cmake_parse_arguments(PARSE_ARGV 1 arg "ROWS" "" "LINKS;PRIVATE")
  gemmtune_may_include(${path} folders)
  list(PREPEND arg_LINKS ${folders})
  string(REPLACE "/" "_" name gemmtune_${path})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${path}/*.cpp)
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC ${arg_LINKS} PRIVATE ${arg_PRIVATE})
    target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
    if(arg_ROWS)
      target_compile_options(${name} PRIVATE ${rows_options})
      target_precompile_headers(${name} REUSE_FROM gemmtune_precompiled_rows)
    else()
      target_precompile_headers(${name} REUSE_FROM gemmtune_precompiled)
    endif()
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE ${arg_LINKS})
    target_include_directories(${name} INTERFACE ${CMAKE_SOURCE_DIR}/src)
  endif()
endfunction()
