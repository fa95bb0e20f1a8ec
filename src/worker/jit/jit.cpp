#include "worker/jit/jit.h"

#include "cache/code_hash.h"
#include "cache/key.h"
#include "family/sources.h"
#include "worker/jit/compile_log.h"
#include "worker/jit/line_table.h"
#include "worker/jit/nvrtc.h"

#include <cctype>
#include <chrono>
#include <utility>

namespace gemmtune::jit {

namespace {

/// One option a string: NVRTC takes no blanks for separators.
std::vector<std::string> options_for(const Job& job, Target target) {
  // sm_90a, not sm_90: wgmma and setmaxnreg exist only there.
  std::vector<std::string> options = {
      target == Target::cubin ? "--gpu-architecture=sm_90a" : "--gpu-architecture=compute_90a", "--std=c++20",
      "-default-device",
      // Else the folder of the main file is searched on this machine's disk.
      "--no-source-include"};
  if (target == Target::cubin) options.push_back("--ptxas-options=--verbose");
  if (!job.line_table.empty()) options.push_back("--generate-line-info");
  for (const auto& [name, value] : job.defines) options.push_back("-D" + name + "=" + value);
  return options;
}

std::vector<KernelSource> sources_for(const Job& job) {
  auto sources = family::sources_of({job.main}, kernel_sources());
  return job.line_table.empty() ? sources : named_as_kept(std::move(sources), job.line_table);
}

std::string upper_case(std::string_view name) {
  std::string upper;
  for (const char c : name) upper += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return upper;
}

}  // namespace

Defines defines_of(const Config& compiled) {
  Defines defines;
  for (const auto& [name, value] : compiled) defines.emplace_back(upper_case(name), std::to_string(value));
  return defines;
}

Job job_for(const family::Family& family, const Config& compiled, const Defines& extra) {
  Job job{family::main_file(family.kernel()), defines_of(compiled)};
  job.defines.insert(job.defines.end(), extra.begin(), extra.end());
  return job;
}

Outcome<Compiled> compile(const Job& job, cache::CubinCache& cache) {
  const auto sources = sources_for(job);
  const auto options = options_for(job, Target::cubin);
  const std::string key = cache::cache_key({sources, options, "NVRTC " + nvrtc_version(), job.main});

  double compile_ms = 0;
  const auto make = [&]() -> Outcome<cache::Artefact> {
    const auto start = std::chrono::steady_clock::now();
    auto translated = translate(job.main, sources, options, Target::cubin);
    compile_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    if (!translated) return translated.error();
    return cache::Artefact{std::move(translated->code), translated->log, parse_usage(translated->log)};
  };
  auto fetched = cache.fetch(key, make);
  if (!fetched) return fetched.error();

  const cache::Artefact& artefact = fetched->artefact;
  const std::string reason = objection(artefact.usage, artefact.log);
  if (!reason.empty()) return Failure{Invalidity::compile, reason};
  CompileReport report;
  report.kernel_hash = key.substr(0, 16);
  report.code_hash = cache::code_hash(artefact.cubin);
  report.cubin_path = fetched->path.string();
  report.registers = static_cast<int>(artefact.usage.registers);
  report.spill_bytes = static_cast<int>(artefact.usage.spill_bytes);
  report.cubin_bytes = static_cast<std::int64_t>(artefact.cubin.size());
  report.compile_ms = compile_ms;
  report.cached = fetched->hit;
  report.warning = cache.trouble();
  return Compiled{report, std::move(fetched->artefact.cubin)};
}

Outcome<std::string> to_ptx(const Job& job) {
  auto translated = translate(job.main, kernel_sources(), options_for(job, Target::ptx), Target::ptx);
  if (!translated) return translated.error();
  return std::move(translated->code);
}

}  // namespace gemmtune::jit
