// Flags of a comparison: what counts as a change, what fails, where the results go.
#pragma once

#include "cli/command.h"
#include "compare/output.h"
#include "core/gate.h"

#include <optional>
#include <string>
#include <vector>

namespace gemmtune::cli {

struct GateOptions {
  std::string file;
  std::optional<double> min_effect_percent, budget_percent, geomean_budget_percent;
  std::optional<std::string> fail_on;
};

/// Registers --policy, --min-effect, --fail-on, --budget and --geomean-budget.
void add_gate_options(Command& command, GateOptions& options);

/// The file's gate with what the flags say on top. Throws UserError.
Gate gate_of(const GateOptions& options);

/// `--write junit=compare.xml`: further results beside the one on stdout.
struct ComparisonOutputs {
  std::string format = "table";
  std::string file;
  std::vector<std::string> further;
};

/// Registers --format, --output and --write.
void add_comparison_outputs(Command& command, ComparisonOutputs& outputs);

/// Registers --write alone.
void add_write_option(Command& command, std::vector<std::string>& further);

/// Throws UserError for a --write that names no format or no file, before anything is measured.
void check_further(const std::vector<std::string>& outputs);

/// The results of --write alone.
void write_further(const compare::Comparison& comparison, const std::vector<std::string>& outputs);

/// 3 when a wrong result fails, 4 when anything else does, else 0.
int exit_code_of(const compare::Comparison& comparison);

/// Writes all of them, and returns exit_code_of.
int emit_comparison(const compare::Comparison& comparison, const ComparisonOutputs& outputs);

}  // namespace gemmtune::cli
