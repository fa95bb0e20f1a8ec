// `gemmtune quantise`: the quantisers, judged bit by bit, timed beside a copy, and written for other
// programs.
#include "cli/bundle_parts.h"
#include "cli/commands.h"
#include "cli/exported_files.h"
#include "cli/interrupt.h"
#include "cli/log.h"
#include "cli/machine.h"
#include "cli/output.h"
#include "cli/policy_options.h"
#include "cli/progress.h"
#include "cli/row_output.h"
#include "core/json.h"
#include "core/serialise.h"
#include "export/quantisers.h"
#include "input/complaint.h"
#include "report/grid.h"
#include "util/error.h"
#include "util/format.h"
#include "util/text.h"
#include "util/version.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gemmtune::cli {

namespace {

constexpr std::int64_t kMostElements = std::int64_t{1} << 30;  // 4 GiB on the host, as FP32

struct Options {
  MachineOptions machine;
  std::vector<std::string> sizes;
  std::string form = "all", input = "bf16", scale = "fp32", rounding = "nearest";
  bool verify = false;
  Policy policy;  ///< its seed
  std::optional<Timer> timer;
  std::string folder;
  OutputOptions output;
};

/// One quantiser on one size.
struct Judged {
  QuantiseRequest request;
  Outcome<QuantiseReport> report;
};

std::pair<std::int64_t, std::int64_t> parse_size(const std::string& text) {
  const std::vector<std::string> words = split(text, 'x');
  std::int64_t rows = 0, columns = 0;
  const bool understood = words.size() == 2 && parse_whole(words[0], rows) &&
                          parse_whole(words[1], columns) && rows >= 1 && columns >= 128 &&
                          columns % 128 == 0 && rows <= kMostElements / columns;
  if (!understood)
    throw UserError(
        "--size: expected ROWSxCOLUMNS, as 4096x7168, columns a multiple of 128 and no more than 2^30 "
        "elements; got " +
        input::quote(text));
  return {rows, columns};
}

void require_rows_fit(QuantiserForm form, std::int64_t rows, const std::string& size) {
  if (form == QuantiserForm::row || rows <= kMostRowsOfTiles) return;
  throw UserError(
      formatted("--size: {} has more rows than one launch of --form {} takes, {}; --form row takes them",
                size, to_string(form), kMostRowsOfTiles));
}

/// Those that a word asks for: itself, or "all".
template <typename Enum>
std::vector<Enum> asked(const std::string& word) {
  std::vector<Enum> found;
  for (const auto& [value, name] : names(Enum{}))
    if (word == "all" || word == name) found.push_back(value);
  return found;
}

std::vector<QuantiserKind> kinds_of(const std::string& input, const std::string& scale,
                                    const std::string& rounding) {
  std::vector<QuantiserKind> kinds;
  for (const OutputType type : asked<OutputType>(input))
    for (const Recipe recipe : asked<Recipe>(scale))
      for (const bool stochastic : {false, true})
        if (rounding == "all" || (rounding == "stochastic") == stochastic)
          kinds.push_back({type, recipe, stochastic});
  return kinds;
}

std::vector<QuantiseRequest> requests_of(const Options& options, Timer timer) {
  std::vector<std::string> sizes = options.sizes;
  if (sizes.empty()) sizes = {"4096x7168", "16384x7168"};
  std::vector<QuantiseRequest> requests;
  for (const std::string& size : sizes) {
    const auto [rows, columns] = parse_size(size);
    for (const QuantiserKind& kind : kinds_of(options.input, options.scale, options.rounding))
      for (const QuantiserForm form : asked<QuantiserForm>(options.form)) {
        require_rows_fit(form, rows, size);
        requests.push_back({kind, form, rows, columns, options.policy.seed, !options.verify, timer});
      }
  }
  return requests;
}

/// Of a copy of as many bytes, in per cent.
double share_percent(const QuantiseReport& report) {
  return 100 * report.speed->value / report.copy->value;
}

std::vector<report::Cell> row_of(const Judged& judged, const Environment& environment, bool for_people) {
  const QuantiseRequest& r = judged.request;
  std::vector<report::Cell> row = {std::string(to_string(r.form)),
                                   std::string(to_string(r.kind.input)),
                                   std::string(to_string(r.kind.scale)),
                                   r.kind.stochastic ? "stochastic" : "nearest",
                                   r.rows,
                                   r.columns};
  const bool right = static_cast<bool>(judged.report), timed = right && judged.report->speed;
  const auto add = [&](bool known, auto value) {
    row.push_back(known ? report::Cell(value) : report::Cell());
  };
  add(right, right ? std::int64_t{judged.report->matrices} : 0);
  const Ceiling none, &speed = timed ? *judged.report->speed : none,
                      &copy = timed ? *judged.report->copy : none;
  add(timed, speed.time_us);
  add(timed, speed.value);
  if (!for_people) {
    add(timed, speed.low);
    add(timed, speed.high);
    add(timed, speed.bytes);
    add(timed, copy.low);
    add(timed, copy.high);
    add(timed, copy.how);
  }
  add(timed, copy.value);
  add(timed, timed ? share_percent(*judged.report) : 0.0);
  row.push_back(std::string(to_string(right ? Invalidity::correct : judged.report.error().invalidity)));
  row.push_back(right ? "" : judged.report.error().reason);
  if (!for_people) {
    row.push_back(environment.device);
    row.push_back(environment.revision);
  }
  return row;
}

report::Grid grid_of(const std::vector<Judged>& all, const Environment& environment, bool for_people) {
  report::Grid grid;
  grid.columns = {{"form", "form"},         {"input", "input"},   {"scale", "scales"},
                  {"rounding", "rounding"}, {"rows", "rows"},     {"columns", "columns"},
                  {"matrices", "right on"}, {"time_us", "µs", 2}, {"gb_s", "GB/s", 0}};
  if (!for_people)
    grid.columns.insert(grid.columns.end(), {{"gb_s_low", ""},
                                             {"gb_s_high", ""},
                                             {"bytes", ""},
                                             {"copy_gb_s_low", ""},
                                             {"copy_gb_s_high", ""},
                                             {"copy_how", ""}});
  grid.columns.insert(grid.columns.end(), {{"copy_gb_s", "copy", 0},
                                           {"share_percent", "% of copy", 1},
                                           {"outcome", "outcome", 0, outcome_tone},
                                           {"reason", "reason"}});
  if (!for_people) grid.columns.insert(grid.columns.end(), {{"device", ""}, {"revision", ""}});
  for (const Judged& judged : all) grid.rows.push_back(row_of(judged, environment, for_people));
  return grid;
}

/// The rows as in CSV, under what they have in common.
std::string json_of(const std::vector<Judged>& all, const Options& options, Timer timer,
                    const Environment& environment) {
  const report::Grid grid = grid_of(all, environment, /*for_people=*/false);
  const Json json = {{"schema", "gemmtune.quantise/1"},
                     {"tool", {{"name", "gemmtune"}, {"version", kVersion}, {"revision", kRevision}}},
                     {"device", environment.device},
                     {"simulated", environment.simulated},
                     {"timestamp", timestamp_utc()},
                     {"timer", options.verify ? Json(nullptr) : Json(std::string(to_string(timer)))},
                     {"seed", options.policy.seed},
                     {"environment", gemmtune::to_json(environment)},
                     {"rows", parse_json(report::render(grid, report::Format::json))}};
  return json_text(json, 2) + "\n";
}

std::string show(const std::vector<Judged>& all, const Options& options, Timer timer,
                 const Environment& environment) {
  const report::Format format = report::parse_format(options.output.format);
  if (format == report::Format::json) return json_of(all, options, timer, environment);
  const bool for_people = format == report::Format::table || format == report::Format::md;
  return report::render(grid_of(all, environment, for_people), format, screen_of(options.output));
}

int write_cubins(const std::string& folder) {
  refuse_full_folder(folder);
  const std::unique_ptr<Worker> compiler = compilers()();
  std::vector<std::pair<QuantiserKind, exports::BundleCubin>> cubins;
  for (const QuantiserKind& kind : kinds_of("all", "all", "all")) {
    const auto report = compiler->compile({kQuantise, compiled(kind)});
    if (!report)
      throw UserError(describe(kind) + " does not compile: " + report.error().reason, kExitInternal);
    cubins.emplace_back(kind, read_cubin(*report));
  }
  write_files(exports::export_quantisers(cubins), folder, /*folder=*/true);
  log_info("{}: {} cubins and index.json", folder, cubins.size());
  return kExitOk;
}

int run(const Options& options) {
  requests_of(options, Timer::event);  // complains before anything is started
  if (!options.folder.empty()) return write_cubins(options.folder);
  const std::atomic<bool>& stop = watch_for_interrupts();
  const Machine machine = open_machine(options.machine);
  Environment environment = require_gpu(*machine.device);
  environment.tool = kVersion;
  environment.revision = kRevision;
  const Timer timer = choose_timer(options.timer, environment);
  const std::vector<QuantiseRequest> requests = requests_of(options, timer);
  std::vector<Judged> all;
  ProgressLine progress;
  progress.begin("quantise", requests.size(), static_cast<double>(requests.size()));
  for (const QuantiseRequest& request : requests) {
    all.push_back({request, machine.device->quantise(request)});
    if (stop) break;
    progress.step(std::string(to_string(request.form)) + " " + describe(request.kind), 1);
  }
  progress.end();
  if (stop) return interrupted_exit_code();
  emit(show(all, options, timer, environment), options.output);
  int exit_code = kExitOk;
  for (const Judged& judged : all)
    if (!judged.report && exit_code != kExitWrongResults)
      exit_code =
          judged.report.error().invalidity == Invalidity::correctness ? kExitWrongResults : kExitInternal;
  return exit_code;
}

}  // namespace

