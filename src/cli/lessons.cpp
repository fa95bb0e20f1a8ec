#include "cli/lessons.h"

#include "cli/guide.h"
#include "core/serialise.h"
#include "util/embedded.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace gemmtune::cli {

namespace {

constexpr std::string_view kFolder = "configs/lessons/";  // one file a kernel, by its name

Lesson lesson_from(const model::SimulatedMachine& machine, const Json& problem, const Json& columns,
                   const Json& measured) {
  std::vector<Config> candidates;
  std::vector<space::Measured> times;
  for (const Json& row : measured) {
    Config& config = candidates.emplace_back();
    for (std::size_t i = 0; i + 1 < columns.size(); ++i)
      if (!row[i].is_null()) config[columns[i].get<std::string>()] = row[i].get<std::int64_t>();
    times.push_back({candidates.size() - 1, row.back().get<double>()});
  }
  const auto made = from_json<Problem>(problem);
  return {made, evidence_of(machine, made, candidates, times)};
}

}  // namespace

std::vector<Lesson> lessons(const model::SimulatedMachine& machine) {
  std::vector<Lesson> all;
  for (const EmbeddedFile& file : embedded_files()) {
    if (!file.path.starts_with(kFolder)) continue;
    const Json json = parse_json(std::string(file.bytes));
    for (const Json& one : json.at("problems"))
      all.push_back(lesson_from(machine, one.at("problem"), json.at("columns"), one.at("measured")));
  }
  return all;
}

std::vector<std::string> kernels_with_lessons() {
  std::vector<std::string> kernels;
  for (const EmbeddedFile& file : embedded_files())
    if (file.path.starts_with(kFolder))
      kernels.emplace_back(file.path.substr(kFolder.size(), file.path.rfind('.') - kFolder.size()));
  return kernels;
}

std::vector<const Lesson*> lessons_for(const Problem& problem, const std::vector<Lesson>& lessons) {
  const bool has_own = std::ranges::any_of(
      lessons, [&](const Lesson& lesson) { return lesson.problem.kernel == problem.kernel; });
  std::vector<const Lesson*> fitting;
  for (const Lesson& lesson : lessons) {
    const bool is_same = lesson.problem.n == problem.n && lesson.problem.k == problem.k;
    if (!is_same && (!has_own || lesson.problem.kernel == problem.kernel)) fitting.push_back(&lesson);
  }
  return fitting;
}

}  // namespace gemmtune::cli
