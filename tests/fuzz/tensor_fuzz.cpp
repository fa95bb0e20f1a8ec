// Matrices of others: whatever is in the file, either finite numbers or a UserError, and no more memory than
// a row.
#include "fuzz.h"
#include "input/tensor_file.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

using namespace gemmtune;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::MemoryFile file(fuzz::text_of(data, size));
  for (const std::string& tensor : {std::string(), std::string("a")}) {
    try {
      const input::TensorFile matrix(file.path(), tensor);
      std::vector<float> row(static_cast<std::size_t>(matrix.columns()));
      for (std::int64_t i = 0; i < std::min<std::int64_t>(matrix.rows(), 64); ++i) {
        matrix.read_row(i, row);
        for (const float value : row) ensure(std::isfinite(value), "only numbers are handed on");
      }
    } catch (const UserError&) {
      continue;
    }
  }
  return 0;
}
