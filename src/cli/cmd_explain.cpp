// `gemmtune explain`: why a table has what it has for a problem. Needs no GPU.
#include "cli/commands.h"
#include "cli/explain_pick.h"
#include "cli/log.h"
#include "cli/output.h"
#include "cli/standing.h"
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
  std::string picker;
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
  std::string config = report::short_form(entry.config);
  if (wins_in_bursts_alone(entry)) config += "; back to back: " + report::short_form(entry.sustained->config);
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
  std::vector<Section> sections = {
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
  if (entry.sustained)
    sections.insert(
        sections.begin() + 1,
        {"sustained", "Who wins back to back", report::sustained_race(entry, results.table, results.journal),
         "A second each in turns, without rests: what launches take at the clock that the kernel's own power "
         "leaves. The ratio is the mean of those of the blocks, round by round. The winner in bursts stays "
         "the "
         "answer where it is tied with the fastest."});
  return sections;
}

/// What a problem gets, before the sections say why.
struct Answer {
  std::string words;
  Json json;
};

Answer answer_of(const store::Lookup& found, const Problem& asked) {
  return {what_is_found(found, asked),
          {{"problem", describe(asked)},
           {"match", found.match == store::Match::exact ? "exact" : "bucket"},
           {"entry",
            {{"problem", describe(found.entry->problem)},
             {"config", gemmtune::to_json(found.entry->config)},
             {"time_us", found.entry->time_us},
             {"sustained_config",
              found.entry->sustained ? gemmtune::to_json(found.entry->sustained->config) : Json(nullptr)}}}}};
}

Answer answer_of(const CubinPick& pick, const Problem& asked) {
  return {"The table has no entry for it. A bundle of it with this picker gives " +
              report::short_form(pick.config) +
              ", the least expected time among its cubins; nothing of it "
              "was measured there.",
          {{"problem", describe(asked)},
           {"match", "picked"},
           {"pick", {{"config", gemmtune::to_json(pick.config)}}}}};
}

/// Of a problem that the loader of a bundle has to pick for.
std::vector<Section> sections_of(const std::vector<CubinPick>& picks, const Problem& asked,
                                 const Options& options, const store::Results& results) {
  TableEntry as_picked;
  as_picked.config = picks.front().config;
  as_picked.problem = picks.front().tuned_for;
  return {
      {"launch", "What a launch of it does", report::facts_of_launch(as_picked, asked, {}, model::h100_sxm()),
       "The model is of an H100 SXM with cold L2, and no more than a rough one: its parts overlap."},
      {"choices", "What it is chosen among", grid_of(picks, options.runners_up),
       "By the picker's model, which was fitted on sweeps, and with a correction for each cubin. It "
       "compares cubins; of how long a problem takes it knows little. Each has the launch that it "
       "expects to be its fastest."},
      {"model", "The model against what was measured",
       model_at_neighbours(results, options.picker, asked, options.runners_up),
       "At the tuned problems that are nearest to it: what the loader would take if they were not in "
       "the table. The last column is by rows of the sweep, where the folder has them."}};
}

Json to_json(const Answer& answer, const std::vector<Section>& sections) {
  Json json = answer.json;
  for (const Section& section : sections)
    json[section.key] = parse_json(report::render(section.grid, Format::json));
  return json;
}

std::string to_text(const Answer& answer, const Problem& asked, const std::vector<Section>& sections,
                    Format format, const report::Screen& screen) {
  const bool markdown = format == Format::md;
  std::string text =
      (markdown ? "# " : "") + describe(asked) + "\n\n" + report::wrapped(answer.words, 0, screen);
  for (const Section& section : sections) {
    if (section.grid.rows.empty()) continue;
    text += "\n" + (markdown ? "## " + std::string(section.heading)
                             : screen.painted(section.heading, report::Tone::heading));
    text += "\n\n" + report::render(section.grid, format, screen) + "\n" +
            report::wrapped(section.note, 0, screen);
  }
  return text;
}

int show(const Answer& answer, const Problem& asked, const std::vector<Section>& sections,
         const Options& options) {
  const Format format = report::parse_format(options.output.format);
  emit(format == Format::json ? json_text(to_json(answer, sections), 2) + "\n"
                              : to_text(answer, asked, sections, format, screen_of(options.output)),
       options.output);
  return kExitOk;
}

int run(const Options& options) {
  const Format format = report::parse_format(options.output.format);
  if (format == Format::csv || format == Format::jsonl)
    throw UserError("explain has several tables: --format table, md or json");
  const store::Results results = store::read_results(options.results);
  for (const std::string& line : results.journal.damaged) log_warn("skipped {}", line);
  warn_unless_fresh(options.results, results.table, this_build());
  const Problem asked = input::parse_problem(options.problem);
  const store::Lookup found = store::lookup(results.table, asked);
  // As the loader does where no entry is for such an M or above.
  if (!options.picker.empty() && (found.entry == nullptr || found.entry->problem.m < asked.m)) {
    const std::vector<CubinPick> picks = picks_for(results.table, options.picker, asked);
    return show(answer_of(picks.front(), asked), asked, sections_of(picks, asked, options, results), options);
  }
  if (found.entry == nullptr)
    throw UserError(options.results + ": no entry for " + describe(asked) + "; \"gemmtune report " +
                    options.results +
                    "\" shows what there is, and --picker what a bundle that picks would give");
  if (results.journal.rows.empty())
    log_warn("{} is a table alone: what else was tried is in the sweep's folder", options.results);
  return show(answer_of(found, asked), asked, sections_of(found, asked, results, options.runners_up),
              options);
}

}  // namespace

Run add_explain(Command& command) {
  const auto options = std::make_shared<Options>();
  command.description(
      "Says why a table has what it has for a problem: what a launch of it does, what came close in the "
      "sweep, "
      "and what each parameter is worth beside it. Of an M that was not tuned, what the table gives and "
      "why; of another N or K what a bundle of the table would pick, by a picker.");
  command.option("results", options->results, "folder of a sweep, its journal or its table")
      .type_name("RESULTS")
      .required();
  command.option("--problem", options->problem, "the problem, as dense_1d2d:m=64,n=2112,k=7168")
      .type_name("TEXT")
      .required();
  command
      .option("--picker", options->picker,
              "what \"gemmtune portfolio --format json\" wrote: by it the loader of a bundle picks where the "
              "table has no entry, or only for smaller M")
      .type_name("FILE");
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
      "    --problem dense_1d2d:m=200,n=4096,k=7168\n"
      "  gemmtune explain few.json --picker portfolio.json \\\n"
      "    --problem dense_1d2d:m=200,n=5120,k=2048");
  return [options] { return run(*options); };
}

}  // namespace gemmtune::cli
