// The kernels that are made up, in place of the lists of this build.
#include "family/kernels.h"

#include "family/family.h"
#include "unit/made_up/made_up.h"

#include <array>

namespace gemmtune {

namespace operation {

constexpr std::string_view kBaselines[] = {provider::kCublasBf16};
constexpr Gates::RmsLimit kErrorRms[] = {{128, 1e-6, 1e-5}};
const Operation kMadeUp = {
    .kernel = made_up::kKernel,
    .description = "made up",
    .factors = {{ElementType::bf16, Granularity::none}, {ElementType::bf16, Granularity::none}},
    .roof = ComputeRoof::bf16,
    .k_multiple = 8,
    .k_constraint = "k_multiple_8",
    .k_reason = "so it was made up",
    .gates = {kErrorRms, {1e-6, 0.5}, {1e-4, 0}, {}},
    .baselines = kBaselines};

const Operation kGroupedMadeUp = [] {
  Operation operation = kGroupedContiguous1d2d;
  operation.kernel = made_up::kGroupedKernel;
  return operation;
}();

// In place of the list of this build.
std::span<const Operation* const> all() {
  static constexpr const Operation* kAll[] = {&kDense1d2d, &kMadeUp, &kGroupedMadeUp};
  return kAll;
}

}  // namespace operation

namespace family {

class MadeUp final : public Family {
 public:
  explicit MadeUp(const char* kernel) : kernel_(kernel) {}
  std::string_view kernel() const override { return kernel_; }
  std::string_view description() const override { return "made up"; }
  std::span<const Parameter> parameters() const override {
    static constexpr std::array<Parameter, 2> kParameters = {
        {{"lanes", "made up", false, {}, "64", {1, "lanes"}}, {"depth", "made up", false, {}}}};
    return kParameters;
  }
  std::optional<Violation> unsupported(const Problem&) const override { return std::nullopt; }
  std::optional<std::int64_t> resolve(std::string_view, std::string_view, const Config&, const Problem&,
                                      const DeviceLimits&) const override {
    return std::nullopt;
  }
  std::size_t tile_parameters() const override { return 0; }
  std::optional<Violation> refused_tile(const Config&, const Problem&) const override { return std::nullopt; }
  std::optional<Violation> illegal(const Config&, const Problem&, const DeviceLimits&) const override {
    return std::nullopt;
  }
  std::optional<Violation> wasteful(const Config&, const Problem&, const DeviceLimits&) const override {
    return std::nullopt;
  }
  Config compiled(const Config& config, const Problem&) const override { return config; }
  LaunchShape launch_shape(const Config&, const Problem&) const override { return {132, 1, 256, 65536}; }

 private:
  const char* kernel_;
};

// In place of the list of this build.
std::span<const Family* const> all() {
  static const MadeUp made_up(made_up::kKernel), grouped(made_up::kGroupedKernel);
  static const std::array<const Family*, 3> families = {&dense_1d2d(), &made_up, &grouped};
  return families;
}

}  // namespace family

}  // namespace gemmtune
