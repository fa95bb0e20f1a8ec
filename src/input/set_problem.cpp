#include "input/set_problem.h"

#include "family/family.h"
#include "input/complaint.h"
#include "input/problem_fields.h"
#include "util/format.h"
#include "util/text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace gemmtune::input {

namespace {

constexpr std::array<PlannedKernel, 4> kPlanned = {{{"dense_1d1d", Shares::nothing},
                                                    {"grouped_contiguous_1d2d", Shares::rows},
                                                    {"grouped_masked_1d2d", Shares::padded_rows},
                                                    {"k_grouped_1d1d", Shares::inner}}};

constexpr std::int64_t kLargestSize = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kMostGroups = 65536;
constexpr double kSteepestZipf = 10;

const char* mean_key(Shares shares) {
  return shares == Shares::inner ? "k_per_group" : "m_per_group";
}

std::vector<std::string_view> keys_of(Shares shares) {
  std::vector<std::string_view> keys = {"name",       "kernel", "n",    "out",
                                        "accumulate", "recipe", "data", "weight"};
  if (shares == Shares::nothing || shares == Shares::inner) keys.push_back("m");
  if (shares != Shares::inner) keys.push_back("k");
  if (shares != Shares::nothing)
    keys.insert(keys.end(),
                {"groups", mean_key(shares), "group_sizes", "spread", "routing", "empty", "seed"});
  if (shares == Shares::rows) keys.insert(keys.end(), {"alignment", "layout"});
  if (shares == Shares::padded_rows) keys.push_back("max_m");
  return keys;
}

double read_share(const Node& node, double most) {
  const double share = node.number();
  if (!(share >= 0 && share <= most)) node.fail_expected(formatted("a number from 0 to {}", most));
  return share;
}

double read_mean(const Node& node) {
  const double mean = node.number();
  if (!(mean > 0 && mean <= double(kLargestSize))) node.fail_expected("a number above 0, at most 2147483647");
  return mean;
}

std::vector<double> read_means(const Node& node) {
  if (!node.is_list()) return {read_mean(node)};
  if (node.size() > kMostProblems) fail_too_many(node);
  std::vector<double> means;
  for (std::size_t i = 0; i < node.size(); ++i) means.push_back(read_mean(node.item(i)));
  return means;
}

void read_exact_sizes(const Node& node, Groups& groups) {
  if (node.size() > std::size_t{kMostGroups}) node.fail(formatted("more than {} groups", kMostGroups));
  for (std::size_t i = 0; i < node.size(); ++i) groups.sizes.push_back(node.item(i).integer(0, kLargestSize));
  if (groups.count != 0 && groups.count != std::int64_t(groups.sizes.size()))
    node.fail(formatted("{} sizes of {} groups", groups.sizes.size(), groups.count));
  if (std::ranges::all_of(groups.sizes, [](std::int64_t size) { return size == 0; }))
    node.fail("at least one group needs rows");
  groups.count = std::int64_t(groups.sizes.size());
}

/// What sizes are drawn with.
void read_drawing(const Node& node, Groups& groups) {
  if (const auto spread = node.find("spread")) groups.spread = read_share(*spread, 1);
  if (const auto routing = node.find("routing")) {
    groups.routing = routing->text();
    if (const auto complaint = complaint_about_routing(groups.routing)) routing->fail(*complaint);
    if (groups.spread != 0) node.fail("sizes follow from \"spread\" or from \"routing\"; give one of them");
  }
  if (const auto empty = node.find("empty")) {
    groups.empty = read_share(*empty, 1);
    if (groups.empty == 1) empty->fail("a number below 1: at least one group needs rows");
  }
  if (const auto seed = node.find("seed")) groups.seed = seed->integer(0, kLargestSize);
}

void read_layout(const Node& node, Groups& groups) {
  groups.alignment = 128;
  if (const auto alignment = node.find("alignment")) {
    groups.alignment = alignment->integer(1, 128);
    if (groups.alignment != 1 && groups.alignment != 32 && groups.alignment != 64 && groups.alignment != 128)
      alignment->fail_expected("one of 1, 32, 64, 128");
  }
  groups.offsets = groups.alignment == 1;
  if (const auto layout = node.find("layout")) {
    const std::string word = layout->text();
    if (word != "indices" && word != "offsets") layout->fail_expected("one of indices, offsets");
    groups.offsets = word == "offsets";
  }
  if (groups.alignment == 1 && !groups.offsets)
    node.fail("groups of alignment 1 are given by offsets: \"layout\": \"offsets\"");
}

/// Of an entry with several means, each in turn.
std::vector<Groups> read_groups(const Node& node, Shares shares) {
  Groups groups;
  if (const auto count = node.find("groups")) groups.count = count->integer(1, kMostGroups);
  if (shares == Shares::rows) read_layout(node, groups);
  if (shares == Shares::padded_rows) groups.max_m = node.member("max_m").integer(1, kLargestSize);
  const auto means = node.find(mean_key(shares));
  const auto sizes = node.find("group_sizes");
  if (means.has_value() == sizes.has_value())
    node.fail(formatted("give either \"{}\" or \"group_sizes\"", mean_key(shares)));
  if (sizes) {
    for (const char* key : {"spread", "routing", "empty", "seed"})
      if (const auto drawn = node.find(key)) drawn->fail("has no meaning beside \"group_sizes\"");
    read_exact_sizes(*sizes, groups);
    return {groups};
  }
  if (groups.count == 0) node.fail("\"groups\" is missing");
  read_drawing(node, groups);
  std::vector<Groups> all;
  for (const double mean : read_means(*means)) {
    all.push_back(groups);
    all.back().mean = mean;
  }
  return all;
}

double rows_of(const Groups& groups) {
  double rows = double(groups.count) * groups.mean;
  for (const std::int64_t size : groups.sizes) rows += double(size);
  return rows;
}

void check(const SetProblem& p, Shares shares, const Node& node) {
  const Groups& groups = p.groups;
  if (shares == Shares::padded_rows) {
    const std::int64_t most =
        groups.sizes.empty() ? std::int64_t(std::ceil(groups.mean)) : *std::ranges::max_element(groups.sizes);
    if (most > groups.max_m)
      node.fail(formatted("max_m {} has no room for a group of {} rows", groups.max_m, most));
  }
  const double m = shares == Shares::rows          ? rows_of(groups)
                   : shares == Shares::padded_rows ? double(groups.count) * double(groups.max_m)
                                                   : double(p.problem.m);
  const double k = shares == Shares::inner ? rows_of(groups) : double(p.problem.k);
  const double n = double(p.problem.n) * double(std::max<std::int64_t>(groups.count, 1));
  if (!(2 * m * n * k < 0x1p63 && 16 * (m + n) * (k + n) < 0x1p63))
    node.fail("m x n x k is too large: the work of " + describe(p) + " does not fit 64 bits");
}

std::string number(double value) {
  return formatted("{}", value);
}

}  // namespace

