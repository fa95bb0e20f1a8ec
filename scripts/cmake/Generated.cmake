# gemmtune_generated: what util/embedded.h and util/version.h declare, written at build time.
set(generated_dir ${CMAKE_BINARY_DIR}/generated)

# What travels inside the programs. The list is a file of its own, so that a file that comes or goes is
# noticed like one that changes.
file(GLOB_RECURSE embedded_files RELATIVE ${CMAKE_SOURCE_DIR} CONFIGURE_DEPENDS
  ${CMAKE_SOURCE_DIR}/kernels/*.cuh ${CMAKE_SOURCE_DIR}/kernels/*.cu
  ${CMAKE_SOURCE_DIR}/configs/shapes/*.json ${CMAKE_SOURCE_DIR}/configs/spaces/*.json
  ${CMAKE_SOURCE_DIR}/configs/schema/*.json ${CMAKE_SOURCE_DIR}/configs/models/*.json
  ${CMAKE_SOURCE_DIR}/configs/lessons/*.json
  ${CMAKE_SOURCE_DIR}/src/report/html/*.html ${CMAKE_SOURCE_DIR}/src/report/html/*.css
  ${CMAKE_SOURCE_DIR}/src/report/html/*.js
  ${CMAKE_SOURCE_DIR}/src/launch/*.h ${CMAKE_SOURCE_DIR}/src/util/hash.h ${CMAKE_SOURCE_DIR}/src/util/integers.h
  ${CMAKE_SOURCE_DIR}/src/util/piecewise.h)
set(embedded_paths ${embedded_files})
list(TRANSFORM embedded_paths PREPEND ${CMAKE_SOURCE_DIR}/)
list(APPEND embedded_files chart.js/chart.min.js=${CHART_JS})
list(APPEND embedded_paths ${CHART_JS})
list(SORT embedded_files)
file(CONFIGURE OUTPUT ${generated_dir}/embedded_files.txt CONTENT "${embedded_files}" @ONLY)
add_custom_command(
  OUTPUT ${generated_dir}/embedded_files.cpp
  COMMAND ${CMAKE_COMMAND} -D "ROOT=${CMAKE_SOURCE_DIR}" -D "LIST=${generated_dir}/embedded_files.txt"
          -D "OUT=${generated_dir}/embedded_files.cpp" -P ${CMAKE_CURRENT_LIST_DIR}/embed.cmake
  DEPENDS ${embedded_paths} ${generated_dir}/embedded_files.txt ${CMAKE_CURRENT_LIST_DIR}/embed.cmake
  VERBATIM COMMENT "Embedding kernels, configurations and the report's page")

# Runs at every build, but touches version.cpp only when the revision has changed.
add_custom_target(gemmtune_version
  COMMAND ${CMAKE_COMMAND} -D "ROOT=${CMAKE_SOURCE_DIR}" -D "VERSION=${PROJECT_VERSION}"
          -D "REVISION=${GEMMTUNE_REVISION}" -D "OUT=${generated_dir}/version.cpp"
          -P ${CMAKE_CURRENT_LIST_DIR}/version.cmake
  BYPRODUCTS ${generated_dir}/version.cpp
  VERBATIM COMMENT "Looking at the git revision")

add_library(gemmtune_generated STATIC ${generated_dir}/embedded_files.cpp ${generated_dir}/version.cpp)
target_include_directories(gemmtune_generated PRIVATE ${CMAKE_SOURCE_DIR}/src)
add_dependencies(gemmtune_generated gemmtune_version)
