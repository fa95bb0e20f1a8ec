// The loader of gemmtune's bundles in one header: C++17, the CUDA driver's types (cuda.h) and nothing to
// link. gemmtune::launch::Bundle is at the end. Made by `gemmtune export --format bundle` from the files
// that gemmtune's own worker launches with; gemmtune.h has the same as C functions (libgemmtune.so).
#pragma once

// ---- src/launch/l2_hints.h ----

// L2 cache policies of TMA's loads, as createpolicy would make them (values of CUTLASS's TMA::CacheHintSm90).

#include <cstdint>

namespace gemmtune::launch {

inline constexpr std::uint64_t kEvictNormal = 0x1000000000000000;
inline constexpr std::uint64_t kEvictFirst = 0x12F0000000000000;

}  // namespace gemmtune::launch

// ---- src/launch/dense_1d2d_recipe.h ----

// How dense_1d2d is launched, as plain numbers: what family/ computes from a configuration, what the worker
// launches by and what an exported bundle keeps. Nothing of CUDA, so that whoever plans may include it.


#include <algorithm>
#include <cstdint>

namespace gemmtune::launch {

/// D[m,n] = A[m,k] * B[n,k]^T. Strides are elements from one row to the next.
struct Shape {
  std::int64_t m = 0, n = 0, k = 0;
  std::int64_t a_stride = 0, b_stride = 0, d_stride = 0;
};

/// Attempts of a barrier wait before the kernel gives up. Each suspends for up to about a microsecond: a
/// second or so in all, a thousand times the longest kernel of the committed sets.
inline constexpr std::uint32_t kSpinLimit = 1u << 20;

/// Of one configuration and one form of D, whatever M is.
struct Dense1d2dRecipe {
  std::uint32_t block_m = 0;
  std::uint32_t block_n = 0;
  std::uint32_t cluster_m = 1;
  std::uint32_t cluster_n = 1;
  std::uint32_t split_k = 1;
  std::uint32_t most_ctas = 0;  ///< of the grid; a multiple of the cluster
  std::uint32_t threads = 0;
  std::uint32_t smem_bytes = 0;
  std::uint32_t raster = 0;
  std::uint32_t evict_first = 0;  ///< 1: lines of B, 2: of A and B are given up before others
  std::uint32_t out_bytes = 2;    ///< of an element of D: 2 BF16, 4 FP32
  std::uint32_t store_rows = 0;   ///< of the box that one TMA store moves
  std::uint32_t store_columns = 0;
  std::uint32_t store_swizzle_bytes = 0;

  static constexpr std::uint32_t kBlockK = 128;

  std::uint32_t cluster() const { return cluster_m * cluster_n * split_k; }

  /// CTAs of a launch: no more than there are tiles, which a problem smaller than the tuned one may lack.
  std::uint32_t grid(std::int64_t m, std::int64_t n) const {
    const std::int64_t tile_m = std::int64_t{block_m} * cluster_m, tile_n = std::int64_t{block_n} * cluster_n;
    const std::int64_t tiles = ((m + tile_m - 1) / tile_m) * ((n + tile_n - 1) / tile_n);
    return static_cast<std::uint32_t>(std::min<std::int64_t>(most_ctas, tiles * cluster()));
  }

  /// Rows of A that one TMA load brings: those that exist, in whole groups of 8 (the swizzle's period),
  /// shared out over the CTAs of a multicast. Bringing rows that do not exist is slow.
  std::uint32_t load_rows_a(std::int64_t m) const {
    const std::int64_t step = 8 * cluster_n;
    return static_cast<std::uint32_t>(std::min<std::int64_t>(block_m, (m + step - 1) / step * step)) /
           cluster_n;
  }

  /// Scales of A that one TMA load brings: those that exist, in units of 16 bytes.
  std::uint32_t load_scales_a(std::int64_t m) const {
    return static_cast<std::uint32_t>(std::min<std::int64_t>(block_m, (m + 3) / 4 * 4));
  }

  /// Rows of B that one TMA load brings.
  std::uint32_t load_rows_b() const { return block_n / cluster_m; }

  std::uint64_t l2_hint_a() const { return evict_first == 2 ? kEvictFirst : kEvictNormal; }
  std::uint64_t l2_hint_b() const { return evict_first == 0 ? kEvictNormal : kEvictFirst; }
};

/// The members by name, in the order in which a bundle's index has them.
using RecipeValue = std::uint32_t Dense1d2dRecipe::*;
struct RecipeMember {
  const char* name;
  RecipeValue value;
};
inline constexpr RecipeMember kRecipeMembers[] = {
    {"block_m", &Dense1d2dRecipe::block_m},
    {"block_n", &Dense1d2dRecipe::block_n},
    {"cluster_m", &Dense1d2dRecipe::cluster_m},
    {"cluster_n", &Dense1d2dRecipe::cluster_n},
    {"split_k", &Dense1d2dRecipe::split_k},
    {"most_ctas", &Dense1d2dRecipe::most_ctas},
    {"threads", &Dense1d2dRecipe::threads},
    {"smem_bytes", &Dense1d2dRecipe::smem_bytes},
    {"raster", &Dense1d2dRecipe::raster},
    {"evict_first", &Dense1d2dRecipe::evict_first},
    {"out_bytes", &Dense1d2dRecipe::out_bytes},
    {"store_rows", &Dense1d2dRecipe::store_rows},
    {"store_columns", &Dense1d2dRecipe::store_columns},
    {"store_swizzle_bytes", &Dense1d2dRecipe::store_swizzle_bytes},
};

}  // namespace gemmtune::launch

// ---- src/launch/driver.h ----

// The CUDA driver's functions, found at run time: nothing links libcuda, so that all starts where there is
// none. This folder is C++17, headers alone, and knows nothing but the driver: it travels inside exported
// bundles, as gemmtune.hpp.

#include <cuda.h>

#include <dlfcn.h>
#include <stdexcept>
#include <string>

