// What vLLM or SGLang will do with a folder of its block-FP8 configurations. Their files hold knobs of a
// Triton kernel, which cannot say what ours are: there is nothing to export to them, but much to find in
// them.
#pragma once

#include "export/source.h"
#include "report/grid.h"

#include <filesystem>

namespace gemmtune::exports {

struct Audit {
  report::Grid grid;       ///< one row a finding
  bool complaint = false;  ///< something will not load, or is missing
};

/// For the device and the problems of the table: which file and which of its entries each M gets, what is
/// missing, and which files nobody will read. Throws UserError when the folder cannot be read.
Audit check_vllm(const Source& source, const std::filesystem::path& folder);
Audit check_sglang(const Source& source, const std::filesystem::path& folder);

}  // namespace gemmtune::exports
