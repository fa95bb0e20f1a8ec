// A matrix in a .npy or .safetensors file, of which no more than a row is in memory.
#pragma once

#include "input/tensor_place.h"
#include "util/unique_fd.h"

#include <cstdint>
#include <span>
#include <string>

namespace gemmtune::input {

/// Which kind of file it is the first bytes say.
class TensorFile {
 public:
  /// `FILE.npy` or `FILE.safetensors:NAME`. Throws UserError with what is wrong with the file, or with the
  /// tensor in it. Nothing that is no regular file is waited for.
  explicit TensorFile(const std::string& named);
  /// The same of a file and the tensor in it, which is empty for a .npy.
  TensorFile(const std::string& path, const std::string& tensor);

  const std::string& name() const { return name_; }  ///< as it was given
  std::int64_t rows() const { return place_.rows; }
  std::int64_t columns() const { return place_.columns; }

  /// As FP32. Any number of threads may ask. Throws UserError for a NaN or an infinity, and where the file
  /// has become shorter.
  void read_row(std::int64_t row, std::span<float> into) const;

 private:
  std::string name_;
  UniqueFd fd_;
  TensorPlace place_;
};

}  // namespace gemmtune::input
