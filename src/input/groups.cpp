#include "input/groups.h"

#include "core/groups.h"
#include "input/complaint.h"
#include "input/problem_fields.h"
#include "util/format.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace gemmtune::input {

namespace {

constexpr std::int64_t kLargestSize = std::numeric_limits<std::int32_t>::max();

const char* mean_key(operation::Groups groups) {
  return groups == operation::Groups::inner ? "k_per_group" : "m_per_group";
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

/// A flag says one size without a list.
void read_exact_sizes(const Node& node, Problem& p) {
  const std::size_t count = node.whole() ? 1 : node.size();
  if (count > std::size_t{kMostGroups}) node.fail(formatted("more than {} groups", kMostGroups));
  for (std::size_t i = 0; i < count; ++i)
    p.group_sizes.push_back((node.whole() ? node : node.item(i)).integer(0, kLargestSize));
  if (p.groups != 0 && p.groups != std::int64_t(count))
    node.fail(formatted("{} sizes of {} groups", count, p.groups));
  if (std::ranges::all_of(p.group_sizes, [](std::int64_t size) { return size == 0; }))
    node.fail("at least one group needs rows");
  p.groups = std::int64_t(count);
}

/// What sizes are drawn with.
void read_drawing(const Node& node, Problem& p) {
  if (const auto spread = node.find("spread")) p.spread = read_share(*spread, 1);
  if (const auto routing = node.find("routing")) {
    p.routing = routing->text();
    if (const auto complaint = complaint_about_routing(p.routing)) routing->fail(*complaint);
    if (p.spread != 0) node.fail("sizes follow from \"spread\" or from \"routing\"; give one of them");
  }
  if (const auto empty = node.find("empty")) {
    p.empty = read_share(*empty, 1);
    if (p.empty == 1) empty->fail("a number below 1: at least one group needs rows");
  }
  if (const auto seed = node.find("seed")) p.group_seed = seed->integer(0, kLargestSize);
}

void read_layout(const Node& node, Problem& p) {
  p.alignment = kUsualAlignment;
  if (const auto alignment = node.find("alignment")) {
    p.alignment = alignment->integer(1, 128);
    if (p.alignment != 1 && p.alignment != 32 && p.alignment != 64 && p.alignment != 128)
      alignment->fail_expected("one of 1, 32, 64, 128");
  }
  p.layout = usual_layout(p.alignment);
  if (const auto layout = node.find("layout")) {
    p.layout = layout->text();
    if (p.layout != "indices" && p.layout != "offsets") layout->fail_expected("one of indices, offsets");
  }
  if (p.alignment == 1 && p.layout != "offsets")
    node.fail("groups of alignment 1 are given by offsets: \"layout\": \"offsets\"");
}

void check_room(const Problem& p, double mean, const Node& node) {
  const std::int64_t most =
      p.group_sizes.empty() ? std::int64_t(std::ceil(mean)) : *std::ranges::max_element(p.group_sizes);
  if (is_masked(p) && most > p.max_m)
    node.fail(formatted("max_m {} has no room for a group of {} rows", p.max_m, most));
}

double rows_of_all(const Problem& p) {
  double rows = double(p.groups) * (p.m_per_group + p.k_per_group);
  for (const std::int64_t size : p.group_sizes) rows += double(size);
  return rows;
}

}  // namespace

std::optional<std::string> complaint_about_routing(std::string_view routing) {
  if (is_routing(routing)) return std::nullopt;
  return "expected uniform, one_hot or zipf:S with S above 0, at most 10, got " + quote(routing);
}

std::vector<double> read_groups(const Node& node, operation::Groups groups, Problem& p) {
  if (groups == operation::Groups::none) return {0};
  if (const auto count = node.find("groups")) p.groups = count->integer(1, kMostGroups);
  if (groups == operation::Groups::contiguous) read_layout(node, p);
  if (groups == operation::Groups::masked) p.max_m = node.member("max_m").integer(1, kLargestSize);
  const auto means = node.find(mean_key(groups));
  const auto sizes = node.find("group_sizes");
  if (means.has_value() == sizes.has_value())
    node.fail(formatted("give either \"{}\" or \"group_sizes\"", mean_key(groups)));
  if (sizes) {
    for (const char* key : {"spread", "routing", "empty", "seed"})
      if (const auto drawn = node.find(key)) drawn->fail("has no meaning beside \"group_sizes\"");
    read_exact_sizes(*sizes, p);
    return {0};
  }
  if (p.groups == 0) node.fail("\"groups\" is missing");
  read_drawing(node, p);
  return read_means(*means);
}

void settle_groups(Problem& p, double mean, const Node& node) {
  if (!is_grouped(p)) return;
  check_room(p, mean, node);
  (shares_out_inner(p) ? p.k_per_group : p.m_per_group) = mean;
  if (!p.routing.empty() && rows_of_all(p) > double(kMostRoutedRows))
    node.fail(
        formatted("\"routing\" draws the group of each row, of at most {}; \"spread\" has no such limit",
                  kMostRoutedRows));
  set_size_from_groups(p);
}

Extent extent_of(const Problem& p) {
  const double rows = rows_of_all(p), groups = double(p.groups);
  if (is_masked(p)) return {groups * double(p.max_m), groups * double(p.n), double(p.k)};
  if (is_contiguous(p)) return {rows + groups * double(p.alignment), groups * double(p.n), double(p.k)};
  if (shares_out_inner(p)) return {double(p.m), groups * double(p.n), rows};
  return {double(p.m), double(p.n), double(p.k)};
}

}  // namespace gemmtune::input
