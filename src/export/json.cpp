// The table as it is on disk, and read as a program in another language would.
#include "core/json.h"

#include "export/formats.h"
#include "export/table_reader.h"
#include "store/table.h"

namespace gemmtune::exports {

namespace {

ReadEntry entry_of(const Json& json) {
  const Json& p = json.at("problem");
  ReadEntry read;
  const bool groups = p.contains("groups");
  read.problem = problem_of(
      [&](const char* key) { return groups && !p.contains(key) ? "" : plain_text(p.at(key)); }, groups);
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
