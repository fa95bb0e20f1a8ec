// What a bundle says of problems that nobody tuned.
#pragma once

#include "core/json.h"
#include "core/table.h"
#include "launch/index.h"

#include <string>

namespace gemmtune::exports {

/// Machine and models as they are, and the choices: of each cubin for which there is a model the first entry.
void add_picker(launch::Index& index, const Table& table, const launch::PickerData& picker);

/// As launch::read_picker reads them.
std::string picker_lines(const launch::PickerData& picker);

/// The same for the manifest, with the rule in words.
Json picker_json(const launch::PickerData& picker);

}  // namespace gemmtune::exports
