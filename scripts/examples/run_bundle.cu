// Opens a bundle, runs what it was tuned for on random data, judges every result and prints times.
//
//   nvcc -std=c++17 -O2 -arch=sm_90a -I BUNDLE scripts/examples/run_bundle.cu -o run_bundle
//   ./run_bundle BUNDLE [M...]
//
// Without M: each M that was tuned. Times are of CUDA events with a cold L2, median of 20: they hold the latency of a
// launch, a few microseconds more than the kernel itself. Exit code 0: every result is right.
#include "bundle_data.cuh"
#include "gemmtune.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <vector>

using gemmtune::launch::Bundle;
using gemmtune::launch::BundleError;

namespace {

constexpr std::size_t kFlushBytes = std::size_t{512} << 20;

gemmtune_operands pointers_of(const Operands& o) {
  gemmtune_operands x{};
  x.size = sizeof x;
  x.a = o.a, x.b = o.b, x.scales_a = o.scales_a, x.scales_b = o.scales_b, x.d = o.d;
  return x;
}

double time_us(Bundle& bundle, const Operands& o, void* flush, cudaStream_t stream) {
  cudaEvent_t start, stop;
  CHECK(cudaEventCreate(&start));
  CHECK(cudaEventCreate(&stop));
  std::vector<float> samples;
  for (int i = 0; i < 20; ++i) {
    CHECK(cudaMemsetAsync(flush, 0, kFlushBytes, stream));
    CHECK(cudaEventRecord(start, stream));
    bundle.gemm("dense_1d2d", o.m, o.n, o.k, pointers_of(o), stream);
    CHECK(cudaEventRecord(stop, stream));
    CHECK(cudaEventSynchronize(stop));
    samples.push_back(0);
    CHECK(cudaEventElapsedTime(&samples.back(), start, stop));
  }
  CHECK(cudaEventDestroy(start));
  CHECK(cudaEventDestroy(stop));
  std::sort(samples.begin(), samples.end());
  return samples[samples.size() / 2] * 1e3;
}

const char* name_of(int match) {
  return match == GEMMTUNE_EXACT ? "exact" : match == GEMMTUNE_BUCKET ? "bucket" : match == GEMMTUNE_LARGEST ? "largest" : "picked";
}

bool run_one(Bundle& bundle, std::int64_t m, std::int64_t n, std::int64_t k, void* flush, cudaStream_t stream) {
  Operands o = make_operands(m, n, k);
  const gemmtune_found found = bundle.find("dense_1d2d", m, n, k, pointers_of(o));
  CHECK(cudaDeviceSynchronize());
  bundle.gemm("dense_1d2d", m, n, k, pointers_of(o), stream);
  CHECK(cudaStreamSynchronize(stream));
  const Verdict verdict = verdict_of(o);
  const double us = time_us(bundle, o, flush, stream);
  std::printf("%6lld %6lld %6lld  %-7s of %-5lld %9.2f %9.2f %8.1f  %.2e %.2e  %s\n", static_cast<long long>(m),
              static_cast<long long>(n), static_cast<long long>(k), name_of(found.match),
              static_cast<long long>(found.tuned_m), found.time_us, us,
              2e-6 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k) / us, verdict.error_rms,
              verdict.error_max, verdict.right ? "right" : "WRONG");
  o.release();
  return verdict.right;
}

int run(const char* folder, const std::vector<std::int64_t>& asked_m) {
  CHECK(cudaSetDevice(0));
  Bundle bundle(folder);
  if (!bundle.note().empty()) std::printf("note: %s\n", bundle.note().c_str());
  cudaStream_t stream;
  CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  void* flush = nullptr;
  CHECK(cudaMalloc(&flush, kFlushBytes));
  std::printf("     M      N      K  entry              tuned us    now us  TFLOP/s  err_rms  err_max\n");
  std::set<std::pair<std::int64_t, std::int64_t>> sizes;
  bool right = true;
  for (const auto& entry : bundle.index().entries) {
    const auto& s = entry.key.shape;
    const bool plain = !entry.key.fp32_out && !entry.key.accumulate && s.a_stride == s.k && s.b_stride == s.k &&
                       s.d_stride == s.n;
    // The judge knows BF16 without gaps; and a bundle that is opened for bursts never answers by the other entries.
    if (!plain || entry.key.sustained) continue;
    if (asked_m.empty()) {
      right &= run_one(bundle, s.m, s.n, s.k, flush, stream);
    } else if (sizes.insert({s.n, s.k}).second) {
      for (const std::int64_t m : asked_m) right &= run_one(bundle, m, s.n, s.k, flush, stream);
    }
  }
  CHECK(cudaFree(flush));
  CHECK(cudaStreamDestroy(stream));
  return right ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: run_bundle BUNDLE [M...]\n");
    return 2;
  }
  std::vector<std::int64_t> m;
  for (int i = 2; i < argc; ++i) m.push_back(std::atoll(argv[i]));
  try {
    return run(argv[1], m);
  } catch (const BundleError& error) {
    std::fprintf(stderr, "%s: %s\n", gemmtune::launch::text_of(error.code()), error.what());
    return 1;
  }
}
