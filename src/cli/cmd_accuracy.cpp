// `gemmtune accuracy`: what recipes cost in accuracy, on made data and on the user's. Needs no GPU and no
// worker.
#include "accuracy/assess.h"
#include "accuracy/recipe.h"
#include "accuracy/sample.h"
#include "cli/accuracy_input.h"
#include "cli/commands.h"
#include "cli/exported_files.h"
#include "cli/gnuplot.h"
#include "cli/log.h"
#include "cli/npy_output.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "operation/operation.h"
#include "report/accuracy.h"
#include "report/accuracy_plot.h"
#include "store/table.h"
#include "util/error.h"
#include "util/format.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>

namespace gemmtune::cli {

namespace {

namespace fs = std::filesystem;
using report::AccuracyOfProduct;
using report::AccuracyRun;

struct Options {
  AccuracyOperands operands;
  std::vector<std::string> recipes;
  std::string recipe_set = "usual";
  std::string table;
  std::string write_data;
  accuracy::Options how;
  int sample = 128;
  unsigned threads = 0;
  OutputOptions output;

  bool is_picture() const { return output.format == "svg" || output.format == "png"; }
};

std::vector<accuracy::Recipe> recipes_of(const Options& options, const Operands& operands) {
  if (options.recipes.empty()) return accuracy::recipe_set(options.recipe_set, operands.out, operands.made);
  std::vector<accuracy::Recipe> recipes;
  for (const std::string& text : options.recipes) {
    recipes.push_back(accuracy::parse_recipe(text, operands.out));
    if (!operands.made && recipes.back().amax == accuracy::Amax::history)
      throw UserError("--recipe " + text + ": files have no earlier steps; leave history out");
  }
  return recipes;
}

/// The kernel that computes a recipe of these sizes.
std::string kernel_of(const accuracy::Recipe& recipe, const accuracy::Sizes& sizes) {
  const std::string kernel = accuracy::kernel_of(recipe);
  const operation::Operation* operation = operation::find(kernel);
  return operation != nullptr && sizes.k % operation->k_multiple == 0 ? kernel : "";
}

std::optional<report::Speed> speed_of(const std::optional<Table>& table, const std::string& kernel,
                                      const accuracy::Sizes& sizes, OutputType out) {
  if (!table || kernel.empty()) return std::nullopt;
  Problem problem;
  problem.kernel = kernel;
  problem.m = sizes.m, problem.n = sizes.n, problem.k = sizes.k;
  problem.out = out;
  const store::Lookup found = store::lookup(*table, problem);
  if (found.entry == nullptr || found.entry->problem.m < sizes.m) return std::nullopt;
  return report::Speed{found.entry->time_us, found.entry->problem.m};
}

AccuracyOfProduct assess(const Operands& operands, const Options& options,
                         const std::optional<Table>& table) {
  const std::vector<accuracy::Recipe> recipes = recipes_of(options, operands);
  AccuracyOfProduct product{
      operands.sizes,
      operands.data,
      static_cast<std::int64_t>(accuracy::sampled_rows(operands.sizes.m, options.sample).size()),
      static_cast<std::int64_t>(accuracy::sampled_rows(operands.sizes.n, options.sample).size()),
      {}};
  for (accuracy::Assessment& each : assess(*operands.a, *operands.b, recipes, options.how)) {
    const std::string kernel = kernel_of(each.recipe, operands.sizes);
    product.rows.push_back({each, kernel, speed_of(table, kernel, operands.sizes, each.recipe.out)});
  }
  return product;
}

AccuracyRun assess_all(const std::vector<Operands>& all, const Options& options,
                       const std::optional<Table>& table) {
  AccuracyRun run;
  run.seed = options.how.seed;
  if (table)
    run.table =
        options.table + " (" + (table->simulated ? "simulated: " : "") + table->environment.device + ")";
  ProgressLine progress;
  progress.begin("accuracy", all.size(), static_cast<double>(all.size()));
  for (const Operands& operands : all) {
    run.products.push_back(assess(operands, options, table));
    progress.step(operands.data, 1);
  }
  progress.end();
  return run;
}

/// The same operands with outliers of each strength.
AccuracyOperands over_outliers(AccuracyOperands operands) {
  if (!operands.a.empty() || operands.data.size() > 1 || operands.sizes.size() != 1)
    throw UserError(
        "--format svg and png draw the error over the strength of outlier channels: they take one "
        "--size, and at most one --data, outliers or balanced");
  accuracy::MadeData data = accuracy::parse_data(operands.data.empty() ? "outliers" : operands.data[0]);
  if (data.kind != accuracy::Made::outliers && data.kind != accuracy::Made::balanced)
    throw UserError(
        "--format svg and png draw the error over the strength of outlier channels: --data can "
        "only be outliers or balanced, with a share");
  operands.data.clear();
  for (const double factor : report::kOutlierFactors) {
    data.factor = factor;
    operands.data.push_back(describe(data));
  }
  return operands;
}

void draw_errors(const Options& options, const AccuracyRun& run) {
  const auto picture = options.output.format == "png" ? report::Picture::png : report::Picture::svg;
  draw([&](const std::string& picture_file,
           const std::string& data_file) { return accuracy_plot(run, picture, picture_file, data_file); },
       options.output.file);
}

std::string show(const AccuracyRun& run, const OutputOptions& output) {
  if (output.format == "html") return accuracy_html(run);
  const report::Format format = report::parse_format(output.format);
  if (format == report::Format::json) return accuracy_json(run);
  if (format == report::Format::table || format == report::Format::md)
    return accuracy_text(run, format == report::Format::md, screen_of(output));
  return render(accuracy_grid(run), format);
}

Table read_table(const std::string& name) {
  std::error_code ignored;
  return store::read_table(fs::is_directory(name, ignored) ? fs::path(name) / "table.json" : fs::path(name));
}

void write_data(const std::vector<Operands>& all, const std::string& folder) {
  if (all.size() != 1)
    throw UserError("--write-data takes one pair of operands; these are " + std::to_string(all.size()));
  refuse_full_folder(folder);
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw UserError("cannot make " + folder + ": " + error.message(), kExitInternal);
  write_npy(fs::path(folder) / "a.npy", *all.front().a);
  write_npy(fs::path(folder) / "b.npy", *all.front().b);
  log_info("{}: a.npy and b.npy, as --a and --b read them", folder);
}

int run(const Options& given) {
  Options options = given;
  options.how.sample = options.sample;
  options.how.threads = options.threads;
  if (options.is_picture()) {
    if (options.output.file.empty())
      throw UserError("--format " + options.output.format + " needs -o FILE." + options.output.format +
                      ": the data and the script of the picture are kept beside it");
    options.operands = over_outliers(options.operands);
  }
  const std::vector<Operands> operands = read_operands(options.operands, options.sample, options.how.seed);
  for (const Operands& each : operands) recipes_of(options, each);  // complains before anything is computed
  const std::optional<Table> table =
      options.table.empty() ? std::nullopt : std::optional(read_table(options.table));
  if (!options.write_data.empty()) write_data(operands, options.write_data);
  const AccuracyRun run = assess_all(operands, options, table);
  if (options.is_picture())
    draw_errors(options, run);
  else
    emit(show(run, options.output), options.output);
  return kExitOk;
}

}  // namespace

Run add_accuracy(Command& command) {
  auto options = std::make_shared<Options>();
  command.description(
      "Shows what formats and scalings cost in accuracy: the error of D against the FP64 product of the "
      "operands before they were quantised, and how much of it quantising them costs, how much summing in "
      "the tensor core, how much rounding D. Computed on the CPU; needs no GPU. Operands are quantised bit "
      "by "
      "bit as those of the kernels; how the tensor core sums is a model, which gives the errors that were "
      "measured on an H100 (kernels/README.md). Of a large D a sample is computed, with all of K; scales "
      "are those of the whole matrix. svg and png draw the error over the strength of outlier channels.");
  add_operand_options(command, options->operands);
  Option& recipe =
      command
          .option(
              "--recipe", options->recipes,
              "one recipe: a format (e4m3, e5m2, bf16, tf32) and, behind a colon, what is not as usual: "
              "scaling (tensor, channel, 1x128, 128x128, 1d2d: A 1x128 and B 128x128, 1x64, 64x64, 1x32), "
              "scales (fp32, ue8m0: powers of two, mx: those of MX), amax (now, history: delayed), rounding "
              "(nearest, stochastic), promote=128 or never, out=bf16 or fp32; repeat for more")
          .type_name("TEXT");
  command.option("--recipes", options->recipe_set, "without --recipe: a set of them")
      .words({"usual", "all"})
      .excludes(recipe);
  command.option("--sample", options->sample, "rows and columns of D that are computed").range(1, 1024);
  command.option("--seed", options->how.seed, "of made data and of stochastic rounding");
  command.option("--threads", options->threads, "0: one a core").range(0, 1024);
  command
      .option("--table", options->table,
              "table.json of a sweep, or its folder: the time of the kernel that computes a recipe stands "
              "beside its error")
      .type_name("FILE");
  command
      .option("--write-data", options->write_data,
              "also write the operands as a.npy and b.npy into this folder, for other programs")
      .type_name("DIR");
  add_output_options(command, options->output, {"html", "svg", "png"});
  command.footer(
      "Examples\n"
      "  gemmtune accuracy --size 1024x2112x7168\n"
      "  gemmtune accuracy --size 4096x7168x2048 --data outliers --data layer \\\n"
      "    --table results/h100-sxm/dsv3\n"
      "  gemmtune accuracy --size 512x512x7168 --recipe e4m3:1x64,ue8m0 \\\n"
      "    --recipe e5m2:tensor,history --format json\n"
      "  gemmtune accuracy --a x.npy --b model.safetensors:layers.0.mlp.up_proj.weight\n"
      "  gemmtune accuracy --size 512x512x2048 --data balanced --format svg -o x.svg");
  return [options] { return run(*options); };
}

}  // namespace gemmtune::cli
