#include "export/bundle_picker.h"

#include "family/family.h"
#include "family/gemm_config.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

namespace gemmtune::exports {

namespace {

std::string member(const char* name, std::int64_t value) {
  return std::string(" ") + name + "=" + std::to_string(value);
}

std::int64_t thousandths(double value) {
  return std::llround(value / launch::kMilli);
}

constexpr const char* kRule =
    "where no entry has the asked kernel, n, k, strides and form of D, or the asked m is above them all: of "
    "the choices whose entry has that kernel and form the one with the least expected time, with num_sms, "
    "raster and evict_first by rule. src/launch/picker.h (in gemmtune.hpp) is the definition";

}  // namespace

void add_picker(launch::Index& index, const Table& table, const launch::PickerData& picker,
                const std::vector<CubinCorrection>& corrections) {
  if (picker.models.empty()) return;
  index.picker = picker;
  index.picker.choices.clear();
  std::set<std::tuple<std::uint32_t, bool, bool>> chosen;
  for (std::size_t i = 0; i < index.entries.size(); ++i) {
    const launch::IndexEntry& entry = index.entries[i];
    const bool has_model = std::ranges::any_of(picker.models, [&](const launch::PickModel& model) {
      return model.kernel == entry.key.kernel && model.fp32_out == entry.key.fp32_out &&
             model.accumulate == entry.key.accumulate;
    });
    if (!has_model || entry.key.groups != 0 || entry.key.sustained ||
        !chosen.insert({entry.cubin, entry.key.fp32_out, entry.key.accumulate}).second)
      continue;
    const auto c = family::GemmConfig::from(table.entries[i].config, table.entries[i].problem);
    launch::Choice choice;
    choice.entry = static_cast<std::uint32_t>(i);
    choice.k_groups = static_cast<std::uint32_t>(c.k_groups);
    choice.stages = static_cast<std::uint32_t>(c.stages);
    choice.ring_bytes = static_cast<std::uint32_t>(c.stages * c.stage_bytes());
    choice.swap_ab = static_cast<std::uint32_t>(c.swap_ab);
    choice.store_buffers = static_cast<std::uint32_t>(c.store_buffers);
    const Config compiled =
        family::require(entry.key.kernel).compiled(table.entries[i].config, table.entries[i].problem);
    for (const CubinCorrection& one : corrections)
      if (one.kernel == entry.key.kernel && one.compiled == compiled) choice.correction = one.billionths;
    index.picker.choices.push_back(choice);
  }
}

std::string picker_lines(const launch::PickerData& picker) {
  if (picker.models.empty()) return "";
  const launch::MachineFigures& machine = picker.machine;
  std::string lines = "machine" + member("sms", machine.sms) + member("l2_bytes", machine.l2_bytes) +
                      member("sm_clock_khz", thousandths(machine.sm_clock_mhz)) +
                      member("fp8_promoted_gflops", thousandths(machine.fp8_promoted_tflops)) +
                      member("empty_kernel_ns", thousandths(machine.empty_kernel_us)) + "\n";
  for (const auto& [megabytes, time_us] : machine.cold_read_mb_us)
    lines += "cold_read" + member("kilobytes", thousandths(megabytes)) +
             member("time_ns", thousandths(time_us)) + "\n";
  for (const launch::Choice& choice : picker.choices) {
    lines += "choice";
    for (const launch::ChoiceMember& each : launch::kChoiceMembers)
      lines += member(each.name, choice.*each.value);
    lines += member("correction", choice.correction) + "\n";
  }
  for (const launch::PickModel& model : picker.models) {
    lines += "model kernel=" + model.kernel + member("fp32_out", model.fp32_out) +
             member("accumulate", model.accumulate) + member("k_multiple", model.k_multiple) +
             " coefficients=";
    for (std::size_t i = 0; i < model.coefficients.size(); ++i)
      lines += (i == 0 ? "" : ",") + std::to_string(model.coefficients[i]);
    lines += "\n";
  }
  return lines;
}

Json picker_json(const launch::PickerData& picker) {
  Json json = {{"rule", kRule}, {"choices", Json::array()}, {"models", Json::array()}};
  for (const launch::Choice& choice : picker.choices) {
    Json one = Json::object();
    for (const launch::ChoiceMember& each : launch::kChoiceMembers) one[each.name] = choice.*each.value;
    one["correction"] = choice.correction;
    json["choices"].push_back(std::move(one));
  }
  for (const launch::PickModel& model : picker.models)
    json["models"].push_back({{"kernel", model.kernel},
                              {"fp32_out", model.fp32_out},
                              {"accumulate", model.accumulate},
                              {"k_multiple", model.k_multiple},
                              {"billionths", model.coefficients}});
  return json;
}

}  // namespace gemmtune::exports
