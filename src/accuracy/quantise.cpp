#include "accuracy/quantise.h"

#include "accuracy/parallel.h"
#include "accuracy/random.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstddef>

namespace gemmtune::accuracy {

namespace {

constexpr std::uint64_t kNoiseOfA = 16, kNoiseOfB = 17;

/// 2^exponent, for exponents of normal numbers.
float power_of_two(int exponent) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(exponent + 127) << 23);
}

/// Neighbouring sampled rows under the same scales.
struct Run {
  std::size_t first, count;       ///< among the sampled rows
  std::int64_t block_first, end;  ///< rows of the matrix that the scales are made of
};

std::vector<Run> runs_of(const Sample& sample, std::int64_t height) {
  std::vector<Run> runs;
  for (std::size_t i = 0; i < sample.rows.size(); ++i) {
    const std::int64_t row = sample.rows[i];
    if (height <= 1) {
      runs.push_back({i, 1, row, row + 1});
    } else if (!runs.empty() && row < runs.back().end) {
      ++runs.back().count;
    } else {
      const auto [first, end] = sample.block_around(row, height);
      runs.push_back({i, 1, first, end});
    }
  }
  return runs;
}

struct Counts {
  std::int64_t saturated = 0, flushed = 0;
};

}  // namespace

float scale_of(Element element, ScaleType type, float amax) {
  if (type == ScaleType::mx) {
    const int exponent = static_cast<int>(std::bit_cast<std::uint32_t>(amax) >> 23) - 127;
    return power_of_two(std::max(exponent - largest_exponent(element), -126));
  }
  const float scale = std::max(amax, 1e-4F) / largest(element);
  if (type == ScaleType::fp32) return scale;
  const auto bits = std::bit_cast<std::uint32_t>(scale);
  return power_of_two(static_cast<int>(bits >> 23) - 127 + ((bits & 0x7fffff) != 0));
}

Quantised quantise(const Sample& sample, Factor factor, const Recipe& recipe, float whole_amax,
                   std::uint64_t seed, unsigned threads) {
  const Block block = factor == Factor::a ? recipe.block_of_a() : recipe.block_of_b();
  Quantised result;
  result.rows = static_cast<std::int64_t>(sample.rows.size());
  result.k = sample.k;
  result.group = block.columns == 0 ? sample.k : std::min(block.columns, sample.k);
  const auto k = static_cast<std::size_t>(result.k), group = static_cast<std::size_t>(result.group);
  const auto groups = static_cast<std::size_t>(result.groups());
  result.elements.resize(static_cast<std::size_t>(result.rows) * k);
  result.scales.assign(static_cast<std::size_t>(result.rows) * groups, 1);
  const std::vector<Run> runs = runs_of(sample, block.rows);
  const float saturating = saturates_from(recipe.element);
  const std::uint64_t stream = factor == Factor::a ? kNoiseOfA : kNoiseOfB;
  std::atomic<std::int64_t> saturated = 0, flushed = 0;

  const auto scales_of_run = [&](const Run& run) {
    std::vector<float> scales(groups, whole_amax);
    if (recipe.scaling == Scaling::none) return std::vector<float>(groups, 1);
    if (recipe.scaling != Scaling::tensor) {
      std::ranges::fill(scales, 0.0F);
      for (std::int64_t row = run.block_first; row < run.end; ++row) {
        const std::span<const float> values = sample.row(row);
        for (std::size_t column = 0; column < k; ++column)
          scales[column / group] = std::max(scales[column / group], std::abs(values[column]));
      }
    }
    for (float& scale : scales) scale = scale_of(recipe.element, recipe.scale, scale);
    return scales;
  };
  const auto quantise_row = [&](std::size_t at, const std::vector<float>& scales, Counts& counts) {
    const std::int64_t row = sample.rows[at];
    const std::span<const float> values = sample.row(row);
    for (std::size_t column = 0; column < k; ++column) {
      const float value = values[column] / scales[column / group];
      float& element = result.elements[at * k + column];
      element = recipe.rounding == Rounding::nearest
                    ? round_nearest(recipe.element, value)
                    : round_stochastic(recipe.element, value,
                                       rounding_noise(seed, stream, static_cast<std::uint64_t>(row), column));
      counts.saturated += std::abs(value) >= saturating;
      counts.flushed += element == 0 && value != 0;
    }
    std::ranges::copy(scales, result.scales.begin() + static_cast<std::ptrdiff_t>(at * groups));
  };
  parallel_for(static_cast<std::int64_t>(runs.size()), threads, [&](std::int64_t i) {
    const Run& run = runs[static_cast<std::size_t>(i)];
    const std::vector<float> scales = scales_of_run(run);
    Counts counts;
    for (std::size_t at = run.first; at < run.first + run.count; ++at) quantise_row(at, scales, counts);
    saturated += counts.saturated;
    flushed += counts.flushed;
  });
  result.saturated = saturated;
  result.flushed = flushed;
  return result;
}

}  // namespace gemmtune::accuracy
