// From CUPTI's activity records to what launches took and ran. Pure: tested without a GPU.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace gemmtune::measure {

/// CUPTI is not to be had, or it lost records. Says what to do.
class CuptiError : public std::runtime_error {
 public:
  explicit CuptiError(const std::string& what)
      : std::runtime_error("timer cupti: " + what + "; --timer event works without it") {}
};

/// "The API call with this correlation id was made inside that launch of a contender."
struct LaunchRecord {
  std::uint32_t correlation = 0;
  std::uint64_t launch = 0;
};

/// A kernel that ran; nanoseconds of one clock.
struct KernelRecord {
  std::uint32_t correlation = 0;  ///< of the API call that launched it
  std::uint64_t start_ns = 0;
  std::uint64_t end_ns = 0;
  /// CUPTI's own text, mangled. Read only for launches that were timed: what has loaded a kernel that belongs
  /// to none may be gone.
  const char* name = nullptr;
};

struct CuptiRecords {
  std::vector<LaunchRecord> launches;
  std::vector<KernelRecord> kernels;
  std::size_t lost = 0;  ///< records that CUPTI had no room for, or that could not be read
};

struct TracedLaunch {
  double duration_us = 0;            ///< from the first start to the last end of its kernels
  std::vector<std::string> kernels;  ///< short names, in the order of starting
};

/// What each launch took and ran. Kernels of other launches, or of none (the held stream, the clock probe),
/// do not count. Throws CuptiError when a record was lost, is incomplete, or is missing for one of the
/// launches: then no duration of the round can be trusted.
std::vector<TracedLaunch> traced_launches(const CuptiRecords& records,
                                          std::span<const std::uint64_t> launches);

/// Demangled, without return type, template arguments and parameters, which fill lines: instances of one
/// template have one name.
std::string short_kernel_name(const std::string& name);

}  // namespace gemmtune::measure
