// Vocabulary, rows and runs.
#include "core/serialise.h"

#include "core/fields_of_problem.h"
#include "core/fields_of_row.h"
#include "core/groups.h"
#include "core/serialise_members.h"
#include "core/times.h"
#include "util/text.h"

#include <cstdint>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace gemmtune {

using namespace serialise;

// ---- vocabulary ----

Json to_json(const Problem& p) {
  Members problem(std::size(kProblemFields));
  for (const ProblemField& field : kProblemFields)
    if (!left_out_of_files(p, field))
      std::visit([&](auto&& value) { problem.add(field.key, std::move(value)); }, value_of(p, field));
  return problem.take();
}

namespace {

/// 0 for rows without a gap, which is what all rows were before there were pitches.
void read_pitch(InOrder& object, const char* key, std::int64_t columns, std::int64_t& pitch) {
  pitch = columns;
  read_if_there(object, key, pitch);
  if (pitch == columns) pitch = 0;
}

void read_field(InOrder& object, const ProblemField& field, Problem& p) {
  std::visit(
      [&]<typename T>(T Problem::*member) {
        if constexpr (std::is_same_v<T, std::int64_t>)
          if (field.columns != nullptr) return read_pitch(object, field.key, p.*field.columns, p.*member);
        if ((field.is & ProblemField::kLater) != 0) return read_if_there(object, field.key, p.*member);
        read(object, field.key, p.*member);
      },
      field.member);
}

}  // namespace

template <>
Problem from_json(const Json& json) {
  InOrder object(json);
  Problem p;
  for (const ProblemField& field : kProblemFields) read_field(object, field, p);
  if (!(p.weight > 0)) throw std::runtime_error("\"weight\" must be above 0");
  if (const std::string complaint = complaint_about_groups(p); !complaint.empty())
    throw std::runtime_error(complaint);
  return p;
}

Json to_json(const Config& config) {
  Members members(config.size());
  for (const auto& [name, value] : config) members.add(name.c_str(), value);
  return members.take();
}

template <>
Config from_json(const Json& json) {
  if (!json.is_object()) throw std::runtime_error("a configuration must be an object");
  std::vector<std::pair<std::string_view, std::int64_t>> members;
  for (const auto& [name, value] : json.get_ref<const Json::object_t&>()) {
    if (!value.is_number_integer()) throw std::runtime_error("\"" + name + "\" must be an integer");
    members.emplace_back(name, value.get<std::int64_t>());
  }
  return Config(std::move(members));
}

Json to_json(const Environment& e) {
  Json json = {{"device", e.device},
               {"uuid", e.uuid},
               {"sms", e.sms},
               {"cc", std::to_string(e.cc_major) + "." + std::to_string(e.cc_minor)},
               {"smem_bytes", e.smem_bytes},
               {"l2_bytes", e.l2_bytes},
               {"memory_bytes", e.memory_bytes},
               {"power_limit_w", e.power_limit_w},
               {"max_sm_clock_mhz", e.max_sm_clock_mhz},
               {"mig", e.mig},
               {"cupti", e.cupti},
               {"simulated", e.simulated},
               {"driver", e.driver},
               {"nvrtc", e.nvrtc},
               {"cublaslt", e.cublaslt},
               {"tool", e.tool},
               {"revision", e.revision},
               {"kernels", e.kernels},
               {"host", e.host}};
  if (!e.source_hashes.empty()) json["source_hashes"] = e.source_hashes;
  return json;
}

