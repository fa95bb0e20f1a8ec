#include "layers/layer.h"

#include <utility>

namespace gemmtune::layers {

namespace {

class Pass {
 public:
  explicit Pass(const Model& model) : model_(model) {}

  Extent hidden() const { return {model_.hidden, 1, "hidden_size"}; }
  Extent heads(std::int64_t dim) const { return {model_.heads, dim, "num_attention_heads"}; }

  void add(std::string name, Cut cut, std::vector<Extent> outputs, Extent inputs, std::int64_t count,
           Kind kind = Kind::fp8, OutputType out = OutputType::bf16) {
    if (count > 0) layers_.push_back({std::move(name), kind, cut, std::move(outputs), inputs, count, out});
  }

  /// Scores and logits, by which a key, an expert or a word is chosen: products of BF16 in FP32.
  void add_scores(std::string name, Cut cut, const Extent& outputs, std::int64_t count) {
    add(std::move(name), cut, {outputs}, hidden(), count, Kind::bf16, OutputType::fp32);
  }

  void attention() {
    const std::int64_t count = model_.layers - (model_.linear ? model_.linear->layers : 0);
    const Extent kv{model_.kv_heads, model_.head_dim, "num_key_value_heads", true};
    const std::int64_t query = model_.gated_attention ? 2 * model_.head_dim : model_.head_dim;
    add("qkv", Cut::outputs, {heads(query), kv, kv}, hidden(), count);
    add("o_proj", Cut::inputs, {hidden()}, heads(model_.head_dim), count);
  }

  void latent_attention(const LatentAttention& latent, Phase phase) {
    const Extent q_rank{latent.q_rank, 1, "q_lora_rank"};
    const Extent kv{latent.kv_rank + latent.rope_dim, 1, "kv_lora_rank"};
    const Extent queries = heads(latent.nope_dim + latent.rope_dim);
    if (latent.q_rank > 0) {
      add("q_a+kv_a", Cut::none, {q_rank, kv}, hidden(), model_.layers);
      add("q_b", Cut::outputs, {queries}, q_rank, model_.layers);
    } else {
      add("q", Cut::outputs, {queries}, hidden(), model_.layers);
      add("kv_a", Cut::none, {kv}, hidden(), model_.layers);
    }
    if (phase != Phase::decode)
      add("kv_b", Cut::outputs, {heads(latent.nope_dim + latent.value_dim)},
          {latent.kv_rank, 1, "kv_lora_rank"}, model_.layers);
    add("o_proj", Cut::inputs, {hidden()}, heads(latent.value_dim), model_.layers);
    if (model_.indexer) indexer(*model_.indexer, latent.q_rank > 0 ? q_rank : hidden());
  }

  void indexer(const Indexer& indexer, const Extent& queries) {
    const Extent heads{indexer.heads, 1, "index_n_heads"};
    add("indexer q_b", Cut::none, {{indexer.heads, indexer.head_dim, "index_n_heads"}}, queries,
        indexer.layers);
    add("indexer k", Cut::none, {{indexer.head_dim, 1, "index_head_dim"}}, hidden(), indexer.layers);
    add_scores("indexer weights", Cut::none, heads, indexer.layers);
  }

  void linear_attention(const LinearAttention& linear) {
    if (linear.lightning) {
      const Extent inner = heads(model_.head_dim);
      add("linear qkv", Cut::outputs, {inner, inner, inner}, hidden(), linear.layers);
      add("linear gate", Cut::outputs, {inner}, hidden(), linear.layers);
      add("linear out_proj", Cut::inputs, {hidden()}, inner, linear.layers);
      return;
    }
    const Extent keys{linear.key_heads, linear.key_dim, "linear_num_key_heads"};
    const Extent values{linear.value_heads, linear.value_dim, "linear_num_value_heads"};
    const Extent scalars{linear.value_heads, 1, "linear_num_value_heads"};
    add("linear qkvz", Cut::outputs, {keys, keys, values, values}, hidden(), linear.layers);
    add("linear ba", Cut::outputs, {scalars, scalars}, hidden(), linear.layers, Kind::bf16);
    add("linear out_proj", Cut::inputs, {hidden()}, values, linear.layers);
  }

  void mlp(const std::string& prefix, const Extent& intermediate, std::int64_t count, Kind kind = Kind::fp8) {
    add(prefix + "gate_up", Cut::outputs, {intermediate, intermediate}, hidden(), count, kind);
    add(prefix + "down", Cut::inputs, {hidden()}, intermediate, count, kind);
  }

  void experts(const Experts& experts) {
    const std::int64_t count = experts.layers;
    add_scores("router", Cut::none, {experts.count, 1, experts.count_key}, count);
    if (experts.shared_intermediate > 0)
      mlp("shared ", {experts.shared_intermediate, 1, experts.shared_key}, count);
    mlp("experts ", {experts.intermediate, 1, experts.intermediate_key}, count, Kind::experts);
  }

  std::vector<Layer> take() { return std::move(layers_); }

 private:
  const Model& model_;
  std::vector<Layer> layers_;
};

}  // namespace

std::vector<Layer> forward_layers(const Model& model, Phase phase) {
  Pass pass(model);
  if (model.latent)
    pass.latent_attention(*model.latent, phase);
  else
    pass.attention();
  if (model.linear) pass.linear_attention(*model.linear);
  pass.mlp(model.experts ? "dense " : "", {model.dense_intermediate, 1, "intermediate_size"},
           model.dense_layers);
  if (model.experts) pass.experts(*model.experts);
  // Engines pad the vocabulary to whole 64.
  pass.add_scores("lm_head", Cut::outputs, {model.vocabulary, 1, "vocab_size", false, 64}, 1);
  return pass.take();
}

}  // namespace gemmtune::layers
