#include "store/ceilings_file.h"

#include "util/atomic_file.h"
#include "util/error.h"
#include "util/text.h"

#include <nlohmann/json.hpp>

namespace gemmtune::store {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr const char* kSchema = "gemmtune.ceilings/1";

std::string text(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

std::optional<double> number(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number() ? std::optional(found->get<double>()) : std::nullopt;
}

std::string device_of(const Json& json) {
  const auto environment = json.find("environment");
  return environment != json.end() && environment->is_object() ? text(*environment, "device")
                                                               : text(json, "device");
}

/// Empty when there is none.
fs::path find_file(const fs::path& path) {
  std::error_code ignored;
  const fs::path whole = (fs::absolute(path, ignored) / "").lexically_normal().parent_path();
  const fs::path folder = fs::is_directory(whole, ignored) ? whole : whole.parent_path();
  for (const fs::path& place : {folder, folder.parent_path()})
    if (fs::exists(place / "ceilings.json", ignored)) return place / "ceilings.json";
  return {};
}

}  // namespace

std::optional<MeasuredCeilings> read_measured_ceilings(const fs::path& path) {
  const fs::path file = find_file(path);
  if (file.empty()) return std::nullopt;
  const Json json = Json::parse(read_file(file), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("ceilings") || !json["ceilings"].is_array())
    throw UserError(file.string() + ": not a file of `gemmtune ceilings`; measure again, or remove it");
  const std::string schema = text(json, "schema");
  if (schema != kSchema && !schema.starts_with(std::string(kSchema) + "."))
    throw UserError(file.string() + ": its schema is \"" + printable(schema) +
                    "\"; this version of gemmtune reads " + kSchema);
  MeasuredCeilings found;
  found.device = device_of(json);
  found.simulated = json.value("simulated", Json(false)) == Json(true);
  found.timestamp = text(json, "timestamp");
  for (const Json& item : json["ceilings"]) {
    const std::optional<double> value = item.is_object() ? number(item, "value") : std::nullopt;
    if (!value || *value <= 0) continue;
    found.ceilings.push_back({text(item, "name"), text(item, "regime"), *value, text(item, "unit"),
                              number(item, "sm_clock_mhz"), number(item, "bytes")});
  }
  return found;
}

}  // namespace gemmtune::store
