#include "report/roofline_json.h"

#include "core/serialise.h"
#include "report/grid.h"

#include <array>

namespace gemmtune::report {

namespace {

/// In the order of Roof::Level.
constexpr std::array<const char*, 5> kLevels = {"hbm", "l2", "fp8", "fp8_promoted", "bf16"};

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

}  // namespace

Json to_json(const Roofs& roofs) {
  Json list = Json::array();
  for (const Roof& roof : roofs.roofs)
    list.push_back({{"level", kLevels.at(static_cast<std::size_t>(roof.level))},
                    {"label", roof.label},
                    {"value", roof.value},
                    {"unit", roof.is_memory() ? "GB/s" : "TFLOPS"},
                    {"sm_clock_mhz", roof.sm_clock_mhz > 0 ? Json(roof.sm_clock_mhz) : Json(nullptr)}});
  return {{"measured", roofs.measured},
          {"simulated", roofs.simulated},
          {"source", roofs.source},
          {"roofs", std::move(list)}};
}

Json to_json(const Point& point) {
  Json json = {{"problem_id", problem_id(point.problem)},
               {"provider", point.provider},
               {"config", gemmtune::to_json(point.config)},
               {"time_us", point.time_us},
               {"time_us_low", point.time_us_low},
               {"time_us_high", point.time_us_high},
               {"gbps", or_null(point.gbps)},
               {"sm_clock_mhz", or_null(point.sm_clock_mhz)},
               {"power_w", or_null(point.power_w)},
               {"error_rms", or_null(point.error_rms)},
               {"registers", or_null(point.registers)},
               {"smem_bytes", or_null(point.smem_bytes)},
               {"ctas_per_sm", or_null(point.ctas_per_sm)},
               {"counters", point.counters ? gemmtune::to_json(*point.counters) : Json(nullptr)}};
  const auto& placed = point.placement;
  json["intensity"] = placed ? Json(placed->intensity) : Json(nullptr);
  json["l2_intensity"] = placed ? or_null(placed->l2_intensity) : Json(nullptr);
  json["dram_intensity"] = placed ? or_null(placed->dram_intensity) : Json(nullptr);
  json["tflops"] = placed ? Json(placed->tflops) : Json(nullptr);
  json["attainable_tflops"] = placed ? Json(placed->attainable_tflops) : Json(nullptr);
  json["bound"] = placed ? Json(placed->bound) : Json(nullptr);
  json["above"] = placed && !placed->above.empty() ? Json(placed->above) : Json(nullptr);
  return json;
}

}  // namespace gemmtune::report
