// `gemmtune sweep --revalidate TABLE`: does a table that was made before still hold on this machine? First by
// what its times depend on, then by racing some of its entries with those that came close.
#pragma once

#include "cli/command.h"
#include "cli/machine.h"
#include "cli/output.h"

#include <cstddef>
#include <string>

namespace gemmtune::cli {

struct RevalidateOptions {
  std::string results;      ///< a table, or what it can be made of
  std::size_t sample = 12;  ///< entries that are raced, evenly over their times; 0: all
};

/// Registers --revalidate and --sample, behind all options of a sweep: it goes with those alone that both ask
/// for, which board, how many compilers, what output.
void add_revalidate_options(Command& command, RevalidateOptions& options);

/// Exit code 3 when an entry is wrong here, 4 when one has lost or does not run.
int revalidate(const RevalidateOptions& options, const MachineOptions& machine, const OutputOptions& output);

}  // namespace gemmtune::cli
