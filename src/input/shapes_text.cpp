#include "input/shapes_text.h"

#include "core/groups.h"
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
  Problem shared;
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
  const Problem& p = entry.shared;
  members.add("groups", number(p.groups));
  if (p.group_sizes.empty())
    members.add(shares_out_inner(p) ? "k_per_group" : "m_per_group", numbers(entry.means));
  else
    members.add("group_sizes",
                p.group_sizes.size() == 1 ? "[" + numbers(p.group_sizes) + "]" : numbers(p.group_sizes));
  if (p.spread != 0) members.add("spread", number(p.spread));
  if (!p.routing.empty()) members.add("routing", in_quotes(p.routing));
  if (p.empty != 0) members.add("empty", number(p.empty));
  if (p.group_seed != 0) members.add("seed", number(p.group_seed));
  if (p.alignment != 0) members.add("alignment", number(p.alignment));
  if (!p.layout.empty()) members.add("layout", in_quotes(p.layout));
  if (p.max_m != 0) members.add("max_m", number(p.max_m));
}

std::string line(const Entry& entry) {
  const Problem& p = entry.shared;
  const Problem defaults;
  Members members;
  if (!p.name.empty()) members.add("name", in_quotes(p.name));
  members.add("kernel", in_quotes(p.kernel));
  if (is_grouped(p)) add_groups(entry, members);
  if (!shares_out_rows(p)) members.add("m", is_grouped(p) ? number(p.m) : numbers(entry.m));
  members.add("n", number(p.n));
  if (!shares_out_inner(p)) members.add("k", number(p.k));
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
bool joins(const Problem& problem, const Entry& entry) {
  Problem like = problem;
  if (is_grouped(problem))
    like.m_per_group = entry.shared.m_per_group, like.k_per_group = entry.shared.k_per_group;
  else
    like.m = entry.shared.m;
  return problem.group_sizes.empty() && like.name == entry.shared.name &&
         like.weight == entry.shared.weight && describe(like) == describe(entry.shared);
}

}  // namespace

std::string shapes_text(const std::string& name, const std::string& description,
                        std::span<const Problem> problems) {
  std::vector<Entry> entries;
  for (const Problem& problem : problems) {
    if (entries.empty() || !joins(problem, entries.back())) entries.push_back({problem, {}, {}});
    entries.back().m.push_back(problem.m);
    entries.back().means.push_back(problem.m_per_group + problem.k_per_group);
  }
  std::string text =
      formatted("{{\n  \"schema\": {},\n  \"name\": {},\n  \"description\": {},\n  \"problems\": [\n",
                word(kShapesSchema), in_quotes(name), in_quotes(description));
  for (const Entry& entry : entries)
    text += "    " + line(entry) + (&entry == &entries.back() ? "\n" : ",\n");
  return text + "  ]\n}\n";
}

}  // namespace gemmtune::input
