// The name of a cubin: a hash of everything that can change it.
#pragma once

#include "util/embedded.h"

#include <span>
#include <string>
#include <vector>

namespace gemmtune::cache {

struct KeyParts {
  std::span<const KernelSource> sources;  ///< what the main source includes, itself too
  std::span<const std::string> options;   ///< of the compiler, in order; the architecture is among them
  std::string compiler;                   ///< "NVRTC 13.0"
  std::string main;                       ///< path of the source that is compiled
};

/// SHA-256 in hexadecimal.
std::string cache_key(const KeyParts& parts);

}  // namespace gemmtune::cache
