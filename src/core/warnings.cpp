#include "core/warnings.h"

#include "core/datasheet.h"
#include "core/groups.h"
#include "core/policy.h"

#include <algorithm>

namespace gemmtune {

namespace {

constexpr Warning kWarnings[] = {
    {warning::kThrottled, "the board slowed its clocks because of heat or power while it was measured.",
     "Look at cooling and power supply (`nvidia-smi -q -d PERFORMANCE`), let the board rest, and measure "
     "again."},
    {warning::kNoisy, "the interval of the median is wider than 5 % of it.",
     "Stop what else uses the GPU, or take more samples (`--samples`)."},
    {warning::kColdBeatsMemory,
     "a time with a cold cache is shorter than reading the operands from memory takes, as measured "
     "(ceilings.json) or by the datasheet.",
     "Do not trust the figure: the cache was not cold, or the bytes are counted wrongly; please report it."},
    {warning::kFewCandidates, "only one candidate was correct, so the winner had no rival.",
     "See why the others failed, or search a wider space (`--space`)."},
    {warning::kNotCounted, "the GPU's counters were asked for and could not be read over this launch.",
     "The time stands. Read them with `gemmtune profile --run ncu`, or again while nothing else profiles the "
     "GPU."},
    {warning::kEnergyUnknown,
     "energy was asked for and is not known: the board has no meter, or waited for its host meanwhile.",
     "The time stands. Measure on a host that does nothing else: `--resume --energy` adds it."},
};

/// Boards of one kind differ by 3 %, and two runs on one by less.
constexpr double kFloorSlack = 0.95;

/// The floor was measured after a memset; what rotates finds no dirty lines in its way. And event times hold
/// the latency of a launch, so that only a floor made of them is above one made of cupti's.
bool fits(const ColdReadFloor& floor, const Row& row) {
  return is_flushed(row.l2) && (floor.timer == row.timer || floor.timer == Timer::cupti);
}

}  // namespace

std::span<const Warning> warnings() {
  return kWarnings;
}

const Warning* find_warning(std::string_view code) {
  const auto found = std::ranges::find(kWarnings, code, &Warning::code);
  return found == std::end(kWarnings) ? nullptr : found;
}

bool beats_memory(const Row& row, const ColdReadFloor* floor) {
  if (row.simulated || !row.time_us || !is_cold(row.l2)) return false;
  // D may still be in the cache when the kernel ends, so only what is read counts.
  const double read = static_cast<double>(row.bytes) - written_bytes(row.problem);
  if (floor != nullptr && fits(*floor, row)) return *row.time_us < kFloorSlack * floor->us(read);
  const Datasheet* datasheet = find_datasheet(row.device);
  return datasheet != nullptr && *row.time_us * 1e3 * datasheet->hbm_gbps < read;
}

}  // namespace gemmtune
