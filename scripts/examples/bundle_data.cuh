// Random operands of dense_1d2d on the device, and a judge of its output in FP64. For the example and the check of
// bundles: plain kernels that are easy to believe.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp8.h>
#include <cuda_runtime.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#define CHECK(call)                                                                            \
  do {                                                                                         \
    const cudaError_t code = (call);                                                           \
    if (code != cudaSuccess) {                                                                 \
      std::fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call, cudaGetErrorString(code)); \
      std::exit(1);                                                                            \
    }                                                                                          \
  } while (0)

/// Device memory of one product. Move-only by habit: nobody copies it.
struct Operands {
  std::int64_t m = 0, n = 0, k = 0;
  std::uint8_t *a = nullptr, *b = nullptr;
  float *scales_a = nullptr, *scales_b = nullptr;
  __nv_bfloat16* d = nullptr;

  std::int64_t padded_m() const { return (m + 3) / 4 * 4; }
  std::size_t a_bytes() const { return static_cast<std::size_t>(m * k); }
  std::size_t b_bytes() const { return static_cast<std::size_t>(n * k); }
  std::size_t scales_a_bytes() const { return static_cast<std::size_t>(k / 128 * padded_m() * 4); }
  std::size_t scales_b_bytes() const { return static_cast<std::size_t>((n + 127) / 128 * (k / 128) * 4); }
  std::size_t d_bytes() const { return static_cast<std::size_t>(m * n * 2); }

  void allocate() {
    CHECK(cudaMalloc(&a, a_bytes()));
    CHECK(cudaMalloc(&b, b_bytes()));
    CHECK(cudaMalloc(&scales_a, scales_a_bytes()));
    CHECK(cudaMalloc(&scales_b, scales_b_bytes()));
    CHECK(cudaMalloc(&d, d_bytes()));
  }
  void release() {
    for (void* pointer : {static_cast<void*>(a), static_cast<void*>(b), static_cast<void*>(scales_a),
                          static_cast<void*>(scales_b), static_cast<void*>(d)})
      CHECK(cudaFree(pointer));
  }
  /// NaN everywhere, so that what is not written shows.
  void poison() const { CHECK(cudaMemset(d, 0xff, d_bytes())); }
};

/// A normal value that depends on its index alone (splitmix64, Box-Muller).
__device__ inline float normal(std::uint64_t seed, std::uint64_t index) {
  std::uint64_t x = seed * 0x9E3779B97F4A7C15ull + index + 1;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
  x ^= x >> 31;
  const float u = (static_cast<float>(x >> 40) + 1) * (1.0f / 16777217.0f);
  const float v = static_cast<float>((x >> 8) & 0xffffff) * (1.0f / 16777216.0f);
  return sqrtf(-2 * logf(u)) * cospif(2 * v);
}

__device__ inline std::uint8_t quantise(float x) {
  return static_cast<std::uint8_t>(__nv_cvt_float_to_fp8(x, __NV_SATFINITE, __NV_E4M3));
}

/// A warp for each row and 128 of K.
__global__ void make_rows(std::uint8_t* values, float* scales, std::int64_t m, std::int64_t padded_m, std::int64_t k,
                          std::uint64_t seed) {
  const std::int64_t warp = (std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x) / 32;
  if (warp >= m * (k / 128)) return;
  const std::int64_t row = warp % m, block = warp / m;
  float x[4], largest = 1e-4f;
  for (int i = 0; i < 4; ++i) {
    x[i] = normal(seed, row * k + block * 128 + threadIdx.x % 32 + 32 * i);
    largest = fmaxf(largest, fabsf(x[i]));
  }
  for (int offset = 16; offset > 0; offset /= 2) largest = fmaxf(largest, __shfl_xor_sync(~0u, largest, offset));
  const float scale = largest / 448;
  for (int i = 0; i < 4; ++i) values[row * k + block * 128 + threadIdx.x % 32 + 32 * i] = quantise(x[i] / scale);
  if (threadIdx.x % 32 == 0) scales[block * padded_m + row] = scale;
}

/// A CTA for each 128 x 128: blockIdx {k / 128, n / 128}.
__global__ void make_blocks(std::uint8_t* values, float* scales, std::int64_t n, std::int64_t k, std::uint64_t seed) {
  __shared__ unsigned largest_bits;
  if (threadIdx.x == 0) largest_bits = __float_as_uint(1e-4f);
  __syncthreads();
  const auto index = [&](int i) {
    return (std::int64_t{blockIdx.y} * 128 + i / 128) * k + std::int64_t{blockIdx.x} * 128 + i % 128;
  };
  const int rows = static_cast<int>(min(std::int64_t{128}, n - std::int64_t{blockIdx.y} * 128));
  for (int i = threadIdx.x; i < rows * 128; i += blockDim.x)
    atomicMax(&largest_bits, __float_as_uint(fabsf(normal(seed, index(i)))));
  __syncthreads();
  const float scale = __uint_as_float(largest_bits) / 448;
  for (int i = threadIdx.x; i < rows * 128; i += blockDim.x)
    values[index(i)] = quantise(normal(seed, index(i)) / scale);
  if (threadIdx.x == 0) scales[std::int64_t{blockIdx.y} * (k / 128) + blockIdx.x] = scale;
}

