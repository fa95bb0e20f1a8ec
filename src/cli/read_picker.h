// What `gemmtune portfolio` wrote, as what a bundle picks by.
#pragma once

#include "core/table.h"
#include "launch/picker_data.h"

#include <filesystem>

namespace gemmtune::cli {

/// The models for kernels and forms of D that the table has. Throws UserError for another kind of file, for
/// models of another GPU, and where none is left.
launch::PickerData read_picker(const std::filesystem::path& path, const Table& table);

}  // namespace gemmtune::cli