namespace gemmtune::launch {

struct Driver {
  decltype(&cuGetErrorName) get_error_name;
  decltype(&cuGetErrorString) get_error_string;
  decltype(&cuLibraryLoadData) load_library;
  decltype(&cuLibraryUnload) unload_library;
  decltype(&cuLibraryGetKernel) get_kernel;
  decltype(&cuKernelGetFunction) get_function;
  decltype(&cuKernelSetAttribute) kernel_set_attribute;
  decltype(&cuCtxGetCurrent) context_get_current;
  decltype(&cuCtxSetCurrent) context_set_current;
  decltype(&cuCtxGetDevice) context_get_device;
  decltype(&cuDeviceGetAttribute) device_get_attribute;
  decltype(&cuDeviceGetName) device_get_name;
  decltype(&cuLaunchKernelEx) launch_kernel;
  decltype(&cuTensorMapEncodeTiled) tensor_map_encode_tiled;
};

/// A call to the driver that failed, with the error's name and text.
class DriverError : public std::runtime_error {
 public:
  DriverError(CUresult code, const std::string& message) : std::runtime_error(message), code_(code) {}
  CUresult code() const { return code_; }

 private:
  CUresult code_;
};

template <typename Function>
void find_in_driver(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  if (function == nullptr)
    throw DriverError(CUDA_ERROR_NOT_FOUND,
                      std::string("the CUDA driver has no ") + name + "; update it to CUDA 12 or later");
}

inline Driver load_driver() {
  void* library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    throw DriverError(CUDA_ERROR_NO_DEVICE, "there is no CUDA driver (libcuda.so.1) on this machine");
  Driver d{};
  find_in_driver(library, "cuGetErrorName", d.get_error_name);
  find_in_driver(library, "cuGetErrorString", d.get_error_string);
  find_in_driver(library, "cuLibraryLoadData", d.load_library);
  find_in_driver(library, "cuLibraryUnload", d.unload_library);
  find_in_driver(library, "cuLibraryGetKernel", d.get_kernel);
  find_in_driver(library, "cuKernelGetFunction", d.get_function);
  find_in_driver(library, "cuKernelSetAttribute", d.kernel_set_attribute);
  find_in_driver(library, "cuCtxGetCurrent", d.context_get_current);
  find_in_driver(library, "cuCtxSetCurrent", d.context_set_current);
  find_in_driver(library, "cuCtxGetDevice", d.context_get_device);
  find_in_driver(library, "cuDeviceGetAttribute", d.device_get_attribute);
  find_in_driver(library, "cuDeviceGetName", d.device_get_name);
  find_in_driver(library, "cuLaunchKernelEx", d.launch_kernel);
  find_in_driver(library, "cuTensorMapEncodeTiled", d.tensor_map_encode_tiled);
  return d;
}

/// Loads libcuda.so.1 once. Throws DriverError when there is none or it is too old (before CUDA 12).
inline const Driver& driver() {
  static const Driver loaded = load_driver();
  return loaded;
}

/// Throws DriverError unless `code` is success; `what` names the call.
inline void check(CUresult code, const char* what) {
  if (code == CUDA_SUCCESS) return;
  const char* name = nullptr;
  const char* text = nullptr;
  driver().get_error_name(code, &name);
  driver().get_error_string(code, &text);
  throw DriverError(
      code, std::string(what) + ": " + (name ? name : "unknown error") + " (" + (text ? text : "?") + ")");
}

}  // namespace gemmtune::launch

// ---- src/launch/kernel.h ----

// A cubin in memory -> a kernel that can be launched.


#include <cuda.h>

#include <cstddef>
#include <string>

namespace gemmtune::launch {

struct Geometry {
  unsigned grid_x = 1;
  unsigned grid_y = 1;
  unsigned threads = 1;
  unsigned cluster = 1;
  unsigned smem_bytes = 0;
  /// May begin before the kernel before it in its stream has ended (programmatic dependent launch).
  bool overlaps = false;
};

/// Owns a loaded cubin. Move-only: the driver's handle is unloaded once.
class Module {
 public:
  /// Throws DriverError when the driver does not take it.
  explicit Module(const std::string& cubin) {
    check(driver().load_library(&handle_, cubin.data(), nullptr, nullptr, 0, nullptr, nullptr, 0),
          "cuLibraryLoadData");
  }
  ~Module() {
    // After a fault the context is gone and unloading fails; there is nothing left to unload then.
    if (handle_ != nullptr) driver().unload_library(handle_);
  }
  Module(Module&& other) noexcept : handle_(other.handle_) { other.handle_ = nullptr; }
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
  Module& operator=(Module&&) = delete;

  /// Throws DriverError when the cubin has no such entry point.
  CUkernel kernel(const char* entry) const {
    CUkernel kernel = nullptr;
    check(driver().get_kernel(&kernel, handle_, entry), "cuLibraryGetKernel");
    return kernel;
  }

 private:
  CUlibrary handle_ = nullptr;
};

/// Lets the kernel ask for `smem_bytes` of dynamic shared memory; once a kernel, beyond 48 KiB.
inline void allow_shared_memory(CUkernel kernel, unsigned smem_bytes) {
  CUdevice device = 0;
  check(driver().context_get_device(&device), "cuCtxGetDevice");
  check(driver().kernel_set_attribute(CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                                      static_cast<int>(smem_bytes), kernel, device),
        "cuKernelSetAttribute(shared memory)");
}

/// Asynchronous; `arguments` are pointers to the arguments in the entry point's order, read before it
/// returns.
inline void launch(CUkernel kernel, const Geometry& geometry, void** arguments, CUstream stream) {
  CUlaunchAttribute attributes[2]{};
  CUlaunchConfig config{};
  config.attrs = attributes;
  if (geometry.cluster > 1) {
    CUlaunchAttribute& cluster = attributes[config.numAttrs++];
    cluster.id = CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION;
    cluster.value.clusterDim.x = geometry.cluster;
    cluster.value.clusterDim.y = 1;
    cluster.value.clusterDim.z = 1;
  }
  if (geometry.overlaps) {
    CUlaunchAttribute& overlap = attributes[config.numAttrs++];
    overlap.id = CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION;
    overlap.value.programmaticStreamSerializationAllowed = 1;
  }
  config.gridDimX = geometry.grid_x;
  config.gridDimY = geometry.grid_y;
  config.gridDimZ = 1;
  config.blockDimX = geometry.threads;
  config.blockDimY = 1;
  config.blockDimZ = 1;
  config.sharedMemBytes = geometry.smem_bytes;
  config.hStream = stream;
  check(driver().launch_kernel(&config, reinterpret_cast<CUfunction>(kernel), arguments, nullptr),
        "cuLaunchKernelEx");
}

/// The same with the arguments themselves: in the entry point's order and with its exact types.
template <typename... Arguments>
void launch_with(CUkernel kernel, const Geometry& geometry, CUstream stream, Arguments... arguments) {
  void* addresses[] = {&arguments..., nullptr};  // null: a kernel may have none
  launch(kernel, geometry, addresses, stream);
}

}  // namespace gemmtune::launch