template <>
Environment from_json(const Json& json) {
  Environment e;
  std::string cc;
  read(json, "device", e.device);
  read(json, "sms", e.sms);
  read(json, "cc", cc);
  const std::vector<std::string> numbers = split(cc, '.');
  if (numbers.size() != 2 || !parse_whole(numbers[0], e.cc_major) || !parse_whole(numbers[1], e.cc_minor))
    throw std::runtime_error("\"cc\" must be two numbers with a point between");
  read(json, "smem_bytes", e.smem_bytes);
  read(json, "l2_bytes", e.l2_bytes);
  read(json, "memory_bytes", e.memory_bytes);
  read(json, "power_limit_w", e.power_limit_w);
  read(json, "max_sm_clock_mhz", e.max_sm_clock_mhz);
  read(json, "mig", e.mig);
  read_if_there(json, "uuid", e.uuid);
  read_if_there(json, "cupti", e.cupti);
  read(json, "simulated", e.simulated);
  read(json, "driver", e.driver);
  read(json, "nvrtc", e.nvrtc);
  read(json, "cublaslt", e.cublaslt);
  read(json, "tool", e.tool);
  read(json, "revision", e.revision);
  read(json, "kernels", e.kernels);
  read_if_there(json, "source_hashes", e.source_hashes);
  read(json, "host", e.host);
  return e;
}

Json to_json(const Policy& p) {
  return {{"name", p.name()},
          {"l2", name_of(p.l2)},
          {"timer", name_of(p.timer)},
          {"regime", name_of(p.regime)},
          {"copies", p.copies},
          {"warmup", p.warmup},
          {"turn", p.turn},
          {"samples", p.samples},
          {"max_samples", p.max_samples},
          {"precision", p.precision},
          {"seed", p.seed}};
}

template <>
Policy from_json(const Json& json) {
  Policy p;
  read(json, "l2", p.l2);
  read(json, "timer", p.timer);
  if (json.contains("regime")) read(json, "regime", p.regime);
  read_if_there(json, "copies", p.copies);
  read(json, "warmup", p.warmup);
  p.turn = 1;  // what was done before there were turns
  read_if_there(json, "turn", p.turn);
  read(json, "samples", p.samples);
  read_if_there(json, "max_samples", p.max_samples);
  read_if_there(json, "precision", p.precision);
  read(json, "seed", p.seed);
  return p;
}

// ---- rows and runs ----

Json to_json(const Counters& c) {
  Json json = Json::object();
  for (const CounterField& field : kCounterFields) json[field.key] = or_null(c.*field.value);
  return json;
}

template <>
Counters from_json(const Json& json) {
  if (!json.is_object()) throw std::runtime_error("wrong type of \"counters\"");
  Counters c;
  for (const CounterField& field : kCounterFields) read(json, field.key, c.*field.value);
  return c;
}

namespace {

// How a member of a row is written, and read, by its type.

template <typename T>
Json json_of(const T& value) {
  if constexpr (std::is_enum_v<T>)
    return name_of(value);
  else if constexpr (std::is_same_v<T, Problem> || std::is_same_v<T, Config>)
    return to_json(value);
  else
    return value;
}

template <typename T>
Json json_of(const std::optional<T>& value) {
  return or_null(value);
}

Json json_of(const Boxed<std::string>& text) {
  return text ? Json(*text) : Json(nullptr);
}

Json json_of(const Boxed<Counters>& counters) {
  return counters ? to_json(*counters) : Json(nullptr);
}

template <typename T>
void read_member(InOrder& row, const char* key, T& into) {
  if constexpr (std::is_same_v<T, Problem> || std::is_same_v<T, Config>)
    into = from_json<T>(member(row, key));
  else
    read(row, key, into);
}

void read_member(InOrder& row, const char* key, Boxed<std::string>& into) {
  std::optional<std::string> text;
  read(row, key, text);
  if (text) into = std::move(*text);
}

void read_member(InOrder& row, const char* key, Boxed<Counters>& into) {
  if (const Json* counters = row.find(key); counters != nullptr && !counters->is_null())
    into = from_json<Counters>(*counters);
}

template <typename T>
void require_time(const T& value, const char* key) {
  if constexpr (std::is_same_v<T, double>) {
    if (!is_time_us(value)) throw std::runtime_error(std::string("\"") + key + "\" is no time of a launch");
  } else if constexpr (std::is_same_v<T, std::vector<double>>) {
    for (const double sample : value) require_time(sample, key);
  } else if constexpr (std::is_same_v<T, std::optional<double>>) {
    if (value) require_time(*value, key);
  }
}

template <typename T>
void read_field(InOrder& row, const RowField& field, T& into) {
  if ((field.is & RowField::kLater) != 0 && !row.has(field.key)) return;
  read_member(row, field.key, into);
  if ((field.is & RowField::kTime) != 0) require_time(into, field.key);
}

}  // namespace