inline Operands make_operands(std::int64_t m, std::int64_t n, std::int64_t k, std::uint64_t seed = 1) {
  Operands o;
  o.m = m, o.n = n, o.k = k;
  o.allocate();
  CHECK(cudaMemset(o.scales_a, 0, o.scales_a_bytes()));
  make_rows<<<static_cast<unsigned>((m * (k / 128) + 7) / 8), 256>>>(o.a, o.scales_a, m, o.padded_m(), k, 2 * seed);
  make_blocks<<<dim3(static_cast<unsigned>(k / 128), static_cast<unsigned>((n + 127) / 128)), 256>>>(
      o.b, o.scales_b, n, k, 2 * seed + 1);
  CHECK(cudaGetLastError());
  o.poison();
  return o;
}

struct Figures {
  double excess_squared, reference_squared;  ///< of |D - reference| beyond half a unit of BF16; of the reference
  unsigned largest_bits;                     ///< of the largest excess / sum|a*b|, as a float's bits
  unsigned not_numbers;                      ///< elements never written, or spoiled
};

__device__ inline double decode(std::uint8_t value) {
  __nv_fp8_e4m3 x;
  x.__x = value;
  return static_cast<double>(static_cast<float>(x));
}

/// 64 x 64 of D a CTA of 256 threads, 4 x 4 each: the product of the dequantised operands in FP64.
__global__ void judge(Figures* figures, const Operands o) {
  __shared__ double a[16][65], b[16][65];
  const std::int64_t row0 = std::int64_t{blockIdx.y} * 64, column0 = std::int64_t{blockIdx.x} * 64;
  const int ty = threadIdx.x / 16, tx = threadIdx.x % 16;
  double sum[4][4] = {};
  float magnitude[4][4] = {};
  for (std::int64_t k0 = 0; k0 < o.k; k0 += 16) {
    for (int i = threadIdx.x; i < 64 * 16; i += 256) {
      const int r = i / 16, kk = i % 16;
      const std::int64_t row = min(row0 + r, o.m - 1), column = min(column0 + r, o.n - 1), k = k0 + kk;
      a[kk][r] = decode(o.a[row * o.k + k]) * o.scales_a[k / 128 * ((o.m + 3) / 4 * 4) + row];
      b[kk][r] = decode(o.b[column * o.k + k]) * o.scales_b[column / 128 * (o.k / 128) + k / 128];
    }
    __syncthreads();
    for (int kk = 0; kk < 16; ++kk)
      for (int i = 0; i < 4; ++i)
        for (int j = 0; j < 4; ++j) {
          const double product = a[kk][ty + 16 * i] * b[kk][tx + 16 * j];
          sum[i][j] += product;
          magnitude[i][j] += fabsf(static_cast<float>(product));
        }
    __syncthreads();
  }
  double excess_squared = 0, reference_squared = 0;
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j) {
      const std::int64_t row = row0 + ty + 16 * i, column = column0 + tx + 16 * j;
      if (row >= o.m || column >= o.n) continue;
      const double expected = sum[i][j];
      const float found = __bfloat162float(o.d[row * o.n + column]);
      reference_squared += expected * expected;
      if (!isfinite(found)) {
        atomicAdd(&figures->not_numbers, 1);
        continue;
      }
      const double half_unit = expected == 0 ? 0 : ldexp(1.0, ilogb(expected) - 8);
      const double excess = fabs(static_cast<double>(found) - expected) - half_unit;
      if (excess <= 0) continue;
      excess_squared += excess * excess;
      const float relative = magnitude[i][j] > 0 ? static_cast<float>(excess / magnitude[i][j]) : 1e30f;
      atomicMax(&figures->largest_bits, __float_as_uint(relative));
    }
  for (int offset = 16; offset > 0; offset /= 2) {
    excess_squared += __shfl_xor_sync(~0u, excess_squared, offset);
    reference_squared += __shfl_xor_sync(~0u, reference_squared, offset);
  }
  if (threadIdx.x % 32 == 0) {
    atomicAdd(&figures->excess_squared, excess_squared);
    atomicAdd(&figures->reference_squared, reference_squared);
  }
}

struct Verdict {
  double error_rms = 0, error_max = 0;
  unsigned not_numbers = 0;
  bool right = false;
};

/// By gemmtune's gates for BF16 and normal data (src/worker/gemm/verdict.h). Waits for the device.
inline Verdict verdict_of(const Operands& o) {
  Figures* on_device = nullptr;
  CHECK(cudaMalloc(&on_device, sizeof(Figures)));
  CHECK(cudaMemset(on_device, 0, sizeof(Figures)));
  judge<<<dim3(static_cast<unsigned>((o.n + 63) / 64), static_cast<unsigned>((o.m + 63) / 64)), 256>>>(on_device, o);
  CHECK(cudaGetLastError());
  Figures f;
  CHECK(cudaMemcpy(&f, on_device, sizeof f, cudaMemcpyDeviceToHost));
  CHECK(cudaFree(on_device));
  Verdict v;
  v.error_rms = std::sqrt(f.excess_squared / f.reference_squared);
  float largest;
  static_assert(sizeof largest == sizeof f.largest_bits, "bits of a float");
  std::memcpy(&largest, &f.largest_bits, sizeof largest);
  v.error_max = largest;
  v.not_numbers = f.not_numbers;
  v.right = f.not_numbers == 0 && v.error_rms <= 3.8e-5 && v.error_max <= 0.03 / std::pow(static_cast<double>(o.k), 0.75);
  return v;
}
