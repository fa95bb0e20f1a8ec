// Header of one run in a journal, and its closing line.
#pragma once

#include "core/environment.h"
#include "core/gpu_time.h"
#include "core/policy.h"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gemmtune {

inline constexpr const char* kJournalSchema = "gemmtune.journal/1";
inline constexpr const char* kTableSchema = "gemmtune.table/1";
inline constexpr const char* kShapesSchema = "gemmtune.shapes/1";
inline constexpr const char* kSpaceSchema = "gemmtune.space/1";

/// What a run does of a sweep that several boards share. Each problem is measured by one of them, so their
/// rows belong into one table.
struct Part {
  std::string plan;  ///< hash of all problems and their candidates: the same for all parts
  int shard = 1;     ///< from 1
  int shards = 1;

  bool operator==(const Part&) const = default;
};

/// What `sweep --m` does with the M of each layer, known before it begins.
struct MSteps {
  std::vector<std::int64_t> anchors;  ///< tuned first; between them it looks for steps
  std::vector<std::int64_t> checks;   ///< in no tuning: there the table is only judged

  bool operator==(const MSteps&) const = default;
};

/// First line of a run ("record": "run"); rows cite its `run_id`.
struct RunHeader {
  std::string run_id;
  std::string timestamp;
  std::string command;  ///< the command line, for people
  Environment environment;
  Policy policy;
  std::optional<Part> part = {};       ///< nothing: the sweep has one board
  std::optional<MSteps> m_steps = {};  ///< of a sweep whose table is a step function over M
  std::string strategy = {};   ///< of a sweep: which candidates it times; empty: of before it was recorded
  bool within_budget = false;  ///< and it was told to end before that
};

/// What --strategy a sweep ran with; empty of a run that is no sweep. Those of before it was recorded say it
/// in their command, and timed every candidate where they do not.
std::string strategy_of(const RunHeader& run);

/// How tables say it of all runs that tried a problem's candidates, each once: "guided", or "guided within a
/// budget". Empty where it is unknown of one of them (null: it has no header): the rest would say too little.
std::vector<std::string> strategies_of(std::span<const RunHeader* const> runs);

/// Last line of a run that came to its end ("record": "end"). A run without one was interrupted.
struct RunEnd {
  std::string run_id;
  std::string timestamp;
  std::int64_t candidates = 0;                 ///< enumerated for all problems
  std::map<std::string, std::int64_t> pruned;  ///< illegal ones, by constraint
  std::map<std::string, double> wall_s;  ///< wall time by phase: compile, prepare, verify, measure, other
  GpuTime gpu;
};

}  // namespace gemmtune
