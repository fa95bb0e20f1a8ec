# What other projects need to link the loader of bundles: headers, a CMake package and a file for pkg-config, all of which find
# their files from where they lie themselves, so that an installed tree may be moved.
#
#   find_package(gemmtune REQUIRED)
#   target_link_libraries(mine gemmtune::gemmtune)   # the C functions of gemmtune.h, in libgemmtune.so
#   target_link_libraries(mine gemmtune::loader)     # gemmtune.hpp alone: C++17 and CUDA's headers, no library of ours
include(CMakePackageConfigHelpers)

# gemmtune.hpp is many headers in one, as bundles hold it.
add_executable(write_loader_header scripts/cmake/write_loader_header.cpp)
target_link_libraries(write_loader_header PRIVATE gemmtune_export)
set(loader_header ${CMAKE_BINARY_DIR}/include/gemmtune.hpp)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/include)
add_custom_command(TARGET write_loader_header POST_BUILD COMMAND write_loader_header ${loader_header} BYPRODUCTS ${loader_header})
install(FILES src/launch/gemmtune.h ${loader_header} DESTINATION include)

set_target_properties(libgemmtune PROPERTIES EXPORT_NAME gemmtune)
target_include_directories(libgemmtune INTERFACE $<INSTALL_INTERFACE:include>)
install(TARGETS libgemmtune EXPORT gemmtune DESTINATION lib)
add_library(gemmtune_loader INTERFACE)
set_target_properties(gemmtune_loader PROPERTIES EXPORT_NAME loader)
target_include_directories(gemmtune_loader INTERFACE $<INSTALL_INTERFACE:include>)
target_compile_features(gemmtune_loader INTERFACE cxx_std_17)
target_link_libraries(gemmtune_loader INTERFACE ${CMAKE_DL_LIBS})
install(TARGETS gemmtune_loader EXPORT gemmtune)

set(package lib/cmake/gemmtune)
install(EXPORT gemmtune NAMESPACE gemmtune:: FILE gemmtune-targets.cmake DESTINATION ${package})
configure_package_config_file(scripts/cmake/gemmtune-config.cmake.in ${CMAKE_BINARY_DIR}/gemmtune-config.cmake
  INSTALL_DESTINATION ${package})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/gemmtune-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/gemmtune-config.cmake ${CMAKE_BINARY_DIR}/gemmtune-config-version.cmake DESTINATION ${package})
configure_file(scripts/cmake/gemmtune.pc.in ${CMAKE_BINARY_DIR}/gemmtune.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/gemmtune.pc DESTINATION lib/pkgconfig)