// ---- src/launch/tensor_map.h ----

// Tensor maps: what TMA needs to know of a matrix in global memory.


#include <cuda.h>

#include <cstdint>

namespace gemmtune::launch {

/// A row-major matrix and the box of it that one TMA instruction moves.
struct MatrixRecipe {
  CUtensorMapDataType type = CU_TENSOR_MAP_DATA_TYPE_UINT8;
  std::uint32_t element_bytes = 1;
  void* address = nullptr;    ///< 16-byte aligned
  std::uint64_t columns = 0;  ///< the contiguous dimension, elements
  std::uint64_t rows = 0;
  std::uint64_t row_bytes = 0;  ///< distance of rows; a multiple of 16
  std::uint32_t box_columns = 0;
  std::uint32_t box_rows = 0;       ///< at most 256
  std::uint32_t swizzle_bytes = 0;  ///< 0, 32, 64 or 128: as long as the box's rows, if swizzled
};

inline CUtensorMapSwizzle swizzle_of(std::uint32_t bytes) {
  switch (bytes) {
    case 32:
      return CU_TENSOR_MAP_SWIZZLE_32B;
    case 64:
      return CU_TENSOR_MAP_SWIZZLE_64B;
    case 128:
      return CU_TENSOR_MAP_SWIZZLE_128B;
    default:
      return CU_TENSOR_MAP_SWIZZLE_NONE;
  }
}

/// Throws DriverError when the driver refuses the recipe.
inline CUtensorMap encode(const MatrixRecipe& r) {
  CUtensorMap map;
  const cuuint64_t dimensions[2] = {r.columns, r.rows};
  const cuuint64_t strides[1] = {r.row_bytes};
  const cuuint32_t box[2] = {r.box_columns, r.box_rows};
  const cuuint32_t element_strides[2] = {1, 1};
  // 256-byte promotion: two neighbouring k-blocks of a row come into L2 together.
  check(
      driver().tensor_map_encode_tiled(&map, r.type, 2, r.address, dimensions, strides, box, element_strides,
                                       CU_TENSOR_MAP_INTERLEAVE_NONE, swizzle_of(r.swizzle_bytes),
                                       CU_TENSOR_MAP_L2_PROMOTION_L2_256B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE),
      "cuTensorMapEncodeTiled");
  return map;
}

}  // namespace gemmtune::launch

// ---- src/launch/dense_1d2d.h ----

// Launches of dense_1d2d: tensor maps and arguments from a recipe, a shape and operands.


#include <cuda.h>

#include <cstdint>

namespace gemmtune::launch {

/// Where one launch finds its operands and puts its output. A's scales are [k/128][m rounded up to 4], M
/// contiguous; B's [n/128 rounded up][k/128].
struct Dense1d2dOperands {
  const void* a = nullptr;
  const void* b = nullptr;
  const float* scales_a = nullptr;
  const float* scales_b = nullptr;
  void* d = nullptr;
};

/// The entry point's arguments, in its order.
struct Dense1d2dArguments {
  CUtensorMap a, b, scales_a, d;
  const float* scales_b;
  std::uint32_t m, n, k, raster;
  /// LoadBoxes of the kernel.
  struct LoadBoxes {
    std::uint32_t rows_a, scales_a;
  } boxes;
  std::uint64_t l2_hint_a, l2_hint_b;
  std::uint32_t spin_limit;
  std::uint32_t weights_ahead;  ///< stages; 0 where the launch does not overlap the one before it
};

inline CUtensorMap dense_1d2d_map(const void* address, std::int64_t rows, std::int64_t columns,
                                  std::int64_t stride, CUtensorMapDataType type, std::uint32_t element_bytes,
                                  std::uint32_t box_rows, std::uint32_t box_columns,
                                  std::uint32_t swizzle_bytes) {
  MatrixRecipe matrix;
  matrix.type = type;
  matrix.element_bytes = element_bytes;
  matrix.address = const_cast<void*>(address);  // the driver reads no memory through it
  matrix.rows = static_cast<std::uint64_t>(rows);
  matrix.columns = static_cast<std::uint64_t>(columns);
  matrix.row_bytes = static_cast<std::uint64_t>(stride) * element_bytes;
  matrix.box_rows = box_rows;
  matrix.box_columns = box_columns;
  matrix.swizzle_bytes = swizzle_bytes;
  return encode(matrix);
}

inline CUtensorMap dense_1d2d_map_d(const Dense1d2dRecipe& r, const Shape& s, void* d) {
  const auto type = r.out_bytes == 4 ? CU_TENSOR_MAP_DATA_TYPE_FLOAT32 : CU_TENSOR_MAP_DATA_TYPE_BFLOAT16;
  return dense_1d2d_map(d, s.m, s.n, s.d_stride, type, r.out_bytes, r.store_rows, r.store_columns,
                        r.store_swizzle_bytes);
}

/// Throws DriverError when the driver refuses a tensor map: an address that is no multiple of 16, say.
inline Dense1d2dArguments dense_1d2d_arguments(const Dense1d2dRecipe& r, const Shape& s,
                                               const Dense1d2dOperands& o) {
  constexpr auto kE4m3 = CU_TENSOR_MAP_DATA_TYPE_UINT8;
  constexpr std::uint32_t kSwizzleBytes = 128;
  const std::int64_t padded_m = (s.m + 3) / 4 * 4;
  Dense1d2dArguments x{};
  x.boxes = {r.load_rows_a(s.m), r.load_scales_a(s.m)};
  x.a = dense_1d2d_map(o.a, s.m, s.k, s.a_stride, kE4m3, 1, x.boxes.rows_a, r.kBlockK, kSwizzleBytes);
  x.b = dense_1d2d_map(o.b, s.n, s.k, s.b_stride, kE4m3, 1, r.load_rows_b(), r.kBlockK, kSwizzleBytes);
  x.scales_a = dense_1d2d_map(o.scales_a, s.k / r.kBlockK, padded_m, padded_m,
                              CU_TENSOR_MAP_DATA_TYPE_FLOAT32, 4, 1, x.boxes.scales_a, 0);
  x.d = dense_1d2d_map_d(r, s, o.d);
  x.scales_b = o.scales_b;
  x.m = static_cast<std::uint32_t>(s.m);
  x.n = static_cast<std::uint32_t>(s.n);
  x.k = static_cast<std::uint32_t>(s.k);
  x.raster = r.raster;
  x.l2_hint_a = r.l2_hint_a();
  x.l2_hint_b = r.l2_hint_b();
  x.spin_limit = kSpinLimit;
  return x;
}

inline Geometry dense_1d2d_geometry(const Dense1d2dRecipe& r, const Shape& s) {
  Geometry geometry;
  geometry.grid_x = r.grid(s.m, s.n);
  geometry.threads = r.threads;
  geometry.cluster = r.cluster();
  geometry.smem_bytes = r.smem_bytes;
  return geometry;
}

/// Asynchronous; may be captured in a graph. The kernel has been allowed its shared memory.
inline void launch_dense_1d2d(CUkernel kernel, const Geometry& geometry, Dense1d2dArguments& x,
                              CUstream stream) {
  void* arguments[] = {
      &x.a, &x.b,      &x.scales_a, &x.d,         &x.scales_b,  &x.m,          &x.n,
      &x.k, &x.raster, &x.boxes,    &x.l2_hint_a, &x.l2_hint_b, &x.spin_limit, &x.weights_ahead};
  launch(kernel, geometry, arguments, stream);
}

}  // namespace gemmtune::launch

