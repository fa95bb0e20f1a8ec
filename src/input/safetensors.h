// The head of a .safetensors file: where its tensors lie.
#pragma once

#include "input/tensor_place.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace gemmtune::input {

/// How many bytes of the file the head takes, as its first 8 say. Throws UserError.
std::uint64_t safetensors_head_bytes(const std::string& file, std::string_view first,
                                     std::uint64_t file_bytes);

/// `head`: so many bytes. Looks at every tensor: none may overlap another, lie outside of the file, or have
/// another size than its shape says, and none leaves a gap. Throws UserError, also where `tensor` is not
/// there or no matrix of FP32, FP16 or BF16.
TensorPlace safetensors_place(const std::string& file, std::string_view head, std::uint64_t file_bytes,
                              const std::string& tensor);

}  // namespace gemmtune::input
