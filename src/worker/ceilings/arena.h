// A large buffer of random bits, ways to move its bytes, and the checks that they are moved.
#pragma once

#include "worker/ceilings/kernels.h"
#include "worker/gpu/resources.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace gemmtune::ceilings {

class Arena {
 public:
  /// At most 4 GiB: 80 times the L2 of an H100, and 1.4 ms of reading. The stream must outlive it. `defect`
  /// as PlainKernels.
  Arena(const gpu::Stream& stream, cache::CubinCache& cache, unsigned sms, std::int64_t memory_bytes,
        int defect = 0);

  std::int64_t bytes() const { return static_cast<std::int64_t>(buffer_.bytes()); }
  std::uint8_t* at(std::int64_t offset) const { return buffer_.as<std::uint8_t>() + offset; }
  const PlainKernels& kernels() const { return kernels_; }
  unsigned sms() const { return sms_; }

  /// Random bits again, where a check has written.
  void refill() const;
  void clear(std::int64_t offset, std::int64_t count) const;
  /// What `add` adds to a sum on the device; waits for it.
  std::uint64_t sum(const std::function<void(std::uint64_t*, cudaStream_t)>& add) const;
  /// Of the 32-bit words there.
  std::uint64_t sum_of(std::int64_t offset, std::int64_t count) const;
  void run(const std::function<void(cudaStream_t)>& launch) const;

 private:
  const gpu::Stream& stream_;
  unsigned sms_;
  PlainKernels kernels_;
  gpu::DeviceBuffer buffer_, sum_;
};

/// What a mover did and what it should have done, as sums of words; equal when all is well.
struct Sums {
  std::uint64_t moved = 0;
  std::uint64_t expected = 0;
};

/// One way to move bytes of an arena, which must outlive it.
struct Mover {
  std::string how;
  /// Moves so many bytes in all, what it reads and what it writes together; in which of the places of that
  /// size (0, 1, ...) does not matter but for what the caches hold.
  std::function<void(cudaStream_t, std::int64_t bytes, int place)> launch;
  std::function<Sums(std::int64_t bytes)> check;
};

/// Neither of two forms is ahead at every size.
std::vector<Mover> readers(const Arena& arena);
std::vector<Mover> writers(const Arena& arena);
std::vector<Mover> copiers(const Arena& arena);

/// Reads `bytes` from the L2, which must hold them, `passes` times; `sharers` CTAs the same bytes at about
/// the same time. Its check and its launch move bytes * passes * (1 or sharers).
Mover l2_reader(const Arena& arena, std::uint32_t passes, std::uint32_t sharers);

}  // namespace gemmtune::ceilings
