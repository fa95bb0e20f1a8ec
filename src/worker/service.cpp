#include "worker/service.h"

#include "core/row.h"
#include "family/sources.h"
#include "util/embedded.h"
#include "util/error.h"
#include "util/version.h"
#include "worker/ceilings/probe.h"
#include "worker/gemm/verdict.h"
#include "worker/gpu/check.h"
#include "worker/gpu/device.h"
#include "worker/jit/jit.h"
#include "worker/jit/nvrtc.h"
#include "worker/measure/bench.h"
#include "worker/measure/profiled.h"
#include "worker/measure/turns.h"
#include "worker/quantise/kernels.h"
#include "worker/quantise/probe.h"

#include <nvtx3/nvtx3.hpp>

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

/// Names a range in Nsight; the payload is the config_id as a number, to find its rows by.
nvtx3::scoped_range range(const std::string& what, const Contender& contender) {
  const std::string name = what + " " + contender.provider + " " + describe(contender.config);
  const auto id = std::uint64_t{std::stoull(config_id(contender.config), nullptr, 16)};
  return nvtx3::scoped_range(nvtx3::event_attributes(name, nvtx3::payload(id)));
}

}  // namespace

struct Service::Gpu {
  std::unique_ptr<gpu::Nvml> nvml;
  gpu::Stream stream;
  gemm::SupportKernels support;
  measure::Bench bench;

  explicit Gpu(const std::string& cubin)
      : nvml(gpu::open_device()), support(cubin), bench(stream, stream_kernels(), *nvml) {}

 private:
  measure::StreamKernels stream_kernels() {
    return {[this](cudaStream_t s, std::uint32_t* flag) { support.hold_stream(flag, s); },
            [this](cudaStream_t s, measure::ClockStamp* stamps, std::uint32_t sms) {
              support.stamp_clocks(stamps, sms, s);
            }};
  }
};

struct Service::LoadedKernel {
  launch::Module module;
  CUkernel kernel;
  int registers;
};

Service::Service(std::filesystem::path line_table)
    : cache_(cache::cache_location()), line_table_(std::move(line_table)) {}
Service::~Service() = default;

Service::Gpu& Service::gpu() {
  if (!gpu_) gpu_ = std::make_unique<Gpu>(support_cubin(cache_));
  return *gpu_;
}

const gemm::Operands& Service::operands() const {
  ensure(operands_ != nullptr, "there is no prepared problem");
  return *operands_;
}

/// Whether launches are over several sets of operands.
bool Service::takes_turns(const Policy& policy) const {
  return policy.rotates() || policy.over_copies() || draws_of(operands().problem) > 1;
}

Service::Arena& Service::arena(const Policy& policy) {
  if (!takes_turns(policy)) return fixed_;
  const int copies = policy.rotates() ? gemm::copies_to_rotate(gemm::set_bytes(operands()), gpu::l2_bytes())
                     : policy.over_copies() ? policy.copies
                                            : 1;
  if (!rotation_ || rotation_->copies() != copies) {
    rotating_ = {};
    rotation_.reset();
    rotation_ = std::make_unique<gemm::Rotation>(operands(), copies, gpu().stream);
    rotating_.sets = rotation_->sets();
  }
  return rotating_;
}

gemm::CublasLtBaselines& Service::library(Arena& arena) {
  if (!arena.baselines) {
    ensure(!arena.sets.sets.empty(), "there is no prepared problem");
    arena.baselines = std::make_unique<gemm::CublasLtBaselines>(arena.sets, gpu().support, gpu().stream);
  }
  return *arena.baselines;
}

Outcome<Environment> Service::describe() {
  Environment e;
  gpu::describe_device(e);
  // Asked once, and not while the timer itself answers it.
  if (!cupti_works_) cupti_works_ = e.sms > 0 && ((gpu_ && gpu_->bench.traces()) || measure::cupti_works());
  e.cupti = *cupti_works_;
  e.nvrtc = jit::nvrtc_version();
  e.cublaslt = gemm::cublaslt_version();
  e.tool = kVersion;
  e.revision = kRevision;
  e.kernels = kernels_hash();
  e.source_hashes = family::source_hashes(kernel_sources());
  e.host = host_name();
  return e;
}

Outcome<CompileReport> Service::compile(const CompileRequest& request) {
  const nvtx3::scoped_range range("compile " + gemmtune::describe(request.config));
  const bool quantises = request.kernel == kQuantise;
  auto compiled = jit::compile(quantises ? quantise::job_of(request.config)
                                         : jit::job_for(family::require(request.kernel), request.config),
                               cache_);
  if (!compiled) return compiled.error();
  return compiled->report;
}

