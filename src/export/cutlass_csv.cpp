// The columns of the CUTLASS profiler's CSV for a GEMM with block scales: those before and behind the
// arguments are its own, the arguments are ours where it has no word. Its units: GB/s are 2^30 bytes a
// second, times are in ms.
#include "export/candidates.h"
#include "export/fastest.h"
#include "export/formats.h"
#include "util/error.h"
#include "util/format.h"
#include "util/text.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace gemmtune::exports {

namespace {

constexpr double kUsPerMs = 1e3;
constexpr double kGib = 1024.0 * 1024.0 * 1024.0;

/// The columns have sizes, types and beta, but neither row pitches nor what the operands hold.
void refuse_what_has_no_column(const Problem& problem, const Source& source) {
  const bool plain = problem.data == DataKind::normal && problem.recipe == Recipe::fp32 &&
                     problem.a_pitch == 0 && problem.b_pitch == 0 && problem.d_pitch == 0;
  if (plain) return;
  throw UserError(source.name + ": " + describe(problem) +
                  ": the columns of CUTLASS's profiler have no place for recipe, data and row pitches");
}

struct Verdict {
  const char* disposition;
  const char* status;
};

/// In the profiler's words.
Verdict verdict_of(Invalidity invalidity) {
  switch (invalidity) {
    case Invalidity::correct:
      return {"passed", "success"};
    case Invalidity::correctness:
      return {"incorrect", "success"};
    case Invalidity::constraints:
      return {"not_supported", "not_supported"};
    default:
      return {"failed", "internal"};
  }
}

using Names = std::set<std::string>;

std::string header_of(const Names& parameters) {
  std::string text =
      "Problem,Provider,OperationKind,Operation,Disposition,Status,m,n,k,scale_vec_size_m,scale_vec_size_n,"
      "scale_vec_size_k,A,B,C,D,alpha,beta,batch_count";
  for (const std::string& name : parameters) text += "," + name;
  return text + ",Bytes,Flops,Flops/Byte,Runtime,GB/s,GFLOPs\n";
}

std::string line_of(std::size_t problem, const Row& row, const Names& parameters) {
  const Problem& p = row.problem;
  const Verdict verdict = verdict_of(row.invalidity);
  const char* d = p.out == OutputType::fp32 ? "f32:row" : "bf16:row";
  std::string text = formatted(
      "{},gemmtune,blockwise_gemm,{}_{},{},{},{},{},{},1,128,128,fe4m3:row,fe4m3:column,{},{},1,{},1",
      problem, p.kernel, config_id(row.config), verdict.disposition, verdict.status, p.m, p.n, p.k,
      p.accumulate ? d : "void:row", d, p.accumulate ? 1 : 0);
  for (const std::string& name : parameters) {
    const auto found = row.config.find(name);
    text += found == row.config.end() ? "," : "," + std::to_string(found->second);
  }
  text += formatted(",{},{},{}", row.bytes, row.flops, row.bytes > 0 ? row.flops / row.bytes : 0);
  if (row.invalidity != Invalidity::correct || !row.time_us) return text + ",0,,\n";
  const double seconds = *row.time_us * 1e-6;
  return text + formatted(",{},{},{}\n", *row.time_us / kUsPerMs,
                          static_cast<double>(row.bytes) / kGib / seconds,
                          static_cast<double>(row.flops) / 1e9 / seconds);
}

/// A line by the names of the header, as scripts that read the profiler's output take it.
struct Line {
  const std::vector<std::string>& header;
  std::vector<std::string> fields;

  const std::string& at(std::string_view column) const {
    const auto found = std::find(header.begin(), header.end(), column);
    ensure(found != header.end(), "no column " + std::string(column));
    return fields.at(static_cast<std::size_t>(found - header.begin()));
  }
  double number(std::string_view column) const {
    double value = 0;
    ensure(parse_whole(at(column), value), std::string(column) + " is no number");
    return value;
  }
};

Config config_of(const Line& line) {
  Config config;
  const auto begin = std::find(line.header.begin(), line.header.end(), "batch_count") + 1;
  for (auto name = begin; *name != "Bytes"; ++name)
    if (!line.at(*name).empty()) config[*name] = static_cast<std::int64_t>(line.number(*name));
  return config;
}

}  // namespace

Files write_cutlass_csv(const Source& source) {
  const std::vector<Candidates> all = candidates_of(source);
  Names parameters;
  for (const Candidates& candidates : all)
    for (const Row* row : candidates.rows)
      for (const auto& [name, value] : row->config) parameters.insert(name);
  std::string text = header_of(parameters);
  for (std::size_t i = 0; i < all.size(); ++i) {
    refuse_what_has_no_column(all[i].entry->problem, source);
    for (const Row* row : all[i].rows) text += line_of(i + 1, *row, parameters);
  }
  return {{"", text}};
}

report::Grid read_back_cutlass_csv(const Files& files, const Source& source) {
  const std::vector<std::string> lines = split(files.at(0).bytes, '\n');
  const std::vector<std::string> header = split(lines.front(), ',');
  std::vector<Fastest> fastest(source.table.entries.size());
  for (std::size_t i = 1; i < lines.size(); ++i) {
    if (lines[i].empty()) continue;
    const Line line{header, split(lines[i], ',')};
    ensure(line.fields.size() == header.size(), "line " + std::to_string(i + 1) + " has other columns");
    const auto problem = static_cast<std::size_t>(line.number("Problem")) - 1;
    Fastest& best = fastest.at(problem);
    const Problem& p = source.table.entries[problem].problem;
    ensure(line.at("m") == std::to_string(p.m) && line.at("n") == std::to_string(p.n) &&
               line.at("k") == std::to_string(p.k),
           "a line is of another problem than its number says");
    best.where =
        "problem " + line.at("Problem") + ", " + line.at("m") + "x" + line.at("n") + "x" + line.at("k");
    ++best.results;
    if (line.at("Disposition") != "passed") continue;
    const double runtime_ms = line.number("Runtime");
    ensure(std::abs(line.number("Flops") / runtime_ms / 1e6 / line.number("GFLOPs") - 1) < 1e-9,
           "GFLOPs are not Flops over Runtime");
    best.offer(config_of(line), runtime_ms * kUsPerMs);
  }
  report::Grid grid = fastest_grid();
  for (std::size_t i = 0; i < fastest.size(); ++i) add_row(grid, fastest[i], source.table.entries[i]);
  return grid;
}

}  // namespace gemmtune::exports
