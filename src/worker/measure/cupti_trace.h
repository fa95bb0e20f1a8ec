// CUPTI's activity records of this process, between construction and destruction.
#pragma once

#include "worker/measure/cupti_records.h"

#include <cstdint>

namespace gemmtune::measure {

/// At most one at a time: CUPTI's callbacks know no instance. Throws CuptiError where CUPTI cannot be had; a
/// profiler around this process (ncu, nsys, compute-sanitizer) is the usual reason.
class CuptiTrace {
 public:
  CuptiTrace();
  ~CuptiTrace();
  CuptiTrace(const CuptiTrace&) = delete;
  CuptiTrace& operator=(const CuptiTrace&) = delete;

  /// All records since the last call. The stream must be synchronised: CUPTI delivers what is complete.
  CuptiRecords take();
};

/// Whether a CuptiTrace can be had: CUPTI fits the driver, and no profiler holds it. Leaves nothing switched
/// on. Not while there is a trace.
bool cupti_works();

/// While it lives, what this thread launches belongs to the launch `id`.
class CuptiLaunch {
 public:
  CuptiLaunch();
  ~CuptiLaunch();
  CuptiLaunch(const CuptiLaunch&) = delete;
  CuptiLaunch& operator=(const CuptiLaunch&) = delete;

  /// Never given twice in a process: a record that comes late must fit nothing.
  std::uint64_t id() const { return id_; }

 private:
  std::uint64_t id_;
};

}  // namespace gemmtune::measure
