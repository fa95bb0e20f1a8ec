// The fields of a row in the order of files: the one table that journals, JSON and CSV are driven by. Those
// of its problem: core/fields_of_problem.h.
#pragma once

#include "core/row.h"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace gemmtune {

struct RowField {
  enum Is : unsigned {
    kLater = 1,  ///< the first files lack it
    kTime = 2,   ///< of a launch: neither 0 nor infinite
  };
  /// Of the other fields: written, and not read. May not be more than a function of the row.
  using Derived = std::string (*)(const Row&);

  const char* key;  ///< in files; frozen
  /// An optional one is null in files, or not there.
  std::variant<std::string Row::*, Problem Row::*, Config Row::*, Invalidity Row::*, Stage Row::*,
               L2Policy Row::*, Timer Row::*, PowerRegime Row::*, bool Row::*, std::int64_t Row::*,
               std::uint64_t Row::*, std::optional<double> Row::*, std::optional<int> Row::*,
               std::optional<std::int64_t> Row::*, Boxed<std::string> Row::*, Boxed<Counters> Row::*,
               std::vector<double> Row::*, std::vector<std::string> Row::*, Derived>
      member;
  unsigned is = 0;
};

inline constexpr RowField kRowFields[] = {
    {"id", RowField::Derived{[](const Row& row) { return row_id(row); }}},
    {"run_id", &Row::run_id},
    {"problem_id", RowField::Derived{[](const Row& row) { return problem_id(row.problem); }}},
    {"config_id", RowField::Derived{[](const Row& row) { return config_id(row.config); }}},
    {"problem", &Row::problem},
    {"provider", &Row::provider},
    {"config", &Row::config},
    {"kernel_hash", &Row::kernel_hash},
    {"code_hash", &Row::code_hash},
    {"invalidity", &Row::invalidity},
    {"reason", &Row::reason},
    {"stage", &Row::stage},
    {"policy", &Row::policy},
    {"l2", &Row::l2},
    {"timer", &Row::timer},
    {"regime", &Row::regime},
    {"time_us", &Row::time_us, RowField::kTime},
    {"time_us_low", &Row::time_us_low, RowField::kTime},
    {"time_us_high", &Row::time_us_high, RowField::kTime},
    {"samples_us", &Row::samples_us, RowField::kTime},
    {"draws_us", &Row::draws_us, RowField::kTime | RowField::kLater},
    {"sm_cycles", &Row::sm_cycles},
    {"tflops", &Row::tflops},
    {"gbps", &Row::gbps},
    {"flops", &Row::flops},
    {"bytes", &Row::bytes},
    {"energy_j", &Row::energy_j},
    {"error_rms", &Row::error_rms},
    {"error_max", &Row::error_max},
    {"registers", &Row::registers},
    {"spill_bytes", &Row::spill_bytes},
    {"smem_bytes", &Row::smem_bytes},
    {"ctas_per_sm", &Row::ctas_per_sm},
    {"library_kernels", &Row::library_kernels},
    {"compile_ms", &Row::compile_ms},
    {"sm_clock_mhz", &Row::sm_clock_mhz},
    {"power_w", &Row::power_w},
    {"temperature_c", &Row::temperature_c},
    {"throttle", &Row::throttle},
    {"counters", &Row::counters},
    {"seed", &Row::seed},
    {"device", &Row::device},
    {"board_uuid", &Row::board_uuid, RowField::kLater},
    {"simulated", &Row::simulated},
    {"warnings", &Row::warnings},
    {"timestamp", &Row::timestamp},
};

}  // namespace gemmtune
