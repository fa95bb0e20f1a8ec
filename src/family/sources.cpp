#include "family/sources.h"

#include "core/environment.h"
#include "family/family.h"
#include "util/hash.h"

#include <set>
#include <string_view>
#include <utility>

namespace gemmtune::family {

namespace {

/// The files that this one names.
std::vector<std::string> included_by(std::string_view text) {
  constexpr std::string_view kInclude = "#include \"";
  std::vector<std::string> paths;
  for (std::size_t at = text.find(kInclude); at != std::string_view::npos; at = text.find(kInclude, at)) {
    at += kInclude.size();
    paths.push_back("kernels/" + std::string(text.substr(at, text.find('"', at) - at)));
  }
  return paths;
}

}  // namespace

std::vector<KernelSource> sources_of(std::vector<std::string> next, std::vector<KernelSource> all) {
  std::set<std::string> reached;
  while (!next.empty()) {
    const std::string path = std::move(next.back());
    next.pop_back();
    if (!reached.insert(path).second) continue;
    for (const KernelSource& source : all)
      if (source.path == path)
        for (std::string& included : included_by(source.bytes)) next.push_back(std::move(included));
  }
  std::erase_if(all, [&](const KernelSource& source) { return !reached.contains(source.path); });
  return all;
}

std::string main_file(std::string_view kernel) {
  return "kernels/gemm/" + std::string(kernel) + ".cuh";
}

std::map<std::string, std::string> source_hashes(const std::vector<KernelSource>& all) {
  std::map<std::string, std::string> hashes;
  const auto add = [&](std::string_view name, const std::vector<std::string>& files) {
    std::string text;
    for (const KernelSource& source : sources_of(files, all))
      text += source.path + '\n' + std::to_string(source.bytes.size()) + '\n' + source.bytes;
    if (!text.empty()) hashes.emplace(name, sha256(text));
  };
  for (const family::Family* family : family::all()) add(family->kernel(), {main_file(family->kernel())});
  std::vector<std::string> probes;
  for (const KernelSource& source : all)
    if (source.path.starts_with("kernels/ceilings/")) probes.push_back(source.path);
  add(kCeilings, probes);
  return hashes;
}

}  // namespace gemmtune::family
