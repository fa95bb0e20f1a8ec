// Every output of a folder with two kernels of one size: it tells them apart, and says nothing of the second
// that only the first has. Formats and views are those of the program: a new one is held to this as well.
#include "cli/app.h"
#include "cli/commands.h"
#include "core/counters.h"
#include "core/json.h"
#include "export/bundle.h"
#include "export/formats.h"
#include "family/family.h"
#include "family/kernels.h"
#include "report/markdown.h"
#include "report/views.h"
#include "store/table.h"
#include "unit/made_up/made_up.h"
#include "util/atomic_file.h"
#include "util/error.h"
#include "util/text.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <map>
#include <regex>
#include <set>

namespace gemmtune {

namespace operation {

constexpr std::string_view kBaselines[] = {provider::kCublasBf16};
constexpr Gates::RmsLimit kErrorRms[] = {{128, 1e-6, 1e-5}};
const Operation kMadeUp = {
    .kernel = made_up::kKernel,
    .description = "made up",
    .factors = {{ElementType::bf16, Granularity::none}, {ElementType::bf16, Granularity::none}},
    .roof = ComputeRoof::bf16,
    .k_multiple = 8,
    .k_constraint = "k_multiple_8",
    .k_reason = "so it was made up",
    .gates = {kErrorRms, {1e-6, 0.5}, {1e-4, 0}, {}},
    .baselines = kBaselines};

const Operation kGroupedMadeUp = [] {
  Operation operation = kGroupedContiguous1d2d;
  operation.kernel = made_up::kGroupedKernel;
  return operation;
}();

// In place of the list of this build.
std::span<const Operation* const> all() {
  static constexpr const Operation* kAll[] = {&kDense1d2d, &kMadeUp, &kGroupedMadeUp};
  return kAll;
}

}  // namespace operation

namespace family {

class MadeUp final : public Family {
 public:
  explicit MadeUp(const char* kernel) : kernel_(kernel) {}
  std::string_view kernel() const override { return kernel_; }
  std::string_view description() const override { return "made up"; }
  std::span<const Parameter> parameters() const override {
    static constexpr std::array<Parameter, 2> kParameters = {
        {{"lanes", "made up", false, {}, "64", {1, "lanes"}}, {"depth", "made up", false, {}}}};
    return kParameters;
  }
  std::optional<Violation> unsupported(const Problem&) const override { return std::nullopt; }
  std::optional<std::int64_t> resolve(std::string_view, std::string_view, const Config&, const Problem&,
                                      const DeviceLimits&) const override {
    return std::nullopt;
  }
  std::size_t tile_parameters() const override { return 0; }
  std::optional<Violation> refused_tile(const Config&, const Problem&) const override { return std::nullopt; }
  std::optional<Violation> illegal(const Config&, const Problem&, const DeviceLimits&) const override {
    return std::nullopt;
  }
  std::optional<Violation> wasteful(const Config&, const Problem&, const DeviceLimits&) const override {
    return std::nullopt;
  }
  Config compiled(const Config& config, const Problem&) const override { return config; }
  LaunchShape launch_shape(const Config&, const Problem&) const override { return {132, 1, 256, 65536}; }

 private:
  const char* kernel_;
};

// In place of the list of this build.
std::span<const Family* const> all() {
  static const MadeUp made_up(made_up::kKernel), grouped(made_up::kGroupedKernel);
  static const std::array<const Family*, 3> families = {&dense_1d2d(), &made_up, &grouped};
  return families;
}

}  // namespace family

namespace made_up {
namespace {

namespace fs = std::filesystem;

/// What a command line left: its files one behind the other, or its complaint.
struct Output {
  std::string command;  ///< "report --format json"
  std::string text;
  std::string complaint;
};

/// The words that `option` of a command takes.
std::vector<std::string> words_of(cli::Run (*add)(cli::Command&), const char* option) {
  cli::Command command("command", "");
  add(command);
  return command.at(option).choices();
}

class Outputs : public testing::Test {
 protected:
  Outputs() {
    write_folder(scratch_ / "both", {"dense_1d2d", kKernel});
    write_folder(scratch_ / "alone", {kKernel});
    write_folder(scratch_ / "groups", {"dense_1d2d", kGroupedKernel});
    write_folder(scratch_ / "groups-slower", {"dense_1d2d", kGroupedKernel}, 1.5);
    write_folder(scratch_ / "both-slower", {"dense_1d2d", kKernel}, 1.5);
    write_folder(scratch_ / "alone-slower", {kKernel}, 1.5);
    fs::create_directories(scratch_ / "configs");
  }

