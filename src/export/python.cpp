// A Python module that holds the table, for any Python 3.
#include "core/json.h"
#include "export/formats.h"
#include "export/literals.h"
#include "export/table_reader.h"

namespace gemmtune::exports {

namespace {

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

std::string entry_text(const TableEntry& entry) {
  const Problem& p = entry.problem;
  const auto member = [](const char* name, std::int64_t value) {
    return std::string(", \"") + name + "\": " + std::to_string(value);
  };
  std::string text = "    {\"kernel\": " + string_literal(p.kernel) + member("m", p.m) + member("n", p.n) +
                     member("k", p.k) + ", \"out\": " + string_literal(to_string(p.out)) +
                     member("accumulate", p.accumulate) + member("a_pitch", p.a_pitch) +
                     member("b_pitch", p.b_pitch) + member("d_pitch", p.d_pitch) + ",\n     \"config\": {";
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
    Problem& p = read.problem;
    p.kernel = line.at("kernel");
    p.m = line.at("m"), p.n = line.at("n"), p.k = line.at("k");
    if (line.at("out") == "fp32") p.out = OutputType::fp32;
    p.accumulate = line.at("accumulate") == 1;
    p.a_pitch = line.at("a_pitch"), p.b_pitch = line.at("b_pitch"), p.d_pitch = line.at("d_pitch");
    read.config = line.at("config").get<Config>();
    read.time_us = line.at("time_us");
    entries.push_back(read);
  }
  return what_every_m_gets(entries, source);
}

}  // namespace gemmtune::exports
