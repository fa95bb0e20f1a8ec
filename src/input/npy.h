// The head of a .npy file (NumPy's format, versions 1 to 3): where a matrix lies in it.
#pragma once

#include "input/tensor_place.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace gemmtune::input {

inline constexpr std::string_view kNpyMagic = "\x93NUMPY";

/// How many bytes of the file the head takes, as its first ones (12, or all there are) say. Throws UserError.
std::uint64_t npy_head_bytes(const std::string& file, std::string_view first);

/// `head`: so many bytes. Throws UserError for all but a matrix of FP32 or FP16, row by row, that fills the
/// rest of the file.
TensorPlace npy_place(const std::string& file, std::string_view head, std::uint64_t file_bytes);

}  // namespace gemmtune::input
