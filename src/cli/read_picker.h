// What `gemmtune portfolio` wrote, as what a bundle picks by.
#pragma once

#include "core/table.h"
#include "export/bundle.h"

#include <filesystem>

namespace gemmtune::cli {

/// The models for kernels and forms of D that the table has, and the corrections of cubins. Throws UserError
/// for another kind of file, for models of another GPU, and where none is left.
void read_picker(const std::filesystem::path& path, const Table& table, exports::BundleParts& parts);

}  // namespace gemmtune::cli
