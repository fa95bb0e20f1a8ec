// A CUDA driver for tests without a GPU: libcuda.so.1 with the functions that src/launch/ uses. It notes what
// it was asked to do, and says what the test wants of the device. Thread-safe.
#pragma once

#include <cuda.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace gemmtune::fake_driver {

/// What cuTensorMapEncodeTiled was given. The first 8 bytes of the map that it wrote are its number.
struct EncodedMap {
  CUtensorMapDataType type;
  std::uint32_t rank;
  std::uintptr_t address;
  std::vector<std::uint64_t> dimensions, strides;
  std::vector<std::uint32_t> box, element_strides;
  CUtensorMapInterleave interleave;
  CUtensorMapSwizzle swizzle;
  CUtensorMapL2promotion promotion;
  CUtensorMapFloatOOBfill fill;
};

/// What cuLaunchKernelEx was given. `arguments` are the kernel's: tensor maps as their numbers, pointers,
/// then all others widened; `tail` counts as two.
struct Launched {
  std::string cubin;  ///< the bytes that its kernel was loaded from
  std::string entry;
  std::uint32_t grid = 0, threads = 0, cluster = 1, smem_bytes = 0, smem_allowed = 0;
  bool loaded = false;    ///< cuKernelGetFunction was called for it
  bool overlaps = false;  ///< as a programmatic dependent of the launch before
  CUstream stream = nullptr;
  std::vector<std::uint64_t> arguments;
};

struct Device {
  /// Cubins are of before kernels had maps for the tail; other programs ask for it by
  /// FAKE_CUDA_WITHOUT_TAILS.
  bool without_tails = std::getenv("FAKE_CUDA_WITHOUT_TAILS") != nullptr;
  std::string name = "NVIDIA H100 80GB HBM3";
  int cc_major = 9, cc_minor = 0, sms = 132, smem_bytes = 232448;
  int number = 0;
  bool has_context = true;
};

// Replaced through these alone; all counts and notes are forgotten by reset().
__attribute__((visibility("default"))) void reset(const Device& device = {});
__attribute__((visibility("default"))) std::vector<EncodedMap> encoded_maps();
__attribute__((visibility("default"))) std::vector<Launched> launches();
__attribute__((visibility("default"))) int modules_alive();
/// Launches are counted only, for tests of time; none has notes then.
__attribute__((visibility("default"))) void note_launches(bool note);
/// The next call of that name answers `code`.
__attribute__((visibility("default"))) void fail_next(const std::string& function, CUresult code);

}  // namespace gemmtune::fake_driver
