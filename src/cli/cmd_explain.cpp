// `gemmtune explain`: why a table has what it has for a problem. Needs no GPU.
#include "cli/commands.h"
#include "cli/log.h"
#include "cli/output.h"
#include "core/json.h"
#include "core/serialise.h"
#include "input/command_line.h"
#include "model/machine.h"
#include "report/explain.h"
#include "report/terminal.h"
#include "store/results.h"
#include "store/table.h"
#include "util/error.h"

#include <memory>
#include <utility>

namespace gemmtune::cli {

namespace {

using report::Format;
using report::Grid;

struct Options {
  std::string results;
  std::string problem;
  std::uint64_t runners_up = 8;
  OutputOptions output;
};

struct Section {
  const char* key;
  const char* heading;
  Grid grid;
  const char* note;
};

std::string what_is_found(const store::Lookup& found, const Problem& asked) {
  const TableEntry& entry = *found.entry;
  const std::string config = report::short_form(entry.config);
  if (found.match == store::Match::exact) return "Tuned for it: " + config + ".";
  const bool above = entry.problem.m >= asked.m;
  return "The table has no M " + std::to_string(asked.m) + ". It gives what won at M " +
         std::to_string(entry.problem.m) + ", " +
         (above ? "the smallest that was tuned and is not below" : "the largest that was tuned") + ": " +
         config + ".";
}

std::vector<Section> sections_of(const store::Lookup& found, const Problem& asked,
                                 const store::Results& results, std::size_t most) {
  const TableEntry& entry = *found.entry;
  const auto candidates = report::timed_candidates(entry, results.table, results.journal);
  return {
      {"launch", "What a launch of it does",
       report::facts_of_launch(entry, asked, candidates, model::h100_sxm()),
       "The model is of an H100 SXM with cold L2, and no more than a rough one: its parts overlap."},
      {"runners_up", "What came close", report::runners_up(entry, candidates, most),
       "tied: another sweep may find it the fastest. A screening takes few samples; who loses there by "
       "5 % is not raced."},
      {"parameters", "What each parameter is worth", report::worth_of_parameters(entry, candidates),
       "alone: nothing else differs, but for stages and num_sms, which follow. at best: the fastest that has "
       "it, "
       "whatever else it has. Times of screenings are good for a few per cent."}};
}

Json to_json(const store::Lookup& found, const Problem& asked, const std::vector<Section>& sections) {
  Json json = {{"problem", describe(asked)},
               {"match", found.match == store::Match::exact ? "exact" : "bucket"},
               {"entry",
                {{"problem", describe(found.entry->problem)},
                 {"config", gemmtune::to_json(found.entry->config)},
                 {"time_us", found.entry->time_us}}}};
  for (const Section& section : sections)
    json[section.key] = parse_json(report::render(section.grid, Format::json));
  return json;
}

std::string to_text(const store::Lookup& found, const Problem& asked, const std::vector<Section>& sections,
                    Format format, const report::Screen& screen) {
  const bool markdown = format == Format::md;
  std::string text = (markdown ? "# " : "") + describe(asked) + "\n\n" +
                     report::wrapped(what_is_found(found, asked), 0, screen);
  for (const Section& section : sections) {
    if (section.grid.rows.empty()) continue;
    text += "\n" + (markdown ? "## " + std::string(section.heading)
                             : screen.painted(section.heading, report::Tone::heading));
    text += "\n\n" + report::render(section.grid, format, screen) + "\n" +
            report::wrapped(section.note, 0, screen);
  }
  return text;
}

int run(const Options& options) {
  const Format format = report::parse_format(options.output.format);
  if (format == Format::csv || format == Format::jsonl)
    throw UserError("explain has several tables: --format table, md or json");
  const store::Results results = store::read_results(options.results);
  for (const std::string& line : results.journal.damaged) log_warn("skipped {}", line);
  const Problem asked = input::parse_problem(options.problem);
  const store::Lookup found = store::lookup(results.table, asked);
  if (found.entry == nullptr)
    throw UserError(options.results + ": no entry for " + describe(asked) + "; \"gemmtune report " +
                    options.results + "\" shows what there is");
  if (results.journal.rows.empty())
    log_warn("{} is a table alone: what came close is in the sweep's folder", options.results);
  const auto sections = sections_of(found, asked, results, options.runners_up);
  emit(format == Format::json ? json_text(to_json(found, asked, sections), 2) + "\n"
                              : to_text(found, asked, sections, format, screen_of(options.output)),
       options.output);
  return kExitOk;
}

}  // namespace

Run add_explain(Command& command) {
  const auto options = std::make_shared<Options>();
  command.description(
      "Says why a table has what it has for a problem: what a launch of it does, what came close in the "
      "sweep, "
      "and what each parameter is worth beside it. Of an M that was not tuned, what the table gives and "
      "why.");
  command.option("results", options->results, "folder of a sweep, its journal or its table")
      .type_name("RESULTS")
      .required();
  command.option("--problem", options->problem, "the problem, as dense_1d2d:m=64,n=2112,k=7168")
      .type_name("TEXT")
      .required();
  command
      .option("--runners-up", options->runners_up,
              "how many configurations are shown, the winner's among them")
      .type_name("N")
      .range(1, 100000);
  add_output_options(command, options->output);
  command.footer(
      "Examples\n"
      "  gemmtune explain results/h100-sxm/dsv3 \\\n"
      "    --problem dense_1d2d:m=64,n=2112,k=7168\n"
      "  gemmtune explain results/h100-sxm/dsv3 --format json \\\n"
      "    --problem dense_1d2d:m=200,n=4096,k=7168");
  return [options] { return run(*options); };
}

}  // namespace gemmtune::cli
