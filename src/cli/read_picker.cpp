#include "cli/read_picker.h"

#include "cli/log.h"
#include "cli/portfolio_text.h"
#include "core/json.h"
#include "core/serialise.h"
#include "model/machine.h"
#include "operation/operation.h"
#include "util/atomic_file.h"
#include "util/error.h"
#include "util/text.h"

#include <algorithm>

namespace gemmtune::cli {

namespace {

launch::PickModel model_from(const Json& json) {
  launch::PickModel model;
  model.kernel = json.at("kernel").get<std::string>();
  const operation::Operation* const operation = operation::find(model.kernel);
  if (operation == nullptr)
    throw std::runtime_error("there is no kernel \"" + printable(model.kernel) + "\"");
  model.fp32_out = json.at("out").get<std::string>() == "fp32";
  model.accumulate = json.at("accumulate").get<bool>();
  model.k_multiple = operation->k_multiple;
  json.at("billionths").get_to(model.coefficients);
  if (model.coefficients.size() != launch::kTerms)
    throw std::runtime_error("a model has " + std::to_string(model.coefficients.size()) + " terms, not " +
                             std::to_string(launch::kTerms) + ": choose again with this version");
  return model;
}

bool is_of(const launch::PickModel& model, const Problem& problem) {
  return model.kernel == problem.kernel && model.fp32_out == (problem.out == OutputType::fp32) &&
         model.accumulate == problem.accumulate;
}

launch::PickerData picker_from(const Json& json) {
  const std::string machine = json.at("picker").at("machine").get<std::string>();
  const model::SimulatedMachine* const figures = model::find_machine(machine);
  if (figures == nullptr) throw std::runtime_error("there is no machine \"" + printable(machine) + "\"");
  launch::PickerData picker{*figures, {}, {}};
  for (const Json& model : json["picker"].at("models")) picker.models.push_back(model_from(model));
  return picker;
}

}  // namespace

void read_picker(const std::filesystem::path& path, const Table& table, exports::BundleParts& parts) {
  const std::string file = path.string();
  const Json json = parse_json(read_file(path));
  if (!json.is_object() || json.value("schema", Json()) != kPortfolioSchema)
    throw UserError(file + ": --picker takes what `gemmtune portfolio FOLDER --format json -o FILE` wrote (" +
                    kPortfolioSchema + ")");
  launch::PickerData& picker = parts.picker;
  try {
    if (json.at("simulated").get<bool>())
      throw std::runtime_error("it is of simulated times, which say nothing about a GPU");
    if (json.at("device").get<std::string>() != table.environment.device)
      throw std::runtime_error("it is of " + printable(json["device"].get<std::string>()) +
                               ", and the table of " + table.environment.device);
    picker = picker_from(json);
    for (const Json& cubin : json.at("cubins"))
      parts.corrections.push_back({cubin.at("kernel").get<std::string>(),
                                   from_json<Config>(cubin.at("compiled")),
                                   cubin.at("correction_billionths").get<std::int64_t>()});
  } catch (const std::exception& error) {
    throw UserError(file + ": " + error.what());
  }
  std::erase_if(picker.models, [&](const launch::PickModel& model) {
    return std::ranges::none_of(table.entries,
                                [&](const TableEntry& entry) { return is_of(model, entry.problem); });
  });
  if (picker.models.empty())
    throw UserError(file + ": none of its models is for a kernel and a form of D that the table has");
}

}  // namespace gemmtune::cli
