// What `gemmtune accuracy` is about: sizes and data from flags, or matrices from files.
#pragma once

#include "accuracy/assess.h"
#include "accuracy/data.h"
#include "cli/selection.h"
#include "core/names.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace gemmtune::cli {

/// As given on the command line.
struct AccuracyOperands {
  Selection selection;
  std::vector<std::string> sizes;
  std::vector<std::string> data;
  std::string a, b;
};

void add_operand_options(Command& command, AccuracyOperands& operands);

/// One pair of operands, which are made when they are asked for.
struct Operands {
  accuracy::Sizes sizes;
  OutputType out = OutputType::bf16;
  std::string data;  ///< in words
  bool made = true;  ///< not from files
  std::unique_ptr<accuracy::Matrix> a, b;
};

/// All pairs. Throws UserError for what cannot be understood, for matrices that do not fit, and where a
/// sample of so many rows would need more memory than it should.
std::vector<Operands> read_operands(const AccuracyOperands& operands, std::int64_t sample,
                                    std::uint64_t seed);

}  // namespace gemmtune::cli
