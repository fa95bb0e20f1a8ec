// Vocabulary, rows and runs.
#include "core/serialise.h"

#include "core/serialise_members.h"
#include "core/times.h"
#include "util/text.h"

namespace gemmtune {

using namespace serialise;

// ---- vocabulary ----

Json to_json(const Problem& p) {
  Members problem(13);
  problem.add("kernel", p.kernel);
  problem.add("m", p.m);
  problem.add("n", p.n);
  problem.add("k", p.k);
  problem.add("out", name_of(p.out));
  problem.add("accumulate", p.accumulate);
  problem.add("recipe", name_of(p.recipe));
  problem.add("data", name_of(p.data));
  problem.add("a_pitch", p.a_stride());
  problem.add("b_pitch", p.b_stride());
  problem.add("d_pitch", p.d_stride());
  problem.add("weight", p.weight);
  problem.add("name", p.name);
  return problem.take();
}

namespace {

/// 0 for rows without a gap, which is what all rows were before there were pitches.
std::int64_t read_pitch(InOrder& object, const char* key, std::int64_t columns) {
  std::int64_t pitch = columns;
  read_if_there(object, key, pitch);
  return pitch == columns ? 0 : pitch;
}

}  // namespace

template <>
Problem from_json(const Json& json) {
  InOrder object(json);
  Problem p;
  read(object, "kernel", p.kernel);
  read(object, "m", p.m);
  read(object, "n", p.n);
  read(object, "k", p.k);
  read_name(object, "out", p.out);
  read(object, "accumulate", p.accumulate);
  read_name(object, "recipe", p.recipe);
  read_name(object, "data", p.data);
  p.a_pitch = read_pitch(object, "a_pitch", p.k);
  p.b_pitch = read_pitch(object, "b_pitch", p.k);
  p.d_pitch = read_pitch(object, "d_pitch", p.n);
  read(object, "weight", p.weight);
  if (!(p.weight > 0)) throw std::runtime_error("\"weight\" must be above 0");
  read(object, "name", p.name);
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
  read_name(json, "l2", p.l2);
  read_name(json, "timer", p.timer);
  if (json.contains("regime")) read_name(json, "regime", p.regime);
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

Json to_json(const Row& r) {
  Members row(45);
  row.add("record", "row");
  row.add("id", row_id(r));
  row.add("run_id", r.run_id);
  row.add("problem_id", problem_id(r.problem));
  row.add("config_id", config_id(r.config));
  row.add("problem", to_json(r.problem));
  row.add("provider", r.provider);
  row.add("config", to_json(r.config));
  row.add("kernel_hash", r.kernel_hash);
  row.add("invalidity", name_of(r.invalidity));
  row.add("reason", r.reason);
  row.add("stage", name_of(r.stage));
  row.add("policy", r.policy);
  row.add("l2", name_of(r.l2));
  row.add("timer", name_of(r.timer));
  row.add("regime", name_of(r.regime));
  row.add("time_us", or_null(r.time_us));
  row.add("time_us_low", or_null(r.time_us_low));
  row.add("time_us_high", or_null(r.time_us_high));
  row.add("samples_us", r.samples_us);
  row.add("sm_cycles", or_null(r.sm_cycles));
  row.add("tflops", or_null(r.tflops));
  row.add("gbps", or_null(r.gbps));
  row.add("flops", r.flops);
  row.add("bytes", r.bytes);
  row.add("energy_j", or_null(r.energy_j));
  row.add("error_rms", or_null(r.error_rms));
  row.add("error_max", or_null(r.error_max));
  row.add("registers", or_null(r.registers));
  row.add("spill_bytes", or_null(r.spill_bytes));
  row.add("smem_bytes", or_null(r.smem_bytes));
  row.add("ctas_per_sm", or_null(r.ctas_per_sm));
  row.add("library_kernels", or_null(r.library_kernels));
  row.add("compile_ms", or_null(r.compile_ms));
  row.add("sm_clock_mhz", or_null(r.sm_clock_mhz));
  row.add("power_w", or_null(r.power_w));
  row.add("temperature_c", or_null(r.temperature_c));
  row.add("throttle", or_null(r.throttle));
  row.add("counters", r.counters ? to_json(*r.counters) : Json(nullptr));
  row.add("seed", r.seed);
  row.add("device", r.device);
  row.add("board_uuid", r.board_uuid);
  row.add("simulated", r.simulated);
  row.add("warnings", r.warnings);
  row.add("timestamp", r.timestamp);
  return row.take();
}

namespace {

void require_time(double us, const char* key) {
  if (!is_time_us(us)) throw std::runtime_error(std::string("\"") + key + "\" is no time of a launch");
}

void read_time(InOrder& object, const char* key, std::optional<double>& into) {
  read(object, key, into);
  if (into) require_time(*into, key);
}

}  // namespace

template <>
Row from_json(const Json& json) {
  InOrder row(json);
  Row r;
  read(row, "run_id", r.run_id);
  r.problem = from_json<Problem>(member(row, "problem"));
  read(row, "provider", r.provider);
  r.config = from_json<Config>(member(row, "config"));
  read(row, "kernel_hash", r.kernel_hash);
  read_name(row, "invalidity", r.invalidity);
  read(row, "reason", r.reason);
  read_name(row, "stage", r.stage);
  read(row, "policy", r.policy);
  read_name(row, "l2", r.l2);
  read_name(row, "timer", r.timer);
  read_name(row, "regime", r.regime);
  read_time(row, "time_us", r.time_us);
  read_time(row, "time_us_low", r.time_us_low);
  read_time(row, "time_us_high", r.time_us_high);
  read(row, "samples_us", r.samples_us);
  for (const double sample : r.samples_us) require_time(sample, "samples_us");
  read(row, "sm_cycles", r.sm_cycles);
  read(row, "tflops", r.tflops);
  read(row, "gbps", r.gbps);
  read(row, "flops", r.flops);
  read(row, "bytes", r.bytes);
  read(row, "energy_j", r.energy_j);
  read(row, "error_rms", r.error_rms);
  read(row, "error_max", r.error_max);
  read(row, "registers", r.registers);
  read(row, "spill_bytes", r.spill_bytes);
  read(row, "smem_bytes", r.smem_bytes);
  read(row, "ctas_per_sm", r.ctas_per_sm);
  read(row, "library_kernels", r.library_kernels);
  read(row, "compile_ms", r.compile_ms);
  read(row, "sm_clock_mhz", r.sm_clock_mhz);
  read(row, "power_w", r.power_w);
  read(row, "temperature_c", r.temperature_c);
  read(row, "throttle", r.throttle);
  if (const Json* counters = row.find("counters"); counters != nullptr && !counters->is_null())
    r.counters = from_json<Counters>(*counters);
  read(row, "seed", r.seed);
  read(row, "device", r.device);
  read_if_there(row, "board_uuid", r.board_uuid);
  read(row, "simulated", r.simulated);
  read(row, "warnings", r.warnings);
  read(row, "timestamp", r.timestamp);
  return r;
}

Json to_json(const RunHeader& h) {
  return {{"record", "run"},
          {"schema", kJournalSchema},
          {"run_id", h.run_id},
          {"timestamp", h.timestamp},
          {"command", h.command},
          {"environment", to_json(h.environment)},
          {"policy", to_json(h.policy)}};
}

template <>
RunHeader from_json(const Json& json) {
  RunHeader h;
  read(json, "run_id", h.run_id);
  read(json, "timestamp", h.timestamp);
  read(json, "command", h.command);
  h.environment = from_json<Environment>(member(json, "environment"));
  h.policy = from_json<Policy>(member(json, "policy"));
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
