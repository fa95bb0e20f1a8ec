#include "worker/service.h"

#include "core/row.h"
#include "family/family.h"
#include "util/embedded.h"
#include "util/error.h"
#include "util/version.h"
#include "worker/gemm/verdict.h"
#include "worker/gpu/check.h"
#include "worker/gpu/device.h"
#include "worker/jit/jit.h"
#include "worker/jit/nvrtc.h"
#include "worker/measure/cupti_device.h"
#include "worker/measure/event_device.h"
#include "worker/measure/timed_region.h"

#include <nvtx3/nvtx3.hpp>

#include <optional>
#include <unistd.h>

namespace gemmtune {

namespace {

std::string host_name() {
  char name[256] = "";
  gethostname(name, sizeof name - 1);
  return name;
}

std::string support_cubin(cache::CubinCache& cache) {
  const auto compiled = jit::compile({"kernels/support/support.cuh", {}}, cache);
  ensure(static_cast<bool>(compiled),
         compiled ? "" : "kernels/support does not compile: " + compiled.error().reason);
  return compiled->cubin;
}

/// Names a range in Nsight by phase, problem and configuration.
nvtx3::scoped_range range(const std::string& phase, const Contender& contender) {
  return nvtx3::scoped_range(phase + " " + contender.provider + " " + describe(contender.config));
}

/// 0 for a library: it does not say.
std::int64_t smem_bytes_of(const Contender& contender, const Problem& problem) {
  if (contender.provider != provider::kGemmtune) return 0;
  return family::require(problem.kernel).launch_shape(contender.config, problem).smem_bytes;
}

}  // namespace

struct Service::Gpu {
  std::unique_ptr<gpu::Nvml> nvml;
  gpu::Stream stream;
  gemm::SupportKernels support;
  // One timer at a time: tracing by CUPTI would lengthen what events measure.
  std::optional<measure::EventDevice> event;
  std::optional<measure::CuptiDevice> cupti;

  explicit Gpu(const std::string& cubin) : nvml(gpu::open_device()), support(cubin) {}

  measure::StreamKernels stream_kernels() {
    return {[this](cudaStream_t s, std::uint32_t* flag) { support.hold_stream(flag, s); },
            [this](cudaStream_t s, measure::ClockReading* reading) { support.read_clock(reading, s); }};
  }

  /// By the policy's timer.
  std::vector<Timing> time(std::vector<measure::Launch> launches, const Policy& policy) {
    const auto run = [&](auto& device, auto& other) {
      other.reset();
      if (!device) device.emplace(stream, stream_kernels());
      const std::size_t contenders = launches.size();
      device->set_contenders(std::move(launches));
      return measure::time_contenders(*device, contenders, policy);
    };
    return policy.timer == Timer::cupti ? run(cupti, event) : run(event, cupti);
  }
};

struct Service::LoadedKernel {
  launch::Module module;
  CUkernel kernel;
};

Service::Service() : cache_(cache::cache_location()) {}
Service::~Service() = default;

Service::Gpu& Service::gpu() {
  if (!gpu_) gpu_ = std::make_unique<Gpu>(support_cubin(cache_));
  return *gpu_;
}

const gemm::Operands& Service::operands() const {
  ensure(operands_ != nullptr, "there is no prepared problem");
  return *operands_;
}

gemm::CublasLtBaselines& Service::library() {
  if (!library_)
    library_ = std::make_unique<gemm::CublasLtBaselines>(operands(), gpu().support, gpu().stream);
  return *library_;
}

Outcome<Environment> Service::describe() {
  Environment e;
  gpu::describe_device(e);
  e.nvrtc = jit::nvrtc_version();
  e.cublaslt = gemm::cublaslt_version();
  e.tool = kVersion;
  e.revision = kRevision;
  e.kernels = kernels_hash();
  e.host = host_name();
  return e;
}

Outcome<CompileReport> Service::compile(const CompileRequest& request) {
  const nvtx3::scoped_range range("compile " + gemmtune::describe(request.config));
  auto compiled = jit::compile(jit::job_for(family::require(request.kernel), request.config), cache_);
  if (!compiled) return compiled.error();
  return compiled->report;
}

Outcome<PrepareReport> Service::prepare(const PrepareRequest& request) {
  const nvtx3::scoped_range range("prepare " + gemmtune::describe(request.problem));
  library_.reset();
  operands_.reset();
  if (const auto violation = family::require(request.problem.kernel).unsupported(request.problem))
    return Failure{Invalidity::constraints, violation->sentence};
  operands_ = std::make_unique<gemm::Operands>(
      gemm::make_operands(request.problem, request.seed, gpu().support, gpu().stream));
  return PrepareReport{operands_->device_bytes()};
}

Outcome<std::vector<Baseline>> Service::baselines() {
  std::vector<Baseline> list;
  for (const gemm::Answers& answers : library().answers())
    list.push_back({answers.provider, static_cast<int>(answers.algorithms.size()), answers.refusal});
  return list;
}

Outcome<gemm::GemmLaunch> Service::launch_of(const Contender& contender) {
  if (contender.provider != provider::kGemmtune)
    return library().launch(contender.provider, contender.config.at("answer"));
  const Problem& problem = operands().problem;
  const family::Family& family = family::require(problem.kernel);
  auto compiled = jit::compile(jit::job_for(family, contender.config), cache_);
  if (!compiled) return compiled.error();
  const std::string& hash = compiled->report.kernel_hash;
  auto found = kernels_.find(hash);
  if (found == kernels_.end()) {
    launch::Module module(compiled->cubin);
    const CUkernel kernel = module.kernel(problem.kernel.c_str());
    found = kernels_.emplace(hash, LoadedKernel{std::move(module), kernel}).first;
  }
  return gemm::dense_1d2d_launch(found->second.kernel, contender.config, operands());
}

Outcome<Verdict> Service::verify(const VerifyRequest& request) {
  const auto scope = range("verify", request.contender);
  auto launch = launch_of(request.contender);
  if (!launch) return launch.error();
  Verdict verdict = gemm::verify(*launch, operands(), gpu().support, gpu().stream);
  // One scale a tensor, or BF16 operands: another product, which the gates do not fit.
  if (request.contender.provider != provider::kGemmtune &&
      !gemm::CublasLtBaselines::is_witness(request.contender.provider))
    verdict.defect.clear();
  return verdict;
}

Outcome<MeasureReport> Service::measure(const MeasureRequest& request) {
  const nvtx3::scoped_range range("bench " + gemmtune::describe(operands().problem));
  std::vector<measure::Launch> launches;
  for (const Contender& contender : request.contenders) {
    auto launch = launch_of(contender);
    if (!launch) return launch.error();
    launches.push_back([launch = *launch](cudaStream_t stream) { launch(stream, 0); });
  }
  MeasureReport report{gpu().time(std::move(launches), request.policy)};
  const gpu::Health health = gpu().nvml->health();
  for (std::size_t c = 0; c < report.timings.size(); ++c) {
    Timing& timing = report.timings[c];
    timing.power_w = health.power_w;
    timing.throttle = health.throttle;
    timing.smem_bytes = smem_bytes_of(request.contenders[c], operands().problem);
  }
  return report;
}

}  // namespace gemmtune
