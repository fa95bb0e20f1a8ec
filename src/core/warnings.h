// What can be wrong with a figure that is a figure all the same: the closed list of the codes in a row's
// `warnings`.
#pragma once

#include "core/ceilings.h"
#include "core/row.h"

#include <span>
#include <string_view>

namespace gemmtune {

struct Warning {
  const char* code;     ///< in rows; frozen
  const char* meaning;  ///< one sentence
  const char* advice;   ///< what to do about it, one sentence
};

namespace warning {
inline constexpr const char* kThrottled = "throttled";
inline constexpr const char* kNoisy = "noisy";
inline constexpr const char* kColdBeatsMemory = "cold_beats_memory";
inline constexpr const char* kFewCandidates = "few_candidates";
inline constexpr const char* kNotCounted = "not_counted";
inline constexpr const char* kEnergyUnknown = "energy_unknown";
}  // namespace warning

/// Every code that a row may carry.
std::span<const Warning> warnings();

/// Null for a code that a later version has added.
const Warning* find_warning(std::string_view code);

/// Whether a time is shorter than the device's memory needs for what must be read: the operands were in the
/// cache after all, or the bytes are counted wrongly. By the floor measured on that device, if there is one
/// (not null) that fits the row; else by the datasheet. False where nothing can be said: a warm cache, no
/// time, a device whose datasheet is not known here.
bool beats_memory(const Row& row, const ColdReadFloor* floor = nullptr);

}  // namespace gemmtune
