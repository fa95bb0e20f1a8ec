// What gemmtune and its worker say to each other about quantisers.
#include "core/serialise.h"
#include "core/serialise_members.h"

namespace gemmtune {

using namespace serialise;

Json to_json(const QuantiseRequest& r) {
  return {{"input", name_of(r.kind.input)},
          {"scale", name_of(r.kind.scale)},
          {"stochastic", r.kind.stochastic},
          {"form", name_of(r.form)},
          {"rows", r.rows},
          {"columns", r.columns},
          {"seed", r.seed},
          {"timed", r.timed},
          {"timer", name_of(r.timer)}};
}

template <>
QuantiseRequest from_json(const Json& json) {
  QuantiseRequest r;
  read(json, "input", r.kind.input);
  read(json, "scale", r.kind.scale);
  read(json, "stochastic", r.kind.stochastic);
  read(json, "form", r.form);
  read(json, "rows", r.rows);
  read(json, "columns", r.columns);
  read(json, "seed", r.seed);
  read(json, "timed", r.timed);
  read(json, "timer", r.timer);
  return r;
}

Json to_json(const QuantiseReport& r) {
  Json json = {{"matrices", r.matrices}};
  if (r.speed) json["speed"] = to_json(*r.speed);
  if (r.copy) json["copy"] = to_json(*r.copy);
  return json;
}

template <>
QuantiseReport from_json(const Json& json) {
  QuantiseReport r;
  read(json, "matrices", r.matrices);
  if (json.contains("speed")) r.speed = from_json<Ceiling>(json.at("speed"));
  if (json.contains("copy")) r.copy = from_json<Ceiling>(json.at("copy"));
  return r;
}

}  // namespace gemmtune