const PlannedKernel* find_planned(std::string_view kernel) {
  const auto* const found = std::ranges::find(kPlanned, kernel, &PlannedKernel::name);
  return found == kPlanned.end() || family::find(kernel) != nullptr ? nullptr : found;
}

const PlannedKernel* planned_kernel(const Node& entry) {
  const auto kernel = entry.is_object() ? entry.find("kernel") : std::nullopt;
  return kernel && kernel->is_text() ? find_planned(kernel->text()) : nullptr;
}

std::optional<std::string> complaint_about_routing(std::string_view routing) {
  constexpr std::string_view kZipf = "zipf:";
  if (routing == "uniform" || routing == "one_hot") return std::nullopt;
  double steepness = 0;
  if (routing.starts_with(kZipf) && parse_whole(routing.substr(kZipf.size()), steepness) && steepness > 0 &&
      steepness <= kSteepestZipf)
    return std::nullopt;
  return "expected uniform, one_hot or zipf:S with S above 0, at most 10, got " + quote(routing);
}

std::vector<SetProblem> read_planned(const Node& node, const PlannedKernel& kernel) {
  node.allow(keys_of(kernel.shares));
  SetProblem each;
  each.problem.kernel = kernel.name;
  read_form_and_label(node, each.problem);
  const bool has_m = kernel.shares == Shares::nothing || kernel.shares == Shares::inner;
  const std::vector<std::int64_t> none = {0};
  const auto m = has_m ? read_sizes(node.member("m")) : none;
  const auto n = read_sizes(node.member("n"));
  const auto k = kernel.shares == Shares::inner ? none : read_sizes(node.member("k"));
  const auto groups =
      kernel.shares == Shares::nothing ? std::vector<Groups>(1) : read_groups(node, kernel.shares);
  // As doubles: four lists of the most sizes do not fit 64 bits.
  if (double(m.size()) * double(n.size()) * double(k.size()) * double(groups.size()) > double(kMostProblems))
    fail_too_many(node);
  std::vector<SetProblem> problems;
  for (const std::int64_t each_m : m)
    for (const Groups& each_groups : groups)
      for (const std::int64_t each_n : n)
        for (const std::int64_t each_k : k) {
          each.problem.m = each_m, each.problem.n = each_n, each.problem.k = each_k;
          each.groups = each_groups;
          check(each, kernel.shares, node);
          problems.push_back(each);
        }
  return problems;
}

std::string describe(const SetProblem& set_problem) {
  const auto& [p, groups] = set_problem;
  if (groups.count == 0) return describe(p);
  std::string text = p.kernel + ":groups=" + std::to_string(groups.count);
  const auto add = [&text](const char* key, const std::string& value) {
    text += "," + std::string(key) + "=" + value;
  };
  const char* const mean = p.k == 0 ? "k_per_group" : "m_per_group";
  if (groups.sizes.empty()) add(mean, number(groups.mean));
  for (std::size_t i = 0; i < groups.sizes.size(); ++i)
    text += (i == 0 ? ",group_sizes=" : "/") + std::to_string(groups.sizes[i]);
  if (groups.spread != 0) add("spread", number(groups.spread));
  if (!groups.routing.empty()) add("routing", groups.routing);
  if (groups.empty != 0) add("empty", number(groups.empty));
  if (groups.seed != 0) add("seed", std::to_string(groups.seed));
  if (groups.alignment != 0 && groups.alignment != 128) add("alignment", std::to_string(groups.alignment));
  if (groups.offsets && groups.alignment != 1) add("layout", "offsets");
  if (groups.max_m != 0) add("max_m", std::to_string(groups.max_m));
  if (p.m != 0) add("m", std::to_string(p.m));
  add("n", std::to_string(p.n));
  if (p.k != 0) add("k", std::to_string(p.k));
  const std::string form = describe_form(p);
  return form.empty() ? text : text + "," + form;
}

}  // namespace gemmtune::input
