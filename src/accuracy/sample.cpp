#include "accuracy/sample.h"

#include "accuracy/parallel.h"
#include "util/integers.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace gemmtune::accuracy {

namespace {

constexpr std::int64_t kGroup = 32, kBlock = 128;

}  // namespace

std::span<const float> Sample::row(std::int64_t row) const {
  std::int64_t before = 0;
  for (const Block& block : blocks) {
    if (row < block.first + block.count) {
      const auto offset = static_cast<std::size_t>((before + row - block.first) * k);
      return std::span(values).subspan(offset, static_cast<std::size_t>(k));
    }
    before += block.count;
  }
  return {};
}

std::pair<std::int64_t, std::int64_t> Sample::block_around(std::int64_t row, std::int64_t height) const {
  const auto block = std::ranges::find_if(blocks, [&](const Block& b) { return row < b.first + b.count; });
  const std::int64_t first = row / height * height;
  return {first, std::min(first + height, block->first + block->count)};
}

std::vector<std::int64_t> sampled_rows(std::int64_t rows, std::int64_t count) {
  std::vector<std::int64_t> sampled;
  if (rows <= count) {
    for (std::int64_t row = 0; row < rows; ++row) sampled.push_back(row);
    return sampled;
  }
  const std::int64_t groups = std::max<std::int64_t>(1, count / kGroup);
  for (std::int64_t group = 0; group < groups; ++group) {
    const std::int64_t first = group * rows / groups / kGroup * kGroup;
    for (std::int64_t row = first; row < first + std::min(kGroup, count); ++row) sampled.push_back(row);
  }
  return sampled;
}

Sample take_sample(const Matrix& matrix, std::int64_t count, unsigned threads) {
  Sample sample;
  sample.k = matrix.k();
  sample.rows = sampled_rows(matrix.rows(), count);
  std::vector<std::int64_t> needed;
  for (const std::int64_t row : sample.rows) {
    const std::int64_t first = row / kBlock * kBlock;
    if (!sample.blocks.empty() && sample.blocks.back().first == first) continue;
    sample.blocks.push_back({first, std::min(kBlock, matrix.rows() - first)});
    for (std::int64_t i = 0; i < sample.blocks.back().count; ++i) needed.push_back(first + i);
  }
  sample.values.resize(needed.size() * static_cast<std::size_t>(sample.k));
  const auto k = static_cast<std::size_t>(sample.k);
  parallel_for(static_cast<std::int64_t>(needed.size()), threads, [&](std::int64_t i) {
    const auto at = static_cast<std::size_t>(i);
    matrix.read_row(needed[at], 0, std::span(sample.values).subspan(at * k, k));
  });
  return sample;
}

float whole_amax(const Matrix& matrix, bool of_history, unsigned threads) {
  constexpr std::int64_t kAtOnce = 256;  // rows
  std::vector<float> all(static_cast<std::size_t>(ceil_div(matrix.rows(), kAtOnce)));
  parallel_for(static_cast<std::int64_t>(all.size()), threads, [&](std::int64_t i) {
    std::vector<float> values(static_cast<std::size_t>(matrix.k()));
    float& amax = all[static_cast<std::size_t>(i)];
    for (std::int64_t row = i * kAtOnce; row < std::min(matrix.rows(), (i + 1) * kAtOnce); ++row)
      for (int step = of_history ? 1 : 0; step <= (of_history ? kHistory : 0); ++step) {
        matrix.read_row(row, step, values);
        for (const float value : values) amax = std::max(amax, std::abs(value));
      }
  });
  return all.empty() ? 0 : *std::ranges::max_element(all);
}

}  // namespace gemmtune::accuracy
