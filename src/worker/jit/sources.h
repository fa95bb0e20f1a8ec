// Which files a kernel is made of.
#pragma once

#include "util/embedded.h"

#include <string>
#include <vector>

namespace gemmtune::jit {

/// `main` and what it includes, directly or through others, in the order of `all`: what else lies in kernels/
/// changes neither a cubin nor its key. An #include counts whatever #if it stands under. Paths in
/// #include "..." are those below kernels/; without `main` among them, nothing.
std::vector<KernelSource> sources_of(const std::string& main, std::vector<KernelSource> all);

}  // namespace gemmtune::jit
