#include "input/problem_fields.h"

#include "core/fields_of_problem.h"
#include "family/family.h"
#include "input/complaint.h"
#include "input/groups.h"
#include "operation/operation.h"
#include "util/error.h"
#include "util/text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <variant>

namespace gemmtune::input {

namespace {

using operation::Groups;

/// A kernel that problem sets may name although this build lacks it.
struct PlannedKernel {
  std::string_view name;
  Groups groups;
};

constexpr std::array<PlannedKernel, 1> kPlanned = {{{"k_grouped_1d1d", Groups::inner}}};

/// Null when there is none of that name, or this build has it.
const PlannedKernel* find_planned(std::string_view kernel) {
  const auto* const found = std::ranges::find(kPlanned, kernel, &PlannedKernel::name);
  return found == kPlanned.end() || family::find(kernel) != nullptr ? nullptr : found;
}

Groups groups_of(std::string_view kernel) {
  if (const PlannedKernel* const planned = find_planned(kernel)) return planned->groups;
  const operation::Operation* const known = operation::find(kernel);
  return known == nullptr ? Groups::none : known->groups;
}

/// Whether an entry may have the field when groups share out that.
bool applies(const ProblemField& field, Groups groups) {
  const std::string_view key = field.key;
  const bool rows = groups == Groups::contiguous || groups == Groups::masked;
  if (key == "m") return !rows;
  if (key == "k") return groups != Groups::inner;
  if (key == "m_per_group") return rows;
  if (key == "k_per_group") return groups == Groups::inner;
  if (key == "alignment" || key == "layout") return groups == Groups::contiguous;
  if (key == "max_m") return groups == Groups::masked;
  return field.columns != nullptr ? groups == Groups::none
                                  : (field.is & ProblemField::kGroups) == 0 || groups != Groups::none;
}

std::vector<std::string_view> keys_of(Groups groups) {
  std::vector<std::string_view> keys;
  for (const ProblemField& field : kProblemFields)
    if (applies(field, groups)) keys.emplace_back(field.key);
  return keys;
}

/// TMA coordinates are 32-bit and signed.
constexpr std::int64_t kLargestSize = std::numeric_limits<std::int32_t>::max();
constexpr double kLargestWeight = 1e9;

// What has a default, by its type: a word, a row pitch, true or false, a weight, a name.

template <typename Enum>
void read(const Node& node, Enum& into) {
  const std::string text = node.text();
  if (const auto value = parse_name<Enum>(text)) {
    into = *value;
    return;
  }
  std::vector<std::string_view> words;
  std::string known;
  for (const auto& [value, name] : names(Enum{})) {
    words.push_back(name);
    known += (known.empty() ? "" : ", ") + std::string(name);
  }
  node.fail("expected one of " + known + ", got " + quote(text) + did_you_mean(text, words));
}

void read(const Node& node, std::int64_t& pitch) {
  pitch = node.integer(1, kLargestSize);
}

void read(const Node& node, bool& into) {
  into = node.boolean();
}

void read(const Node& node, double& weight) {
  weight = node.number();
  if (!(weight > 0 && weight <= kLargestWeight)) node.fail_expected("a number above 0, at most 1e9");
}

void read(const Node& node, std::string& name) {
  name = node.label();
}

/// No field without groups is a list.
void read(const Node&, std::vector<std::int64_t>&) {}

/// Rows without a gap have one spelling, 0. Refuses rows that overlap.
void settle_pitch(std::int64_t& pitch, std::int64_t columns, const char* key, const Node& node) {
  if (pitch != 0 && pitch < columns)
    node.fail(std::string(key) + " " + std::to_string(pitch) + " is less than the " +
              std::to_string(columns) + " elements of a row");
  if (pitch == columns) pitch = 0;
}

void settle_pitches(Problem& p, const Node& node) {
  for (const ProblemField& field : kProblemFields)
    if (field.columns != nullptr)
      settle_pitch(p.*std::get<std::int64_t Problem::*>(field.member), p.*field.columns, field.key, node);
}

/// Operations, and bytes: at most 16 an element of what is read, written and kept to judge it.
bool fits_64_bits(const Problem& p) {
  const auto [m, n, k] = extent_of(p);
  const double elements = m * std::max(k, double(p.a_stride())) + n * std::max(k, double(p.b_stride())) +
                          m * double(p.d_stride());
  return 2.0 * m * n * k < 0x1p63 && 16.0 * elements < 0x1p63;
}

/// One size, or a list of at most kMostProblems.
std::vector<std::int64_t> read_sizes(const Node& node) {
  if (!node.is_list()) return {node.integer(1, kLargestSize)};
  if (node.size() > kMostProblems) fail_too_many(node);
  std::vector<std::int64_t> sizes;
  for (std::size_t i = 0; i < node.size(); ++i) sizes.push_back(node.item(i).integer(1, kLargestSize));
  return sizes;
}

/// What has a default, groups aside: output, data, pitches, weight, name.
void read_form_and_label(const Node& node, Problem& problem) {
  for (const ProblemField& field : kProblemFields)
    if ((field.is & (ProblemField::kForm | ProblemField::kLabel)) != 0 &&
        (field.is & ProblemField::kGroups) == 0)
      if (const auto found = node.find(field.key))
        std::visit([&](auto member) { read(*found, problem.*member); }, field.member);
}

}  // namespace

std::string read_kernel(const Node& node) {
  const std::string kernel = node.text();
  try {
    family::require(kernel);
  } catch (const UserError& error) {
    node.fail(error.what());
  }
  return kernel;
}

bool is_planned(std::string_view kernel) {
  return find_planned(kernel) != nullptr;
}

void fail_too_many(const Node& node) {
  node.fail("more than " + std::to_string(kMostProblems) + " problems after expansion; split the file");
}

std::vector<Problem> ProblemEntry::expand(const Node& node) const {
  std::vector<Problem> problems;
  problems.reserve(count());
  for (const std::int64_t each_m : m)
    for (const double mean : means)
      for (const std::int64_t each_n : n)
        for (const std::int64_t each_k : k) {
          Problem problem = shared;
          problem.m = each_m, problem.n = each_n, problem.k = each_k;
          settle_groups(problem, mean, node);
          settle_pitches(problem, node);
          if (!fits_64_bits(problem))
            node.fail("m x n x k is too large: the work of " + describe(problem) + " does not fit 64 bits");
          problems.push_back(std::move(problem));
        }
  return problems;
}

ProblemEntry read_problem(const Node& node) {
  ProblemEntry entry;
  Problem& problem = entry.shared;
  const auto named = node.is_object() ? node.find("kernel") : std::nullopt;
  const Groups groups = named && named->is_text() ? groups_of(named->text()) : Groups::none;
  node.allow(keys_of(groups));
  const Node kernel = node.member("kernel");
  problem.kernel = is_planned(kernel.text()) ? kernel.text() : read_kernel(kernel);
  const auto sizes = [&](const char* key) {
    return applies(field_named(key), groups) ? read_sizes(node.member(key)) : std::vector<std::int64_t>{0};
  };
  entry.m = sizes("m");
  entry.n = sizes("n");
  entry.k = sizes("k");
  entry.means = read_groups(node, groups, problem);
  read_form_and_label(node, problem);
  return entry;
}

}  // namespace gemmtune::input