Run add_quantise(Command& command) {
  auto options = std::make_shared<Options>();
  command.description(
      "Quantises to E4M3 with block scales in the layouts that the GEMM kernels read: by rows of 128 (A), "
      "by blocks of 128x128 (B), or both ways of a tensor in one read (as it lies and transposed, each by "
      "rows of 128: what forward and both gradients need). Each quantiser is judged bit by bit against "
      "plain loops on the CPU, on zeros, denormals, infinities, NaN, amax below the clamp, ties and normal "
      "data, and only then timed, with a cold L2 and in turns with a copy of as many bytes as it reads and "
      "writes. With --export it writes all quantisers into a folder for other programs, as "
      "gemmtune_torch.load_quantisers() reads them; that needs no GPU. configs/schema/quantise.schema.json "
      "describes the JSON. Exit code 3: a quantiser is wrong.");
  add_device_option(command, options->machine);
  command
      .option("--size", options->sizes,
              "of the tensor, as 4096x7168; without it, that and 16384x7168; repeat for more")
      .type_name("ROWSxCOLUMNS");
  command.option("--form", options->form, "scales of rows, of blocks, or both ways")
      .words({"row", "block", "both", "all"});
  command.option("--input", options->input, "what is read").words({"bf16", "fp32", "all"});
  command.option("--scale", options->scale, "any FP32, or powers of two").words({"fp32", "ue8m0", "all"});
  command.option("--rounding", options->rounding, "to the nearest, ties to even, or by chance")
      .words({"nearest", "stochastic", "all"});
  add_seed_option(command, options->policy);
  command.flag("--verify", options->verify, "judge only, time nothing");
  add_timer_option(command, options->timer);
  command
      .option("--export", options->folder, "write the cubins and their index into this new folder, no more")
      .type_name("DIR");
  add_output_options(command, options->output);
  command.footer(
      "Examples\n"
      "  gemmtune quantise\n"
      "  gemmtune quantise --size 8192x2048 --form both --scale all --format json\n"
      "  gemmtune quantise --export quantisers");
  return [options] { return run(*options); };
}

}  // namespace gemmtune::cli
