// What a bundle says of problems that nobody tuned.
#pragma once

#include "core/json.h"
#include "core/table.h"
#include "launch/index.h"

#include <cstdint>
#include <string>
#include <vector>

namespace gemmtune::exports {

/// What a model is wrong by for a cubin, in launch::kCoefficientUnit.
struct CubinCorrection {
  std::string kernel;
  Config compiled;
  std::int64_t billionths = 0;
};

/// Machine and models as they are, and the choices: of each cubin for which there is a model the first entry,
/// with its correction where it has one.
void add_picker(launch::Index& index, const Table& table, const launch::PickerData& picker,
                const std::vector<CubinCorrection>& corrections);

/// As launch::read_picker reads them.
std::string picker_lines(const launch::PickerData& picker);

/// The same for the manifest, with the rule in words.
Json picker_json(const launch::PickerData& picker);

}  // namespace gemmtune::exports