// ---- src/launch/bundle_error.h ----

// What can go wrong with a bundle: a code of gemmtune.h and the particulars.

#include "gemmtune.h"

#include <stdexcept>
#include <string>

namespace gemmtune::launch {

class BundleError : public std::runtime_error {
 public:
  BundleError(gemmtune_code code, const std::string& message) : std::runtime_error(message), code_(code) {}
  gemmtune_code code() const { return code_; }

 private:
  gemmtune_code code_;
};

inline const char* text_of(int code) {
  switch (code) {
    case GEMMTUNE_OK:
      return "all is well";
    case GEMMTUNE_NO_DRIVER:
      return "there is no CUDA driver here, or it is older than CUDA 12";
    case GEMMTUNE_NO_CONTEXT:
      return "no CUDA context is current on this thread; cudaSetDevice makes one";
    case GEMMTUNE_NOT_A_BUNDLE:
      return "not a bundle that this loader reads";
    case GEMMTUNE_DAMAGED:
      return "a file of the bundle is damaged; export it again";
    case GEMMTUNE_MISSING_CUBIN:
      return "a cubin of the bundle is missing; export it again";
    case GEMMTUNE_WRONG_GPU:
      return "the bundle's kernels cannot run on this device";
    case GEMMTUNE_UNKNOWN_PROBLEM:
      return "the bundle has no kernel for this N, K, form of D and strides";
    case GEMMTUNE_BAD_ALIGNMENT:
      return "a pointer is not aligned to 16 bytes (B's scales: to 4)";
    case GEMMTUNE_BAD_ARGUMENT:
      return "an argument is null or out of range";
    case GEMMTUNE_DRIVER_ERROR:
      return "a call to the CUDA driver failed";
    case GEMMTUNE_OUT_OF_MEMORY:
      return "the host is out of memory";
    default:
      return "no code of gemmtune";
  }
}

}  // namespace gemmtune::launch

// ---- src/util/hash.h ----

// SHA-256 (FIPS 180-4), for identities and for checking what was read back from disk. C++17 and nothing but
// this file: it travels inside exported bundles, with src/launch/.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace gemmtune {

namespace sha {

inline constexpr std::array<std::uint32_t, 64> kRoundConstants = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

using State = std::array<std::uint32_t, 8>;

inline std::uint32_t rotate_right(std::uint32_t word, int bits) {
  return word >> bits | word << (32 - bits);
}

inline void absorb_block(State& state, const unsigned char* block) {
  std::array<std::uint32_t, 64> w{};
  for (std::size_t i = 0; i < 16; ++i)
    w[i] = std::uint32_t{block[4 * i]} << 24 | std::uint32_t{block[4 * i + 1]} << 16 |
           std::uint32_t{block[4 * i + 2]} << 8 | std::uint32_t{block[4 * i + 3]};
  for (std::size_t i = 16; i < 64; ++i) {
    const auto s0 = rotate_right(w[i - 15], 7) ^ rotate_right(w[i - 15], 18) ^ (w[i - 15] >> 3);
    const auto s1 = rotate_right(w[i - 2], 17) ^ rotate_right(w[i - 2], 19) ^ (w[i - 2] >> 10);
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  auto [a, b, c, d, e, f, g, h] = state;
  for (std::size_t i = 0; i < 64; ++i) {
    const auto t1 = h + (rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25)) +
                    ((e & f) ^ (~e & g)) + kRoundConstants[i] + w[i];
    const auto t2 =
        (rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
  }
  const State mixed = {a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < 8; ++i) state[i] += mixed[i];
}

}  // namespace sha

/// Lower-case hexadecimal, 64 digits.
inline std::string sha256(std::string_view bytes) {
  sha::State state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  std::size_t left = bytes.size();
  for (; left >= 64; left -= 64, data += 64) sha::absorb_block(state, data);

  // The tail: a one bit, zeros, and the length in bits as the last eight bytes of a block.
  std::array<unsigned char, 128> tail{};
  if (left > 0) std::memcpy(tail.data(), data, left);
  tail[left] = 0x80;
  const std::size_t tail_size = left < 56 ? 64 : 128;
  const std::uint64_t bits = std::uint64_t{bytes.size()} * 8;
  for (std::size_t i = 0; i < 8; ++i) tail[tail_size - 1 - i] = static_cast<unsigned char>(bits >> (8 * i));
  for (std::size_t at = 0; at < tail_size; at += 64) sha::absorb_block(state, tail.data() + at);

  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(64);
  for (const std::uint32_t word : state)
    for (int shift = 28; shift >= 0; shift -= 4) text += kDigits[(word >> shift) & 15];
  return text;
}

/// The first 16 digits: long enough for ids that people read and compare.
inline std::string short_hash(std::string_view bytes) {
  return sha256(bytes).substr(0, 16);
}

}  // namespace gemmtune

