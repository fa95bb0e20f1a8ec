#include "cli/revalidation.h"

#include "core/serialise.h"
#include "report/grid.h"
#include "report/phrases.h"
#include "report/problem_columns.h"
#include "report/terminal.h"
#include "util/error.h"
#include "util/format.h"

#include <algorithm>
#include <array>

namespace gemmtune::cli {

namespace {

constexpr const char* kRevalidationSchema = "gemmtune.revalidation/1";
constexpr std::array kHeld = {Held::first, Held::tie, Held::unsure, Held::lost, Held::failed, Held::wrong};

/// The other way round: what base takes over new, where `change` is new over base.
compare::Change inverse(const compare::Change& change) {
  const auto of = [](double value) { return 1 / (1 + value) - 1; };
  return {of(change.estimate), of(change.high), of(change.low)};
}

Held held_by(const compare::ProblemVerdict& verdict) {
  if (verdict.verdict == CompareVerdict::wrong) return Held::wrong;
  if (verdict.verdict == CompareVerdict::missing) return Held::failed;
  if (verdict.verdict == CompareVerdict::faster) return Held::lost;
  if (verdict.base->config == verdict.next->config) return Held::first;
  return verdict.verdict == CompareVerdict::unsure ? Held::unsure : Held::tie;
}

report::Cell percent(const std::optional<double>& fraction) {
  return fraction ? report::Cell(100 * *fraction) : report::Cell();
}

report::Cell or_none(const std::optional<double>& value) {
  return value ? report::Cell(*value) : report::Cell();
}

report::Grid grid_of(const Revalidation& found) {
  const report::Distinctions apart =
      report::distinctions(found.problems, [](const RevalidatedEntry& one) { return one.problem; });
  report::Grid grid;
  grid.columns = report::joined(report::problem_columns(apart), {{"verdict", "verdict"},
                                                                 {"behind_percent", "behind %", 1},
                                                                 {"time_us", "µs", 2},
                                                                 {"table_us", "µs then", 2},
                                                                 {"config", "entry"},
                                                                 {"fastest", "named now"},
                                                                 {"fastest_us", "its µs", 2},
                                                                 {"reason", ""}});
  for (const RevalidatedEntry& one : found.problems) {
    const bool beaten = one.held == Held::tie || one.held == Held::unsure || one.held == Held::lost;
    grid.rows.push_back(report::joined(
        report::problem_cells(one.problem, apart),
        {std::string(word(one.held)),
         percent(beaten && one.behind ? std::optional(std::max(0.0, one.behind->estimate)) : std::nullopt),
         or_none(one.time_us), one.table_us, one.config, beaten ? report::Cell(one.fastest) : report::Cell(),
         beaten ? or_none(one.fastest_us) : report::Cell(), one.reason}));
  }
  return grid;
}

std::string counts_of(const Revalidation& found) {
  std::string text;
  for (const Held held : kHeld)
    if (found.count(held) > 0)
      text += (text.empty() ? "" : ", ") + std::to_string(found.count(held)) + " " + std::string(word(held));
  return text;
}

/// The verdict on the whole table, from what differs and from what was raced.
std::string verdict_of(const Revalidation& found) {
  const bool holds = exit_code_of(found) == kExitOk;
  const std::size_t unsure = found.count(Held::unsure);
  return formatted(
      "{}\nOf {} entries {} were raced: {}. {}{}", sentence(found.standing), found.table_entries,
      found.problems.size(), counts_of(found),
      holds ? "The table holds here." : "The table does not hold here: sweep again (`gemmtune sweep`).",
      unsure > 0 ? formatted(" {} unsure: not decided.", unsure) : "");
}

Json to_json(const RevalidatedEntry& one) {
  const auto number = [](const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); };
  return {{"problem", gemmtune::to_json(one.problem)},
          {"verdict", std::string(word(one.held))},
          {"reason", one.reason},
          {"config", gemmtune::to_json(one.config)},
          {"table_us", one.table_us},
          {"time_us", number(one.time_us)},
          {"fastest", one.fastest_us ? gemmtune::to_json(one.fastest) : Json(nullptr)},
          {"fastest_us", number(one.fastest_us)},
          {"behind", one.behind ? Json({{"percent", 100 * one.behind->estimate},
                                        {"percent_low", 100 * one.behind->low},
                                        {"percent_high", 100 * one.behind->high}})
                                : Json(nullptr)}};
}

Json to_json(const Revalidation& found) {
  Json json = {{"schema", kRevalidationSchema},
               {"table", found.source},
               {"device", found.device},
               {"simulated", found.simulated},
               {"policy", found.policy},
               {"standing", std::string(word(found.standing.freshness))},
               {"reasons", found.standing.reasons},
               {"holds", exit_code_of(found) == kExitOk},
               {"entries", found.table_entries},
               {"counts", Json::object()},
               {"problems", Json::array()}};
  for (const Held held : kHeld) json["counts"][std::string(word(held))] = found.count(held);
  for (const RevalidatedEntry& one : found.problems) json["problems"].push_back(to_json(one));
  return json;
}

}  // namespace

std::string_view word(Held held) {
  switch (held) {
    case Held::first:
      return "first";
    case Held::tie:
      return "tie";
    case Held::unsure:
      return "unsure";
    case Held::lost:
      return "lost";
    case Held::failed:
      return "failed";
    case Held::wrong:
      return "wrong";
  }
  return "?";
}

std::size_t Revalidation::count(Held held) const {
  return static_cast<std::size_t>(std::ranges::count(problems, held, &RevalidatedEntry::held));
}

RevalidatedEntry what_came_of(const TableEntry& entry, const compare::Comparison& comparison,
                              const std::vector<Row>& rows) {
  RevalidatedEntry one{entry.problem, entry.config, entry.time_us, Held::failed, "", {}, {}, {}, {}};
  const std::string id = problem_id(entry.problem);
  const auto verdict =
      std::ranges::find_if(comparison.problems, [&](const auto& p) { return problem_id(p.problem) == id; });
  if (verdict != comparison.problems.end()) {
    one.held = held_by(*verdict);
    if (one.held == Held::wrong || one.held == Held::failed) one.reason = verdict->reason;
    one.time_us = verdict->base->time_us;
    if (verdict->next) one.fastest = verdict->next->config, one.fastest_us = verdict->next->time_us;
    if (verdict->time) one.behind = inverse(*verdict->time);
    return one;
  }
  // Not timed at all: its row says why, or that of the problem, which could not be prepared.
  one.reason = "no legal configuration here";
  for (const Row& row : rows)
    if (problem_id(row.problem) == id && (row.config == entry.config || row.config.empty())) {
      if (row.invalidity == Invalidity::correctness) one.held = Held::wrong;
      one.reason = std::string(to_string(row.invalidity)) + ": " + row.reason;
    }
  return one;
}

std::string text_of(const Revalidation& found, const OutputOptions& output) {
  const report::Format format = report::parse_format(output.format);
  if (format == report::Format::json) return json_text(to_json(found), 2) + "\n";
  const std::string grid = report::render(grid_of(found), format, screen_of(output));
  if (format == report::Format::csv || format == report::Format::jsonl) return grid;
  return (found.simulated ? std::string(report::kSimulatedNotice) + "\n\n" : "") + grid + "\n" +
         verdict_of(found) + "\n";
}

int exit_code_of(const Revalidation& found) {
  if (found.count(Held::wrong) > 0) return kExitWrongResults;
  return found.count(Held::lost) + found.count(Held::failed) > 0 ? kExitRegression : kExitOk;
}

}  // namespace gemmtune::cli
