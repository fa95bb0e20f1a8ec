#include "input/complaint.h"
#include "layers/layer.h"
#include "util/error.h"
#include "util/format.h"
#include "util/integers.h"
#include "util/text.h"

#include <algorithm>
#include <numeric>

namespace gemmtune::layers {

namespace {

constexpr std::int64_t kBlock = 128;

std::int64_t gpus_of(const Layer& layer, const Parallel& parallel) {
  if (layer.cut == Cut::none) return 1;
  return layer.kind == Kind::experts ? parallel.per_expert() : parallel.tensor;
}

bool divides(const Extent& extent, std::int64_t gpus) {
  const std::int64_t units = round_up(extent.units, extent.pad);
  return units % gpus == 0 || (extent.may_repeat && gpus % units == 0);
}

std::int64_t share(const Extent& extent, std::int64_t gpus) {
  if (gpus == 1) return extent.size();
  const std::int64_t units = round_up(extent.units, extent.pad);
  return std::max<std::int64_t>(units / gpus, 1) * extent.unit;
}

const Extent* undivided_extent(const Layer& layer, const Parallel& parallel) {
  const std::int64_t gpus = gpus_of(layer, parallel);
  if (layer.cut == Cut::outputs)
    for (const Extent& extent : layer.outputs)
      if (!divides(extent, gpus)) return &extent;
  return layer.cut == Cut::inputs && !divides(layer.inputs, gpus) ? &layer.inputs : nullptr;
}

/// A size that blocks do not fill where they must, its extent, and whether it is K.
struct Broken {
  std::int64_t size;
  const Extent* extent;
  bool is_k;
};

std::vector<Broken> broken(const Layer& layer, const Parallel& parallel) {
  const Share whole = share_of(layer, parallel);
  std::vector<Broken> sizes;
  // A block that ends outside of the layer is filled with zeros; one that another part or another GPU has the
  // rest of has a scale that belongs to neither.
  const bool cut = layer.cut == Cut::outputs && gpus_of(layer, parallel) > 1;
  for (std::size_t i = 0; i < layer.outputs.size() - (cut ? 0 : 1); ++i) {
    const auto same = [&](const Broken& other) { return other.extent->key == layer.outputs[i].key; };
    if (whole.outputs[i] % kBlock != 0 && std::ranges::none_of(sizes, same))
      sizes.push_back({whole.outputs[i], &layer.outputs[i], false});
  }
  if (whole.k % kBlock != 0) sizes.push_back({whole.k, &layer.inputs, true});
  return sizes;
}

std::string sentence(const std::vector<Broken>& sizes, const Layer& layer) {
  std::vector<std::string> texts;
  for (const Broken& size : sizes)
    texts.push_back(formatted("{} {}",
                              size.is_k                  ? "K"
                              : layer.outputs.size() > 1 ? "a part of N,"
                                                         : "N",
                              size.size));
  return formatted("{} {} of {}", join(texts, " and "),
                   texts.size() == 1 ? "is no multiple" : "are no multiples", kBlock);
}

/// Whole units more, so that each GPU's share is whole blocks.
std::string padding(const std::vector<Broken>& sizes, const Layer& layer, const Parallel& parallel) {
  std::vector<std::string> texts;
  for (const auto& [size, extent, is_k] : sizes) {
    const bool cut = is_k ? layer.cut == Cut::inputs : layer.cut == Cut::outputs;
    const std::int64_t units =
        std::lcm(extent->unit, kBlock) / extent->unit * (cut ? gpus_of(layer, parallel) : 1);
    texts.push_back(
        formatted("{} padded from {} to {}", extent->key, extent->units, round_up(extent->units, units)));
  }
  return join(texts, " with ");
}

}  // namespace

Share share_of(const Layer& layer, const Parallel& parallel) {
  const std::int64_t gpus = gpus_of(layer, parallel);
  Share whole;
  for (const Extent& extent : layer.outputs)
    whole.outputs.push_back(layer.cut == Cut::outputs ? share(extent, gpus) : extent.size());
  whole.n = std::accumulate(whole.outputs.begin(), whole.outputs.end(), std::int64_t{0});
  whole.k = layer.cut == Cut::inputs ? share(layer.inputs, gpus) : layer.inputs.size();
  return whole;
}

std::optional<Undivided> undivided(const Model& model, const std::vector<Layer>& layers,
                                   const Parallel& parallel) {
  const auto [tensor, expert] = parallel;
  if (expert > 1 && !model.experts) return Undivided{"--ep", expert};
  if (tensor % expert != 0 && expert % tensor != 0) return Undivided{"--tp", tensor};
  if (model.experts && model.experts->count % expert != 0)
    return Undivided{model.experts->count_key, model.experts->count};
  for (const Layer& layer : layers)
    if (const Extent* extent = undivided_extent(layer, parallel))
      return Undivided{extent->key, extent->units};
  return std::nullopt;
}

void require_divided(const Model& model, const std::vector<Layer>& layers, const Parallel& parallel) {
  const auto found = undivided(model, layers, parallel);
  if (!found) return;
  const auto legal = [&](const char* option, auto with) {
    std::vector<std::string> values;
    for (std::int64_t gpus = 1; gpus <= kMostGpus; ++gpus)
      if (!undivided(model, layers, with(gpus))) values.push_back(std::to_string(gpus));
    return values.empty() ? std::string() : formatted("{} {}", option, join(values, ", "));
  };
  const std::string tensor = legal("--tp", [&](std::int64_t gpus) {
    return Parallel{gpus, parallel.expert};
  });
  const std::string expert = legal("--ep", [&](std::int64_t gpus) {
    return Parallel{parallel.tensor, gpus};
  });
  const std::string advice = tensor.empty() || expert.empty() ? tensor + expert : tensor + ", or " + expert;
  const std::string asked = formatted("--tp {} --ep {}", parallel.tensor, parallel.expert);
  const std::string left = advice.empty() ? "" : "; legal: " + advice;
  if (found->key == "--ep") throw UserError(asked + ": " + model.name + " has no experts" + left);
  if (found->key == "--tp") throw UserError(asked + ": neither divides the other" + left);
  input::complain(model.file, model.pointer + input::pointer_step(found->key),
                  formatted("{} cannot be shared out by {}{}", found->value, asked, left));
}

std::optional<Unblocked> unblocked(const Model& model, const std::vector<Layer>& layers, const Layer& layer,
                                   const Parallel& parallel) {
  if (layer.kind == Kind::bf16) return std::nullopt;
  const std::vector<Broken> sizes = broken(layer, parallel);
  if (sizes.empty()) return std::nullopt;
  const auto mends = [&](const Parallel& other) {
    return !undivided(model, layers, other) && broken(layer, other).empty();
  };
  std::string changes;
  for (std::int64_t fewer = parallel.tensor - 1; fewer >= 1; --fewer)
    if (mends({fewer, parallel.expert})) {
      changes += formatted("--tp {} or ", fewer);
      break;
    }
  for (std::int64_t more = parallel.expert + 1; layer.kind == Kind::experts && more <= parallel.tensor;
       ++more)
    if (mends({parallel.tensor, more})) {
      changes += formatted("--ep {} or ", more);
      break;
    }
  return Unblocked{sentence(sizes, layer), changes + padding(sizes, layer, parallel)};
}

}  // namespace gemmtune::layers
