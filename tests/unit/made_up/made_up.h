// A second kernel that is made up: BF16, no scales, parameters of its own; and one with groups. And the
// results of a folder that holds one of them beside dense_1d2d.
#pragma once

#include "core/ceilings.h"
#include "core/groups.h"
#include "fixtures/rows.h"
#include "operation/operation.h"
#include "operation/providers.h"
#include "store/ceilings.h"
#include "store/journal.h"

#include <algorithm>
#include <string>
#include <vector>

namespace gemmtune::made_up {

inline constexpr const char* kKernel = "made_up";
inline constexpr const char* kGroupedKernel = "grouped_made_up";

/// TFLOPS that the kernels reach at `kLargeM`, and that the tensor cores do.
inline constexpr double kScaledTflops = 1000, kMadeUpTflops = 611;
inline constexpr double kFp8Tflops = 1500, kPromotedTflops = 1200, kBf16Tflops = 700;
inline constexpr std::int64_t kLargeM = 4096;

inline Problem problem(const std::string& kernel, std::int64_t m) {
  Problem p;
  p.kernel = kernel;
  p.m = m, p.n = 4096, p.k = 7168;
  if (kernel != kGroupedKernel) return p;
  p.groups = 4, p.m_per_group = static_cast<double>(m), p.routing = "zipf:1.2";
  p.alignment = 64, p.layout = "indices";
  set_size_from_groups(p);
  return p;
}

/// Whose rows stand beside ours.
inline std::vector<std::string> rivals_of(const Problem& p) {
  if (is_grouped(p)) return {std::string(provider::kPaddedBatch), std::string(provider::kLoopOfDense)};
  std::vector<std::string> rivals;
  for (const std::string_view library : operation::of(p).baselines) rivals.emplace_back(library);
  return rivals;
}

inline Config config_of(const std::string& kernel, std::int64_t width) {
  return kernel == kKernel || kernel == kGroupedKernel ? Config{{"depth", 3}, {"lanes", width}}
                                                       : fixtures::config(width);
}

/// Below every roof: ours by the rates above.
inline double time_us(const std::string& provider, const Problem& p) {
  const double tflops =
      provider::roof(provider, p) == operation::ComputeRoof::bf16 ? kMadeUpTflops : kScaledTflops;
  return std::max(static_cast<double>(operation::flops(p)) * 1e-6 / tflops,
                  static_cast<double>(provider::bytes(provider, p)) / 2500 * 1e-3);
}

/// Of one contender, all that a sweep notes of it.
inline Row row_of(const Problem& p, const std::string& provider, const Config& config, double us, Stage stage,
                  int second) {
  Row r = fixtures::row(p.m, config, us, stage, second);
  r.problem = p;
  r.provider = provider;
  r.kernel_hash = "cubin-" + p.kernel;
  r.flops = operation::flops(p);
  r.bytes = provider::bytes(provider, p);
  r.tflops = static_cast<double>(r.flops) / us * 1e-6;
  r.gbps = static_cast<double>(r.bytes) / us * 1e-3;
  for (const double off : {-0.2, 0.1, 0.0, -0.1, 0.2}) r.samples_us.push_back(us + off);
  r.error_rms = r.error_max = 1e-6;
  r.registers = 168, r.smem_bytes = 65536, r.ctas_per_sm = 2, r.compile_ms = 250;
  if (provider != provider::kGemmtune) return r;
  r.counters = Counters{};
  r.counters->dram_read_bytes = static_cast<double>(r.bytes);
  r.counters->dram_write_bytes = r.counters->l2_bytes = r.counters->sm_read_bytes = 1e6;
  r.counters->fp8_ops = p.kernel == kKernel ? 0 : static_cast<double>(r.flops);
  r.counters->tensor_active_percent = 90;
  return r;
}

/// Each kernel: two M of one size, a winner, one that lost, one that failed, and the libraries raced beside
/// it.
/// `slower` by that factor are ours.
inline Journal journal_of(const std::vector<std::string>& kernels, double slower = 1) {
  Journal journal;
  journal.headers = {fixtures::header()};
  for (const std::string& kernel : kernels) journal.headers[0].environment.source_hashes[kernel] = "hash";
  int second = 0;
  for (const std::string& kernel : kernels)
    for (const std::int64_t m : {std::int64_t{64}, kLargeM}) {
      const Problem p = problem(kernel, m);
      const auto add = [&](const std::string& provider, const Config& config, double factor, Stage stage) {
        journal.rows.push_back(row_of(p, provider, config, factor * time_us(provider, p), stage, ++second));
      };
      for (const std::int64_t width : {64, 96}) {
        add(provider::kGemmtune, config_of(kernel, width), slower * (width == 64 ? 1 : 1.1), Stage::screen);
        add(provider::kGemmtune, config_of(kernel, width), slower * (width == 64 ? 1 : 1.1), Stage::final);
      }
      add(provider::kGemmtune, config_of(kernel, 128), 1, Stage::screen);
      Row& failed = journal.rows.back();
      failed.time_us = failed.time_us_low = failed.time_us_high = failed.tflops = failed.gbps = std::nullopt;
      failed.samples_us.clear();
      failed.invalidity = Invalidity::compile, failed.reason = "spills 16 bytes";
      double factor = 1.2;
      for (const std::string& rival : rivals_of(p)) {
        add(rival, {{"answer", 0}}, factor, Stage::final);
        if (is_grouped(p)) factor = 1.5;
      }
    }
  RunEnd end;
  end.run_id = "run1";
  end.timestamp = fixtures::timestamp(99);
  journal.ends = {end};
  return journal;
}

inline Ceilings ceilings(bool with_fp8) {
  Ceilings all;
  all.environment = fixtures::header().environment;
  all.timestamp = fixtures::timestamp(0);
  const auto add = [&](const char* name, double value, const char* unit) {
    Ceiling c;
    c.name = name, c.value = c.low = c.high = value, c.unit = unit;
    c.time_us = 100, c.bytes = std::int64_t{4} << 30;
    all.ceilings.push_back(c);
  };
  add("hbm_read", 3000, "GB/s");
  add("l2_read", 6000, "GB/s");
  add("bf16_wgmma", kBf16Tflops, "TFLOPS");
  if (!with_fp8) return all;
  add("fp8_wgmma", kFp8Tflops, "TFLOPS");
  add("fp8_wgmma_promoted", kPromotedTflops, "TFLOPS");
  return all;
}

inline void write_folder(const std::filesystem::path& folder, const std::vector<std::string>& kernels,
                         double slower = 1) {
  std::filesystem::create_directories(folder);
  store::JournalWriter writer(folder / "journal.jsonl");
  const Journal journal = journal_of(kernels, slower);
  for (const RunHeader& header : journal.headers) writer.write(header);
  for (const Row& row : journal.rows) writer.write(row);
  for (const RunEnd& end : journal.ends) writer.write(end);
  fixtures::write_text(folder / "ceilings.json", store::to_text(ceilings(kernels.size() > 1)));
}

}  // namespace gemmtune::made_up