Outcome<PrepareReport> Service::prepare(const PrepareRequest& request) {
  const nvtx3::scoped_range range("prepare " + gemmtune::describe(request.problem));
  fixed_ = {};
  rotating_ = {};
  rotation_.reset();
  operands_.reset();
  if (const auto violation = family::require(request.problem.kernel).unsupported(request.problem))
    return Failure{Invalidity::constraints, violation->sentence()};
  operands_ = std::make_unique<gemm::Operands>(
      gemm::make_operands(request.problem, request.seed, gpu().support, gpu().stream));
  fixed_.sets = operands_->sets();
  return PrepareReport{operands_->device_bytes(), {operands_->making_s, 0}};
}

Outcome<std::vector<Baseline>> Service::baselines() {
  std::vector<Baseline> list;
  for (const gemm::Answers& answers : library(fixed_).answers())
    list.push_back({answers.provider, static_cast<int>(answers.algorithms.size()), answers.refusal});
  return list;
}

Outcome<gemm::GemmLaunch> Service::launch_of(const Contender& contender, Arena& arena, bool overlaps) {
  if (contender.provider != provider::kGemmtune)
    return library(arena).launch(contender.provider, contender.config.at("answer"));
  const auto kernel = kernel_of(family::require(operands().problem.kernel), contender.config);
  if (!kernel) return kernel.error();
  gemm::LaunchTweaks tweaks;
  tweaks.overlaps = overlaps;
  return gemm::gemm_launch(*kernel, contender.config, arena.sets, tweaks);
}

Outcome<CUkernel> Service::kernel_of(const family::Family& family, const Config& config) {
  const auto key = std::pair(family.kernel(), family.compiled(config, operands().problem));
  const auto found = kernels_.find(key);
  if (found != kernels_.end()) return found->second.kernel;
  jit::Job job = jit::job_for(family, key.second);
  job.line_table = line_table_;
  auto compiled = jit::compile(job, cache_);
  if (!compiled) return compiled.error();
  launch::Module module(compiled->cubin);
  const CUkernel kernel = module.kernel(std::string(family.kernel()).c_str());
  kernels_.emplace(key, LoadedKernel{std::move(module), kernel, compiled->report.registers});
  return kernel;
}

Outcome<Verdict> Service::verify(const VerifyRequest& request) {
  const auto scope = range("verify", request.contender);
  auto launch = launch_of(request.contender, fixed_);
  if (!launch) return launch.error();
  Verdict verdict = gemm::verify(*launch, operands(), gpu().support, gpu().stream);
  // Another product (with one scale a tensor, say), which the gates do not fit.
  if (request.contender.provider != provider::kGemmtune &&
      !gemm::CublasLtBaselines::is_witness(request.contender.provider, operands().problem))
    verdict.defect.clear();
  return verdict;
}

/// What does not fit several times may fit once.
Outcome<MeasureReport> Service::measure(const MeasureRequest& request) {
  try {
    return time(request);
  } catch (const gpu::GpuError& error) {
    if (error.code() != cudaErrorMemoryAllocation || !request.policy.over_copies()) throw;
    return Failure{Invalidity::runtime, std::string(error.what()) + "; with " +
                                            std::to_string(request.policy.copies) +
                                            " copies of the operands: --copies 1 needs the least"};
  }
}

/// Nothing for a library: it does not say.
void Service::add_occupancy(const Contender& contender, Timing& timing) const {
  if (contender.provider != provider::kGemmtune) return;
  const family::Family& family = family::require(operands().problem.kernel);
  const family::LaunchShape shape = family.launch_shape(contender.config, operands().problem);
  const int registers =
      kernels_.at({family.kernel(), family.compiled(contender.config, operands().problem)}).registers;
  timing.smem_bytes = shape.smem_bytes;
  timing.ctas_per_sm = family::ctas_per_sm(shape, registers);
}

/// Over as many copies of the operands as the policy asks for.
Outcome<std::vector<gemm::GemmLaunch>> Service::launches_on_sets(const std::vector<Contender>& contenders,
                                                                 const Policy& policy) {
  std::vector<gemm::GemmLaunch> launches;
  for (const Contender& contender : contenders) {
    auto launch = launch_of(contender, arena(policy), overlaps(policy.l2));
    if (!launch) return launch.error();
    launches.push_back(std::move(*launch));
  }
  return launches;
}

Outcome<std::vector<measure::Launch>> Service::launches_of(const std::vector<Contender>& contenders,
                                                           const Policy& policy) {
  const auto launches = launches_on_sets(contenders, policy);
  if (!launches) return launches.error();
  const std::size_t sets = takes_turns(policy) ? arena(policy).sets.sets.size() : 1;
  return policy.chains()    ? measure::in_chains(*launches, sets)
         : policy.rotates() ? measure::taking_turns(*launches, sets)
                            : measure::in_step(*launches, sets);
}

