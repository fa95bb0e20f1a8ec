// What GPU tests of times share: the kernels around a measurement, and contenders of one problem.
#pragma once

#include "gpu/rig.h"
#include "stats/summary.h"
#include "worker/gemm/cublaslt.h"
#include "worker/gemm/rotation.h"
#include "worker/measure/bench.h"
#include "worker/measure/turns.h"

#include <vector>

namespace gemmtune::test {

inline measure::StreamKernels stream_kernels() {
  const gemm::SupportKernels& support = Rig::get().support();
  return {[&](cudaStream_t s, std::uint32_t* flag) { support.hold_stream(flag, s); },
          [&](cudaStream_t s, measure::ClockStamp* stamps, std::uint32_t sms) {
            support.stamp_clocks(stamps, sms, s);
          }};
}

/// One problem on tiles of 64x64, and cuBLASLt's answers to it; each on the operands themselves or on copies.
struct Bench {
  Rig& rig = Rig::get();
  Problem p = problem(64, 7168, 2048);
  gemm::Operands operands = rig.operands(p);
  gemm::CublasLtBaselines library{operands.sets(), rig.support(), rig.stream()};

  gemm::GemmLaunch ours_on(const gemm::OperandSets& sets) const {
    const Config c = config(p, 64, 64);
    return gemm::gemm_launch(rig.kernel(p, c), c, sets);
  }
  gemm::Rotation rotation() const {
    return gemm::Rotation(operands, gemm::copies_to_rotate(gemm::set_bytes(operands), gpu::l2_bytes()),
                          rig.stream());
  }
  measure::Launch ours() const { return measure::taking_turns({ours_on(operands.sets())}, 1)[0]; }
  measure::Launch ours(const gemm::Rotation& rotation) const {
    return measure::taking_turns({ours_on(rotation.sets())}, rotation.sets().sets.size())[0];
  }
  std::vector<measure::Launch> all() const {
    std::vector<measure::LaunchOnCopy> launches{ours_on(operands.sets())};
    for (const gemm::Answers& answers : library.answers())
      for (std::size_t i = 0; i < answers.algorithms.size(); ++i)
        launches.push_back(library.launch(answers.provider, static_cast<std::int64_t>(i)));
    return measure::taking_turns(launches, 1);
  }
};

}  // namespace gemmtune::test
