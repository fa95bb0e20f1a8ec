// What GPU tests share: the device, the support kernels, and one-line ways to prepare, build and judge.
#pragma once

#include "cache/cubin_cache.h"
#include "core/problem.h"
#include "family/family.h"
#include "launch/kernel.h"
#include "worker/gemm/launch.h"
#include "worker/gemm/operands.h"
#include "worker/gemm/verdict.h"
#include "worker/gpu/device.h"
#include "worker/jit/jit.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

namespace gemmtune::test {

inline Problem problem(std::int64_t m, std::int64_t n, std::int64_t k, DataKind data = DataKind::normal) {
  Problem p;
  p.m = m, p.n = n, p.k = k, p.data = data;
  return p;
}

/// A configuration with all stages and all SMs that are legal for the problem; 0 stages or SMs: as many as
/// fit.
inline Config config(const Problem& p, int block_m, int block_n, int cluster_m = 1, int cluster_n = 1,
                     int num_sms = 0, int raster = 8, int stages = 0, int k_groups = 1, int split_k = 1,
                     int swap_ab = 0) {
  const auto& family = family::require(p.kernel);
  Config c{{"block_m", block_m}, {"block_n", block_n},   {"cluster_m", cluster_m}, {"cluster_n", cluster_n},
           {"raster", raster},   {"k_groups", k_groups}, {"split_k", split_k},     {"swap_ab", swap_ab}};
  const DeviceLimits limits = hopper_limits();
  c["stages"] = stages != 0 ? stages : family.resolve("stages", "max", c, p, limits).value();
  c["evict_first"] = 0;
  c["num_sms"] = num_sms != 0 ? num_sms : family.resolve("num_sms", "all", c, p, limits).value();
  const auto violation = family.illegal(c, p, limits);
  EXPECT_FALSE(violation) << describe(p) << " " << describe(c) << ": "
                          << (violation ? violation->sentence() : "");
  return c;
}

class Rig {
 public:
  static Rig& get() {
    static Rig rig;
    return rig;
  }

  gemm::Operands operands(const Problem& p, std::uint64_t seed = 1) {
    return gemm::make_operands(p, seed, support_, stream_);
  }

  CUkernel kernel(const Problem& p, const Config& c, int defect = 0) {
    jit::Defines extra;
    if (defect != 0) extra.push_back({"DEFECT", std::to_string(defect)});
    const auto& family = family::require(p.kernel);
    auto compiled = jit::compile(jit::job_for(family, family.compiled(c, p), extra), cache_);
    if (!compiled) throw std::runtime_error(describe(c) + ": " + compiled.error().reason);
    auto [found, fresh] = modules_.try_emplace(compiled->report.kernel_hash, nullptr);
    if (fresh) found->second = std::make_unique<launch::Module>(compiled->cubin);
    return found->second->kernel(p.kernel.c_str());
  }

  Verdict verdict(const gemm::Operands& o, const Config& c, int defect = 0,
                  const gemm::LaunchTweaks& tweaks = {}) {
    return gemm::verify(gemm::gemm_launch(kernel(o.problem, c, defect), c, o.sets(), tweaks), o, support_,
                        stream_);
  }

  const gpu::Stream& stream() const { return stream_; }
  const gpu::Nvml& nvml() const { return *nvml_; }
  const gemm::SupportKernels& support() const { return support_; }

 private:
  static std::string support_cubin(cache::CubinCache& cache) {
    auto compiled = jit::compile({"kernels/support/support.cuh", {}}, cache);
    if (!compiled) throw std::runtime_error(compiled.error().reason);
    return compiled->cubin;
  }

  cache::CubinCache cache_{cache::cache_location()};
  std::unique_ptr<gpu::Nvml> nvml_ = gpu::open_device();
  gpu::Stream stream_;
  gemm::SupportKernels support_{support_cubin(cache_)};
  std::map<std::string, std::unique_ptr<launch::Module>> modules_;
};

}  // namespace gemmtune::test
