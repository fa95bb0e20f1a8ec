// What gemmtune and its worker say to each other.
#include "core/serialise.h"
#include "core/serialise_members.h"

#include <limits>

namespace gemmtune {

using namespace serialise;

Json to_json(const Failure& f) {
  return {{"invalidity", name_of(f.invalidity)}, {"reason", f.reason}};
}

template <>
Failure from_json(const Json& json) {
  Failure f;
  read(json, "invalidity", f.invalidity);
  read(json, "reason", f.reason);
  return f;
}

Json to_json(const CompileRequest& r) {
  return {{"kernel", r.kernel}, {"config", to_json(r.config)}};
}

template <>
CompileRequest from_json(const Json& json) {
  CompileRequest r;
  read(json, "kernel", r.kernel);
  r.config = from_json<Config>(member(json, "config"));
  return r;
}

Json to_json(const CompileReport& r) {
  return {{"kernel_hash", r.kernel_hash}, {"code_hash", r.code_hash},     {"cubin_path", r.cubin_path},
          {"registers", r.registers},     {"spill_bytes", r.spill_bytes}, {"cubin_bytes", r.cubin_bytes},
          {"compile_ms", r.compile_ms},   {"cached", r.cached},           {"warning", r.warning}};
}

template <>
CompileReport from_json(const Json& json) {
  CompileReport r;
  read(json, "kernel_hash", r.kernel_hash);
  read(json, "cubin_path", r.cubin_path);
  read(json, "registers", r.registers);
  read(json, "spill_bytes", r.spill_bytes);
  read(json, "cubin_bytes", r.cubin_bytes);
  read(json, "compile_ms", r.compile_ms);
  read(json, "cached", r.cached);
  std::optional<std::string> code_hash, warning;
  read(json, "code_hash", code_hash);
  r.code_hash = code_hash.value_or("");
  read(json, "warning", warning);
  r.warning = warning.value_or("");
  return r;
}

Json to_json(const PrepareRequest& r) {
  return {{"problem", to_json(r.problem)}, {"seed", r.seed}};
}

template <>
PrepareRequest from_json(const Json& json) {
  PrepareRequest r;
  r.problem = from_json<Problem>(member(json, "problem"));
  read(json, "seed", r.seed);
  return r;
}

Json to_json(const PrepareReport& r) {
  return {{"device_bytes", r.device_bytes}, {"gpu", to_json(r.gpu)}};
}

template <>
PrepareReport from_json(const Json& json) {
  PrepareReport r;
  read(json, "device_bytes", r.device_bytes);
  r.gpu = from_json<GpuTime>(member(json, "gpu"));
  return r;
}

Json to_json(const Contender& c) {
  return {{"provider", c.provider}, {"config", to_json(c.config)}};
}

template <>
Contender from_json(const Json& json) {
  Contender c;
  read(json, "provider", c.provider);
  c.config = from_json<Config>(member(json, "config"));
  return c;
}

Json to_json(const Baseline& b) {
  return {{"provider", b.provider}, {"answers", b.answers}, {"refusal", b.refusal}};
}

template <>
Baseline from_json(const Json& json) {
  Baseline b;
  read(json, "provider", b.provider);
  read(json, "answers", b.answers);
  read(json, "refusal", b.refusal);
  return b;
}

Json to_json(const VerifyRequest& r) {
  return {{"contender", to_json(r.contender)}};
}

template <>
VerifyRequest from_json(const Json& json) {
  return {from_json<Contender>(member(json, "contender"))};
}

Json to_json(const Verdict& v) {
  return {
      {"error_rms", v.error_rms}, {"error_max", v.error_max}, {"defect", v.defect}, {"gpu", to_json(v.gpu)}};
}

template <>
Verdict from_json(const Json& json) {
  Verdict v;
  // A NaN travels as null: an output full of NaN is a verdict too.
  std::optional<double> error_rms, error_max;
  read(json, "error_rms", error_rms);
  read(json, "error_max", error_max);
  v.error_rms = error_rms.value_or(std::numeric_limits<double>::quiet_NaN());
  v.error_max = error_max.value_or(std::numeric_limits<double>::quiet_NaN());
  read(json, "defect", v.defect);
  v.gpu = from_json<GpuTime>(member(json, "gpu"));
  return v;
}

Json to_json(const MeasureRequest& r) {
  return {{"contenders", list_of(r.contenders)}, {"policy", to_json(r.policy)}};
}

template <>
MeasureRequest from_json(const Json& json) {
  return {read_list<Contender>(json, "contenders"), from_json<Policy>(member(json, "policy"))};
}

namespace {

Json to_json(const Timing& t) {
  return {{"samples_us", t.samples_us}, {"draws_us", t.draws_us},           {"sm_clock_mhz", t.sm_clock_mhz},
          {"power_w", t.power_w},       {"temperature_c", t.temperature_c}, {"throttle", t.throttle},
          {"energy_j", t.energy_j},     {"smem_bytes", t.smem_bytes},       {"ctas_per_sm", t.ctas_per_sm},
          {"kernels", t.kernels}};
}

}  // namespace

Json to_json(const MeasureReport& r) {
  Json list = Json::array();
  for (const Timing& timing : r.timings) list.push_back(to_json(timing));
  return {{"timings", std::move(list)}, {"gpu", to_json(r.gpu)}};
}

template <>
MeasureReport from_json(const Json& json) {
  MeasureReport r;
  for (const Json& element : member(json, "timings")) {
    Timing t;
    read(element, "samples_us", t.samples_us);
    read(element, "draws_us", t.draws_us);
    read(element, "sm_clock_mhz", t.sm_clock_mhz);
    read(element, "power_w", t.power_w);
    read(element, "temperature_c", t.temperature_c);
    read(element, "throttle", t.throttle);
    read(element, "energy_j", t.energy_j);
    read(element, "smem_bytes", t.smem_bytes);
    read(element, "ctas_per_sm", t.ctas_per_sm);
    read(element, "kernels", t.kernels);
    r.timings.push_back(std::move(t));
  }
  r.gpu = from_json<GpuTime>(member(json, "gpu"));
  return r;
}

Json to_json(const CountRequest& r) {
  return {{"contenders", list_of(r.contenders)}, {"policy", to_json(r.policy)}};
}

template <>
CountRequest from_json(const Json& json) {
  return {read_list<Contender>(json, "contenders"), from_json<Policy>(member(json, "policy"))};
}

Json to_json(const CountReport& r) {
  return {{"counters", list_of(r.counters)}, {"unknown", r.unknown}};
}

template <>
CountReport from_json(const Json& json) {
  CountReport r{read_list<Counters>(json, "counters"), {}};
  read(json, "unknown", r.unknown);
  return r;
}

Json to_json(const ProfileRequest& r) {
  return {{"problem", to_json(r.problem)}, {"config", to_json(r.config)}, {"seed", r.seed}};
}

template <>
ProfileRequest from_json(const Json& json) {
  ProfileRequest r;
  r.problem = from_json<Problem>(member(json, "problem"));
  r.config = from_json<Config>(member(json, "config"));
  read(json, "seed", r.seed);
  return r;
}

Json to_json(const CeilingsRequest& r) {
  return {{"probe", r.probe}, {"timer", name_of(r.timer)}};
}

template <>
CeilingsRequest from_json(const Json& json) {
  CeilingsRequest r;
  read(json, "probe", r.probe);
  read(json, "timer", r.timer);
  return r;
}

Json to_json(const Attempt& a) {
  return {{"how", a.how}, {"value", a.value}, {"sm_clock_mhz", a.sm_clock_mhz}, {"power_w", a.power_w}};
}

template <>
Attempt from_json(const Json& json) {
  Attempt a;
  read(json, "how", a.how);
  read(json, "value", a.value);
  read(json, "sm_clock_mhz", a.sm_clock_mhz);
  read(json, "power_w", a.power_w);
  return a;
}

/// What is not known is not there.
Json to_json(const Ceiling& c) {
  Json json = {
      {"name", c.name}, {"regime", name_of(c.regime)}, {"value", c.value}, {"unit", c.unit}, {"low", c.low},
      {"high", c.high}, {"time_us", c.time_us}};
  const auto add = [&](const char* key, auto value) {
    if (value != 0) json[key] = value;
  };
  add("bytes", c.bytes);
  add("flops", c.flops);
  add("sm_clock_mhz", c.sm_clock_mhz);
  add("power_w", c.power_w);
  add("temperature_c", c.temperature_c);
  add("throttle", c.throttle);
  json["how"] = c.how;
  if (!c.others.empty()) json["others"] = list_of(c.others);
  return json;
}

template <>
Ceiling from_json(const Json& json) {
  Ceiling c;
  read(json, "name", c.name);
  read(json, "regime", c.regime);
  read(json, "value", c.value);
  read(json, "unit", c.unit);
  read(json, "low", c.low);
  read(json, "high", c.high);
  read(json, "time_us", c.time_us);
  read_if_there(json, "bytes", c.bytes);
  read_if_there(json, "flops", c.flops);
  read_if_there(json, "sm_clock_mhz", c.sm_clock_mhz);
  read_if_there(json, "power_w", c.power_w);
  read_if_there(json, "temperature_c", c.temperature_c);
  read_if_there(json, "throttle", c.throttle);
  read(json, "how", c.how);
  if (json.contains("others")) c.others = read_list<Attempt>(json, "others");
  return c;
}

Json to_json(const CeilingsReport& r) {
  return {{"ceilings", list_of(r.ceilings)}};
}

template <>
CeilingsReport from_json(const Json& json) {
  return {read_list<Ceiling>(json, "ceilings")};
}

}  // namespace gemmtune
