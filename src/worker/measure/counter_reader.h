// The GPU's counters over one launch, through CUPTI's range profiler.
#pragma once

#include "core/counters.h"
#include "worker/measure/counter_host.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace gemmtune::measure {

/// Nothing counts but during read(): before and after it launches take as long as ever. Not while CUPTI
/// traces (Bench::stop_tracing).
class CounterReader {
 public:
  /// For the current context of device 0. Throws CounterError where the counters cannot be read; that needs a
  /// privilege on most machines.
  CounterReader();

  /// Metrics of kCounterFields that this GPU does not count: read() leaves them empty.
  const std::vector<std::string>& unknown() const { return unknown_; }

  /// Of what `launch` queues. For each pass `prepare` is called and then `launch`; both must have waited for
  /// what they queued when they return.
  Counters read(const std::function<void()>& prepare, const std::function<void()>& launch);

 private:
  std::vector<CounterField> fields_;
  std::vector<const char*> metrics_;  ///< of fields_
  std::vector<std::string> unknown_;
  std::optional<CounterHost> host_;
  Image config_;
};

}  // namespace gemmtune::measure