// ---- src/launch/index.h ----

// The index of a bundle, which the loader reads in place of manifest.json: lines of `name=value` in a fixed
// order, under a line with their SHA-256. A JSON reader in the shipped header would be longer than the rest
// of it and have more ways to be wrong; the exporter proves that both files say the same.


#include <cctype>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gemmtune::launch {

inline constexpr const char* kBundleSchema = "gemmtune.bundle/1";
inline constexpr const char* kIndexFile = "index.txt";

/// The GPU that a bundle was tuned on.
struct TunedGpu {
  std::string name;
  int cc_major = 0, cc_minor = 0;
  int sms = 0;
};

struct CubinFile {
  std::string file;  ///< under the bundle's folder
  std::string sha256;
};

/// What an entry is for; no two entries agree in all of it.
struct EntryKey {
  std::string kernel;  ///< also the entry point's name
  Shape shape;
  bool fp32_out = false;
  bool accumulate = false;
};

struct IndexEntry {
  EntryKey key;
  std::uint32_t cubin = 0;   ///< index into Index::cubins
  std::int64_t time_ns = 0;  ///< measured when it was tuned; 0: not known for these cubins
  Dense1d2dRecipe recipe;
};

struct Index {
  TunedGpu gpu;
  std::vector<CubinFile> cubins;
  std::vector<IndexEntry> entries;
};

/// One line, read from left to right. Throws BundleError (damaged) where it is not as expected.
class IndexLine {
 public:
  IndexLine(std::string_view text, std::size_t number) : rest_(text), number_(number) {}

  bool starts(std::string_view word) {
    if (rest_.substr(0, word.size() + 1) != std::string(word) + " ") return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  /// The value up to the next blank.
  std::string word(std::string_view name) {
    take_name(name);
    const std::string value(rest_.substr(0, rest_.find(' ')));
    if (value.empty()) fail(name);
    rest_.remove_prefix(value.size());
    return value;
  }
  /// The value up to the end of the line.
  std::string rest(std::string_view name) {
    take_name(name);
    const std::string value(rest_);
    rest_ = {};
    return value;
  }
  /// A whole number from 0 to `most`.
  std::int64_t number(std::string_view name, std::int64_t most = INT64_MAX) {
    std::int64_t value = 0;
    for (const char c : word(name)) {
      const int digit = c - '0';
      if (digit < 0 || digit > 9 || value > (most - digit) / 10) fail(name);
      value = value * 10 + digit;
    }
    if (value > most) fail(name);  // `most` may be negative: nothing fits
    return value;
  }
  void end() const {
    if (!rest_.empty()) fail(rest_);
  }
  [[noreturn]] void fail(std::string_view what) const {
    throw BundleError(GEMMTUNE_DAMAGED, std::string(kIndexFile) + ":" + std::to_string(number_) +
                                            ": cannot be read at \"" + std::string(what) + "\"");
  }

 private:
  void take_name(std::string_view name) {
    const std::string start = " " + std::string(name) + "=";
    if (rest_.substr(0, start.size()) != start) fail(name);
    rest_.remove_prefix(start.size());
  }

  std::string_view rest_;
  std::size_t number_;
};

inline IndexEntry read_entry(IndexLine& line, std::size_t cubins) {
  IndexEntry e;
  e.key.kernel = line.word("kernel");
  if (e.key.kernel != "dense_1d2d")
    throw BundleError(GEMMTUNE_NOT_A_BUNDLE, "the bundle has kernel \"" + e.key.kernel +
                                                 "\", which this loader does not know: take the loader that "
                                                 "is in the bundle");
  Shape& s = e.key.shape;
  s.m = line.number("m");
  s.n = line.number("n");
  s.k = line.number("k");
  s.a_stride = line.number("a_stride");
  s.b_stride = line.number("b_stride");
  s.d_stride = line.number("d_stride");
  e.key.fp32_out = line.number("fp32_out", 1) == 1;
  e.key.accumulate = line.number("accumulate", 1) == 1;
  e.cubin = static_cast<std::uint32_t>(line.number("cubin", static_cast<std::int64_t>(cubins) - 1));
  e.time_ns = line.number("time_ns");
  for (const RecipeMember& member : kRecipeMembers)
    e.recipe.*member.value = static_cast<std::uint32_t>(line.number(member.name, UINT32_MAX));
  // What the launcher divides by.
  for (const std::uint32_t divisor : {e.recipe.block_m, e.recipe.block_n, e.recipe.cluster()})
    if (divisor == 0) line.fail("block_m");
  line.end();
  return e;
}

/// Throws BundleError: not a bundle, or damaged.
inline Index parse_index(std::string_view text) {
  const std::size_t header_end = text.find('\n');
  const std::string_view header = text.substr(0, header_end);
  const std::string_view schema = header.substr(0, header.find(' '));
  if (header_end == std::string_view::npos || schema != kBundleSchema) {
    std::string found;
    for (const char c : schema.substr(0, 40)) found += std::isprint(static_cast<unsigned char>(c)) ? c : '?';
    throw BundleError(GEMMTUNE_NOT_A_BUNDLE, std::string(kIndexFile) + " is of format \"" + found +
                                                 "\"; this loader reads " + kBundleSchema);
  }
  const std::string_view body = text.substr(header_end + 1);
  if (header != std::string(kBundleSchema) + " " + sha256(body))
    throw BundleError(GEMMTUNE_DAMAGED,
                      std::string(kIndexFile) + " is not as it was written: its SHA-256 differs");

  Index index;
  std::size_t number = 1;
  for (std::size_t start = 0, end; start < body.size(); start = end + 1) {
    end = std::min(body.find('\n', start), body.size());
    IndexLine line(body.substr(start, end - start), ++number);
    if (line.starts("gpu")) {
      index.gpu.cc_major = static_cast<int>(line.number("cc_major", 99));
      index.gpu.cc_minor = static_cast<int>(line.number("cc_minor", 99));
      index.gpu.sms = static_cast<int>(line.number("sms", 9999));
      index.gpu.name = line.rest("name");
    } else if (line.starts("cubin")) {
      index.cubins.push_back({line.word("file"), line.word("sha256")});
      line.end();
    } else if (line.starts("entry")) {
      index.entries.push_back(read_entry(line, index.cubins.size()));
    } else {
      line.fail("the first word");
    }
  }
  return index;
}

}  // namespace gemmtune::launch

