#include "layers/step.h"

#include "core/groups.h"
#include "input/complaint.h"
#include "util/error.h"
#include "util/format.h"
#include "util/integers.h"
#include "util/text.h"

#include <algorithm>
#include <limits>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace gemmtune::layers {

namespace {

/// Of blocks of scales, and of DeepGEMM's contiguous groups.
constexpr std::int64_t kAlignment = 128;
static_assert(kAlignment == kUsualAlignment);

/// Sums the weights of layers that are one problem, and names it after all of them.
class Collection {
 public:
  void add(Problem problem) {
    const auto [found, is_new] = places_.try_emplace(describe(problem), problems_.size());
    if (is_new) {
      problems_.push_back(std::move(problem));
      return;
    }
    Problem& first = problems_[found->second];
    first.weight += problem.weight;
    const std::string name = first.name + ", " + problem.name;
    if (first.name != problem.name && name.size() <= 200) first.name = name;
  }
  std::vector<Problem> take() { return std::move(problems_); }

 private:
  std::vector<Problem> problems_;
  std::unordered_map<std::string, std::size_t> places_;
};

class Products {
 public:
  Products(const Model& model, const Step& step) : model_(model), step_(step) {}

  void add(const Layer& layer) {
    const Share share = share_of(layer, step_.parallel);
    for (const Tokens& tokens : step_.tokens) {
      forward(layer, share, tokens);
      if (step_.phase == Phase::train) backward(layer, share, tokens);
    }
  }

  std::vector<Problem> take() { return all_.take(); }

 private:
  Problem product(const Layer& layer, const char* suffix, std::string kernel, std::int64_t m, std::int64_t n,
                  std::int64_t k, const Tokens& tokens) const {
    Problem made;
    made.name = layer.name + suffix;
    if (layer.kind == Kind::experts && step_.parallel.expert > 1)
      made.name += formatted(" EP{}", step_.parallel.expert);
    made.kernel = std::move(kernel);
    made.m = m, made.n = n, made.k = k;
    made.weight = double(layer.count) * tokens.share;
    return made;
  }

  double mean_rows(const Tokens& tokens) const {
    const Experts& experts = *model_.experts;
    return double(tokens.count) * double(step_.parallel.replicas()) * double(experts.per_token) /
           double(experts.count);
  }

  void group(Problem& made) const {
    made.groups = model_.experts->count / step_.parallel.expert;
    made.routing = step_.routing;
    made.group_seed = step_.seed;
    set_size_from_groups(made);
  }

  void group_contiguous(Problem& made, const Tokens& tokens) const {
    made.m_per_group = mean_rows(tokens);
    made.alignment = kAlignment;
    made.layout = usual_layout(kAlignment);
    group(made);
  }

  void forward(const Layer& layer, const Share& share, const Tokens& tokens) {
    if (layer.kind == Kind::bf16) {
      // Of a prompt the last token alone goes through lm_head.
      const bool last_token = step_.phase == Phase::prefill && layer.name == "lm_head";
      Problem made =
          product(layer, "", "dense_bf16", last_token ? 1 : tokens.count, share.n, share.k, tokens);
      made.out = layer.out;
      all_.add(std::move(made));
    } else if (layer.kind == Kind::fp8) {
      all_.add(product(layer, "", "dense_1d2d", tokens.count, share.n, share.k, tokens));
    } else if (step_.phase == Phase::decode) {
      Problem made = product(layer, "", "grouped_masked_1d2d", 0, share.n, share.k, tokens);
      made.m_per_group = mean_rows(tokens);
      // Every token may choose the same expert.
      made.max_m = tokens.count * step_.parallel.replicas();
      group(made);
      all_.add(std::move(made));
    } else {
      Problem made = product(layer, "", "grouped_contiguous_1d2d", 0, share.n, share.k, tokens);
      group_contiguous(made, tokens);
      all_.add(std::move(made));
    }
  }