  /// `command` of that folder, whose name stands for FOLDER, or with SLOWER of its like.
  Output run(const std::string& folder, const std::string& command) {
    Output output{command, "", ""};
    const fs::path out = scratch_ / "out";
    fs::remove_all(out);
    fs::create_directories(out);
    std::vector<std::string> arguments = {"gemmtune", "--quiet"};
    for (std::string word : split(command, ' ')) {
      if (word == "FOLDER") word = (scratch_ / folder).string();
      if (word == "SLOWER") word = (scratch_ / (folder + "-slower")).string();
      if (word == "CONFIGS") word = (scratch_ / "configs").string();
      arguments.push_back(std::move(word));
    }
    // A folder is made, a file written, and pictures want their format as its end.
    const std::string last = arguments.back();
    arguments.insert(arguments.end(), {"-o", (out / ("result." + last)).string()});
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    try {
      cli::run(static_cast<int>(argv.size()), argv.data());
    } catch (const UserError& error) {
      output.complaint = error.what();
    }
    std::vector<fs::path> files;
    for (const auto& file : fs::recursive_directory_iterator(out))
      if (file.is_regular_file()) files.push_back(file.path());
    std::ranges::sort(files);
    // The name of a file tells kernels apart too.
    for (const fs::path& file : files)
      output.text += file.filename().string() + "\n" + read_file(file) + "\n";
    return output;
  }

  /// Of every command that reads results, in every format and view that it has.
  std::vector<Output> outputs_of(const std::string& folder) {
    std::vector<Output> outputs;
    const auto add = [&](const std::string& command) { outputs.push_back(run(folder, command)); };
    for (const std::string& format : words_of(cli::add_report, "--format"))
      add("report FOLDER --format " + format);
    for (const std::string& view : words_of(cli::add_report, "--view"))
      for (const char* format : {"table", "md", "json", "jsonl", "csv"})
        add("report FOLDER --view " + view + " --format " + format);
    add("report FOLDER --roofline --format table");
    for (const std::string& format : words_of(cli::add_compare, "--format"))
      add("compare FOLDER SLOWER --format " + format);
    for (const std::string& format : words_of(cli::add_history, "--format"))
      add("history FOLDER SLOWER --series --format " + format);
    for (const exports::Format& format : exports::formats())
      if (format.write != nullptr || format.check != nullptr)  // a bundle has a test of its own
        add("export FOLDER " + std::string(format.check != nullptr ? "--configs CONFIGS " : "") +
            "--format " + std::string(format.name));
    return outputs;
  }

  /// The files of a command without the name that stands before the first.
  std::string only_file(const std::string& folder, const std::string& command) {
    const Output output = run(folder, command);
    EXPECT_EQ(output.complaint, "") << command;
    return output.text.substr(output.text.find('\n') + 1);
  }

