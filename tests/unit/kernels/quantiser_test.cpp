// The quantisers of kernels/quantise, run on the host thread by thread: every bit that of plain loops over
// the definition, which are held to gemmtune accuracy's model of the same recipes.
#include "unit/kernels/quantiser.h"

#include "accuracy/parallel.h"
#include "accuracy/quantise.h"
#include "accuracy/quantiser.h"
#include "accuracy/quantiser_cases.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstring>
#include <span>
#include <string>
#include <vector>

// Of quantiser.cpp, one a configuration (tests/CMakeLists.txt).
HostQuantiser host_bf16();
HostQuantiser host_bf16_ue8m0();
HostQuantiser host_bf16_stochastic();
HostQuantiser host_fp32();
HostQuantiser host_bf16_many_threads();
HostQuantiser host_fp32_ue8m0_stochastic();
HostQuantiser host_neighbours_scale();
HostQuantiser host_row_not_turned();
HostQuantiser host_rounded_down();
HostQuantiser host_same_noise();

namespace gemmtune::accuracy {
namespace {

constexpr std::uint64_t kSeed = 5;
constexpr std::uint8_t kUnwritten = 0xa5;

const HostQuantiser kRight[] = {
    host_bf16(), host_bf16_ue8m0(),           host_bf16_stochastic(), host_bf16_many_threads(),
    host_fp32(), host_fp32_ue8m0_stochastic()};

std::int64_t rounded_up(std::int64_t value, std::int64_t step) {
  return (value + step - 1) / step * step;
}

/// The input as it lies in memory: rows further apart than they are long, NaN between them.
struct Laid {
  std::vector<std::uint32_t> words;  // 16-byte aligned from `first` on
  const void* from;
  std::uint64_t pitch;
};

Laid lay_out(const QuantiserCase& x, int bytes) {
  Laid laid;
  laid.pitch = static_cast<std::uint64_t>(x.columns + 16);
  laid.words.assign(static_cast<std::size_t>(x.rows) * laid.pitch * static_cast<std::size_t>(bytes) / 4 + 8,
                    0x7fc07fc0);
  const auto aligned = (reinterpret_cast<std::uintptr_t>(laid.words.data()) + 15) / 16 * 16;
  auto* const from = reinterpret_cast<std::uint8_t*>(aligned);
  for (std::int64_t row = 0; row < x.rows; ++row)
    for (std::int64_t column = 0; column < x.columns; ++column) {
      const auto bits =
          std::bit_cast<std::uint32_t>(x.values[static_cast<std::size_t>(row * x.columns + column)]);
      const std::uint32_t stored = bytes == 2 ? bits >> 16 : bits;
      const auto at = static_cast<std::size_t>(row) * laid.pitch + static_cast<std::size_t>(column);
      std::memcpy(from + at * static_cast<std::size_t>(bytes), &stored, static_cast<std::size_t>(bytes));
    }
  laid.from = from;
  return laid;
}

struct Found {
  QuantisedMatrix plain;   ///< as it lies
  QuantisedMatrix turned;  ///< of both ways
};

constexpr std::uint64_t kGap = 32;  // bytes between rows of what is written

/// Takes the gaps out, which must be as they were.
std::vector<std::uint8_t> without_gaps(const std::vector<std::uint8_t>& bytes, std::int64_t rows,
                                       std::int64_t columns) {
  std::vector<std::uint8_t> dense;
  const auto pitch = static_cast<std::size_t>(columns) + kGap;
  for (std::size_t row = 0; row < static_cast<std::size_t>(rows); ++row) {
    const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(row * pitch);
    dense.insert(dense.end(), begin, begin + columns);
    EXPECT_TRUE(std::all_of(begin + columns, begin + static_cast<std::ptrdiff_t>(pitch),
                            [](std::uint8_t byte) { return byte == kUnwritten; }))
        << "written behind row " << row;
  }
  return dense;
}

Found run(const HostQuantiser& quantiser, void (*form)(const QuantiserArguments&), const QuantiserCase& x,
          std::size_t scales) {
  const Laid laid = lay_out(x, quantiser.input_bytes);
  const std::int64_t turned_columns = rounded_up(x.rows, 128);
  // A vector's bytes are aligned to 16.
  std::vector<std::uint8_t> values(static_cast<std::size_t>(x.rows * (x.columns + std::int64_t{kGap})),
                                   kUnwritten);
  std::vector<std::uint8_t> turned(
      static_cast<std::size_t>(x.columns * (turned_columns + std::int64_t{kGap})), kUnwritten);
  Found found;
  found.plain.scales.assign(scales, -7);
  found.turned.scales.assign(static_cast<std::size_t>(turned_columns / 128 * x.columns), -7);
  form({laid.from, laid.pitch, values.data(), static_cast<std::uint64_t>(x.columns) + kGap,
        found.plain.scales.data(), turned.data(), static_cast<std::uint64_t>(turned_columns) + kGap,
        found.turned.scales.data(), static_cast<unsigned>(x.rows), static_cast<unsigned>(x.columns), kSeed});
  found.plain.values = without_gaps(values, x.rows, x.columns);
  found.turned.values = without_gaps(turned, x.columns, turned_columns);
  return found;
}

/// How many bytes and scales differ, bit by bit.
std::size_t differences(const QuantisedMatrix& found, const QuantisedMatrix& wanted) {
  EXPECT_EQ(found.values.size(), wanted.values.size());
  EXPECT_EQ(found.scales.size(), wanted.scales.size());
  std::size_t differ = 0;
  for (std::size_t i = 0; i < wanted.values.size(); ++i) differ += found.values[i] != wanted.values[i];
  for (std::size_t i = 0; i < wanted.scales.size(); ++i)
    differ += std::bit_cast<std::uint32_t>(found.scales[i]) != std::bit_cast<std::uint32_t>(wanted.scales[i]);
  return differ;
}

struct Differences {
  std::size_t row, block, both, turned;
};

Differences differences_of(const HostQuantiser& quantiser, const QuantiserCase& x) {
  const QuantiserRules rules{quantiser.powers_of_two, quantiser.stochastic, kSeed};
  const MatrixView matrix{x.values, x.rows, x.columns};
  const QuantisedMatrix rows = quantise_rows(matrix, rules), blocks = quantise_blocks(matrix, rules);
  const Found both = run(quantiser, quantiser.both, x, rows.scales.size());
  return {differences(run(quantiser, quantiser.row, x, rows.scales.size()).plain, rows),
          differences(run(quantiser, quantiser.block, x, blocks.scales.size()).plain, blocks),
          differences(both.plain, rows), differences(both.turned, quantise_turned(matrix, rules))};
}

std::string name_of(const HostQuantiser& quantiser) {
  return std::string(quantiser.input_bytes == 2 ? "bf16" : "fp32") +
         (quantiser.powers_of_two ? " ue8m0" : "") + (quantiser.stochastic ? " stochastic" : "");
}

TEST(Quantiser, gives_every_bit_of_the_plain_loops_at_every_edge) {
  for (const HostQuantiser& quantiser : kRight)
    for (const QuantiserCase& x : quantiser_cases(quantiser.input_bytes == 2)) {
      const Differences differ = differences_of(quantiser, x);
      EXPECT_EQ(differ.row, 0u) << name_of(quantiser) << ", row, " << x.name;
      EXPECT_EQ(differ.block, 0u) << name_of(quantiser) << ", block, " << x.name;
      EXPECT_EQ(differ.both, 0u) << name_of(quantiser) << ", both, " << x.name;
      EXPECT_EQ(differ.turned, 0u) << name_of(quantiser) << ", both, transposed, " << x.name;
    }
}

QuantiserCase normal_case() {
  return {"normal", 128, 128, quantiser_data(128, 128, true, 3, 1)};
}

TEST(Quantiser, that_stores_a_neighbours_scale_is_caught) {
  const Differences differ =
      differences_of(host_neighbours_scale(), {"", 256, 256, quantiser_data(256, 256, true, 3, 1)});
  EXPECT_GT(differ.row, 0u);
  EXPECT_GT(differ.block, 0u);
  EXPECT_GT(differ.both, 0u);
  EXPECT_GT(differ.turned, 0u);
}

TEST(Quantiser, that_leaves_rows_untransposed_is_caught) {
  const Differences differ = differences_of(host_row_not_turned(), normal_case());
  EXPECT_EQ(differ.both, 0u);
  EXPECT_GT(differ.turned, 0u);
}

TEST(Quantiser, that_rounds_down_is_caught) {
  const Differences differ = differences_of(host_rounded_down(), normal_case());
  for (const std::size_t count : {differ.row, differ.block, differ.both, differ.turned})
    EXPECT_GT(count, 4000u);
}

TEST(Quantiser, that_uses_the_same_noise_in_each_row_is_caught) {
  const Differences differ = differences_of(host_same_noise(), normal_case());
  for (const std::size_t count : {differ.row, differ.block, differ.both, differ.turned})
    EXPECT_GT(count, 1000u);
}

/// Three operations in place of a division: E4M3 and, where it counts, each bit. Of the scales that a BF16
/// amax can have one a power of two would do; all are tried that lie above the clamp, of whose own scale
/// every x.
TEST(Quotient, of_bf16_is_the_division_to_every_bit_that_counts) {
  const HostQuantiser quantiser = host_bf16();
  std::atomic<std::int64_t> wrong = 0, tried = 0;
  const auto value = [](std::int64_t bits) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
  };
  // From 0 to infinity; what lies below the clamp has the scale of 0.
  const std::int64_t clamp = std::bit_cast<std::uint32_t>(1e-4F) >> 16;
  parallel_for(0x7f80 - clamp + 1, 0, [&](std::int64_t i) {
    const std::int64_t amax_bits = i + clamp;
    const float amax = amax_bits == clamp ? 0 : value(amax_bits), scale = quantiser_scale(amax, false);
    const std::int64_t last = amax_bits == clamp ? clamp + 1 : amax_bits;
    // Quotients below 2^-20 become zero whatever their bits.
    const std::int64_t first = std::max<std::int64_t>(0, amax_bits - 40 * 128);
    for (std::int64_t bits = first; bits <= last; ++bits) {
      const float x = value(bits), found = quantiser.quotient(x, amax), wanted = x / scale;
      const bool same = std::bit_cast<std::uint32_t>(found) == std::bit_cast<std::uint32_t>(wanted) ||
                        (std::isnan(found) && std::isnan(wanted));
      wrong += same || (wanted < 0x1p-64F && found < 0x1p-64F) ? 0 : 1;
    }
    tried += last - first + 1;
  });
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(tried, 50'000'000);
}

TEST(PlainQuantiser, has_the_scales_of_the_kernels_operands) {
  for (const HostQuantiser& quantiser : kRight)
    for (const float amax : {0.0F, 1e-5F, 1e-4F, 1.0F, 447.0F, 448.0F, 449.0F, 3e38F, INFINITY}) {
      const float scale = quantiser_scale(amax, quantiser.powers_of_two);
      EXPECT_EQ(scale, quantiser.scale(amax)) << amax;
      EXPECT_EQ(scale,
                scale_of(Element::e4m3, quantiser.powers_of_two ? ScaleType::ue8m0 : ScaleType::fp32, amax))
          << amax;
    }
}

float decoded(std::uint8_t code) {
  const int exponent = code / 8 % 16, fraction = code % 8;
  const float magnitude = exponent == 0 ? std::ldexp(static_cast<float>(fraction), -9)
                                        : std::ldexp(static_cast<float>(8 + fraction), exponent - 10);
  return code >= 0x80 ? -magnitude : magnitude;
}

class Given : public Matrix {
 public:
  explicit Given(const MatrixView& view) : view_(view) {}
  std::int64_t rows() const override { return view_.rows; }
  std::int64_t k() const override { return view_.columns; }
  void read_row(std::int64_t row, int, std::span<float> into) const override {
    std::ranges::copy(view_.values.subspan(static_cast<std::size_t>(row * view_.columns), into.size()),
                      into.begin());
  }

