#include "core/json.h"
#include "report/accuracy.h"
#include "util/version.h"

namespace gemmtune::report {

namespace {

Json or_null(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json to_json(const accuracy::Figures& figures) {
  return {{"relative_rms", or_null(figures.relative_rms)},
          {"mean_absolute", figures.mean_absolute},
          {"max_over_sum", or_null(figures.max_over_sum)},
          {"cosine", or_null(figures.cosine)},
          {"snr_db", or_null(figures.snr_db)}};
}

Json to_json(const AccuracyRow& row) {
  const accuracy::Assessment& x = row.assessment;
  const accuracy::Recipe& recipe = x.recipe;
  return {{"recipe", describe(recipe)},
          {"format", to_string(recipe.element)},
          {"scaling", to_string(recipe.scaling)},
          {"scale", to_string(recipe.scale)},
          {"amax", to_string(recipe.amax)},
          {"rounding", to_string(recipe.rounding)},
          {"promote", recipe.promote},
          {"out", to_string(recipe.out)},
          {"total", to_json(x.total)},
          {"quantisation", to_json(x.quantisation)},
          {"accumulation", to_json(x.accumulation)},
          {"output", to_json(x.output)},
          {"saturated", x.saturated},
          {"flushed", x.flushed},
          {"kernel", row.kernel.empty() ? Json(nullptr) : Json(row.kernel)},
          {"time_us", row.speed ? Json(row.speed->time_us) : Json(nullptr)},
          {"tuned_m", row.speed ? Json(row.speed->tuned_m) : Json(nullptr)}};
}

}  // namespace

std::string accuracy_json(const AccuracyRun& run) {
  Json json = {{"schema", "gemmtune.accuracy/1"},
               {"tool", kVersion},
               {"revision", kRevision},
               {"seed", run.seed},
               {"accumulation", "model"},
               {"model", kAccuracyModel},
               {"table", run.table.empty() ? Json(nullptr) : Json(run.table)},
               {"products", Json::array()}};
  for (const AccuracyOfProduct& product : run.products) {
    Json rows = Json::array();
    for (const AccuracyRow& row : product.rows) rows.push_back(to_json(row));
    json["products"].push_back({{"m", product.sizes.m},
                                {"n", product.sizes.n},
                                {"k", product.sizes.k},
                                {"data", product.data},
                                {"sampled_rows", product.sampled_rows},
                                {"sampled_columns", product.sampled_columns},
                                {"rows", std::move(rows)}});
  }
  return json_text(json, 2) + "\n";
}

}  // namespace gemmtune::report
