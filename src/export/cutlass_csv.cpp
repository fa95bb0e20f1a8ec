// The columns of the CUTLASS profiler's CSV for a GEMM with block scales, all of them and in its order
// (tools/profiler/src/blockwise_gemm_operation_profiler.cu, operation_profiler.cu, performance_report.cpp);
// parameters of ours for which it has no word come behind its arguments. Its units: GB/s are 2^30 bytes a
// second, times are in ms. Its work: FLOPs count alpha and beta too, bytes leave the scales out.
#include "core/fields_of_problem.h"
#include "export/candidates.h"
#include "export/fastest.h"
#include "export/formats.h"
#include "operation/operation.h"
#include "util/error.h"
#include "util/format.h"
#include "util/text.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gemmtune::exports {

namespace {

constexpr double kUsPerMs = 1e3;
constexpr double kGib = 1024.0 * 1024.0 * 1024.0;

/// The columns have sizes, types and beta: neither row pitches nor what the operands hold.
void refuse_what_has_no_column(const Problem& problem, const Source& source) {
  std::vector<std::string> further;
  for (const ProblemField& field : kProblemFields) {
    const std::string_view key = field.key;
    if ((field.is & ProblemField::kForm) != 0 && !is_default(problem, field) && key != "out" &&
        key != "accumulate")
      further.emplace_back(key);
  }
  if (further.empty()) return;
  throw UserError(source.name + ": " + describe(problem) +
                  ": the columns of CUTLASS's profiler have no place for " + join(further, ", "));
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

/// Its arguments. Those that say nothing of a kernel of ours stay empty.
constexpr std::string_view kArguments =
    "gemm_kind,m,n,k,scale_vec_size_m,scale_vec_size_n,scale_vec_size_k,A,B,C,D,alpha,beta,split_k_mode,"
    "split_k_slices,batch_count,runtime_input_datatype_a,runtime_input_datatype_b,raster_order,swizzle_size,"
    "use_pdl,op_class,accum,cta_m,cta_n,cta_k,cluster_m,cluster_n,cluster_k,stages,warps_m,warps_n,warps_k,"
    "inst_m,inst_n,inst_k,min_cc,max_cc";

/// Parameters of ours and its words for them. Bands of `raster` rows of clusters, down the rows first, are
/// its swizzle along N.
constexpr std::pair<std::string_view, std::string_view> kWords[] = {
    {"block_m", "cta_m"},       {"block_n", "cta_n"},          {"cluster_m", "cluster_m"},
    {"cluster_n", "cluster_n"}, {"split_k", "split_k_slices"}, {"raster", "swizzle_size"},
    {"stages", "stages"}};

std::string word_of(const std::string& parameter) {
  const auto* found =
      std::ranges::find(kWords, parameter, &std::pair<std::string_view, std::string_view>::first);
  return found == std::end(kWords) ? parameter : std::string(found->second);
}

/// Names of the arguments: its own, then ours.
std::vector<std::string> arguments_of(const std::vector<Candidates>& all) {
  std::vector<std::string> names = split(std::string(kArguments), ',');
  std::set<std::string> further;
  for (const Candidates& candidates : all)
    for (const Row* row : candidates.rows)
      for (const auto& [name, value] : row->config) further.insert(word_of(name));
  for (const std::string& name : names) further.erase(name);
  names.insert(names.end(), further.begin(), further.end());
  return names;
}

std::string header_of(const std::vector<std::string>& arguments) {
  return "Problem,Provider,OperationKind,Operation,Disposition,Status," + join(arguments, ",") +
         ",Bytes,Flops,Flops/Byte,Runtime,GB/s,GFLOPs\n";
}

/// A multiply and an add for each product and, for alpha and beta, for each element of D.
std::int64_t flops_of(const Problem& p) {
  return 2 * (p.m * p.n * p.k + p.m * p.n);
}

/// A, B and D, and C where it is added; no scales.
std::int64_t bytes_of(const Problem& p) {
  const std::int64_t operand_bytes = operation::element_bytes(operation::of(p).factors.a.type);
  return operand_bytes * (p.m * p.k + p.n * p.k) + operation::output_bytes(p);
}

/// Rows that share a scale over 128 of K; empty of factors scaled otherwise, or not.
std::string rows_of_scale(const operation::Factor& factor) {
  using operation::Granularity;
  return factor.scales == Granularity::row_128 ? "1" : factor.scales == Granularity::block_128 ? "128" : "";
}

std::map<std::string, std::string> values_of(const Row& row) {
  const Problem& p = row.problem;
  const std::string d = p.out == OutputType::fp32 ? "f32:row" : "bf16:row";
  const operation::ElementType type = operation::of(p).factors.a.type;
  const std::string operand = type == operation::ElementType::bf16 ? "bf16" : "fe4m3";
  const operation::Factors& factors = operation::of(p).factors;
  const std::string scaled_rows = rows_of_scale(factors.a);
  std::map<std::string, std::string> values = {
      {"gemm_kind", "universal"},
      {"m", std::to_string(p.m)},
      {"n", std::to_string(p.n)},
      {"k", std::to_string(p.k)},
      {"scale_vec_size_m", scaled_rows},
      {"scale_vec_size_n", rows_of_scale(factors.b)},
      {"scale_vec_size_k", scaled_rows.empty() ? "" : "128"},
      {"A", operand + ":row"},
      {"B", operand + ":column"},
      {"C", p.accumulate ? d : "void:row"},
      {"D", d},
      {"alpha", "1"},
      {"beta", p.accumulate ? "1" : "0"},
      {"batch_count", "1"},
      {"raster_order", "along_n"},
      {"op_class", "tensorop"},
      {"accum", "f32"},
      {"cta_k", std::to_string(128 / operation::element_bytes(type))},
      {"cluster_k", "1"},
      {"min_cc", "90"},
      {"max_cc", "90"}};
  for (const auto& [name, value] : row.config) values[word_of(name)] = std::to_string(value);
  return values;
}

std::string line_of(std::size_t problem, const Row& row, const std::vector<std::string>& arguments) {
  const Verdict verdict = verdict_of(row.invalidity);
  std::map<std::string, std::string> values = values_of(row);
  std::string text =
      formatted("{},gemmtune,{},{}_{},{},{}", problem,
                !rows_of_scale(operation::of(row.problem).factors.a).empty() ? "blockwise_gemm" : "gemm",
                row.problem.kernel, config_id(row.config), verdict.disposition, verdict.status);
  for (const std::string& name : arguments) text += "," + values[name];
  const std::int64_t bytes = bytes_of(row.problem), flops = flops_of(row.problem);
  text += formatted(",{},{},{}", bytes, flops, flops / bytes);
  if (row.invalidity != Invalidity::correct || !row.time_us) return text + ",0,,\n";
  const double seconds = *row.time_us * 1e-6;
  return text + formatted(",{},{},{}\n", *row.time_us / kUsPerMs, static_cast<double>(bytes) / kGib / seconds,
                          static_cast<double>(flops) / 1e9 / seconds);
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

/// Its words for our parameters, and whatever stands behind its own arguments.
Config config_of(const Line& line) {
  Config config;
  const auto bytes = std::ranges::find(line.header, "Bytes");
  for (auto name = std::ranges::find(line.header, "max_cc") + 1; name < bytes; ++name)
    if (!line.at(*name).empty()) config[*name] = static_cast<std::int64_t>(line.number(*name));
  for (const auto& [parameter, word] : kWords)
    if (!line.at(word).empty()) config[std::string(parameter)] = static_cast<std::int64_t>(line.number(word));
  return config;
}

}  // namespace

Files write_cutlass_csv(const Source& source) {
  const std::vector<Candidates> all = candidates_of(source);
  const std::vector<std::string> arguments = arguments_of(all);
  std::string text = header_of(arguments);
  for (std::size_t i = 0; i < all.size(); ++i) {
    refuse_what_has_no_column(all[i].entry->problem, source);
    for (const Row* row : all[i].rows) text += line_of(i + 1, *row, arguments);
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
    ensure(line.number("Flops") == 2.0 * static_cast<double>(p.m * p.n * (p.k + 1)),
           "Flops are not those that the profiler counts");
    best.offer(config_of(line), runtime_ms * kUsPerMs);
  }
  report::Grid grid = fastest_grid();
  for (std::size_t i = 0; i < fastest.size(); ++i) add_row(grid, fastest[i], source.table.entries[i]);
  return grid;
}

}  // namespace gemmtune::exports