  fixtures::ScratchFolder scratch_;
};

/// One blank for each run of them.
std::string on_one_line(const std::string& text) {
  return std::regex_replace(text, std::regex("\\s+"), " ");
}

bool has(const std::string& text, const std::string& word) {
  return text.find(word) != std::string::npos;
}

TEST_F(Outputs, tell_the_kernels_apart) {
  for (const Output& output : outputs_of("both")) {
    if (!output.complaint.empty() && !has(output.complaint, "gnuplot")) {
      EXPECT_TRUE(has(output.complaint, kKernel)) << output.command << ": " << output.complaint;
      continue;
    }
    if (has(output.command, "--view fp8-bf16")) continue;  // a line is of one kernel in FP8, beside BF16
    // Backslashes are Markdown's.
    const std::string text = std::regex_replace(output.text, std::regex("\\\\"), "");
    for (const char* kernel : {kKernel, has(output.command, "--configs") ? kKernel : "dense_1d2d"})
      EXPECT_TRUE(has(text, kernel)) << output.command << " without " << kernel << "\n" << text;
  }
}

TEST_F(Outputs, tell_grouped_kernels_apart_or_refuse_them_by_name) {
  std::set<std::string> refused;
  for (const Output& output : outputs_of("groups")) {
    if (has(output.complaint, "gnuplot") || has(output.command, "--view fp8-bf16")) continue;
    const std::string text = std::regex_replace(output.complaint + output.text, std::regex("\\\\"), "");
    EXPECT_TRUE(has(text, kGroupedKernel)) << output.command << "\n" << text;
    if (!output.complaint.empty()) refused.insert(output.command);
  }
  EXPECT_EQ(refused,
            (std::set<std::string>{"export FOLDER --format cpp-header", "export FOLDER --format python",
                                   "export FOLDER --format cutlass-csv"}));
}

TEST_F(Outputs, refuse_groups_in_one_sentence) {
  const std::string which =
      "grouped_made_up:groups=4,m_per_group=64,routing=zipf:1.2,alignment=64,n=4096,k=7168: ";
  const auto complaint = [&](const char* format) {
    const std::string text = run("groups", std::string("export FOLDER --format ") + format).complaint;
    const std::size_t at = text.find(which);
    return at == std::string::npos ? text : text.substr(at + which.size());
  };
  EXPECT_EQ(complaint("python"),
            "find() of --format python asks for no groups; --format json and csv hold them");
  EXPECT_EQ(complaint("cpp-header"),
            "find() of --format cpp-header asks for no groups; --format json and csv hold them");
  EXPECT_EQ(
      complaint("cutlass-csv"),
      "the columns of CUTLASS's profiler have no place for groups, m_per_group, routing, alignment, layout");
  EXPECT_TRUE(has(run("groups", "export FOLDER --configs CONFIGS --format vllm-check").text,
                  "these files are of products without groups"));
}

TEST_F(Outputs, have_columns_of_groups_where_a_problem_has_some) {
  const auto columns = [&](const std::string& folder, const std::string& command) {
    const std::string text = only_file(folder, command);
    const std::vector<std::string> names = split(text.substr(0, text.find('\n')), ',');
    return std::set<std::string>(names.begin(), names.end());
  };
  const std::set<std::string> groups = {"groups", "m_per_group", "routing", "alignment", "layout"};
  for (const char* command : {"report FOLDER --format csv", "export FOLDER --format csv"}) {
    const std::set<std::string> dense = columns("both", command), grouped = columns("groups", command);
    for (const std::string& name : groups) {
      EXPECT_FALSE(dense.contains(name)) << command << " " << name;
      EXPECT_TRUE(grouped.contains(name)) << command << " " << name;
    }
  }
  const Json report = parse_json(only_file("groups", "report FOLDER --format json"));
  std::size_t of_groups = 0;
  for (const Json& winner : report.at("winners")) {
    const bool grouped = winner.at("kernel") == kGroupedKernel;
    EXPECT_EQ(winner.at("groups"), grouped ? Json(4) : Json());
    if (!grouped) continue;
    const Problem p = problem(kGroupedKernel, winner.at("m"));
    const GroupFigures& figures = figures_of_groups(p);
    EXPECT_EQ(winner.at("rows_a_group"), p.m_per_group);
    EXPECT_NEAR(winner.at("padded_percent").get<double>(),
                100 * figures.padding / (figures.useful + figures.padding), 1e-9);
    EXPECT_EQ(winner.at("group_distribution"), "zipf:1.2");
    ++of_groups;
  }
  EXPECT_EQ(of_groups, 2u);
}

TEST_F(Outputs, set_grouped_kernels_beside_padded_and_loop) {
  const Json rows = parse_json(only_file("groups", "report FOLDER --view groups --format json"));
  ASSERT_EQ(rows.size(), 2u) << "those without groups are not there";
  for (const Json& row : rows) {
    EXPECT_EQ(row.at("kernel"), kGroupedKernel);
    EXPECT_NEAR(row.at("speedup_over_padded_batch").get<double>(), 1.2, 1e-9);
    EXPECT_NEAR(row.at("speedup_over_loop_of_dense").get<double>(), 1.5, 1e-9);
    const Problem p = problem(kGroupedKernel, std::llround(row.at("rows_a_group").get<double>()));
    std::int64_t largest = 0;
    for (const auto& sizes : figures_of_groups(p).draws) largest += std::ranges::max(sizes);
    const double batch = static_cast<double>(largest) * 4 / kDraws;
    EXPECT_NEAR(row.at("padded_batch_waste_percent").get<double>(), 100 * (1 - useful_rows(p) / batch), 1e-9);
    EXPECT_NEAR(row.at("waste_percent").get<double>(),
                100 * (1 - useful_rows(p) / (useful_rows(p) + figures_of_groups(p).padding)), 1e-9);
  }
  const std::string text = on_one_line(only_file("groups", "report FOLDER --view groups --format table"));
  EXPECT_TRUE(has(text,
                  "Geometric means of the speed-up: over padded 1.20 (2 problems), over loop 1.50 (2 "
                  "problems). Sizes on the host: padded, loop cannot be in a CUDA graph"))
      << text;
  EXPECT_TRUE(has(on_one_line(only_file("both", "report FOLDER --view groups --format table")),
                  "No winner here is of a grouped kernel"));
  // Other ways are never winners: the table has ours alone.
  const Json table = parse_json(only_file("groups", "export FOLDER --format json"));
  EXPECT_EQ(table.at("entries").size(), 4u);
}

/// Without what is the same whatever the results are: the words of views, and keys that are frozen.
std::string of_these_results(const std::string& output) {
  std::string text = on_one_line(output);
  const auto erase = [&](const std::string& constant) {
    for (std::size_t at = text.find(constant); at != std::string::npos; at = text.find(constant, at))
      text.erase(at, constant.size());
  };
  for (const report::View& view : report::views())
    for (const std::string words : {view.title, view.legend, view.hint}) {
      erase(words);
      erase(on_one_line(report::escape_markdown(words)));
    }
  erase("fp8-bf16");
  for (const CounterField& field : kCounterFields) erase(field.key);
  // The page is what it shows and how; the data are what it shows.
  if (const std::size_t data = text.find("id=\"data\">"); data != std::string::npos)
    text = text.substr(data, text.find("</script>", data) - data);
  return text;
}

TEST_F(Outputs, of_the_second_alone_have_no_word_of_the_first) {
  const std::regex foreign("fp8|e4m3|float8|1x128|block.scale|promot|dense_1d2d|per-tensor",
                           std::regex::icase);
  for (const Output& output : outputs_of("alone")) {
    std::smatch found;
    if (has(output.command, "--configs")) {  // files of FP8 alone, and none is asked for
      EXPECT_TRUE(has(output.text, "not theirs")) << output.command << "\n" << output.text;
      EXPECT_FALSE(has(output.text, "no file")) << output.command << "\n" << output.text;
      continue;
    }
    const std::string text = of_these_results(output.complaint + output.text);
    EXPECT_FALSE(std::regex_search(text, found, foreign))
        << output.command << ": \"" << found.str() << "\" in\n"
        << found.prefix().str().substr(std::max<std::ptrdiff_t>(0, found.prefix().length() - 300))
        << found.str();
  }
}

/// The large problem of each kernel, whose time the tensor cores bound.
TEST_F(Outputs, hold_each_kernel_to_its_own_roof) {
  const std::map<std::string, std::pair<std::string, double>> expected = {
      {"dense_1d2d", {"FP8 wgmma, promoted", 100 * kScaledTflops / kPromotedTflops}},
      {kKernel, {"BF16 wgmma", 100 * kMadeUpTflops / kBf16Tflops}}};
  std::string text = run("both", "report FOLDER --format json").text;
  text.erase(0, text.find('\n'));
  const Json report = parse_json(text);
  std::map<std::string, Problem> by_id;
  for (const auto& [kernel, unused] : expected)
    for (const std::int64_t m : {std::int64_t{64}, kLargeM})
      by_id[problem_id(problem(kernel, m))] = problem(kernel, m);
  std::size_t winners = 0, points = 0;
  for (const Json& winner : report.at("winners")) {
    if (winner.at("m") != kLargeM) continue;
    const auto& [roof, percent] = expected.at(winner.at("kernel"));
    EXPECT_EQ(winner.at("roof"), roof);
    EXPECT_NEAR(winner.at("percent_of_roof").get<double>(), percent, 0.1) << winner.at("kernel");
    const Problem p = problem(winner.at("kernel"), kLargeM);
    const double seconds = winner.at("time_us").get<double>() * 1e-6;
    EXPECT_NEAR(winner.at("tflops").get<double>() * 1e12 * seconds / static_cast<double>(operation::flops(p)),
                1, 1e-9);
    EXPECT_NEAR(winner.at("gbps").get<double>() * 1e9 * seconds / static_cast<double>(operation::bytes(p)), 1,
                1e-9);
    ++winners;
  }
  for (const Json& point : report.at("points")) {
    if (point.at("provider") != "gemmtune") continue;
    const Problem& p = by_id.at(point.at("problem_id"));
    EXPECT_DOUBLE_EQ(point.at("intensity"),
                     static_cast<double>(operation::flops(p)) / static_cast<double>(operation::bytes(p)))
        << describe(p);
    ++points;
  }
  EXPECT_EQ(winners, 2u);
  EXPECT_EQ(points, 4u);
  EXPECT_EQ(report.at("accounting_errors"), Json::array());
}

/// On the line of each kernel's large problem; a terminal of 80 characters has no room for it.
TEST_F(Outputs, show_people_the_same_percent_of_the_roof) {
  const Output output = run("both", "report FOLDER --format md");
  std::size_t lines = 0;
  for (const std::string& line : split(output.text, '\n')) {
    if (!has(line, "| " + std::to_string(kLargeM) + " | 4096 | 7168 |")) continue;
    const std::string percent = has(line, "dense") ? "83" : "87";
    EXPECT_TRUE(has(line, "| " + percent + " |")) << line;
    EXPECT_TRUE(has(line, has(line, "dense") ? "| 64x64 s8 132sm r8 |" : "| lanes64 depth=3 |")) << line;
    ++lines;
  }
  EXPECT_EQ(lines, 2u) << output.text;
}

TEST_F(Outputs, a_bundle_refuses_a_kernel_that_its_loader_cannot_launch) {
  for (const char* kernel : {kKernel, kGroupedKernel}) {
    Table table = store::build_table(journal_of({kernel}));
    exports::BundleParts parts;
    for (const TableEntry& entry : table.entries) parts.cubins.push_back({entry.kernel_hash, "cubin"});
    try {
      exports::export_bundle(table, parts);
      ADD_FAILURE() << "made a bundle";
    } catch (const UserError& error) {
      EXPECT_TRUE(has(error.what(), kernel)) << error.what();
    }
  }
}

}  // namespace
}  // namespace made_up
}  // namespace gemmtune
