#include "profile/figures.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <string_view>
#include <utility>

namespace gemmtune::profile {

namespace {

/// A figure and the metrics that tell it, the best first: names differ between versions of ncu.
struct Source {
  std::string_view name;
  std::string_view unit;
  double factor;  ///< from ncu's base unit
  std::array<std::string_view, 3> metrics;
};

// Names as ncu has them for compute capability 9.0.
constexpr Source kSources[] = {
    {"time under ncu", "µs", 1e-3, {"gpu__time_duration.sum"}},
    {"SM clock",
     "MHz",
     1e-6,
     {"sm__cycles_elapsed.avg.per_second", "gpc__cycles_elapsed.avg.per_second",
      "smsp__cycles_elapsed.avg.per_second"}},
    {"tensor pipe active",
     "%",
     1,
     {"sm__pipe_tensor_cycles_active.avg.pct_of_peak_sustained_active",
      "sm__inst_executed_pipe_tensor_op_gmma.avg.pct_of_peak_sustained_active"}},
    {"SM throughput", "%", 1, {"sm__throughput.avg.pct_of_peak_sustained_elapsed"}},
    {"issue slots busy",
     "%",
     1,
     {"sm__inst_issued.avg.pct_of_peak_sustained_active",
      "smsp__issue_active.avg.pct_of_peak_sustained_active"}},
    {"warps active", "%", 1, {"sm__warps_active.avg.pct_of_peak_sustained_active"}},
    {"DRAM read", "MB", 1e-6, {"dram__bytes_read.sum"}},
    {"DRAM written", "MB", 1e-6, {"dram__bytes_write.sum"}},
    {"DRAM throughput",
     "%",
     1,
     {"dram__throughput.avg.pct_of_peak_sustained_elapsed",
      "gpu__dram_throughput.avg.pct_of_peak_sustained_elapsed"}},
    {"L2 traffic", "MB", 1e-6, {"lts__t_bytes.sum"}},
    {"L2 hits", "%", 1, {"lts__t_sector_hit_rate.pct"}},
    {"L2 throughput", "%", 1, {"lts__throughput.avg.pct_of_peak_sustained_elapsed"}},
    {"shared memory bank conflicts", "", 1, {"l1tex__data_bank_conflicts_pipe_lsu_mem_shared.sum"}},
    {"registers a thread", "", 1, {"launch__registers_per_thread"}},
};

Figure figure_of(const Source& source, const Counters& counters) {
  Figure figure{std::string(source.name), std::nullopt, std::string(source.unit),
                std::string(source.metrics.front())};
  for (const std::string_view metric : source.metrics)
    if (const auto found = counters.find(metric); found != counters.end()) {
      figure.value = found->second.value * source.factor;
      figure.metric = metric;
      break;
    }
  return figure;
}

constexpr std::string_view kStall = "smsp__average_warps_issue_stalled_";
constexpr std::string_view kStallEnd = "_per_issue_active.ratio";

/// "long_scoreboard"; empty for what is no reason to wait: other counters, the warps that did issue, and the
/// same reasons again without the cycles in which another warp issued.
std::string_view stall_reason(std::string_view metric) {
  if (!metric.starts_with(kStall) || !metric.ends_with(kStallEnd)) return {};
  metric.remove_prefix(kStall.size());
  metric.remove_suffix(kStallEnd.size());
  return metric == "selected" || metric.ends_with("_not_issued") ? std::string_view() : metric;
}

std::vector<Figure> stalls(const Counters& counters) {
  std::vector<Figure> figures;
  double sum = 0;
  for (const auto& [metric, counter] : counters)
    if (const std::string_view reason = stall_reason(metric); !reason.empty()) {
      figures.push_back({"stall " + std::string(reason), counter.value, "%", metric});
      sum += counter.value;
    }
  for (Figure& figure : figures) *figure.value = sum > 0 ? *figure.value / sum * 100 : 0;
  std::ranges::stable_sort(figures, std::ranges::greater(), [](const Figure& f) { return *f.value; });
  return figures;
}

Change change_between(const Figure& before, const Figure& after) {
  Change change{before, after, std::nullopt};
  if (!before.value || !after.value) return change;
  const double difference = *after.value - *before.value;
  if (before.unit == "%")
    change.change = difference;
  else if (*before.value != 0)
    change.change = difference / std::abs(*before.value) * 100;
  else if (difference == 0)
    change.change = 0;
  return change;
}

/// In [0, 2]; unknown figures last.
double weight(const Change& change) {
  if (!change.before.value || !change.after.value) return -1;
  const double difference = std::abs(*change.after.value - *change.before.value);
  const double larger = std::max(std::abs(*change.before.value), std::abs(*change.after.value));
  if (change.before.unit == "%") return difference / 100;
  return larger > 0 ? difference / larger : 0;
}

}  // namespace

std::vector<Figure> main_figures(const Counters& counters) {
  std::vector<Figure> figures;
  for (const Source& source : kSources) figures.push_back(figure_of(source, counters));
  for (Figure& stall : stalls(counters)) figures.push_back(std::move(stall));
  return figures;
}

std::string metrics_of_figures() {
  std::string list;
  for (const Source& source : kSources)
    // What it says of the launch itself it always says.
    if (!source.metrics.front().starts_with("launch__"))
      list += (list.empty() ? "" : ",") + std::string(source.metrics.front());
  return list;
}

std::vector<Figure> all_figures(const Counters& counters) {
  std::vector<Figure> figures;
  for (const auto& [metric, counter] : counters)
    figures.push_back({metric, counter.value, counter.unit, metric});
  return figures;
}

std::vector<Change> changes(const std::vector<Figure>& before, const std::vector<Figure>& after) {
  std::vector<Change> list;
  for (const Figure& figure : before) {
    const auto same = std::ranges::find(after, figure.name, &Figure::name);
    if (same != after.end() && same->unit == figure.unit) list.push_back(change_between(figure, *same));
  }
  std::ranges::stable_sort(list, std::ranges::greater(), weight);
  return list;
}

}  // namespace gemmtune::profile
