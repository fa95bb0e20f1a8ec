#include "layers/config_fields.h"

#include "input/complaint.h"
#include "util/format.h"

#include <algorithm>
#include <iterator>

namespace gemmtune::layers {

namespace {

// Members of published files that no linear layer's size depends on.
constexpr std::string_view kWithoutLayers[] = {"_name_or_path",
                                               "_source",
                                               "add_cross_attention",
                                               "architectures",
                                               "attention_bias",
                                               "attention_dropout",
                                               "attn_logit_softcapping",
                                               "auto_map",
                                               "aux_loss_alpha",
                                               "block_size",
                                               "bos_token_id",
                                               "chunk_size_feed_forward",
                                               "diversity_penalty",
                                               "do_sample",
                                               "dtype",
                                               "early_stopping",
                                               "embd_pdrop",
                                               "encoder_no_repeat_ngram_size",
                                               "eos_token_id",
                                               "ep_size",
                                               "expert_dropout",
                                               "final_logit_softcapping",
                                               "hidden_act",
                                               "hidden_activation",
                                               "hidden_dropout",
                                               "id2label",
                                               "index_share_for_mtp_iteration",
                                               "index_skip_topk_offset",
                                               "index_topk",
                                               "index_topk_freq",
                                               "index_topk_pattern",
                                               "indexer_rope_interleave",
                                               "initial_context_length",
                                               "initializer_range",
                                               "is_decoder",
                                               "is_encoder_decoder",
                                               "label2id",
                                               "layer_norm_eps",
                                               "layer_norm_epsilon",
                                               "layernorm_full_attention_alpha",
                                               "layernorm_full_attention_beta",
                                               "layernorm_linear_attention_alpha",
                                               "layernorm_linear_attention_beta",
                                               "layernorm_mlp_alpha",
                                               "layernorm_mlp_beta",
                                               "length_penalty",
                                               "linear_conv_kernel_dim",
                                               "logits_soft_cap",
                                               "mamba_ssm_dtype",
                                               "max_length",
                                               "max_position_embeddings",
                                               "max_window_layers",
                                               "min_length",
                                               "mlp_bias",
                                               "model_type",
                                               "mtp_transformer_layers",
                                               "mtp_use_dedicated_embeddings",
                                               "n_group",
                                               "no_repeat_ngram_size",
                                               "norm_eps",
                                               "norm_topk_prob",
                                               "num_beam_groups",
                                               "num_beams",
                                               "num_return_sequences",
                                               "original_max_position_embeddings",
                                               "output_attentions",
                                               "output_hidden_states",
                                               "output_router_logits",
                                               "output_scores",
                                               "pad_token_id",
                                               "partial_rotary_factor",
                                               "postnorm",
                                               "pretraining_tp",
                                               "problem_type",
                                               "pruned_heads",
                                               "qk_head_dim",
                                               "qk_norm_type",
                                               "qkv_bias",
                                               "quantization_config",
                                               "remove_invalid_values",
                                               "repetition_penalty",
                                               "resid_pdrop",
                                               "return_dict",
                                               "return_dict_in_generate",
                                               "rms_norm_eps",
                                               "rope_interleave",
                                               "rope_local_base_freq",
                                               "rope_parameters",
                                               "rope_scaling",
                                               "rope_theta",
                                               "rotary_dim",
                                               "routed_scaling_factor",
                                               "router_aux_loss_coef",
                                               "router_jitter_noise",
                                               "scoring_func",
                                               "seq_aux",
                                               "shared_moe_mode",
                                               "sliding_window",
                                               "swiglu_limit",
                                               "temperature",
                                               "tf_legacy_loss",
                                               "tie_encoder_decoder",
                                               "tie_word_embeddings",
                                               "top_k",
                                               "top_p",
                                               "topk_group",
                                               "topk_method",
                                               "torch_dtype",
                                               "torchscript",
                                               "transformers_version",
                                               "typical_p",
                                               "unsloth_fixed",
                                               "use_bfloat16",
                                               "use_cache",
                                               "use_qk_norm",
                                               "use_routing_bias",
                                               "use_sliding_window"};

/// Of a list: published ones have one a layer.
constexpr std::size_t kMostElements = 65536;

std::string expected(const Limits& limits) {
  return formatted("an integer from {} to {}", limits.least, limits.most);
}

}  // namespace

std::optional<ConfigFields::Field> ConfigFields::find(std::initializer_list<std::string_view> keys) {
  std::optional<Field> found;
  for (const std::string_view key : keys) {
    asked_.emplace(key);
    auto node = root_.find(key);
    if (!found && node && !node->is_null()) found = Field{key, *std::move(node)};
  }
  return found;
}

std::int64_t ConfigFields::required(std::initializer_list<std::string_view> keys, const Limits& limits) {
  if (const auto field = find(keys)) return integer(*field, limits);
  root_.fail(formatted("\"{}\" is missing: {}", *keys.begin(), expected(limits)));
}

std::int64_t ConfigFields::integer(std::initializer_list<std::string_view> keys, const Limits& limits,
                                   std::int64_t otherwise) {
  const auto field = find(keys);
  return field ? integer(*field, limits) : otherwise;
}

std::int64_t ConfigFields::integer(const Field& field, const Limits& limits) {
  const auto value = field.node.whole();
  if (!value || *value < limits.least || *value > limits.most) field.node.fail_expected(expected(limits));
  return *value;
}

bool ConfigFields::flag(std::string_view key) {
  const auto field = find({key});
  return field && field->node.boolean();
}

std::string ConfigFields::text(std::string_view key) {
  const auto field = find({key});
  return field ? field->node.label() : "";
}

std::vector<input::Node> ConfigFields::list(std::string_view key) {
  std::vector<input::Node> items;
  const auto field = find({key});
  if (!field || field->node.is_empty_list()) return items;
  if (field->node.size() > kMostElements) field->node.fail(formatted("more than {} elements", kMostElements));
  for (std::size_t i = 0; i < field->node.size(); ++i) items.push_back(field->node.item(i));
  return items;
}

std::vector<std::string> ConfigFields::not_asked_for() const {
  std::vector<std::string> keys;
  for (const std::string& key : root_.keys()) {
    const auto node = root_.find(key);
    const bool known =
        asked_.contains(key) || std::ranges::find(kWithoutLayers, key) != std::end(kWithoutLayers);
    if (!known && !node->is_null()) keys.push_back(input::quote(key));
  }
  return keys;
}

}  // namespace gemmtune::layers
