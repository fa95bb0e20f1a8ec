// Files of the repository that travel inside the programs: kernels/, configs/shapes, configs/spaces,
// configs/schema, the page of src/report/html, the loader of bundles (src/launch, src/util/hash.h), and
// Chart.js under the name chart.js/chart.min.js. The table is generated at build time by
// scripts/cmake/embed.cmake.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gemmtune {

struct EmbeddedFile {
  std::string_view path;  ///< from the repository's root, "configs/shapes/dsv3.json"
  std::string_view bytes;
};

/// Sorted by path.
std::span<const EmbeddedFile> embedded_files();

/// Empty when there is no such file.
std::optional<std::string_view> embedded_file(std::string_view path);

struct KernelSource {
  std::string path;  ///< "kernels/gemm/dense_1d2d.cuh", also when read from another folder
  std::string bytes;
};

/// Every *.cuh and *.cu of kernels/, sorted by path: of the folder $GEMMTUNE_KERNELS if that is set, else
/// embedded. Throws UserError when the folder cannot be read or holds none.
std::vector<KernelSource> kernel_sources();

/// SHA-256 over path, size and bytes of kernel_sources(); scripts/kernels_hash computes the same.
std::string kernels_hash();

}  // namespace gemmtune