 private:
  MatrixView view_;
};

/// The model of the recipe on the same matrix: elements row after row, scales a row and 128.
Quantised model_of(const MatrixView& matrix, Factor factor, const std::string& recipe) {
  const Given given(matrix);
  return quantise(take_sample(given, matrix.rows, 1), factor, parse_recipe(recipe, OutputType::bf16), 0,
                  kSeed, 1);
}

TEST(PlainQuantiser, is_the_model_of_gemmtune_accuracy) {
  constexpr std::int64_t kRows = 200, kColumns = 384;
  const std::vector<float> values = quantiser_data(kRows, kColumns, false, 7, 1);
  const MatrixView matrix{values, kRows, kColumns};
  for (const bool powers_of_two : {false, true})
    for (const bool stochastic : {false, true}) {
      const QuantiserRules rules{powers_of_two, stochastic, kSeed};
      const std::string more = std::string(powers_of_two ? ",ue8m0" : "") + (stochastic ? ",stochastic" : "");
      // As 1d2d has them: A by rows of 128 with the noise of A, B by blocks with that of B.
      const Quantised a = model_of(matrix, Factor::a, "e4m3:1d2d" + more);
      const Quantised b = model_of(matrix, Factor::b, "e4m3:1d2d" + more);
      const QuantisedMatrix rows = quantise_rows(matrix, rules), blocks = quantise_blocks(matrix, rules);
      std::size_t differ = 0;
      for (std::int64_t row = 0; row < kRows; ++row)
        for (std::int64_t column = 0; column < kColumns; ++column) {
          const auto at = static_cast<std::size_t>(row * kColumns + column);
          const auto scale = static_cast<std::size_t>(row * 3 + column / 128);
          differ +=
              decoded(rows.values[at]) != a.elements[at] || decoded(blocks.values[at]) != b.elements[at];
          differ += rows.scales[static_cast<std::size_t>(column / 128 * kRows + row)] != a.scales[scale];
          differ += blocks.scales[static_cast<std::size_t>(row / 128 * 3 + column / 128)] != b.scales[scale];
        }
      EXPECT_EQ(differ, 0u) << more;
    }
}

TEST(PlainQuantiser, turned_is_that_of_the_transposed_matrix) {
  constexpr std::int64_t kRows = 128, kColumns = 256;
  const std::vector<float> values = quantiser_data(kRows, kColumns, false, 7, 1);
  std::vector<float> transposed(values.size());
  for (std::int64_t row = 0; row < kRows; ++row)
    for (std::int64_t column = 0; column < kColumns; ++column)
      transposed[static_cast<std::size_t>(column * kRows + row)] =
          values[static_cast<std::size_t>(row * kColumns + column)];
  for (const bool powers_of_two : {false, true}) {
    const QuantiserRules rules{powers_of_two, false, kSeed};
    EXPECT_EQ(differences(quantise_turned({values, kRows, kColumns}, rules),
                          quantise_rows({transposed, kColumns, kRows}, rules)),
              0u);
  }
}

TEST(PlainQuantiser, says_what_the_edges_become) {
  std::vector<float> values(256, 1);
  values[3] = INFINITY, values[4] = -INFINITY, values[130] = NAN, values[131] = -0.0F;
  const QuantisedMatrix q = quantise_rows({values, 1, 256}, {});
  EXPECT_EQ(q.scales[0], INFINITY) << "where something is infinite";
  EXPECT_EQ(q.values[0], 0) << "what is finite there";
  EXPECT_EQ(q.values[3], 0x7f) << "what is not";
  EXPECT_EQ(q.values[4], 0x7f);
  EXPECT_EQ(q.scales[4], 1.0F / 448) << "NaN does not count";
  EXPECT_EQ(q.values[130], 0x7f);
  EXPECT_EQ(q.values[131], 0x80);
  EXPECT_EQ(q.values[129], 0x7e) << "amax is 448";
}

TEST(PlainQuantiser, rounds_stochastically_as_often_as_it_should) {
  const std::vector<float> values(128 * 512, 1.0F / 448 * 17.3F);
  std::vector<float> with_amax = values;
  for (std::size_t row = 0; row < 512; ++row) with_amax[row * 128] = 1;
  const QuantisedMatrix q = quantise_rows({with_amax, 512, 128}, {false, true, kSeed});
  double mean = 0;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (i % 128 != 0) mean += decoded(q.values[i]) / (127.0 * 512);
  EXPECT_NEAR(mean, 17.3, 0.02);
}

}  // namespace
}  // namespace gemmtune::accuracy
