#include "worker/measure/cupti_records.h"

#include <algorithm>
#include <limits>
#include <map>
#include <string>

namespace gemmtune::measure {

namespace {

struct Span {
  std::uint64_t start_ns = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t end_ns = 0;
};

}  // namespace

std::vector<double> durations_us(const CuptiRecords& records, std::span<const std::uint64_t> launches) {
  if (records.lost > 0)
    throw CuptiError("CUPTI lost " + std::to_string(records.lost) + " activity records of the round");
  std::map<std::uint32_t, std::uint64_t> launch_of;
  for (const LaunchRecord& record : records.launches) launch_of[record.correlation] = record.launch;
  std::map<std::uint64_t, Span> spans;
  for (const KernelRecord& kernel : records.kernels) {
    const auto launch = launch_of.find(kernel.correlation);
    if (launch == launch_of.end()) continue;
    if (kernel.start_ns == 0 || kernel.end_ns <= kernel.start_ns)
      throw CuptiError("CUPTI recorded a kernel without its start or end");
    Span& span = spans[launch->second];
    span.start_ns = std::min(span.start_ns, kernel.start_ns);
    span.end_ns = std::max(span.end_ns, kernel.end_ns);
  }
  std::vector<double> durations;
  for (const std::uint64_t launch : launches) {
    const auto span = spans.find(launch);
    if (span == spans.end())
      throw CuptiError("CUPTI recorded no kernel of sample " + std::to_string(durations.size() + 1) + " of " +
                       std::to_string(launches.size()));
    durations.push_back(static_cast<double>(span->second.end_ns - span->second.start_ns) * 1e-3);
  }
  return durations;
}

}  // namespace gemmtune::measure
