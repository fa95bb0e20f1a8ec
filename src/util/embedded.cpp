#include "util/embedded.h"

#include "util/atomic_file.h"
#include "util/error.h"
#include "util/hash.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace gemmtune {

namespace {

namespace fs = std::filesystem;

std::vector<KernelSource> sources_from(const fs::path& folder) {
  std::error_code error;
  std::vector<KernelSource> sources;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const fs::path& path = at->path();
    if (path.extension() != ".cuh" && path.extension() != ".cu") continue;
    sources.push_back({"kernels/" + path.lexically_relative(folder).generic_string(), read_file(path)});
  }
  if (error) throw UserError("GEMMTUNE_KERNELS: cannot read " + folder.string() + ": " + error.message());
  if (sources.empty())
    throw UserError("GEMMTUNE_KERNELS: there is no *.cuh or *.cu file in " + folder.string() +
                    "; it must name a folder like kernels/ of the repository");
  std::ranges::sort(sources, {}, &KernelSource::path);
  return sources;
}

}  // namespace

std::optional<std::string_view> embedded_file(std::string_view path) {
  for (const EmbeddedFile& file : embedded_files())
    if (file.path == path) return file.bytes;
  return std::nullopt;
}

std::vector<KernelSource> kernel_sources() {
  if (const char* folder = std::getenv("GEMMTUNE_KERNELS"); folder && *folder) return sources_from(folder);
  std::vector<KernelSource> sources;
  for (const EmbeddedFile& file : embedded_files())
    if (file.path.starts_with("kernels/"))
      sources.push_back({std::string(file.path), std::string(file.bytes)});
  return sources;
}

std::string kernels_hash() {
  std::string all;
  for (const KernelSource& source : kernel_sources())
    all += source.path + '\n' + std::to_string(source.bytes.size()) + '\n' + source.bytes;
  return sha256(all);
}

}  // namespace gemmtune
