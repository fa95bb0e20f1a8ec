# Third-party libraries from the system, under the names third_party::*. Nothing is fetched while building.

# find_package(), with the way out when there is no such package.
macro(gemmtune_require package)
  find_package(${package} ${ARGN} QUIET)
  if(NOT ${package}_FOUND)
    message(FATAL_ERROR "${package} was not found. `scripts/setup` installs every dependency.")
  endif()
endmacro()

gemmtune_require(Threads)
gemmtune_require(nlohmann_json 3.11)
gemmtune_require(CLI11 2.1)
gemmtune_require(fmt 9)
gemmtune_require(spdlog 1.10)
gemmtune_require(ZLIB)

# spdlog's own header-only target links the shared fmt, which the programs need not depend on.
add_library(third_party_log INTERFACE)
target_compile_definitions(third_party_log INTERFACE SPDLOG_FMT_EXTERNAL)
target_link_libraries(third_party_log INTERFACE fmt::fmt-header-only Threads::Threads)
add_library(third_party::log ALIAS third_party_log)

add_library(third_party::json ALIAS nlohmann_json::nlohmann_json)
add_library(third_party::cli11 ALIAS CLI11::CLI11)
add_library(third_party::zlib ALIAS ZLIB::ZLIB)

# Draws the charts of the HTML report, and travels inside it (libjs-chart.js, MIT licence).
find_file(CHART_JS chart.min.js HINTS ENV CHART_JS_FOLDER
  PATHS /usr/share/javascript/chart.js /usr/share/nodejs/chart.js/dist NO_DEFAULT_PATH)
if(NOT CHART_JS)
  message(FATAL_ERROR "chart.min.js of Chart.js 3 was not found. `scripts/setup` installs it; -DCHART_JS=FILE or the variable CHART_JS_FOLDER names another.")
endif()
