// The rows of a factor that are computed with, and what quantising them needs of the others.
#pragma once

#include "accuracy/data.h"

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace gemmtune::accuracy {

/// Groups of neighbouring rows, spread evenly, and with them the 128 rows of the block that each is in.
struct Sample {
  std::int64_t k = 0;
  std::vector<std::int64_t> rows;  ///< of the matrix, ascending: what D is computed of
  struct Block {
    std::int64_t first = 0;  ///< a multiple of 128
    std::int64_t count = 0;  ///< 128, less at the matrix's end
  };
  std::vector<Block> blocks;
  std::vector<float> values;  ///< of all blocks, k a row

  /// Of a row that is in one of the blocks.
  std::span<const float> row(std::int64_t row) const;
  /// The rows of the matrix that share a block of `height` rows with `row`: [first, end). Height is a divisor
  /// of 128.
  std::pair<std::int64_t, std::int64_t> block_around(std::int64_t row, std::int64_t height) const;
};

/// The rows that a sample of `count` of `rows` has: all where there are no more, else groups of 32.
std::vector<std::int64_t> sampled_rows(std::int64_t rows, std::int64_t count);

Sample take_sample(const Matrix& matrix, std::int64_t count, unsigned threads);

/// Earlier steps that a history looks at.
inline constexpr int kHistory = 4;

/// Of the whole matrix: now, or the largest of kHistory steps before.
float whole_amax(const Matrix& matrix, bool of_history, unsigned threads);

}  // namespace gemmtune::accuracy
