// NVRTC: CUDA C++ in memory to cubin or PTX, with what ptxas said of it. Needs no GPU and no driver, reads no
// file: a kernel sees the other sources of kernels/ and nothing else.
// Not for several threads at once: a worker compiles one thing at a time; more workers compile in parallel.
#pragma once

#include "core/outcome.h"
#include "util/embedded.h"

#include <span>
#include <string>
#include <vector>

namespace gemmtune::jit {

/// "13.0"
std::string nvrtc_version();

enum class Target { cubin, ptx };

struct Translated {
  std::string code;
  std::string log;
};

/// `target` must agree with the architecture in `options`: sm_90a gives a cubin, compute_90a gives PTX.
/// `main` is the path of one of `sources`; they include each other by paths from kernels/. A program that
/// does not compile is a Failure with the first errors of the log; NVRTC itself failing is an InternalError.
Outcome<Translated> translate(const std::string& main, std::span<const KernelSource> sources,
                              std::span<const std::string> options, Target target);

}  // namespace gemmtune::jit
