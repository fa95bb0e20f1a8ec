// A matrix as a .npy file, which NumPy reads, and which --a and --b do.
#pragma once

#include "accuracy/data.h"

#include <filesystem>

namespace gemmtune::cli {

/// FP32, row by row; no more than a row is in memory. Throws UserError when it cannot be written.
void write_npy(const std::filesystem::path& path, const accuracy::Matrix& matrix);

}  // namespace gemmtune::cli
