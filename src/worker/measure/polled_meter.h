// The board's energy meter, read by a thread of its own: a reading can take longer than what is queued on the
// GPU, which would then wait.
#pragma once

#include <functional>
#include <mutex>
#include <thread>

namespace gemmtune::measure {

/// What the meter showed, and when that was first seen.
struct MeterReading {
  double at_s = 0;
  double total_j = 0;
};

/// Reads until it is destroyed.
class PolledMeter {
 public:
  /// `meter`: the energy that the whole board has used since some moment, in joules, 0 where nobody knows;
  /// called once here and then by the thread alone. Moments are those of gpu::HostClock.
  explicit PolledMeter(std::function<double()> meter);

  /// The last refresh that was seen; never waits for a reading.
  MeterReading last() const;

 private:
  void poll(const std::stop_token& stop);

  std::function<double()> meter_;
  mutable std::mutex mutex_;
  MeterReading last_;
  std::jthread thread_;  ///< last: it uses the others
};

}  // namespace gemmtune::measure