// ---- src/launch/launch_cache.h ----

// Launches that were made ready before: tensor maps and arguments by shape, form and pointers.


#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace gemmtune::launch {

/// All that a launch depends on, as words that are compared and hashed as they lie.
using LaunchKey = std::array<std::uint64_t, 12>;

struct ReadyLaunch {
  CUkernel kernel;
  Geometry geometry;
  Dense1d2dArguments arguments;
};

/// Bounded and thread-safe. Of those that fall into one of its 256 sets, the four used last are kept: 1024
/// launches if they spread evenly, in 0.8 MB. A lock a set, held for a copy, so that threads hardly meet.
class LaunchCache {
 public:
  LaunchCache() : sets_(kSets) {}

  /// Copies the launch of that key; `make` makes it when there is none, and may throw.
  template <typename Make>
  ReadyLaunch get(const LaunchKey& key, const Make& make) {
    Set& set = sets_[hash(key) % kSets];
    {
      const std::lock_guard<std::mutex> lock(set.mutex);
      for (Slot& slot : set.slots)
        if (slot.key == key) {
          slot.used = ++set.clock;
          return slot.launch;
        }
    }
    const ReadyLaunch made = make();  // unlocked: two threads that miss together make the same
    const std::lock_guard<std::mutex> lock(set.mutex);
    Slot& slot = place(set);
    slot = {key, ++set.clock, made};
    return made;
  }

 private:
  static constexpr std::size_t kSets = 256, kWays = 4;

  struct Slot {
    LaunchKey key;
    std::uint64_t used;
    ReadyLaunch launch;
  };
  struct Set {
    std::mutex mutex;
    std::uint64_t clock = 0;
    std::vector<Slot> slots;  ///< at most kWays
  };

  static Slot& place(Set& set) {
    if (set.slots.size() < kWays) return set.slots.emplace_back();
    Slot* oldest = &set.slots.front();
    for (Slot& slot : set.slots)
      if (slot.used < oldest->used) oldest = &slot;
    return *oldest;
  }

  /// Multiply and fold: every bit of every word reaches the low bits, which pointers alone leave alike.
  static std::uint64_t hash(const LaunchKey& key) {
    std::uint64_t h = 0;
    for (const std::uint64_t word : key) {
      h = (h ^ word) * 0x9E3779B97F4A7C15u;
      h ^= h >> 32;
    }
    return h;
  }

  std::vector<Set> sets_;
};

}  // namespace gemmtune::launch

// ---- src/launch/lookup.h ----

// Which entry of a bundle a problem gets: the rule of tuning tables (store/table.h), on sorted entries.


#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace gemmtune::launch {

/// The entries by all that must agree, then by M.
class EntryLookup {
 public:
  explicit EntryLookup(const std::vector<IndexEntry>& entries) : entries_(entries) {
    for (std::size_t i = 0; i < entries.size(); ++i) order_.push_back(i);
    std::stable_sort(order_.begin(), order_.end(),
                     [&](std::size_t a, std::size_t b) { return before(entries[a].key, entries[b].key); });
  }

  struct Found {
    gemmtune_match match;
    std::size_t entry;
  };

  /// The smallest tuned M not below the asked one, else the largest. Throws BundleError (unknown problem)
  /// when no entry agrees in everything but M.
  Found find(const EntryKey& asked) const {
    const auto at = std::lower_bound(
        order_.begin(), order_.end(), asked,
        [&](std::size_t entry, const EntryKey& key) { return before(entries_[entry].key, key); });
    if (at != order_.end() && same_but_m(entries_[*at].key, asked))
      return {entries_[*at].key.shape.m == asked.shape.m ? GEMMTUNE_EXACT : GEMMTUNE_BUCKET, *at};
    if (at != order_.begin() && same_but_m(entries_[*(at - 1)].key, asked))
      return {GEMMTUNE_LARGEST, *(at - 1)};
    throw BundleError(GEMMTUNE_UNKNOWN_PROBLEM,
                      "no entry for " + describe(asked) + "; there are " + known(asked));
  }

 private:
  static auto but_m(const EntryKey& k) {
    const Shape& s = k.shape;
    return std::make_tuple(std::string_view(k.kernel), s.n, s.k, s.a_stride, s.b_stride, s.d_stride,
                           k.fp32_out, k.accumulate);
  }
  static bool same_but_m(const EntryKey& a, const EntryKey& b) { return but_m(a) == but_m(b); }
  static bool before(const EntryKey& a, const EntryKey& b) {
    return std::make_tuple(but_m(a), a.shape.m) < std::make_tuple(but_m(b), b.shape.m);
  }

