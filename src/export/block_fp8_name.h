// File names by which vLLM and SGLang find a block-FP8 configuration: nothing but the exact name is read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gemmtune::exports {

/// vLLM writes `block_shape=[128,128]`, SGLang `[128, 128]`; neither reads the other's.
enum class Reader { vllm, sglang };

struct BlockFp8Name {
  std::int64_t n = 0, k = 0;
  std::string device;  ///< blanks are underscores
  std::string dtype;   ///< "fp8_w8a8"; others have files of their own
  std::int64_t block_n = 128, block_k = 128;
};

/// The only name that the reader opens.
std::string name_for(const BlockFp8Name& name, Reader reader);

/// What a file name means to say, blanks anywhere allowed; empty for one of another kind.
std::optional<BlockFp8Name> parse_block_fp8_name(std::string_view file_name);

/// Whether SGLang reads it for products whose scales are of rows and columns, which has no block shape
/// (get_w8a8_channelwise_fp8_configs, beside the reader of blocks).
bool is_channelwise_name(std::string_view file_name);

}  // namespace gemmtune::exports
