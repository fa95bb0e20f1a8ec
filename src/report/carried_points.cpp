#include "report/carried_points.h"

#include "operation/providers.h"

namespace gemmtune::report {

namespace {

/// That of our row, so that the points of one problem stand above each other.
std::optional<Work> work_of(const Winner& winner, const std::string& policy, const std::string& provider,
                            double time_us) {
  if (!winner.placement) return std::nullopt;
  TableEntry entry = winner.entry;
  entry.tflops = winner.placement->tflops;
  entry.gbps = winner.placement->tflops / winner.placement->intensity * 1e3;
  auto work = report::work_of(entry, policy);
  work->l2_bytes = std::nullopt;  // of our tiles
  work->time_us = time_us;
  work->compute_roof = gemmtune::provider::roof(provider, entry.problem);
  return work;
}

}  // namespace

std::vector<Point> carried_points(const Report& report) {
  std::vector<Point> points;
  for (const Winner& winner : report.winners)
    for (const auto& [provider, time_us] : winner.carried_us) {
      Point point;
      point.problem = winner.entry.problem;
      point.provider = provider + kCarried;
      point.time_us = point.time_us_low = point.time_us_high = time_us;
      if (const auto work = work_of(winner, report.policy, provider, time_us)) {
        point.gbps = work->bytes / time_us * 1e-3;
        point.placement = place(report.roofs, *work);
      }
      points.push_back(std::move(point));
    }
  return points;
}

}  // namespace gemmtune::report
