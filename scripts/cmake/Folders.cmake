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

# gemmtune_folder(PATH [ROWS] LINKS target... [PRIVATE target...]): the library gemmtune_<path> of all *.cpp directly
# in src/PATH. A folder of headers alone becomes an interface library. ROWS: it loops over many rows or candidates.
function(gemmtune_folder path)
  cmake_parse_arguments(PARSE_ARGV 1 arg "ROWS" "" "LINKS;PRIVATE")
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