Json to_json(const Row& r) {
  Members row(1 + std::size(kRowFields));
  row.add("record", "row");
  for (const RowField& field : kRowFields)
    std::visit(Overloaded{[&]<typename T>(T Row::*member) { row.add(field.key, json_of(r.*member)); },
                          [&](RowField::Derived derived) { row.add(field.key, derived(r)); }},
               field.member);
  return row.take();
}

template <>
Row from_json(const Json& json) {
  InOrder row(json);
  Row r;
  for (const RowField& field : kRowFields)
    std::visit(Overloaded{[&]<typename T>(T Row::*member) { read_field(row, field, r.*member); },
                          [](RowField::Derived) {}},
               field.member);
  return r;
}

namespace {

Part read_part(const Json& json) {
  Part part;
  read(json, "plan", part.plan);
  read(json, "shard", part.shard);
  read(json, "shards", part.shards);
  if (part.shard < 1 || part.shard > part.shards)
    throw std::runtime_error("\"shard\" must be from 1 to \"shards\"");
  return part;
}

}  // namespace

Json to_json(const RunHeader& h) {
  Json json = {{"record", "run"},
               {"schema", kJournalSchema},
               {"run_id", h.run_id},
               {"timestamp", h.timestamp},
               {"command", h.command},
               {"environment", to_json(h.environment)},
               {"policy", to_json(h.policy)}};
  if (h.part) json["part"] = {{"plan", h.part->plan}, {"shard", h.part->shard}, {"shards", h.part->shards}};
  if (h.m_steps) json["m_steps"] = {{"anchors", h.m_steps->anchors}, {"checks", h.m_steps->checks}};
  if (!h.strategy.empty()) json["strategy"] = h.strategy;
  if (h.within_budget) json["within_budget"] = true;
  return json;
}

template <>
RunHeader from_json(const Json& json) {
  RunHeader h;
  read(json, "run_id", h.run_id);
  read(json, "timestamp", h.timestamp);
  read(json, "command", h.command);
  h.environment = from_json<Environment>(member(json, "environment"));
  h.policy = from_json<Policy>(member(json, "policy"));
  if (json.contains("part")) h.part = read_part(member(json, "part"));
  if (json.contains("m_steps")) {
    const Json& steps = member(json, "m_steps");
    h.m_steps.emplace();
    read(steps, "anchors", h.m_steps->anchors);
    read(steps, "checks", h.m_steps->checks);
  }
  if (json.contains("strategy")) read(json, "strategy", h.strategy);
  if (json.contains("within_budget")) read(json, "within_budget", h.within_budget);
  return h;
}

Json to_json(const GpuTime& t) {
  return {{"working_s", t.working_s}, {"resting_s", t.resting_s}};
}

template <>
GpuTime from_json(const Json& json) {
  GpuTime t;
  read(json, "working_s", t.working_s);
  read(json, "resting_s", t.resting_s);
  return t;
}

Json to_json(const RunEnd& e) {
  return {
      {"record", "end"},    {"run_id", e.run_id}, {"timestamp", e.timestamp}, {"candidates", e.candidates},
      {"pruned", e.pruned}, {"wall_s", e.wall_s}, {"gpu", to_json(e.gpu)}};
}

template <>
RunEnd from_json(const Json& json) {
  RunEnd e;
  read(json, "run_id", e.run_id);
  read(json, "timestamp", e.timestamp);
  read(json, "candidates", e.candidates);
  read(json, "pruned", e.pruned);
  read(json, "wall_s", e.wall_s);
  if (json.contains("gpu")) e.gpu = from_json<GpuTime>(json["gpu"]);
  return e;
}

}  // namespace gemmtune
