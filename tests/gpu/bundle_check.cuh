// What the check of bundles is made of: operands as the loader takes them, the timer, and the report.
#pragma once

#include "../../scripts/examples/bundle_data.cuh"
#include "gemmtune.hpp"
#include "worker/measure/cupti_trace.h"

#include <algorithm>
#include <chrono>
#include <cstdarg>
#include <string>
#include <thread>
#include <vector>

namespace launch = gemmtune::launch;
using gemmtune::launch::Bundle;
using Clock = std::chrono::steady_clock;

inline constexpr std::size_t kFlushBytes = std::size_t{512} << 20;
inline constexpr int kCopies = 7;

inline double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

inline gemmtune_operands pointers_of(const Operands& o) {
  gemmtune_operands x{};
  x.size = sizeof x;
  x.a = o.a, x.b = o.b, x.scales_a = o.scales_a, x.scales_b = o.scales_b, x.d = o.d;
  return x;
}

inline void gemm(Bundle& bundle, const Operands& o, cudaStream_t stream) {
  bundle.gemm("dense_1d2d", o.m, o.n, o.k, pointers_of(o), stream);
}

/// The same operands in other places, with a D of its own; `all`: all of them, else D alone.
inline Operands copy_of(const Operands& o, bool all) {
  Operands copy = o;
  if (all) {
    copy.allocate();
    CHECK(cudaMemcpy(copy.a, o.a, o.a_bytes(), cudaMemcpyDeviceToDevice));
    CHECK(cudaMemcpy(copy.b, o.b, o.b_bytes(), cudaMemcpyDeviceToDevice));
    CHECK(cudaMemcpy(copy.scales_a, o.scales_a, o.scales_a_bytes(), cudaMemcpyDeviceToDevice));
    CHECK(cudaMemcpy(copy.scales_b, o.scales_b, o.scales_b_bytes(), cudaMemcpyDeviceToDevice));
  } else {
    CHECK(cudaMalloc(&copy.d, copy.d_bytes()));
  }
  copy.poison();
  return copy;
}

/// Keeps the stream until the host sets the flag, two seconds at most.
__global__ void hold(volatile unsigned* flag) {
  for (int i = 0; i < 2000000 && *flag == 0; ++i) __nanosleep(1000);
}

/// As the clock probe of a sweep: one small CTA an SM, between the flush and the launch.
__global__ void stamp(unsigned long long* stamps) {
  if (threadIdx.x == 0) stamps[blockIdx.x] = clock64();
}

class Timer {
 public:
  Timer() {
    CHECK(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking));
    CHECK(cudaMalloc(&flush_, kFlushBytes));
    CHECK(cudaDeviceGetAttribute(&sms_, cudaDevAttrMultiProcessorCount, 0));
    CHECK(cudaMalloc(&stamps_, static_cast<std::size_t>(sms_) * sizeof *stamps_));
    CHECK(cudaHostAlloc(&flag_, sizeof *flag_, cudaHostAllocMapped));
    // Kernels are loaded at their first launch, which would wait for the held stream.
    *flag_ = 1;
    hold<<<1, 1, 0, stream_>>>(flag_);
    CHECK(cudaMemsetAsync(flush_, 0, kFlushBytes, stream_));
    stamp<<<sms_, 32, 0, stream_>>>(stamps_);
    CHECK(cudaGetLastError());
    CHECK(cudaStreamSynchronize(stream_));
  }

  /// Median of 72 timed launches.
  double time_us(Bundle& bundle, const std::vector<Operands>& copies) {
    std::vector<double> samples;
    std::size_t at = 0;
    round(bundle, copies, at);  // clocks and caches settle
    for (int i = 0; i < 3; ++i) {
      const std::vector<double> more = round(bundle, copies, at);
      samples.insert(samples.end(), more.begin(), more.end());
    }
    return median(samples);
  }

 private:
  /// Eight turns; then the device rests twice as long as it worked on the product.
  std::vector<double> round(Bundle& bundle, const std::vector<Operands>& copies, std::size_t& at) {
    std::vector<std::uint64_t> ids;
    *flag_ = 0;
    hold<<<1, 1, 0, stream_>>>(flag_);
    for (int turn = 0; turn < 8; ++turn) {
      gemm(bundle, copies[at++ % copies.size()], stream_);
      for (int timed = 0; timed < 3; ++timed) {
        CHECK(cudaMemsetAsync(flush_, 0, kFlushBytes, stream_));
        stamp<<<sms_, 32, 0, stream_>>>(stamps_);
        const gemmtune::measure::CuptiLaunch recorded;
        ids.push_back(recorded.id());
        gemm(bundle, copies[at++ % copies.size()], stream_);
      }
    }
    *flag_ = 1;
    CHECK(cudaStreamSynchronize(stream_));
    std::vector<double> found;
    double worked_us = 0;
    for (const auto& launch : gemmtune::measure::traced_launches(trace_.take(), ids)) {
      found.push_back(launch.duration_us);
      worked_us += launch.duration_us * 4 / 3;
    }
    std::this_thread::sleep_for(std::chrono::duration<double, std::micro>(2 * worked_us));
    return found;
  }

  gemmtune::measure::CuptiTrace trace_;
  cudaStream_t stream_ = nullptr;
  void* flush_ = nullptr;
  int sms_ = 0;
  unsigned long long* stamps_ = nullptr;
  volatile unsigned* flag_ = nullptr;
};

/// One JSON object, printed as it grows: a run that breaks off shows how far it came.
struct Report {
  bool right = true;
  bool first = true;
  void member(const char* name, bool ok, const std::string& rest) {
    std::printf("%s\n \"%s\": {\"passed\": %s%s%s}", first ? "{" : ",", name, ok ? "true" : "false",
                rest.empty() ? "" : ", ", rest.c_str());
    first = false;
    right = right && ok;
  }
};

__attribute__((format(printf, 1, 2))) inline std::string text(const char* format, ...) {
  char buffer[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(buffer, sizeof buffer, format, arguments);
  va_end(arguments);
  return buffer;
}
