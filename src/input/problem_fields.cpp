#include "input/problem_fields.h"

#include "family/family.h"
#include "input/complaint.h"
#include "util/error.h"
#include "util/text.h"

#include <array>
#include <cmath>
#include <limits>

namespace gemmtune::input {

namespace {

constexpr std::array<std::string_view, 13> kKeys = {"name",    "kernel",     "m",      "n",    "k",
                                                    "out",     "accumulate", "recipe", "data", "weight",
                                                    "a_pitch", "b_pitch",    "d_pitch"};
/// TMA coordinates are 32-bit and signed.
constexpr std::int64_t kLargestSize = std::numeric_limits<std::int32_t>::max();
constexpr double kLargestWeight = 1e9;

template <typename Enum>
void read_word(const Node& object, std::string_view key, Enum& into) {
  const auto node = object.find(key);
  if (!node) return;
  const std::string text = node->text();
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
  node->fail("expected one of " + known + ", got " + quote(text) + did_you_mean(text, words));
}

std::int64_t read_pitch(const Node& object, std::string_view key) {
  const auto node = object.find(key);
  return node ? node->integer(1, kLargestSize) : 0;
}

/// Rows without a gap have one spelling, 0. Refuses rows that overlap.
void settle_pitch(std::int64_t& pitch, std::int64_t columns, const char* key, const Node& node) {
  if (pitch != 0 && pitch < columns)
    node.fail(std::string(key) + " " + std::to_string(pitch) + " is less than the " +
              std::to_string(columns) + " elements of a row");
  if (pitch == columns) pitch = 0;
}

/// Operations, and bytes: at most 16 an element of what is read, written and kept to judge it.
bool fits_64_bits(const Problem& p) {
  const double m = double(p.m), n = double(p.n);
  const double elements = m * double(p.a_stride()) + n * double(p.b_stride()) + m * double(p.d_stride());
  return 2.0 * m * n * double(p.k) < 0x1p63 && 16.0 * elements < 0x1p63;
}

double read_weight(const Node& node) {
  const double weight = node.number();
  if (!(weight > 0 && weight <= kLargestWeight)) node.fail_expected("a number above 0, at most 1e9");
  return weight;
}

}  // namespace

std::vector<std::int64_t> read_sizes(const Node& node) {
  if (!node.is_list()) return {node.integer(1, kLargestSize)};
  if (node.size() > kMostProblems) fail_too_many(node);
  std::vector<std::int64_t> sizes;
  for (std::size_t i = 0; i < node.size(); ++i) sizes.push_back(node.item(i).integer(1, kLargestSize));
  return sizes;
}

void fail_too_many(const Node& node) {
  node.fail("more than " + std::to_string(kMostProblems) + " problems after expansion; split the file");
}

std::vector<Problem> ProblemEntry::expand(const Node& node) const {
  std::vector<Problem> problems;
  problems.reserve(count());
  for (const std::int64_t each_m : m)
    for (const std::int64_t each_n : n)
      for (const std::int64_t each_k : k) {
        Problem problem = shared;
        problem.m = each_m, problem.n = each_n, problem.k = each_k;
        settle_pitch(problem.a_pitch, each_k, "a_pitch", node);
        settle_pitch(problem.b_pitch, each_k, "b_pitch", node);
        settle_pitch(problem.d_pitch, each_n, "d_pitch", node);
        if (!fits_64_bits(problem))
          node.fail("m x n x k is too large: the work of " + describe(problem) + " does not fit 64 bits");
        problems.push_back(std::move(problem));
      }
  return problems;
}

std::string read_kernel(const Node& node) {
  const std::string kernel = node.text();
  try {
    family::require(kernel);
  } catch (const UserError& error) {
    node.fail(error.what());
  }
  return kernel;
}

void read_form_and_label(const Node& node, Problem& problem) {
  read_word(node, "out", problem.out);
  read_word(node, "recipe", problem.recipe);
  read_word(node, "data", problem.data);
  if (const auto accumulate = node.find("accumulate")) problem.accumulate = accumulate->boolean();
  problem.a_pitch = read_pitch(node, "a_pitch");
  problem.b_pitch = read_pitch(node, "b_pitch");
  problem.d_pitch = read_pitch(node, "d_pitch");
  if (const auto weight = node.find("weight")) problem.weight = read_weight(*weight);
  if (const auto name = node.find("name")) problem.name = name->label();
}

ProblemEntry read_problem(const Node& node) {
  node.allow(kKeys);
  ProblemEntry entry;
  Problem& problem = entry.shared;
  problem.kernel = read_kernel(node.member("kernel"));
  entry.m = read_sizes(node.member("m"));
  entry.n = read_sizes(node.member("n"));
  entry.k = read_sizes(node.member("k"));
  read_form_and_label(node, problem);
  return entry;
}

}  // namespace gemmtune::input
