#include "report/roofline.h"

#include "core/datasheet.h"
#include "core/groups.h"
#include "core/policy.h"
#include "model/traffic.h"
#include "operation/providers.h"
#include "report/grid.h"

#include <algorithm>

namespace gemmtune::report {

namespace {

using Level = Roof::Level;

/// By how much a figure may lie above a roof before it is called an error: between processes the median of
/// one kernel has moved by up to 1.3 %.
constexpr double kTolerance = 1.02;

struct KnownCeiling {
  const char* name;
  Level level;
  const char* label;
};

constexpr KnownCeiling kKnown[] = {{"hbm_read", Level::hbm, "HBM read"},
                                   {"l2_read", Level::l2, "L2 read"},
                                   {"fp8_wgmma", Level::fp8, "FP8 wgmma"},
                                   {"fp8_wgmma_promoted", Level::fp8_promoted, "FP8 wgmma, promoted"},
                                   {"bf16_wgmma", Level::bf16, "BF16 wgmma"}};

/// A burst is the regime of the tables; the sustained figure stands in where there is no other.
bool is_better(const Ceiling& a, const Ceiling& b) {
  if (a.regime != b.regime) return a.regime == PowerRegime::burst;
  return a.value > b.value;
}

void add_measured(Roofs& roofs, const Ceilings& measured) {
  for (const KnownCeiling& known : kKnown) {
    const Ceiling* best = nullptr;
    for (const Ceiling& ceiling : measured.ceilings)
      if (ceiling.name == known.name && (best == nullptr || is_better(ceiling, *best))) best = &ceiling;
    if (best != nullptr) roofs.roofs.push_back({known.level, known.label, best->value, best->sm_clock_mhz});
  }
  for (const Ceiling& ceiling : measured.ceilings)
    if (ceiling.name == "cold_read" && ceiling.bytes > 0 && ceiling.regime == PowerRegime::burst) {
      const auto bytes = static_cast<double>(ceiling.bytes);
      roofs.cold_read_bytes_us.emplace_back(bytes, bytes / ceiling.value * 1e-3);
    }
  std::sort(roofs.cold_read_bytes_us.begin(), roofs.cold_read_bytes_us.end());
}

void add_datasheet(Roofs& roofs, const Datasheet& datasheet) {
  const auto add = [&](Level level, const char* label, double value) {
    const double clock_mhz = level == Level::hbm ? 0 : datasheet.sm_clock_mhz;
    if (roofs.find(level) == nullptr) roofs.roofs.push_back({level, label, value, clock_mhz});
  };
  add(Level::hbm, "HBM, datasheet", datasheet.hbm_gbps);
  add(Level::fp8, "FP8, datasheet", datasheet.fp8_tflops);
  add(Level::bf16, "BF16, datasheet", datasheet.bf16_tflops);
}

/// The rate of the tensor cores that a product's arithmetic is held to.
const Roof* find_compute_roof(const Roofs& roofs, operation::ComputeRoof roof) {
  if (roof == operation::ComputeRoof::bf16) return roofs.find(Level::bf16);
  const Roof* promoted =
      roof == operation::ComputeRoof::fp8_promoted ? roofs.find(Level::fp8_promoted) : nullptr;
  return promoted != nullptr ? promoted : roofs.find(Level::fp8);
}

double compute_us(const Roof& roof, const Work& work) {
  const double scale =
      roof.sm_clock_mhz > 0 && work.sm_clock_mhz > 0 ? work.sm_clock_mhz / roof.sm_clock_mhz : 1;
  return work.flops / (roof.value * scale) * 1e-6;
}

/// No kernel reads so many cold bytes in less. Linear between the measured sizes, of single launches behind a
/// flush: without the flush's dirty lines in the way, or where launches overlap, the bandwidth alone counts.
double cold_read_us(const Roofs& roofs, const Roof& hbm, const Work& work, double bytes) {
  const auto& floor = roofs.cold_read_bytes_us;
  const double streaming_us = bytes / hbm.value * 1e-3;
  if (!work.flushed) return streaming_us;
  const auto above = std::ranges::upper_bound(floor, bytes, {}, &std::pair<double, double>::first);
  if (above == floor.begin() || above == floor.end()) return streaming_us;
  const auto [size, time_us] = *(above - 1);
  const double share = (bytes - size) / (above->first - size);
  return std::max(streaming_us, time_us + share * (above->second - time_us));
}

struct Bound {
  const Roof* roof = nullptr;
  double time_us = 0;
};

}  // namespace

const Roof* Roofs::find(Roof::Level level) const {
  const auto found = std::ranges::find(roofs, level, &Roof::level);
  return found == roofs.end() ? nullptr : &*found;
}

Roofs make_roofs(const Environment& environment, const std::optional<Ceilings>& ceilings) {
  Roofs roofs;
  const bool same_device = ceilings && ceilings->environment.device == environment.device;
  if (same_device) {
    add_measured(roofs, *ceilings);
    roofs.measured = !roofs.roofs.empty();
    roofs.simulated = ceilings->environment.simulated;
  }
  const Datasheet* datasheet = find_datasheet(environment.device);
  const std::size_t measured = roofs.roofs.size();
  if (datasheet != nullptr) add_datasheet(roofs, *datasheet);
  if (roofs.measured) {
    roofs.source = std::string("Roofs: ") +
                   (roofs.simulated ? "SIMULATED, not measured"
                    : ceilings->environment.uuid == environment.uuid
                        ? "measured on this GPU"
                        : "measured on another board of this kind, which may differ by 3 %") +
                   ", by `gemmtune ceilings`, " + one_line(ceilings->timestamp);
    if (measured < roofs.roofs.size()) roofs.source += "; those called datasheet were not";
    roofs.source += ".";
  } else if (datasheet != nullptr) {
    roofs.source = "Roofs: the datasheet of the " + std::string(datasheet->board) +
                   ", which no kernel reaches" +
                   (ceilings ? "; ceilings.json is of another device."
                             : "; `gemmtune ceilings` measures what this GPU can do.");
  } else {
    roofs.source = "No roofs: the datasheet of this device is not known; `gemmtune ceilings` measures it.";
  }
  return roofs;
}

Work work_of(const Row& row) {
  const Problem& p = row.problem;
  Work work;
  work.flops = static_cast<double>(row.flops);
  work.bytes = static_cast<double>(row.bytes);
  work.read_bytes = work.bytes - written_bytes(p);
  if (row.provider == provider::kGemmtune)
    if (const auto l2_bytes = model::l2_bytes(p, row.config)) work.l2_bytes = static_cast<double>(*l2_bytes);
  if (row.counters) {
    const Counters& c = *row.counters;
    if (c.l2_bytes) work.l2_bytes = c.l2_bytes;
    if (c.dram_read_bytes && c.dram_write_bytes) work.dram_bytes = *c.dram_read_bytes + *c.dram_write_bytes;
  }
  work.time_us = row.time_us.value_or(0);
  work.sm_clock_mhz = row.sm_clock_mhz.value_or(0);
  work.cold = is_cold(row.l2);
  work.flushed = is_flushed(row.l2);
  work.compute_roof.reset();
  if (operation::find(p.kernel) != nullptr) work.compute_roof = provider::roof(row.provider, p);
  return work;
}

std::optional<Work> work_of(const TableEntry& entry, const std::string& policy) {
  if (!entry.tflops || !entry.gbps) return std::nullopt;
  Row row;
  row.problem = entry.problem;
  row.time_us = entry.time_us;
  row.flops = static_cast<std::int64_t>(*entry.tflops * entry.time_us * 1e6);
  row.bytes = static_cast<std::int64_t>(*entry.gbps * entry.time_us * 1e3);
  row.config = entry.config;
  row.l2 = l2_of(policy).value_or(row.l2);
  return work_of(row);
}

std::optional<Placement> place(const Roofs& roofs, const Work& work) {
  if (work.time_us <= 0 || work.flops <= 0 || work.bytes <= 0) return std::nullopt;
  const Roof* hbm = work.cold ? roofs.find(Level::hbm) : nullptr;
  const Roof* compute = work.compute_roof ? find_compute_roof(roofs, *work.compute_roof) : nullptr;
  const Roof* hard = compute != nullptr && compute->level == Level::fp8_promoted && roofs.find(Level::fp8)
                         ? roofs.find(Level::fp8)
                         : compute;
  std::vector<Bound> bounds;
  if (hbm != nullptr) bounds.push_back({hbm, cold_read_us(roofs, *hbm, work, work.bytes)});
  if (compute != nullptr) bounds.push_back({compute, compute_us(*compute, work)});
  if (bounds.empty()) return std::nullopt;
  const Bound& longest = *std::ranges::max_element(bounds, {}, &Bound::time_us);

  Placement placement;
  placement.intensity = work.flops / work.bytes;
  placement.tflops = work.flops / work.time_us * 1e-6;
  placement.attainable_tflops = work.flops / longest.time_us * 1e-6;
  placement.bound = longest.roof->label;
  if (work.l2_bytes && *work.l2_bytes > 0) placement.l2_intensity = work.flops / *work.l2_bytes;
  if (work.dram_bytes && *work.dram_bytes > 0) placement.dram_intensity = work.flops / *work.dram_bytes;
  if (hbm != nullptr && cold_read_us(roofs, *hbm, work, work.read_bytes) > work.time_us * kTolerance)
    placement.above = hbm->label;
  if (hard != nullptr && compute_us(*hard, work) > work.time_us * kTolerance) placement.above = hard->label;
  return placement;
}

}  // namespace gemmtune::report
