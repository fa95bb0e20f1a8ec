#include "report/phrases.h"

#include "core/groups.h"
#include "core/policy.h"
#include "operation/providers.h"
#include "report/carried_points.h"
#include "report/grid.h"
#include "report/peers.h"
#include "stats/summary.h"
#include "store/steps.h"
#include "util/format.h"
#include "util/text.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <string_view>
#include <utility>

namespace gemmtune::report {

std::string provenance(const Report& report) {
  const Environment& e = report.environment;
  std::string text;
  const auto add = [&](bool known, const std::string& part) {
    if (known) text += (text.empty() ? "" : " · ") + one_line(part);
  };
  add(!e.device.empty(), e.device);
  add(e.sms > 0, std::to_string(e.sms) + " SMs");
  add(e.power_limit_w > 0, fixed(e.power_limit_w, 0) + " W");
  add(e.mig, "MIG");
  add(!e.driver.empty(), "driver " + e.driver);
  add(!e.nvrtc.empty(), "NVRTC " + e.nvrtc);
  add(!e.cublaslt.empty(), "cuBLASLt " + e.cublaslt);
  add(!e.tool.empty(),
      "gemmtune " + e.tool + (e.revision.empty() ? "" : " (" + e.revision.substr(0, 12) + ")"));
  add(!report.policy.empty(), report.policy);
  add(!report.strategies.empty(), "strategy " + join(report.strategies, ", "));
  return text;
}

namespace {

/// A mean over fewer problems than there are must not look like one over all.
std::string partial_means(const Report& report) {
  const auto all = std::find_if(report.ratios.begin(), report.ratios.end(),
                                [](const Ratios& ratios) { return ratios.regime == kAllProblems; });
  if (all == report.ratios.end()) return "";
  std::string text;
  const auto add = [&](const std::string& column, std::int64_t counted) {
    if (counted > 0 && counted < all->problems)
      text += (text.empty() ? "" : ", ") + column + " " + std::to_string(counted);
  };
  add("block", all->counts.block);
  add("tensor", all->counts.tensor);
  add("BF16", all->counts.bf16);
  for (const auto& [provider, counted] : all->counts.carried) add(provider_heading(provider), counted);
  add("best peer", all->counts.best_peer);
  if (text.empty()) return "";
  return " Means are over the problems that have both times, of " + std::to_string(all->problems) + ": " +
         text + ".";
}

bool has(const Grid& grid, std::string_view name) {
  return std::ranges::find(grid.columns, name, &Column::name) != grid.columns.end();
}

/// Of the ratios that one of the tables shows: `block, BF16: time of cuBLASLt with …, and in BF16, over
/// ours`.
std::string libraries_in_words(const Grid& winners, const Grid& means) {
  struct Library {
    const char *column, *heading, *words;
  };
  static constexpr std::array<Library, 3> kLibraries = {
      {{"vs_cublaslt_block", "block", "with the same block scales (its best answer)"},
       {"vs_cublaslt_tensor", "tensor", "with per-tensor FP8 scales"},
       {"vs_cublas_bf16", "BF16", "in BF16"}}};
  std::vector<std::string> headings, words;
  for (const Library& library : kLibraries) {
    if (!has(winners, library.column) && !has(means, library.column)) continue;
    headings.push_back(library.heading);
    words.push_back(library.words);
  }
  if (words.empty()) return "";
  if (words.size() > 1) words.back().insert(0, "and ");
  return join(headings, ", ") + ": time of cuBLASLt " + join(words, ", ") +
         ", over ours; above 1 is ahead, - is not accepted or not measured.";
}

std::string peers_in_words(const Report& report, const Grid& winners, const Grid& means) {
  const auto shown = [&](const char* provider) {
    const std::string of = std::string(provider) + "_carried";
    return has(winners, of + "_us") || has(winners, "vs_" + of) || has(means, "vs_" + of);
  };
  const std::string source = "of a file (" + one_line(report.peers_source) + ")";
  if (report.peers.empty())
    return " No figures " + source +
           " can be carried here: it takes the same problem and cuBLASLt per-tensor on both machines.";
  std::string text;
  for (const std::string& provider : report.peers)
    text += (text.empty() ? " " : ", ") + provider_heading(provider);
  text += ": figures " + source + ", carried here by cuBLASLt per-tensor";
  const auto any_by_ours = [&](bool groups) {
    return std::ranges::any_of(report.winners, [&](const Winner& winner) {
      const Problem& p = winner.entry.problem;
      return is_carried_by_ours(p) && is_grouped(p) == groups && !winner.carried_us.empty();
    });
  };
  if (any_by_ours(true)) text += ", of groups by our own kernel, which ran beside them";
  if (any_by_ours(false)) text += ", of other outputs than BF16 by our own kernel, which ran beside them";
  text += ".";
  if (shown("torch")) text += " torch: torch._scaled_mm with the same block scales.";
  if (shown("triton")) text += " Triton: a block-scaled kernel written in it.";
  return text;
}

/// L2 is kept cold by other means there than in the table's races: the times are not to be compared.
std::string sustained_policies(const Report& report) {
  std::vector<std::string> policies;
  for (const Winner& winner : report.winners)
    if (winner.entry.sustained &&
        std::ranges::find(policies, winner.entry.sustained->policy) == policies.end())
      policies.push_back(one_line(winner.entry.sustained->policy));
  return join(policies, ", ");
}

}  // namespace

std::string legend(const Report& report, const Grid& winners, const Grid& means) {
  std::string text = "µs: median of the race";
  if (has(winners, "spread_percent")) text += "; ±%: half its 95 % interval";
  if (has(winners, "candidates")) text += "; tried: configurations";
  text += ". " + libraries_in_words(winners, means);
  if (has(winners, "sustained_us"))
    text += " sustained µs: of who wins back to back, a second each in turns (" + sustained_policies(report) +
            "); back to back: that configuration where it is another; blocks' ratio: its time over the "
            "winner's there, below 1 is faster.";
  if (const auto l2 = l2_of(report.policy); l2 && overlaps(*l2))
    text += " Our launches begin while the ones before them end; the libraries' do not.";
  if (report.with_peers) text += peers_in_words(report, winners, means);
  if (has(winners, "vs_best_peer"))
    text +=
        " best peer: the fastest of DeepGEMM, the other programs of the file, and cuBLASLt with block "
        "scales.";
  return text + partial_means(report);
}

std::string steps(const Report& report) {
  if (report.checks.empty()) return "";
  const store::StepRegret regret = store::regret_of(report.checks);
  std::string text = formatted(
      "A step function over M: each entry answers for the M from behind the one below it up to its own, "
      "{} entries in all. Where nothing was tuned ({} problems) its answer loses {:.1f} % on geometric "
      "mean, {:.1f} % at the 95th percentile, {:.1f} % at worst, against the fastest that was tried there.",
      report.winners.size(), regret.checks, 100 * regret.geomean, 100 * regret.p95, 100 * regret.max);
  if (regret.unmeasured > 0) text += formatted(" At {} more it could not be timed.", regret.unmeasured);
  return text;
}

std::string energy(const Report& report) {
  // Between kernels launched back to back the board is idle for a while, whose energy is counted too.
  constexpr double kGapUs = 2;
  const double limit_w = report.environment.power_limit_w;
  std::size_t measured = 0, limited = 0;
  double most_w = 0;
  for (const Winner& winner : report.winners) {
    if (!winner.entry.energy_j) continue;
    const double power_w = *winner.entry.energy_j / ((winner.entry.time_us + kGapUs) * 1e-6);
    most_w = std::max(most_w, power_w);
    ++measured;
    if (power_w > limit_w) ++limited;
  }
  const std::string of_all = " of " + std::to_string(measured) + " winners whose energy was measured";
  if (measured == 0 || limit_w == 0) return "";
  return "Power-limited: " + std::to_string(limited) + of_all + " would draw more than the board's " +
         fixed(limit_w, 0) + " W (up to " + fixed(most_w, 0) +
         " W) if they ran back to back, 2 µs apart, in the times above; sustained, those are slower than in "
         "bursts.";
}

namespace {

/// The phases of RunEnd::wall_s for readers.
std::string phase_in_words(const std::string& phase) {
  static const std::map<std::string, std::string> kWords = {{"compile", "waiting for the compiler"},
                                                            {"prepare", "operands and references"},
                                                            {"verify", "judging"},
                                                            {"measure", "measuring"},
                                                            {"other", "everything else"}};
  const auto known = kWords.find(phase);
  return known == kWords.end() ? one_line(phase) : known->second;
}

std::string percent(double part, double whole) {
  return fixed(100 * part / whole, 0) + " %";
}

}  // namespace

std::string provider_in_words(const std::string& provider) {
  const std::string id = provider.substr(0, provider.find(kCarried));
  const provider::Provider* known = provider::find(id);
  return known != nullptr ? std::string(known->words) + provider.substr(id.size()) : one_line(provider);
}

std::string provider_heading(const std::string& provider) {
  const std::string id = provider.substr(0, provider.find(kCarried));
  const provider::Provider* known = provider::find(id);
  return known != nullptr ? std::string(known->heading) + provider.substr(id.size()) : one_line(provider);
}

std::string roofline_summary(const Report& report, bool column_is_shown) {
  std::vector<double> percents;
  for (const Winner& winner : report.winners)
    if (winner.placement) percents.push_back(winner.placement->percent());
  if (percents.empty()) return "";
  const auto [least, most] = std::ranges::minmax(percents);
  return (column_is_shown ? "roof %: of what the lowest roof over a kernel allows at its own clock; here "
                          : "Percent of what the lowest roof over a winner allows at its own clock: ") +
         fixed(least, 0) + " to " + fixed(most, 0) + ", median " + fixed(stats::median(percents), 0) + ". " +
         report.roofs.source;
}

namespace {

/// Of a winner of ours: less than its problem makes necessary. By ncu an H100 read 15.63 MB of the 15.62 of
/// 64x2112x7168.
std::string counted_too_little(const Report& report, const Point& point) {
  if (!point.counters || point.provider != provider::kGemmtune) return "";
  constexpr double kTolerance = 0.97;
  const Counters& c = *point.counters;
  const auto flops = static_cast<double>(point.flops);
  const auto read_bytes = static_cast<double>(point.necessary_read_bytes());
  if (c.fp8_ops && operation::multiplies_fp8(point.problem) && *c.fp8_ops < kTolerance * flops)
    return "the GPU counted " + fixed(*c.fp8_ops * 1e-9, 3) + " GFLOP in FP8 of the " +
           fixed(flops * 1e-9, 3) + " that the product takes";
  const auto l2 = l2_of(report.policy);
  if (!(l2 && !is_cold(*l2)) && c.dram_read_bytes && *c.dram_read_bytes < kTolerance * read_bytes)
    return "the GPU counted " + fixed(*c.dram_read_bytes * 1e-6, 2) + " MB read from memory of the " +
           fixed(read_bytes * 1e-6, 2) + " that must be: the cache was not cold";
  return "";
}

}  // namespace

std::vector<std::string> accounting_errors(const Report& report) {
  std::vector<std::string> lines;
  for (const Point& point : report.points) {
    const auto add = [&](const std::string& what) {
      lines.push_back(one_line(describe(point.problem) + ", " + point.provider + ": " + what));
    };
    if (point.placement && !point.placement->above.empty())
      add(fixed(point.time_us, 2) + " µs lie above the roof \"" + point.placement->above +
          "\", which cannot be: the clock, the bytes or the roof are counted wrongly");
    if (const std::string less = counted_too_little(report, point); !less.empty()) add(less);
  }
  return lines;
}

std::string gpu_use(const GpuUse& gpu) {
  const double wall_s = gpu.working_s + gpu.resting_s + gpu.waiting_s;
  if (wall_s <= 0) return "";
  return "GPU: working " + percent(gpu.working_s, wall_s) + ", resting as the policy asks " +
         percent(gpu.resting_s, wall_s) + ", waiting " + percent(gpu.waiting_s, wall_s);
}

std::vector<std::pair<std::string, double>> phases(const Report& report) {
  std::vector<std::pair<std::string, double>> phases;
  for (const auto& [phase, seconds] : report.wall_s) phases.emplace_back(phase_in_words(phase), seconds);
  std::ranges::stable_sort(phases, std::greater<>(), &std::pair<std::string, double>::second);
  return phases;
}

std::vector<std::string> wall_time(const Report& report) {
  double total_s = 0;
  for (const auto& [phase, seconds] : phases(report)) total_s += seconds;
  std::vector<std::string> lines;
  for (const auto& [phase, seconds] : phases(report))
    lines.push_back(phase + " " + fixed(seconds, 1) + " s" +
                    (total_s > 0 ? " (" + percent(seconds, total_s) + ")" : ""));
  if (const std::string use = gpu_use(report.gpu); !use.empty()) lines.push_back(use);
  return lines;
}

std::vector<std::string> failures(const Report& report) {
  std::vector<std::string> lines;
  for (const FailureGroup& group : report.failures)
    lines.push_back(one_line(group.provider) + " " + std::string(to_string(group.invalidity)) + ": " +
                    std::to_string(group.count) + ", for example " + one_line(group.example));
  return lines;
}

std::vector<std::string> unsupported(const Report& report) {
  std::vector<std::string> lines;
  for (const Unsupported& problem : report.unsupported)
    lines.push_back(one_line(describe(problem.problem) + ": " + problem.reason));
  return lines;
}

std::vector<std::string> pruned(const Report& report) {
  std::vector<std::string> lines;
  for (const auto& [constraint, count] : report.pruned)
    lines.push_back(one_line(constraint) + ": " + std::to_string(count));
  return lines;
}

}  // namespace gemmtune::report
