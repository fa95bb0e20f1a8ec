# A .deb and a tarball of what `cmake --install` installs: scripts/package. NVRTC, cuBLASLt and CUPTI are gigabytes and not in them:
# gemmtune-worker takes those of a toolkit in /usr/local/cuda, or of the loader's search. All that measures nothing works without.
set(CPACK_PACKAGE_NAME gemmtune)
set(CPACK_PACKAGE_VENDOR gemmtune)
set(CPACK_PACKAGE_CONTACT "The authors of gemmtune")
set(CPACK_GENERATOR TGZ DEB)
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_SOURCE_DIR}/build/packages)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_FILE_NAME ${CPACK_PACKAGE_NAME}-${PROJECT_VERSION}-linux-${CMAKE_SYSTEM_PROCESSOR})  # of the tarball
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "cuda-nvrtc-13-0, libcublas-13-0, cuda-cupti-13-0")
include(CPack)
