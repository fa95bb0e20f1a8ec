// Times that must hold on any Hopper GPU: physics below, agreement between two measurements, cold slower than
// warm.
#include "gpu/rig.h"
#include "stats/summary.h"
#include "worker/measure/event_device.h"
#include "worker/measure/timed_region.h"

#include <algorithm>

namespace gemmtune::test {
namespace {

double median_us(measure::EventDevice& device, bool flush) {
  measure::TimedRegion region(device);
  region.round(1, flush);
  std::vector<double> samples;
  for (int i = 0; i < 15; ++i) samples.push_back(region.round(1, flush)[0]);
  return stats::median(samples);
}

TEST(Measure, cold_is_slower_than_warm_and_than_memory_allows) {
  Rig& rig = Rig::get();
  measure::EventDevice device(
      rig.stream(), [&](cudaStream_t s, std::uint32_t* flag) { rig.support().hold_stream(flag, s); });
  const Problem p = problem(64, 7168, 2048);
  const gemm::Operands operands = rig.operands(p);
  const Config c = config(p, 64, 64);
  const auto launch = gemm::dense_1d2d_launch(rig.kernel(c), c, operands);
  device.set_contenders({[&](cudaStream_t stream) { launch(stream, 0); }});
  const double cold = median_us(device, true), again = median_us(device, true),
               warm = median_us(device, false);
  std::printf("64x7168x2048: cold %.2f us, again %.2f us, warm %.2f us\n", cold, again, warm);
  const double floor_us =
      family::require(p.kernel).bytes(p) / 4.9e6;  // no Hopper GPU reads faster than 4.9 TB/s
  EXPECT_GT(cold, floor_us);
  EXPECT_GT(cold, 1.1 * warm);
  EXPECT_NEAR(cold, again, 0.05 * cold);
}

}  // namespace
}  // namespace gemmtune::test
