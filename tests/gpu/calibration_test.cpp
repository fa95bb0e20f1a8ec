// Where the limits of the gates come from: figures of right kernels, ours and cuBLASLt's, at every K. Printed
// for the record, and held to a margin of the limits, so that a gate that is about to fail honest kernels
// shows first here.
#include "gpu/rig.h"
#include "worker/gemm/cublaslt.h"

namespace gemmtune::test {
namespace {

TEST(Calibration, right_kernels_stay_well_inside_the_limits) {
  std::printf("%6s %-16s %10s %10s %10s\n", "K", "kernel", "error_rms", "error_max", "limit");
  for (const int k : {128, 512, 2048, 7168, 16384}) {
    const Problem p = problem(1024, 1024, k);
    const operation::Gates& gates = operation::of(p).gates;
    const gemm::Operands operands = Rig::get().operands(p);
    const Verdict ours = Rig::get().verdict(operands, config(p, 128, 128));
    gemm::CublasLtBaselines library(operands.sets(), Rig::get().support(), Rig::get().stream());
    const Verdict theirs = gemm::verify(library.launch("cublaslt_block", 0), operands, Rig::get().support(),
                                        Rig::get().stream());
    for (const auto& [name, verdict] : {std::pair{"dense_1d2d", ours}, std::pair{"cublaslt_block", theirs}}) {
      std::printf("%6d %-16s %10.2e %10.2e %10.2e\n", k, name, verdict.error_rms, verdict.error_max,
                  operation::error_max_limit(gates, p.data, k));
      EXPECT_EQ(verdict.defect, "") << name << " K " << k;
      EXPECT_LT(verdict.error_rms, 0.85 * operation::error_rms_limit(gates, p.out, k)) << name << " K " << k;
      EXPECT_LT(verdict.error_max, 0.9 * operation::error_max_limit(gates, p.data, k)) << name << " K " << k;
      EXPECT_GT(verdict.error_rms, 1e-6) << "a gate that reads nothing would give zero";
    }
  }
}

TEST(Calibration, the_second_witness_agrees_on_awkward_sizes) {
  for (const auto& [m, n, k] :
       {std::array{4, 2112, 7168}, std::array{100, 576, 1536}, std::array{332, 4096, 640}}) {
    const gemm::Operands operands = Rig::get().operands(problem(m, n, k));
    gemm::CublasLtBaselines library(operands.sets(), Rig::get().support(), Rig::get().stream());
    ASSERT_FALSE(library.answers()[0].algorithms.empty()) << library.answers()[0].refusal;
    EXPECT_EQ(
        gemm::verify(library.launch("cublaslt_block", 0), operands, Rig::get().support(), Rig::get().stream())
            .defect,
        "")
        << m << " x " << n << " x " << k;
  }
}

}  // namespace
}  // namespace gemmtune::test
