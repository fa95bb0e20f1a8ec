// How a product is computed in a narrow format: what the operands are rounded to and divided by, where the
// sums leave the tensor core, what D is rounded to.
#pragma once

#include "accuracy/element.h"
#include "core/names.h"
#include "core/problem.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gemmtune::accuracy {

/// Which elements share a scale: all, those of a row, or a block. `by_1d2d` is the kernel dense_1d2d's: A in
/// blocks of 1x128, B of 128x128; else both are scaled alike.
enum class Scaling { none, tensor, channel, by_1x128, by_128x128, by_1d2d, by_1x64, by_64x64, by_1x32 };

/// What values a scale may have. `fp32`: amax / largest, amax no less than 1e-4. `ue8m0`: that rounded up to
/// a power of two; both as the kernels' operands are made. `mx`: 2^(exponent of amax - exponent of the
/// largest), the rule of the OCP's microscaling formats, under which the largest values may saturate.
enum class ScaleType { fp32, ue8m0, mx };

/// Whose largest magnitude the scale is made of: the data's own, or that of earlier steps (delayed scaling).
enum class Amax { now, history };

enum class Rounding { nearest, stochastic };

NameTable<Scaling> names(Scaling);
NameTable<ScaleType> names(ScaleType);
NameTable<Amax> names(Amax);
NameTable<Rounding> names(Rounding);

/// Elements that share a scale; 0: all there are in that direction.
struct Block {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
};

struct Recipe {
  Element element = Element::e4m3;
  Scaling scaling = Scaling::by_1d2d;
  ScaleType scale = ScaleType::fp32;
  Amax amax = Amax::now;
  Rounding rounding = Rounding::nearest;
  /// Every so many of K the tensor core's sum is added to one in FP32; 0: at the end alone.
  std::int64_t promote = 128;
  OutputType out = OutputType::bf16;

  Block block_of_a() const;
  Block block_of_b() const;
  bool operator==(const Recipe&) const = default;
};

/// Reads `e4m3:1x64,ue8m0` or, with keys, `e4m3:scaling=1x64,scale=ue8m0,promote=64`; what is left out is as
/// of the kernels of the family, `out` as given. Throws UserError that begins with the flag.
Recipe parse_recipe(const std::string& text, OutputType out);

/// The inverse, but for `out`, with what is as by default left out.
std::string describe(const Recipe& recipe);

/// The set of that name, `usual` or `all`, those with a history left out where there is none.
std::vector<Recipe> recipe_set(std::string_view name, OutputType out, bool with_history);

/// The recipe that the problem's kernel computes; empty where this build lacks the kernel, or knows no such
/// recipe.
std::optional<Recipe> recipe_of(const Problem& problem);

/// The kernel of this build that computes it, however the operands are quantised; empty when there is none.
std::string kernel_of(const Recipe& recipe);

}  // namespace gemmtune::accuracy
