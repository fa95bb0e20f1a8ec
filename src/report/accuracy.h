// What recipes cost in accuracy, as tables: terminal, Markdown, CSV, JSON, HTML.
#pragma once

#include "accuracy/assess.h"
#include "report/grid.h"
#include "report/screen.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gemmtune::report {

/// Of the kernel that computes a recipe, from a tuning table.
struct Speed {
  double time_us = 0;
  std::int64_t tuned_m = 0;
};

struct AccuracyRow {
  accuracy::Assessment assessment;
  std::string kernel;  ///< of this build; empty: none computes this recipe
  std::optional<Speed> speed;
};

/// One pair of operands.
struct AccuracyOfProduct {
  accuracy::Sizes sizes;
  std::string data;
  std::int64_t sampled_rows = 0, sampled_columns = 0;  ///< of D
  std::vector<AccuracyRow> rows;
};

struct AccuracyRun {
  std::uint64_t seed = 1;
  std::string table;  ///< where speeds come from, in words; empty: no table was given
  std::vector<AccuracyOfProduct> products;
};

/// Every figure of every row, for files.
Grid accuracy_grid(const AccuracyRun& run);

/// For people: a table for each pair of operands, and what its columns mean. Where a table would be wider
/// than the screen, its least important columns are left out.
std::string accuracy_text(const AccuracyRun& run, bool as_markdown, const Screen& screen = {});

/// The same as a page that needs no network.
std::string accuracy_html(const AccuracyRun& run);

/// gemmtune.accuracy/1, indented.
std::string accuracy_json(const AccuracyRun& run);

/// That the sums are those of a model, as every output says.
inline constexpr const char* kAccuracyModel =
    "The tensor core's sums are a model, no GPU was asked: in FP8 the products of 32 of K are aligned to the "
    "largest and cut off at 13 fraction bits, in BF16 those of 16 of K at 25 and the sum at 23. It gives the "
    "errors that were measured on an H100 (kernels/README.md) for E4M3 and BF16; for E5M2 and TF32 nothing "
    "was measured.";

}  // namespace gemmtune::report
