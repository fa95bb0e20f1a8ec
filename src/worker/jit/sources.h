// Which files a kernel is made of.
#pragma once

#include "util/embedded.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace gemmtune::jit {

/// `main` and what it includes, directly or through others, in the order of `all`: what else lies in kernels/
/// changes neither a cubin nor its key. An #include counts whatever #if it stands under. Paths in
/// #include "..." are those below kernels/; without `main` among them, nothing.
std::vector<KernelSource> sources_of(const std::string& main, std::vector<KernelSource> all);

/// The file whose entry point is the kernel of this name.
std::string main_file(std::string_view kernel);

/// By kernel of this build, the hash of the sources_of() its main file, as kernels_hash() is that of `all`;
/// one whose main file is not there has none.
std::map<std::string, std::string> source_hashes(const std::vector<KernelSource>& all);

}  // namespace gemmtune::jit
