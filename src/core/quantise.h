// The quantisers of kernels/quantise: which there are, and what a worker is asked about one and answers.
#pragma once

#include "core/ceilings.h"
#include "core/config.h"
#include "core/names.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gemmtune {

/// What `kernel` of a CompileRequest is for a cubin of quantisers, beside the kernels of family/.
inline constexpr const char* kQuantise = "quantise";

/// Elements of a row under one scale; by blocks as many rows too.
inline constexpr std::int64_t kQuantiserGroup = 128;

/// Scales of 128 of a row, of 128x128, or both ways of a tensor in one read.
enum class QuantiserForm { row, block, both };
NameTable<QuantiserForm> names(QuantiserForm);

/// One cubin: it holds all forms.
struct QuantiserKind {
  OutputType input = OutputType::bf16;  ///< what is read
  Recipe scale = Recipe::fp32;
  bool stochastic = false;  ///< rounded so; else to nearest

  bool operator==(const QuantiserKind&) const = default;
  std::int64_t input_bytes() const { return input == OutputType::fp32 ? 4 : 2; }
};

/// Units of eight elements that a thread takes both ways, 8 or 4: few threads with many loads, or the other
/// way.
inline constexpr int kUnitsOfBoth = 8;
inline constexpr unsigned kThreadsOfBoth = kQuantiserGroup * kQuantiserGroup / 8 / kUnitsOfBoth;

/// Rows of the largest tensor by blocks and both ways, whose tiles of 128 rows lie along y of the grid.
inline constexpr std::int64_t kMostRowsOfTiles = 65535 * kQuantiserGroup;

/// What the compiler sees of it.
Config compiled(const QuantiserKind& kind);

/// "bf16 fp32 nearest": input, scale, rounding.
std::string describe(const QuantiserKind& kind);

/// Bytes that one launch reads and writes, scales too.
std::int64_t quantised_bytes(const QuantiserKind& kind, QuantiserForm form, std::int64_t rows,
                             std::int64_t columns);

/// "quantise": judge a quantiser bit by bit on every edge case and on normal data of this size and, unless
/// that is all, time it there beside a copy of as many bytes. The prepared problem stays.
struct QuantiseRequest {
  QuantiserKind kind;
  QuantiserForm form = QuantiserForm::row;
  std::int64_t rows = 0, columns = 0;
  std::uint64_t seed = 1;
  bool timed = true;
  Timer timer = Timer::event;
};

struct QuantiseReport {
  int matrices = 0;              ///< on which every bit was right
  std::optional<Ceiling> speed;  ///< with a cold L2; none where that was not asked for
  std::optional<Ceiling> copy;   ///< the best of the copies, measured in turns with it
};

}  // namespace gemmtune