  static std::string describe(const EntryKey& key) {
    const Shape& s = key.shape;
    std::string text = key.kernel + ":n=" + std::to_string(s.n) + ",k=" + std::to_string(s.k);
    if (key.fp32_out) text += ",out=fp32";
    if (key.accumulate) text += ",accumulate=true";
    if (s.a_stride != s.k) text += ",a_pitch=" + std::to_string(s.a_stride);
    if (s.b_stride != s.k) text += ",b_pitch=" + std::to_string(s.b_stride);
    if (s.d_stride != s.n) text += ",d_pitch=" + std::to_string(s.d_stride);
    return text;
  }

  /// What there is: of the same N and K if possible.
  std::string known(const EntryKey& asked) const {
    std::string same_size, all;
    const EntryKey* last = nullptr;
    for (const std::size_t i : order_) {
      const EntryKey& key = entries_[i].key;
      if (last != nullptr && same_but_m(*last, key)) continue;
      last = &key;
      const bool same = key.shape.n == asked.shape.n && key.shape.k == asked.shape.k;
      (same ? same_size : all) += " " + describe(key);
    }
    if (!same_size.empty()) return "entries of that size in other forms:" + same_size;
    return all.empty() ? "none at all" : "entries for" + all;
  }

  const std::vector<IndexEntry>& entries_;
  std::vector<std::size_t> order_;
};

}  // namespace gemmtune::launch

// ---- src/launch/bundle.h ----

// An exported bundle on the GPU that is current: found, checked, loaded, and launched from. What the C
// functions of gemmtune.h do, with exceptions (BundleError) in place of codes.


#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gemmtune::launch {

/// Empty when there is no such file.
inline std::unique_ptr<std::string> read_whole(const std::string& path) {
  std::FILE* const file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return nullptr;
  auto bytes = std::make_unique<std::string>();
  char buffer[1 << 16];
  for (std::size_t count; (count = std::fread(buffer, 1, sizeof buffer, file)) > 0;)
    bytes->append(buffer, count);
  std::fclose(file);
  return bytes;
}

/// The index of the bundle in `folder`. Throws BundleError.
inline Index read_index(const std::string& folder) {
  const std::string path = folder + "/" + kIndexFile;
  const auto text = read_whole(path);
  if (text == nullptr) throw BundleError(GEMMTUNE_NOT_A_BUNDLE, "cannot read " + path);
  try {
    return parse_index(*text);
  } catch (const BundleError& error) {
    throw BundleError(error.code(), folder + "/" + error.what());
  }
}

/// The bytes of a cubin, which are those that were exported. Throws BundleError.
inline std::string read_cubin(const std::string& folder, const CubinFile& cubin) {
  const std::string path = folder + "/" + cubin.file;
  const auto bytes = read_whole(path);
  if (bytes == nullptr) throw BundleError(GEMMTUNE_MISSING_CUBIN, "cannot read " + path);
  if (sha256(*bytes) != cubin.sha256)
    throw BundleError(GEMMTUNE_DAMAGED, path + " is not as it was exported: its SHA-256 differs");
  return std::move(*bytes);
}

class Bundle {
 public:
  /// Reads, checks and loads everything. A CUDA context must be current; its device is the bundle's. Throws
  /// BundleError.
  explicit Bundle(const std::string& folder) : index_(read_index(folder)), lookup_(index_.entries) {
    std::vector<std::string> cubins;
    for (const CubinFile& cubin : index_.cubins) cubins.push_back(read_cubin(folder, cubin));
    require_driver();
    take_device();
    try {
      require_gpu();
      load(cubins);
    } catch (const DriverError& error) {
      throw BundleError(GEMMTUNE_DRIVER_ERROR, error.what());
    }
  }
  Bundle(const Bundle&) = delete;  // lookup_ refers to index_
  Bundle& operator=(const Bundle&) = delete;

  const Index& index() const { return index_; }

  /// On which GPU it was tuned, if that is another; else empty. Results are right all the same.
  const std::string& note() const { return note_; }

  gemmtune_found find(const char* kernel, std::int64_t m, std::int64_t n, std::int64_t k,
                      const gemmtune_operands& form) const {
    const EntryKey asked = key_of(kernel, m, n, k, form);
    const auto found = lookup_.find(asked);
    const IndexEntry& entry = index_.entries[found.entry];
    const Geometry geometry = dense_1d2d_geometry(entry.recipe, asked.shape);
    gemmtune_found answer{};
    answer.match = found.match;
    answer.entry = static_cast<std::int32_t>(found.entry);
    answer.tuned_m = entry.key.shape.m;
    answer.time_us = static_cast<double>(entry.time_ns) / 1e3;
    answer.grid = geometry.grid_x;
    answer.cluster = geometry.cluster;
    answer.threads = geometry.threads;
    answer.smem_bytes = geometry.smem_bytes;
    return answer;
  }

  /// Queues one product. Thread-safe; may be captured in a graph. Throws BundleError.
  void gemm(const char* kernel, std::int64_t m, std::int64_t n, std::int64_t k, const gemmtune_operands& x,
            CUstream stream) {
    require_kernel(kernel);
    try {
      require_device();
      ReadyLaunch ready = cache_.get(launch_key(m, n, k, x), [&] { return make_ready(kernel, m, n, k, x); });
      launch_dense_1d2d(ready.kernel, ready.geometry, ready.arguments, stream);
    } catch (const DriverError& error) {
      throw BundleError(GEMMTUNE_DRIVER_ERROR, error.what());
    }
  }

 private:
  static void require_kernel(const char* kernel) {
    if (kernel == nullptr) throw BundleError(GEMMTUNE_BAD_ARGUMENT, "the kernel's name is null");
    if (std::strcmp(kernel, "dense_1d2d") != 0)
      throw BundleError(GEMMTUNE_UNKNOWN_PROBLEM, "there is no kernel \"" + std::string(kernel) + "\"");
  }

  static void require_driver() {
    try {
      driver();
    } catch (const DriverError& error) {
      throw BundleError(GEMMTUNE_NO_DRIVER, error.what());
    }
  }