Outcome<MeasureReport> Service::time(const MeasureRequest& request) {
  const nvtx3::scoped_range range("bench " + gemmtune::describe(operands().problem));
  const auto launches = launches_of(request.contenders, request.policy);
  if (!launches) return launches.error();
  // A chain, and contenders that share turns, are on whichever draw comes.
  const bool in_step = !request.policy.chains() && !request.policy.rotates();
  const auto draws = static_cast<std::size_t>(in_step ? draws_of(operands().problem) : 1);
  const std::size_t round = takes_turns(request.policy) ? arena(request.policy).sets.sets.size() : 1;
  MeasureReport report = gpu().bench.measure(*launches, request.policy, draws, round);
  if (request.policy.chains()) measure::divide_by_chain(report);
  for (std::size_t c = 0; c < report.timings.size(); ++c)
    add_occupancy(request.contenders[c], report.timings[c]);
  return report;
}

Outcome<CountReport> Service::count(const CountRequest& request) {
  const gpu::Stream& stream = gpu().stream;
  gpu().bench.stop_tracing();
  if (!counter_reader_) counter_reader_ = std::make_unique<measure::CounterReader>();
  measure::CounterReader& reader = *counter_reader_;
  CountReport report{{}, reader.unknown()};
  if (request.contenders.empty()) {
    // Some troubles show only when counting begins: a kernel that ends at once is counted, and forgotten.
    gpu::MappedFlag released;
    released.set(1);
    reader.read([] {},
                [&] {
                  gpu().support.hold_stream(released.device(), stream.get());
                  stream.synchronise();
                });
    return report;
  }
  Policy policy = request.policy;
  if (policy.chains()) policy.l2 = L2Policy::cold_rotate;  // one launch is counted, not a chain
  const auto launches = launches_on_sets(request.contenders, policy);
  if (!launches) return launches.error();
  const bool flush = is_flushed(policy.l2);
  const gpu::DeviceBuffer flushed = flush ? gpu::DeviceBuffer(measure::kFlushBytes) : gpu::DeviceBuffer();
  const auto sets = static_cast<int>(arena(policy).sets.sets.size());
  // The code comes into the SMs, as before a timed launch; turns over copies come round to where they began.
  const int untimed = policy.rotates() ? sets : 1;
  const int draws = draws_of(operands().problem);  // set i is on draw i
  for (const gemm::GemmLaunch& launch : *launches) {
    std::vector<Counters> of_draws;
    for (int draw = 0; draw < draws; ++draw) {
      const auto prepare = [&] {
        for (int i = 0; i < untimed; ++i) launch(stream.get(), (draw + i) % sets);
        if (flush)
          gpu::check(cudaMemsetAsync(flushed.data(), 0, flushed.bytes(), stream.get()),
                     "cudaMemsetAsync(flush)");
        stream.synchronise();
      };
      of_draws.push_back(reader.read(prepare, [&] {
        launch(stream.get(), draw);
        stream.synchronise();
      }));
    }
    report.counters.push_back(mean_of(of_draws));
  }
  return report;
}

std::optional<Failure> Service::launch_profiled(const Contender& contender) {
  const auto launch = launch_of(contender, fixed_);
  if (!launch) return launch.error();
  const gpu::Stream& stream = gpu().stream;
  {
    // Gone before the launch: ncu saves and restores what is allocated.
    const gpu::DeviceBuffer flushed(measure::kFlushBytes);
    gpu::check(cudaMemsetAsync(flushed.data(), 0, flushed.bytes(), stream.get()), "cudaMemsetAsync(flush)");
    stream.synchronise();
  }
  const measure::Profiled profiled;
  const auto scope = range("profile " + gemmtune::describe(operands().problem), contender);
  (*launch)(stream.get(), 0);
  stream.synchronise();
  return std::nullopt;
}

Outcome<CeilingsReport> Service::ceilings(const CeilingsRequest& request) {
  const nvtx3::scoped_range range("ceilings " + request.probe);
  Environment e;
  gpu::describe_device(e);
  return ceilings::measure(request.probe, {gpu().stream, gpu().bench, cache_, static_cast<unsigned>(e.sms),
                                           e.memory_bytes, request.timer});
}

Outcome<QuantiseReport> Service::quantise(const QuantiseRequest& request) {
  const nvtx3::scoped_range range("quantise " + gemmtune::describe(request.kind));
  Environment e;
  gpu::describe_device(e);
  return quantise::measure(request, {gpu().stream, gpu().bench, cache_, static_cast<unsigned>(e.sms),
                                     e.memory_bytes, request.timer});
}

}  // namespace gemmtune
