#include "report/model_step_text.h"

#include "core/json.h"
#include "core/serialise.h"
#include "report/json.h"
#include "report/markdown.h"
#include "report/model_step_grids.h"
#include "report/phrases.h"
#include "report/terminal.h"
#include "util/format.h"
#include "util/text.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace gemmtune::report {

namespace {

std::string title_of(const ModelStep& step) {
  return formatted("GEMMs of a step: {}, {}, TP {}, EP {}, {} routing", step.name, step.phase, step.tensor,
                   step.expert, step.routing);
}

std::string missing_sentence(const ModelTimes& times) {
  const std::size_t count = missing_products(times).size();
  if (count == 0) return "";
  return formatted(
      "PARTIAL: the results lack {} of the problems of these steps. Sums marked partial are of the "
      "products that are there, and have no time a token. Missing, with the tokens of the step: {}. "
      "--format json has the problems.",
      count, missing_layers(times));
}

constexpr const char* kStepsLegend =
    "tokens: in a step, of one GPU, or of the GPUs that share each layer. by: ours, the library with "
    "the same block scales (block), with one scale a tensor, in BF16, or a peer. products: those of "
    "the step that it has times of; µs, ours µs and x are of these alone. µs: their sum, all calls. "
    "ours µs: ours of the same products. x: its time over ours, above 1 is ahead. step µs: the whole "
    "step, with its time where it has one and ours elsewhere; µs/token and tokens/s are of that, "
    "as if the model were nothing but these products.";
constexpr const char* kStepsEnergyLegend =
    "J x: its energy over ours, of the same products; step J: of the whole step, with its energy where it "
    "has a time and ours elsewhere; - where that of one was not measured, as peers'. Energy is the board's, "
    "of launches back to back.";
constexpr const char* kProductsLegend =
    "M: rows; of groups their number x the mean rows of each. calls: in one step. µs: of one, step "
    "µs: of all. The last columns: their time over ours.";
constexpr const char* kEnergyLegend =
    "mJ: the board's energy of one launch among many, back to back. The last columns: that of their product "
    "over ours, above 1 it takes more.";
constexpr const char* kGainsLegend =
    "Most to gain from more tuning: calls x (time - time at the lowest roof), as a part of the step. "
    "That is more than tuning can bring: no kernel reaches its roof. tried: candidates that were timed.";

}  // namespace

std::string not_in_a_step(const ModelTimes& times) {
  std::string text =
      "Not in it: attention itself, communication between GPUs, norms, activations, quantising, "
      "sampling, the gaps between launches and the host. It is a sum of times that were each measured "
      "alone, under the policy of the sweep.";
  if (!times.step.left_out.empty()) text += " Left out too: " + join(times.step.left_out, "; ") + ".";
  return text;
}

std::string model_text(const ModelTimes& times, const Report& report, bool as_markdown,
                       const Screen& screen) {
  const auto plain = [&](const std::string& text) {
    return text.empty() ? ""
                        : (as_markdown ? escape_markdown(text) + "\n\n" : wrapped(text, 0, screen) + "\n");
  };
  const auto heading = [&](const std::string& text, const char* marks) {
    return as_markdown ? marks + escape_markdown(text) + "\n\n"
                       : screen.painted(text, Tone::heading) + "\n\n";
  };
  const auto table = [&](const Grid& grid) {
    return (as_markdown ? markdown_table(grid) : aligned(grid, screen)) + "\n";
  };
  std::string text = heading(title_of(times.step), "# ");
  if (report.simulated) text += plain(kSimulatedNotice);
  text += plain(not_in_a_step(times)) + plain(missing_sentence(times));
  if (std::ranges::all_of(times.steps, [](const StepSum& step) { return step.found == 0; }))
    return text + plain(
                      "Nothing of these steps is in the results: gemmtune sweep --model, with the same "
                      "options, measures them.");
  const bool with_energy = has_energy(times.steps);
  text +=
      table(steps_grid(times, false)) + plain(kStepsLegend) + plain(with_energy ? kStepsEnergyLegend : "");
  text += heading("By layer", "## ") + table(products_grid(times, false)) + plain(kProductsLegend);
  if (with_energy)
    text += heading("Energy by layer", "## ") + table(energy_grid(times)) + plain(kEnergyLegend);
  if (const Grid gains = gains_grid(times, false); !gains.rows.empty())
    text += heading("Most to gain", "## ") + table(gains) + plain(kGainsLegend);
  if (report.with_peers) text += plain("Peers: " + report.peers_source + ".");
  text += plain(provenance(report));
  text.pop_back();  // the blank line at the end
  return text;
}

std::string model_json(const ModelTimes& times, const Report& report) {
  const auto grid = [](const Grid& rows) { return Json::parse(json(rows)); };
  const ModelStep& step = times.step;
  const Json document = {{"schema", "gemmtune.model/1"},
                         {"simulated", report.simulated},
                         {"environment", gemmtune::to_json(report.environment)},
                         {"policy", report.policy},
                         {"peers", report.with_peers ? Json(report.peers_source) : Json(nullptr)},
                         {"model",
                          {{"name", step.name},
                           {"phase", step.phase},
                           {"tp", step.tensor},
                           {"ep", step.expert},
                           {"routing", step.routing}}},
                         {"not_included", not_in_a_step(times)},
                         {"missing", missing_products(times)},
                         {"steps", grid(steps_grid(times, true))},
                         {"products", grid(products_grid(times, true))},
                         {"gains", grid(gains_grid(times, true))}};
  return json_text(document, 2) + "\n";
}

}  // namespace gemmtune::report
