// Which files a kernel is made of.
#pragma once

#include "util/embedded.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace gemmtune::family {

/// These files and what they include, directly or through others, in the order of `all`: what else lies in
/// kernels/ changes neither a cubin nor its key. An #include counts whatever #if it stands under. Paths in
/// #include "..." are those below kernels/; of files that are not among them, nothing.
std::vector<KernelSource> sources_of(std::vector<std::string> files, std::vector<KernelSource> all);

/// The file whose entry point is the kernel of this name.
std::string main_file(std::string_view kernel);

/// By kernel of this build, the hash of the sources_of() its main file, as kernels_hash() is that of `all`,
/// and under kCeilings that of the folder kernels/ceilings/; what is not there has none.
std::map<std::string, std::string> source_hashes(const std::vector<KernelSource>& all);

}  // namespace gemmtune::family