  void take_device() {
    CUcontext context = nullptr;
    const CUresult code = driver().context_get_current(&context);
    if (code != CUDA_SUCCESS || context == nullptr || driver().context_get_device(&device_) != CUDA_SUCCESS)
      throw BundleError(GEMMTUNE_NO_CONTEXT,
                        "no CUDA context is current on this thread; cudaSetDevice makes one");
    context_ = context;
  }

  /// A thread that has done nothing with CUDA yet has no context: it gets ours, as the runtime would do.
  void require_device() const {
    CUdevice device = 0;
    if (driver().context_get_device(&device) != CUDA_SUCCESS)
      check(driver().context_set_current(context_), "cuCtxSetCurrent");
    else if (device != device_)
      throw BundleError(GEMMTUNE_WRONG_GPU,
                        "the current device is not the one that the bundle was opened on");
  }

  int attribute(CUdevice_attribute which) const {
    int value = 0;
    check(driver().device_get_attribute(&value, which, device_), "cuDeviceGetAttribute");
    return value;
  }

  /// The kernels are sm_90a: they run on compute capability 9.0 alone.
  void require_gpu() {
    const TunedGpu& tuned = index_.gpu;
    char name[256] = "";
    check(driver().device_get_name(name, sizeof name, device_), "cuDeviceGetName");
    const int major = attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
    const int minor = attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
    const int sms = attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
    const std::string here = std::string(name) + " (compute capability " + std::to_string(major) + "." +
                             std::to_string(minor) + ", " + std::to_string(sms) + " SMs)";
    const std::string wanted = tuned.name + " (compute capability " + std::to_string(tuned.cc_major) + "." +
                               std::to_string(tuned.cc_minor) + ", " + std::to_string(tuned.sms) + " SMs)";
    if (major != tuned.cc_major || minor != tuned.cc_minor)
      throw BundleError(GEMMTUNE_WRONG_GPU, "this is " + here + "; the bundle's kernels are for " + wanted);
    const auto most =
        static_cast<std::uint32_t>(attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN));
    for (const IndexEntry& entry : index_.entries)
      if (entry.recipe.smem_bytes > most)
        throw BundleError(GEMMTUNE_WRONG_GPU, "a kernel needs " + std::to_string(entry.recipe.smem_bytes) +
                                                  " bytes of shared memory; a CTA of this " + here + " has " +
                                                  std::to_string(most));
    if (name != tuned.name || sms != tuned.sms) note_ = "tuned on " + wanted + ", running on " + here;
  }

  /// Each kernel is put onto the device now: the driver would do it at the first launch, and cannot while a
  /// stream is captured.
  void load(const std::vector<std::string>& cubins) {
    for (const std::string& cubin : cubins) modules_.emplace_back(cubin);
    for (const IndexEntry& entry : index_.entries) {
      const CUkernel kernel = modules_[entry.cubin].kernel(entry.key.kernel.c_str());
      CUfunction loaded = nullptr;
      check(driver().get_function(&loaded, kernel), "cuKernelGetFunction");
      allow_shared_memory(kernel, entry.recipe.smem_bytes);
      kernels_.push_back(kernel);
    }
  }

  static EntryKey key_of(const char* kernel, std::int64_t m, std::int64_t n, std::int64_t k,
                         const gemmtune_operands& x) {
    require_kernel(kernel);
    if (m < 1 || n < 1 || k < 1 || m > INT32_MAX || n > INT32_MAX || k > INT32_MAX)
      throw BundleError(GEMMTUNE_BAD_ARGUMENT, "M, N and K are 1 to 2147483647, not " + std::to_string(m) +
                                                   ", " + std::to_string(n) + " and " + std::to_string(k));
    const auto stride = [](std::int64_t given, std::int64_t columns) { return given == 0 ? columns : given; };
    EntryKey key;
    key.kernel = kernel;
    key.shape = {m, n, k, stride(x.a_stride, k), stride(x.b_stride, k), stride(x.d_stride, n)};
    key.fp32_out = x.fp32_out != 0;
    key.accumulate = x.accumulate != 0;
    return key;
  }

  static LaunchKey launch_key(std::int64_t m, std::int64_t n, std::int64_t k, const gemmtune_operands& x) {
    const auto word = [](const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer); };
    const auto number = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
    const std::uint64_t form = (x.fp32_out != 0 ? 1u : 0u) | (x.accumulate != 0 ? 2u : 0u);
    return {number(m), number(n), number(k), number(x.a_stride), number(x.b_stride), number(x.d_stride),
            form,      word(x.a), word(x.b), word(x.scales_a),   word(x.scales_b),   word(x.d)};
  }

  static void require_aligned(const char* name, const void* pointer, std::uintptr_t bytes) {
    if (pointer == nullptr) throw BundleError(GEMMTUNE_BAD_ARGUMENT, std::string(name) + " is null");
    if (reinterpret_cast<std::uintptr_t>(pointer) % bytes != 0)
      throw BundleError(GEMMTUNE_BAD_ALIGNMENT,
                        std::string(name) + " is not aligned to " + std::to_string(bytes) + " bytes");
  }

  ReadyLaunch make_ready(const char* kernel, std::int64_t m, std::int64_t n, std::int64_t k,
                         const gemmtune_operands& x) const {
    require_aligned("a", x.a, 16);
    require_aligned("b", x.b, 16);
    require_aligned("scales_a", x.scales_a, 16);
    require_aligned("scales_b", x.scales_b, 4);
    require_aligned("d", x.d, 16);
    const EntryKey asked = key_of(kernel, m, n, k, x);
    const std::size_t entry = lookup_.find(asked).entry;
    const Dense1d2dRecipe& recipe = index_.entries[entry].recipe;
    return {kernels_[entry], dense_1d2d_geometry(recipe, asked.shape),
            dense_1d2d_arguments(recipe, asked.shape, {x.a, x.b, x.scales_a, x.scales_b, x.d})};
  }

  const Index index_;
  const EntryLookup lookup_;
  std::vector<Module> modules_;
  std::vector<CUkernel> kernels_;  ///< one an entry
  CUcontext context_ = nullptr;
  CUdevice device_ = 0;
  std::string note_;
  LaunchCache cache_;
};

}  // namespace gemmtune::launch
