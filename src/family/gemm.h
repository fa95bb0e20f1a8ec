// A GEMM kernel made of the shared pipeline (kernels/pipeline/): its parameters are those of all of them.
#pragma once

#include "family/family.h"
#include "family/gemm_limits.h"
#include "operation/operation.h"

namespace gemmtune::family {

class Gemm : public Family {
 public:
  Gemm(const operation::Operation& operation, const GemmLimits& limits)
      : operation_(operation), limits_(limits) {}

  std::string_view kernel() const override { return operation_.kernel; }
  std::string_view description() const override { return operation_.description; }
  std::span<const Parameter> parameters() const override;
  std::optional<Violation> unsupported(const Problem& problem) const override;
  std::optional<std::int64_t> resolve(std::string_view parameter, std::string_view word,
                                      const Config& resolved, const Problem& problem,
                                      const DeviceLimits& limits) const override;
  std::size_t tile_parameters() const override { return 9; }
  std::optional<Violation> refused_tile(const Config& config, const Problem& problem) const override;
  std::optional<Violation> illegal(const Config& config, const Problem& problem,
                                   const DeviceLimits& limits) const override;
  std::optional<Violation> wasteful(const Config& config, const Problem& problem,
                                    const DeviceLimits& limits) const override;
  Config compiled(const Config& config, const Problem& problem) const override;
  LaunchShape launch_shape(const Config& config, const Problem& problem) const override;

 private:
  const operation::Operation& operation_;
  GemmLimits limits_;
};

}  // namespace gemmtune::family
