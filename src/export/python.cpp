// A Python module that holds the table, for any Python 3.
#include "core/fields_of_problem.h"
#include "core/json.h"
#include "export/formats.h"
#include "export/literals.h"
#include "export/table_reader.h"

#include <cstdint>
#include <string>
#include <variant>

namespace gemmtune::exports {

namespace {

static_assert(looks_up_by({"kernel", "n", "k", "out", "accumulate", "a_pitch", "b_pitch", "d_pitch"}),
              "tables answer by other fields than find() below");

constexpr const char* kHead =
    R"("""Which configuration to launch for which problem: a tuning table of gemmtune.

Made by "gemmtune export --format python"; do not edit. No dependency.
"""

)";

constexpr const char* kFind = R"(
_SERIES = {}
for _entry in ENTRIES:
    _key = tuple(_entry[name] for name in ("kernel", "n", "k", "out", "accumulate", "a_pitch", "b_pitch", "d_pitch"))
    _SERIES.setdefault(_key, {}).setdefault(_entry["m"], _entry)

def find(kernel, m, n, k, out="bf16", accumulate=False, a_pitch=0, b_pitch=0, d_pitch=0):
    """(match, entry) for a problem. Row pitches are in elements; 0: no gap.

    match is "exact" (tuned for this M), "bucket" (for the next larger M), "largest" (M is above every tuned
    one: tuned for the largest) or "none" (another kernel, N, K or form), where entry is None.
    """
    gaps = (0 if a_pitch == k else a_pitch, 0 if b_pitch == k else b_pitch, 0 if d_pitch == n else d_pitch)
    series = _SERIES.get((kernel, n, k, out, int(accumulate)) + gaps)
    if series is None:
        return "none", None
    tuned = min((t for t in series if t >= m), default=None)
    if tuned is None:
        return "largest", series[max(series)]
    return ("exact" if tuned == m else "bucket"), series[tuned]
)";

constexpr const char* kBegin = "ENTRIES = [\n";
constexpr const char* kEnd = "\n]\n";

std::string upper(std::string name) {
  for (char& c : name)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return name;
}

/// A gap of 0 where there is none.
std::string literal(const Problem& problem, const ProblemField& field) {
  if (field.columns != nullptr && is_default(problem, field)) return "0";
  return std::visit(
      Overloaded{[](bool truth) { return std::to_string(int{truth}); },
                 [](std::int64_t number) { return std::to_string(number); },
                 [](double number) { return number_literal(number); },
                 [](const std::string& text) { return string_literal(text); },
                 [](const std::vector<std::int64_t>& list) { return string_literal(text_of(list)); }},
      value_of(problem, field));
}

std::string entry_text(const TableEntry& entry) {
  std::string text = "    {";
  for (const ProblemField& field : kProblemFields)
    if (in_answers(field)) text += string_literal(field.key) + ": " + literal(entry.problem, field) + ", ";
  text.back() = '\n';
  text += "     \"config\": {";
  const char* before = "";
  for (const auto& [name, value] : entry.config) {
    text += before + string_literal(name) + ": " + std::to_string(value);
    before = ", ";
  }
  return text + "},\n     \"time_us\": " + number_literal(entry.time_us) +
         ", \"config_id\": " + string_literal(config_id(entry.config)) +
         ", \"kernel_hash\": " + string_literal(entry.kernel_hash) + "}";
}

}  // namespace

Files write_python(const Source& source) {
  refuse_groups(source, "python");
  parameters_of(source);
  std::string text = kHead;
  for (const Constant& constant : provenance(source))
    text += upper(constant.name) + " = " + string_literal(constant.value) + "\n";
  text += std::string("\n") + kBegin;
  for (const TableEntry& entry : source.table.entries)
    text += (&entry == &source.table.entries.front() ? "" : ",\n") + entry_text(entry);
  return {{"", text + kEnd + kFind}};
}

report::Grid read_back_python(const Files& files, const Source& source) {
  std::vector<ReadEntry> entries;
  for (const Json& line : parse_json(json_between(files.at(0).bytes, kBegin, kEnd, /*braces=*/false))) {
    ReadEntry read;
    read.problem = problem_of([&](const char* key) { return plain_text(line.at(key)); });
    read.config = line.at("config").get<Config>();
    read.time_us = line.at("time_us");
    entries.push_back(read);
  }
  return what_every_m_gets(entries, source);
}

}  // namespace gemmtune::exports
