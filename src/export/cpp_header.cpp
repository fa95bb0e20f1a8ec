// A C++17 header that holds the table. Everything in it is constexpr: a problem whose sizes are known when a
// program is compiled costs nothing when it runs.
#include "core/fields_of_problem.h"
#include "core/json.h"
#include "export/formats.h"
#include "export/literals.h"
#include "export/table_reader.h"
#include "family/family.h"
#include "util/error.h"

namespace gemmtune::exports {

namespace {

static_assert(looks_up_by({"kernel", "n", "k", "out", "accumulate", "a_pitch", "b_pitch", "d_pitch"}),
              "tables answer by other fields than Form and find() below");

constexpr const char* kHead =
    R"(// Which configuration to launch for which problem: a tuning table of gemmtune.
// Made by "gemmtune export --format cpp-header"; do not edit. C++17, no dependency.
#pragma once

#include <cstdint>
#include <string_view>

)";

constexpr const char* kTypes = R"(
/// What problems of one kernel, N and K differ in besides M. Row pitches are in elements; 0: no gap.
struct Form {
  bool fp32_out = false;  ///< else BF16
  bool accumulate = false;
  std::int64_t a_pitch = 0, b_pitch = 0, d_pitch = 0;
};

struct Entry {
  std::string_view kernel;
  std::int64_t m, n, k;
  Form form;
  Config config;
  double time_us;  ///< median, when it was tuned
  std::string_view config_id, kernel_hash;
};

enum class Match {
  none,     ///< another kernel, N, K or form: there is no entry
  exact,    ///< tuned for this M
  bucket,   ///< tuned for the next larger M
  largest,  ///< M is above every tuned one: tuned for the largest
};

struct Found {
  Match match;
  const Entry* entry;  ///< null where there is none
};

)";

constexpr const char* kFind = R"(
constexpr Found find(std::string_view kernel, std::int64_t m, std::int64_t n, std::int64_t k,
                     const Form& form = {}) {
  const std::int64_t a = form.a_pitch == k ? 0 : form.a_pitch;
  const std::int64_t b = form.b_pitch == k ? 0 : form.b_pitch;
  const std::int64_t d = form.d_pitch == n ? 0 : form.d_pitch;
  const Entry* above = nullptr;
  const Entry* largest = nullptr;
  for (const Entry& entry : kEntries) {
    if (entry.n != n || entry.k != k || entry.kernel != kernel || entry.form.fp32_out != form.fp32_out ||
        entry.form.accumulate != form.accumulate || entry.form.a_pitch != a || entry.form.b_pitch != b ||
        entry.form.d_pitch != d)
      continue;
    if (entry.m >= m && (above == nullptr || entry.m < above->m)) above = &entry;
    if (largest == nullptr || entry.m > largest->m) largest = &entry;
  }
  if (above != nullptr) return {above->m == m ? Match::exact : Match::bucket, above};
  return {largest != nullptr ? Match::largest : Match::none, largest};
}

)";

constexpr const char* kBegin = "kEntries[] = {\n";
constexpr const char* kEnd = "\n};\n";

/// A parameter that only other kernels have.
constexpr std::int64_t kNoParameter = -1;

std::string constant_name(const std::string& name) {
  std::string text = "k" + name;
  text[1] = static_cast<char>(text[1] - 'a' + 'A');
  return text;
}

std::string entry_text(const TableEntry& entry, const std::set<std::string>& parameters) {
  const Problem& p = entry.problem;
  const auto word = [](bool value) { return value ? "true" : "false"; };
  std::string text = "    {" + string_literal(p.kernel);
  for (const std::int64_t size : {p.m, p.n, p.k}) text += ", " + std::to_string(size);
  text += std::string(", {") + word(p.out == OutputType::fp32) + ", " + word(p.accumulate);
  for (const std::int64_t pitch : {p.a_pitch, p.b_pitch, p.d_pitch}) text += ", " + std::to_string(pitch);
  text += "}, ";
  const char* before = "{";
  for (const std::string& name : parameters) {
    text += before + std::to_string(family::value_of(entry.config, name, p.kernel).value_or(kNoParameter));
    before = ", ";
  }
  return text + "}, " + number_literal(entry.time_us) + ", " + string_literal(config_id(entry.config)) +
         ", " + string_literal(entry.kernel_hash) + "}";
}

}  // namespace

Files write_cpp_header(const Source& source) {
  refuse_groups(source, "cpp-header");
  const std::set<std::string> parameters = parameters_of(source);
  std::string text = kHead;
  text += "namespace " + source.code_namespace + " {\n\n";
  for (const Constant& constant : provenance(source))
    text += "inline constexpr std::string_view " + constant_name(constant.name) + " = " +
            string_literal(constant.value) + ";\n";
  text += "\n/// Parameters of a configuration; -1: this kernel has no such parameter.\nstruct Config {\n";
  for (const std::string& name : parameters) text += "  std::int64_t " + name + ";\n";
  text += std::string("};\n") + kTypes + "inline constexpr Entry " + kBegin;
  for (const TableEntry& entry : source.table.entries)
    text += (&entry == &source.table.entries.front() ? "" : ",\n") + entry_text(entry, parameters);
  text += std::string(kEnd) + kFind + "}  // namespace " + source.code_namespace + "\n";
  return {{"", text}};
}

report::Grid read_back_cpp_header(const Files& files, const Source& source) {
  const std::string& text = files.at(0).bytes;
  std::vector<std::string> parameters;
  const std::string kMember = "  std::int64_t ";
  const std::size_t members = text.find("struct Config {\n"), end = text.find("};", members);
  for (std::size_t at = text.find(kMember, members); at < end; at = text.find(kMember, at + 1)) {
    const std::size_t name = at + kMember.size();
    parameters.push_back(text.substr(name, text.find(';', name) - name));
  }
  std::vector<ReadEntry> entries;
  for (const Json& line : parse_json(json_between(text, kBegin, kEnd, /*braces=*/true))) {
    const Json &form = line.at(4), &values = line.at(5);
    ReadEntry read;
    Problem& p = read.problem;
    p.kernel = line.at(0);
    p.m = line.at(1), p.n = line.at(2), p.k = line.at(3);
    if (form.at(0)) p.out = OutputType::fp32;
    p.accumulate = form.at(1);
    p.a_pitch = form.at(2), p.b_pitch = form.at(3), p.d_pitch = form.at(4);
    ensure(values.size() == parameters.size(), "a configuration does not fill its struct");
    for (std::size_t i = 0; i < parameters.size(); ++i)
      if (values[i] != kNoParameter) read.config[parameters[i]] = values[i];
    if (const family::Family* family = family::find(p.kernel))
      read.config = family::without_zeros(*family, read.config);
    read.time_us = line.at(6);
    entries.push_back(read);
  }
  return what_every_m_gets(entries, source);
}

}  // namespace gemmtune::exports
