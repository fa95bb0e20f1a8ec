#include "store/ceilings.h"

#include "core/serialise.h"
#include "util/atomic_file.h"
#include "util/error.h"
#include "util/text.h"

#include <cstdio>
#include <ctime>

namespace gemmtune::store {

namespace {

namespace fs = std::filesystem;

constexpr double kFreshS = 24 * 3600;

/// Seconds since 1970 of `2026-11-21T09:21:00.123Z`; empty for anything else.
std::optional<double> seconds_of(const std::string& timestamp) {
  std::tm t{};
  if (std::sscanf(timestamp.c_str(), "%d-%d-%dT%d:%d:%d", &t.tm_year, &t.tm_mon, &t.tm_mday, &t.tm_hour,
                  &t.tm_min, &t.tm_sec) != 6)
    return std::nullopt;
  t.tm_year -= 1900;
  t.tm_mon -= 1;
  return static_cast<double>(timegm(&t));
}

}  // namespace

std::string to_text(const Ceilings& c) {
  const Environment& e = c.environment;
  Json json = {{"schema", kCeilingsSchema},
               {"tool", {{"name", "gemmtune"}, {"version", e.tool}, {"revision", e.revision}}},
               {"device", e.device},
               {"simulated", e.simulated},
               {"timestamp", c.timestamp},
               {"timer", std::string(to_string(c.timer))},
               {"environment", gemmtune::to_json(e)},
               {"ceilings", Json::array()}};
  for (const Ceiling& ceiling : c.ceilings) json["ceilings"].push_back(gemmtune::to_json(ceiling));
  return json_text(json, 2) + "\n";
}

Ceilings read_ceilings(const fs::path& path) {
  const auto fail = [&](const std::string& why) { throw UserError(path.string() + ": " + printable(why)); };
  const Json json = parse_json(read_file(path));
  if (!json.is_object()) fail("no measured ceilings: not a JSON object");
  const auto schema = json.find("schema");
  const std::string found =
      schema != json.end() && schema->is_string() ? schema->get<std::string>() : "missing";
  if (found != kCeilingsSchema && !found.starts_with(std::string(kCeilingsSchema) + "."))
    fail("its schema is " + found + "; this version of gemmtune reads " + kCeilingsSchema);
  Ceilings ceilings;
  std::string where;
  try {
    json.at("timestamp").get_to(ceilings.timestamp);
    const auto timer = parse_name<Timer>(json.at("timer").get<std::string>());
    if (!timer) throw std::runtime_error("unknown value of \"timer\"");
    ceilings.timer = *timer;
    where = "/environment";
    ceilings.environment = from_json<Environment>(json.at("environment"));
    const Json& list = json.at("ceilings");
    for (std::size_t i = 0; i < list.size(); ++i) {
      where = "/ceilings/" + std::to_string(i);
      ceilings.ceilings.push_back(from_json<Ceiling>(list.at(i)));
    }
  } catch (const std::exception& problem) {
    fail(where + ": " + problem.what());
  }
  return ceilings;
}

std::optional<Ceilings> find_ceilings(const fs::path& results) {
  std::error_code ignored;
  const fs::path folder =
      fs::is_regular_file(results, ignored) ? fs::absolute(results).parent_path() : results;
  // Also of "." and of a path with a slash at its end, the folder above is another one.
  const fs::path whole = (fs::absolute(folder, ignored) / "").lexically_normal().parent_path();
  for (const fs::path& place : {whole, whole.parent_path()})
    if (const fs::path file = place / "ceilings.json"; fs::is_regular_file(file, ignored))
      return read_ceilings(file);
  return std::nullopt;
}

std::optional<ColdReadFloor> floor_for(const fs::path& folder, const std::string& device) {
  const auto ceilings = find_ceilings(folder);
  return ceilings && ceilings->environment.device == device ? cold_read_floor(*ceilings) : std::nullopt;
}

bool is_fresh(const Ceilings& ceilings, const Environment& now_here, const std::string& now) {
  const Environment& then = ceilings.environment;
  const auto measured_s = seconds_of(ceilings.timestamp), now_s = seconds_of(now);
  if (!measured_s || !now_s || *measured_s > *now_s || *now_s - *measured_s > kFreshS) return false;
  return then.device == now_here.device && then.uuid == now_here.uuid && then.driver == now_here.driver &&
         then.power_limit_w == now_here.power_limit_w && then.revision == now_here.revision &&
         same_sources(then, now_here, kCeilings) && then.cupti == now_here.cupti;
}

}  // namespace gemmtune::store