  /// dX[M,K] = dY[M,N] * W[N,K], and dW[N,K] += dY[M,N]^T * X[M,K].
  void backward(const Layer& layer, const Share& share, const Tokens& tokens) {
    const bool experts = layer.kind == Kind::experts, bf16 = layer.kind == Kind::bf16;
    Problem inputs = product(layer, " dgrad",
                             bf16      ? "dense_bf16"
                             : experts ? "grouped_contiguous_1d2d"
                                       : "dense_1d2d",
                             experts ? 0 : tokens.count, share.k, share.n, tokens);
    Problem weights = product(layer, " wgrad",
                              bf16      ? "dense_bf16"
                              : experts ? "k_grouped_1d1d"
                                        : "dense_1d1d",
                              share.n, share.k, experts ? 0 : tokens.count, tokens);
    weights.out = OutputType::fp32;
    weights.accumulate = true;
    if (experts) {
      group_contiguous(inputs, tokens);
      weights.k_per_group = mean_rows(tokens);
      group(weights);
    }
    all_.add(std::move(inputs));
    all_.add(std::move(weights));
  }

  const Model& model_;
  const Step& step_;
  Collection all_;
};

std::vector<Layer> wanted(std::vector<Layer> layers, const std::vector<std::string>& names) {
  if (names.empty()) return layers;
  std::vector<std::string> known;
  for (const Layer& layer : layers) known.push_back(layer.name);
  for (const std::string& name : names)
    if (std::ranges::find(known, name) == known.end()) {
      const std::vector<std::string_view> views(known.begin(), known.end());
      throw UserError("--layers: no layer " + input::quote(name) + did_you_mean(name, views) +
                      "; there are " + join(known, ", "));
    }
  std::erase_if(layers,
                [&](const Layer& layer) { return std::ranges::find(names, layer.name) == names.end(); });
  return layers;
}

/// What blocks of 128 cannot hold in the backward pass alone, where N and M are inner sizes too.
void check_backward(const Layer& layer, const Share& share, std::vector<Flaw>& flaws) {
  if (layer.kind == Kind::bf16 || share.n % kAlignment == 0) return;
  flaws.push_back({layer.name + " dgrad",
                   {formatted("K {} is no multiple of {}", share.n, kAlignment),
                    formatted("N padded from {} to {}", share.n, round_up(share.n, kAlignment))}});
}

void check_tokens(const Step& step, std::vector<Flaw>& flaws) {
  for (const Tokens& tokens : step.tokens)
    if (tokens.count % kAlignment != 0)
      flaws.push_back({"every wgrad",
                       {formatted("K {} is no multiple of {}", tokens.count, kAlignment),
                        formatted("--tokens {}", round_up(tokens.count, kAlignment))}});
}

void check_rows(const Step& step) {
  for (const Tokens& tokens : step.tokens)
    if (tokens.count > std::numeric_limits<std::int32_t>::max() / step.parallel.replicas())
      throw UserError("--tokens " + std::to_string(tokens.count) + ": all of " +
                      std::to_string(step.parallel.replicas()) + " GPUs together must be below 2147483648");
}

}  // namespace

StepProblems problems_of(const Model& model, const Step& step) {
  const std::vector<Layer> all = forward_layers(model, step.phase);
  require_divided(model, all, step.parallel);
  check_rows(step);
  StepProblems made;
  Products products(model, step);
  for (const Layer& layer : wanted(all, step.layers)) {
    products.add(layer);
    if (auto why = unblocked(model, all, layer, step.parallel))
      made.flaws.push_back({layer.name, *std::move(why)});
    if (step.phase == Phase::train) check_backward(layer, share_of(layer, step.parallel), made.flaws);
  }
  if (step.phase == Phase::train) check_tokens(step, made.flaws);
  made.problems = products.take();
  made.left_out = model.left_out;
  if (model.latent && step.phase == Phase::decode)
    made.left_out.emplace_back("kv_b, which decoding absorbs into attention as batched products");
  return made;
}

}  // namespace gemmtune::layers
