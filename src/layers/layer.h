// The linear layers of a model's forward pass, merged as serving engines merge them, and what a GPU computes
// of each where a model is shared out among several.
#pragma once

#include "core/names.h"
#include "layers/model.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gemmtune::layers {

/// What a layer's weights are shared out by among the GPUs of tensor parallelism: nothing (each has all of
/// them), its outputs N, or its inputs K.
enum class Cut { none, outputs, inputs };

/// Which products a layer is: of FP8 in blocks, of BF16, or of FP8 for each expert.
enum class Kind { fp8, bf16, experts };

/// Neighbouring outputs, or the inputs, of a layer: so many units of a size. Units stay whole.
struct Extent {
  std::int64_t units = 1, unit = 1;
  std::string_view key;     ///< the member of config.json that counts the units
  bool may_repeat = false;  ///< KV heads: a GPU has one of its own where there are more GPUs than heads
  std::int64_t pad = 1;     ///< engines pad the units to a multiple of this

  std::int64_t size() const { return units * unit; }
};

struct Layer {
  std::string name;
  Kind kind = Kind::fp8;
  Cut cut = Cut::none;
  std::vector<Extent> outputs;  ///< several where layers are merged
  Extent inputs;
  std::int64_t count = 0;  ///< how often it runs in a forward pass
  OutputType out = OutputType::bf16;
};

enum class Phase { prefill, decode, train };

/// In the order in which a layer of the model runs them. kv_b of latent attention is not a product of its own
/// in decoding: it is absorbed by attention.
std::vector<Layer> forward_layers(const Model& model, Phase phase);

/// How a model is shared out: by `tensor` GPUs for each layer, and its experts among `expert` GPUs, which
/// hold whole experts where there are at least as many of them.
struct Parallel {
  std::int64_t tensor = 1, expert = 1;

  /// GPUs that share one expert.
  std::int64_t per_expert() const { return tensor > expert ? tensor / expert : 1; }
  /// Groups of GPUs that take tokens of their own and send them to the experts of all.
  std::int64_t replicas() const { return expert > tensor ? expert / tensor : 1; }
};

/// What one GPU computes of a layer.
struct Share {
  std::vector<std::int64_t> outputs;  ///< of each part
  std::int64_t n = 0, k = 0;
};

Share share_of(const Layer& layer, const Parallel& parallel);

/// Of --tp and --ep.
inline constexpr std::int64_t kMostGpus = 1024;

/// Which member of config.json does not let itself be shared out so, or "--tp" or "--ep"; empty: none.
struct Undivided {
  std::string_view key;
  std::int64_t value = 0;
};
std::optional<Undivided> undivided(const Model& model, const std::vector<Layer>& layers,
                                   const Parallel& parallel);

/// Throws UserError with the member and the values of --tp and --ep that are legal.
void require_divided(const Model& model, const std::vector<Layer>& layers, const Parallel& parallel);

/// Why blocks of 128 cannot hold a share, and the smallest changes with which they could; empty: they can.
struct Unblocked {
  std::string what;     ///< "K 192 is no multiple of 128"
  std::string changes;  ///< "--tp 4 or --ep 2 or moe_intermediate_size padded from 1536 to 2048"
};
std::optional<Unblocked> unblocked(const Model& model, const std::vector<Layer>& layers, const Layer& layer,
                                   const Parallel& parallel);

}  // namespace gemmtune::layers
