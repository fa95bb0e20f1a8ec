# The parts of a CUDA toolkit that the worker links, as cuda::*. CMake's own module wants nvcc, which this
# project never runs (device code is compiled by NVRTC) and NVIDIA's library wheels do not hold.
# Looked for in CUDAToolkit_ROOT, then .cuda/ (made by scripts/setup), then the usual places.
set(cuda_oldest 12.9)  # the first cuBLASLt with 128x128 block scales

find_path(CUDA_INCLUDE_DIR NAMES nvrtc.h
  HINTS ${CUDAToolkit_ROOT} ENV CUDAToolkit_ROOT ${CMAKE_SOURCE_DIR}/.cuda ENV CUDA_PATH ENV CUDA_HOME
        /usr/local/cuda
  PATH_SUFFIXES include targets/x86_64-linux/include)

set(cuda_version "none")
if(EXISTS "${CUDA_INCLUDE_DIR}/cuda.h")
  file(STRINGS ${CUDA_INCLUDE_DIR}/cuda.h line REGEX "#define CUDA_VERSION ")
  string(REGEX REPLACE "[^0-9]" "" number "${line}")
  math(EXPR major "${number} / 1000")
  math(EXPR minor "${number} % 1000 / 10")
  set(cuda_version ${major}.${minor})
endif()
if(cuda_version STREQUAL "none" OR cuda_version VERSION_LESS cuda_oldest)
  message(FATAL_ERROR "gemmtune-worker needs a CUDA toolkit >= ${cuda_oldest}; found: ${cuda_version}. "
    "Run scripts/setup, or configure with -DCUDAToolkit_ROOT=DIR, or with -DGEMMTUNE_WORKER=OFF to build "
    "gemmtune alone (plan, report and list work without it).")
endif()
get_filename_component(cuda_root ${CUDA_INCLUDE_DIR} DIRECTORY)
message(STATUS "CUDA ${cuda_version}: ${cuda_root}")

add_library(cuda_headers INTERFACE)
target_include_directories(cuda_headers SYSTEM INTERFACE ${CUDA_INCLUDE_DIR})
if(NOT EXISTS ${CUDA_INCLUDE_DIR}/cupti.h)  # a toolkit from NVIDIA's installer
  target_include_directories(cuda_headers SYSTEM INTERFACE ${cuda_root}/extras/CUPTI/include)
endif()
add_library(cuda::headers ALIAS cuda_headers)

foreach(library cudart_static nvrtc cublasLt cupti)
  find_library(CUDA_${library} ${library} HINTS ${cuda_root}
    PATH_SUFFIXES lib64 lib extras/CUPTI/lib64 NO_DEFAULT_PATH)
  if(NOT CUDA_${library})
    message(FATAL_ERROR "lib${library} is not in ${cuda_root}: the toolkit there is incomplete. Run scripts/setup, "
      "or configure with -DCUDAToolkit_ROOT=DIR.")
  endif()
  add_library(cuda::${library} UNKNOWN IMPORTED)
  set_target_properties(cuda::${library} PROPERTIES IMPORTED_LOCATION ${CUDA_${library}})
  target_link_libraries(cuda::${library} INTERFACE cuda::headers)
  get_filename_component(folder ${CUDA_${library}} DIRECTORY)
  if(NOT library MATCHES "_static$")
    target_link_options(cuda::${library} INTERFACE LINKER:-rpath,${folder})
  endif()
endforeach()
target_link_libraries(cuda::cudart_static INTERFACE Threads::Threads ${CMAKE_DL_LIBS} rt)
