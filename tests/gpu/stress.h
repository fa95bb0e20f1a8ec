// Races: a test that launches once rarely sees one, so the same kernel is launched until it would have shown.
#pragma once

#include "gpu/rig.h"
#include "worker/gpu/check.h"

#include <string>
#include <unistd.h>
#include <vector>

namespace gemmtune::test {

/// Counts on the device where outputs differ from the first output of a verdict.
class Differences {
 public:
  Differences() {
    gpu::check(cudaMemsetAsync(count_.data(), 0, count_.bytes(), stream_), "cudaMemsetAsync(count)");
  }

  void add(const gemm::Operands& judged, const gemm::GuardedOutput& output) {
    Rig::get().support().count_unequal(count_.as<std::uint32_t>(), judged.output[0].d(), output.d(),
                                       judged.d_bytes(), stream_);
  }

  /// Waits for all that was queued; "" when nothing differs.
  std::string found() const {
    std::uint32_t unequal = 0;
    gpu::check(cudaMemcpyAsync(&unequal, count_.data(), sizeof unequal, cudaMemcpyDeviceToHost, stream_),
               "cudaMemcpyAsync(count)");
    Rig::get().stream().synchronise();
    return unequal == 0 ? "" : std::to_string(unequal) + " units of 16 bytes differ in a later launch";
  }

 private:
  cudaStream_t stream_ = Rig::get().stream().get();
  gpu::DeviceBuffer count_{sizeof(std::uint32_t)};
};

/// Launches on each of the operands, besides the two of a verdict.
inline constexpr int kRepeats = 6;

/// Judges each of the operands, then launches on them in turn, every other round with a cold L2, which makes
/// some loads late. All are of one problem; with two, what the launch before left in shared memory is wrong
/// for this one. Says what did not give every bit of the exact result; "" when every launch did.
inline std::string first_wrong_launch(const std::vector<gemm::Operands>& in_turn, const Config& c,
                                      int defect = 0) {
  Rig& rig = Rig::get();
  std::vector<gemm::GemmLaunch> launches;
  for (const gemm::Operands& operands : in_turn) {
    const std::string found = rig.verdict(operands, c, defect).defect;
    if (!found.empty()) return found;
    launches.push_back(gemm::gemm_launch(rig.kernel(operands.problem, c, defect), c, operands.sets()));
  }
  const gpu::DeviceBuffer evictor(std::size_t{128} << 20);
  cudaStream_t stream = rig.stream().get();
  Differences differences;
  for (int round = 0; round < kRepeats; ++round)
    for (std::size_t i = 0; i < in_turn.size(); ++i) {
      const gemm::GuardedOutput& output = in_turn[i].output[1];
      in_turn[i].reset(output, stream);
      if (round % 2 == 0)
        gpu::check(cudaMemsetAsync(evictor.data(), round, evictor.bytes(), stream),
                   "cudaMemsetAsync(evictor)");
      launches[i](stream, 1);
      differences.add(in_turn[i], output);
    }
  return differences.found();
}

/// For death tests, whose process may lose its CUDA context: prints what `find` found, or what it threw, and
/// exits 0 if that is something, 1 if it is "".
template <typename Find>
[[noreturn]] void report_and_exit(Find find) {
  std::string found;
  try {
    found = find();
  } catch (const std::exception& error) {
    found = error.what();
  }
  std::fprintf(stderr, "%s\n", found.c_str());
  _exit(found.empty() ? 1 : 0);
}

}  // namespace gemmtune::test
