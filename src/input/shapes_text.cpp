#include "input/shapes_text.h"

#include "core/json.h"
#include "core/run.h"
#include "util/format.h"
#include "util/text.h"

#include <cmath>
#include <vector>

namespace gemmtune::input {

namespace {

std::string in_quotes(const std::string& text) {
  return json_text(Json(text));
}

std::string number(double value) {
  return value == std::floor(value) && std::abs(value) < 1e15 ? std::to_string(std::int64_t(value))
                                                              : json_text(Json(value));
}

std::string number(std::int64_t value) {
  return std::to_string(value);
}

/// `64`, or `[1, 16, 64]`.
template <typename Number>
std::string numbers(const std::vector<Number>& values) {
  if (values.size() == 1) return number(values.front());
  std::vector<std::string> texts;
  for (const Number& value : values) texts.push_back(number(value));
  return "[" + join(texts, ", ") + "]";
}

/// What entries with lists share, and the lists.
struct Entry {
  SetProblem shared;
  std::vector<std::int64_t> m;
  std::vector<double> means;
};

std::string word(std::string_view text) {
  return in_quotes(std::string(text));
}

class Members {
 public:
  void add(const char* key, const std::string& value) {
    text_ += (text_.empty() ? "\"" : ", \"") + std::string(key) + "\": " + value;
  }
  std::string take() { return "{ " + text_ + " }"; }

 private:
  std::string text_;
};

void add_groups(const Entry& entry, Members& members) {
  const Groups& groups = entry.shared.groups;
  members.add("groups", number(groups.count));
  if (groups.sizes.empty())
    members.add(entry.shared.problem.k == 0 ? "k_per_group" : "m_per_group", numbers(entry.means));
  else
    members.add("group_sizes",
                groups.sizes.size() == 1 ? "[" + numbers(groups.sizes) + "]" : numbers(groups.sizes));
  if (groups.spread != 0) members.add("spread", number(groups.spread));
  if (!groups.routing.empty()) members.add("routing", in_quotes(groups.routing));
  if (groups.empty != 0) members.add("empty", number(groups.empty));
  if (groups.seed != 0) members.add("seed", number(groups.seed));
  if (groups.alignment != 0) members.add("alignment", number(groups.alignment));
  if (groups.alignment != 0) members.add("layout", word(groups.offsets ? "offsets" : "indices"));
  if (groups.max_m != 0) members.add("max_m", number(groups.max_m));
}

std::string line(const Entry& entry) {
  const Problem& p = entry.shared.problem;
  const Problem defaults;
  Members members;
  if (!p.name.empty()) members.add("name", in_quotes(p.name));
  members.add("kernel", in_quotes(p.kernel));
  if (entry.shared.groups.count != 0) add_groups(entry, members);
  if (p.m != 0) members.add("m", entry.shared.groups.count == 0 ? numbers(entry.m) : number(p.m));
  members.add("n", number(p.n));
  if (p.k != 0) members.add("k", number(p.k));
  if (p.out != defaults.out) members.add("out", word(to_string(p.out)));
  if (p.accumulate) members.add("accumulate", "true");
  if (p.recipe != defaults.recipe) members.add("recipe", word(to_string(p.recipe)));
  if (p.data != defaults.data) members.add("data", word(to_string(p.data)));
  if (p.a_pitch != 0) members.add("a_pitch", number(p.a_pitch));
  if (p.b_pitch != 0) members.add("b_pitch", number(p.b_pitch));
  if (p.d_pitch != 0) members.add("d_pitch", number(p.d_pitch));
  members.add("weight", number(p.weight));
  return members.take();
}

/// Whether the problem goes into the entry: nothing but its M, or its groups' mean, is another.
bool joins(const SetProblem& problem, const Entry& entry) {
  SetProblem like = problem;
  if (problem.groups.count == 0)
    like.problem.m = entry.shared.problem.m;
  else
    like.groups.mean = entry.shared.groups.mean;
  return problem.groups.sizes.empty() && like.problem.name == entry.shared.problem.name &&
         like.problem.weight == entry.shared.problem.weight && describe(like) == describe(entry.shared);
}

}  // namespace

std::string shapes_text(const std::string& name, const std::string& description,
                        std::span<const SetProblem> problems) {
  std::vector<Entry> entries;
  for (const SetProblem& problem : problems) {
    if (entries.empty() || !joins(problem, entries.back())) entries.push_back({problem, {}, {}});
    entries.back().m.push_back(problem.problem.m);
    entries.back().means.push_back(problem.groups.mean);
  }
  std::string text =
      formatted("{{\n  \"schema\": {},\n  \"name\": {},\n  \"description\": {},\n  \"problems\": [\n",
                word(kShapesSchema), in_quotes(name), in_quotes(description));
  for (const Entry& entry : entries)
    text += "    " + line(entry) + (&entry == &entries.back() ? "\n" : ",\n");
  return text + "  ]\n}\n";
}

}  // namespace gemmtune::input
