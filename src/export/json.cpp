// The table as it is on disk, and read as a program in another language would.
#include "core/json.h"

#include "export/formats.h"
#include "export/table_reader.h"
#include "store/table.h"

namespace gemmtune::exports {

namespace {

/// A row of K elements that lies K apart has no gap.
std::int64_t gap(const Json& problem, const char* pitch, const char* columns) {
  return problem.at(pitch) == problem.at(columns) ? 0 : problem.at(pitch).get<std::int64_t>();
}

ReadEntry entry_of(const Json& json) {
  const Json& p = json.at("problem");
  ReadEntry read;
  read.problem.kernel = p.at("kernel");
  read.problem.m = p.at("m");
  read.problem.n = p.at("n");
  read.problem.k = p.at("k");
  if (p.at("out") == "fp32") read.problem.out = OutputType::fp32;
  read.problem.accumulate = p.at("accumulate");
  read.problem.a_pitch = gap(p, "a_pitch", "k");
  read.problem.b_pitch = gap(p, "b_pitch", "k");
  read.problem.d_pitch = gap(p, "d_pitch", "n");
  read.config = json.at("config").get<Config>();
  read.time_us = json.at("time_us");
  return read;
}

}  // namespace

Files write_json(const Source& source) {
  return {{"", store::to_text(source.table)}};
}

report::Grid read_back_json(const Files& files, const Source& source) {
  std::vector<ReadEntry> entries;
  const Json table = parse_json(files.at(0).bytes);
  for (const Json& entry : table.at("entries")) entries.push_back(entry_of(entry));
  return what_every_m_gets(entries, source);
}

}  // namespace gemmtune::exports
