#include "layers/model.h"

#include "input/builtin.h"
#include "input/complaint.h"
#include "layers/config_fields.h"
#include "util/format.h"
#include "util/text.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <iterator>
#include <set>

namespace gemmtune::layers {

namespace {

using input::Node;

constexpr Limits kHidden = {1, 1 << 20}, kIntermediate = {1, 1 << 20}, kVocabulary = {1, 1 << 26},
                 kLayers = {1, 4096}, kHeads = {1, 4096}, kHeadDim = {1, 4096}, kRank = {1, 1 << 20},
                 kExperts = {1, 65536}, kShared = {0, 256}, kSharedIntermediate = {0, 1 << 24};

// Architectures whose layers are those below; others are read by the fields that most of them share.
constexpr std::string_view kKnown[] = {"deepseek_v3", "deepseek_v32",    "kimi_k2",    "qwen3",
                                       "qwen3_moe",   "qwen3_next",      "llama",      "mixtral",
                                       "glm4_moe",    "glm_moe_dsa",     "minimax_m2", "minimax_m1",
                                       "minimax",     "minimax_text_01", "gpt_oss"};

std::string architecture_of(ConfigFields& fields) {
  std::string name = fields.text("model_type");
  if (!name.empty()) return name;
  const auto classes = fields.list("architectures");
  return classes.empty() ? "" : classes.front().label();
}

std::optional<LatentAttention> latent_of(ConfigFields& fields) {
  const auto kv_rank = fields.find({"kv_lora_rank"});
  if (!kv_rank) return std::nullopt;
  LatentAttention latent;
  latent.kv_rank = fields.integer(*kv_rank, kRank);
  latent.q_rank = fields.integer({"q_lora_rank"}, kRank, 0);
  latent.nope_dim = fields.required({"qk_nope_head_dim"}, kHeadDim);
  latent.rope_dim = fields.required({"qk_rope_head_dim"}, kHeadDim);
  latent.value_dim = fields.required({"v_head_dim"}, kHeadDim);
  return latent;
}

/// Of a list with one word or number a layer.
std::int64_t count_of(ConfigFields& fields, std::string_view key, std::int64_t layers,
                      bool (*counts)(const Node&)) {
  const auto types = fields.list(key);
  if (!types.empty() && std::int64_t(types.size()) != layers)
    fields.find({key})->node.fail(
        formatted("{} elements, one for each of num_hidden_layers {} expected", types.size(), layers));
  return std::ranges::count_if(types, counts);
}

std::optional<Indexer> indexer_of(ConfigFields& fields, std::int64_t layers) {
  const auto heads = fields.find({"index_n_heads"});
  if (!heads) return std::nullopt;
  Indexer indexer{layers, fields.integer(*heads, kHeads), fields.required({"index_head_dim"}, kHeadDim)};
  const std::int64_t listed =
      count_of(fields, "indexer_types", layers, [](const Node& type) { return type.text() == "full"; });
  if (listed > 0) indexer.layers = listed;
  return indexer;
}

std::optional<LinearAttention> linear_of(ConfigFields& fields, std::int64_t layers) {
  LinearAttention linear;
  linear.layers =
      count_of(fields, "attn_type_list", layers, [](const Node& type) { return type.integer(0, 1) == 0; });
  linear.lightning = linear.layers > 0;
  const auto value_heads = fields.find({"linear_num_value_heads"});
  const std::int64_t listed = count_of(fields, "layer_types", layers,
                                       [](const Node& type) { return type.text() == "linear_attention"; });
  if (!value_heads) return linear.lightning ? std::optional(linear) : std::nullopt;
  linear.value_heads = fields.integer(*value_heads, kHeads);
  linear.key_heads = fields.required({"linear_num_key_heads"}, kHeads);
  linear.key_dim = fields.required({"linear_key_head_dim"}, kHeadDim);
  linear.value_dim = fields.required({"linear_value_head_dim"}, kHeadDim);
  const std::int64_t interval = fields.integer({"full_attention_interval"}, kLayers, 1);
  linear.layers = listed > 0 ? listed : layers - layers / interval;
  return linear.layers > 0 ? std::optional(linear) : std::nullopt;
}

/// Layers of which the MLP is a mixture of experts.
std::int64_t sparse_layers(ConfigFields& fields, std::int64_t layers) {
  const std::int64_t first = fields.integer({"first_k_dense_replace"}, {0, layers}, 0);
  const std::int64_t step = fields.integer({"decoder_sparse_step"}, kLayers, 1);
  const std::int64_t listed =
      count_of(fields, "mlp_layer_types", layers, [](const Node& type) { return type.text() == "sparse"; });
  if (listed > 0) return listed;
  const auto frequency = fields.find({"moe_layer_freq"});
  if (frequency && frequency->node.is_list())
    return count_of(fields, "moe_layer_freq", layers, [](const Node& has) { return has.integer(0, 1) == 1; });
  const std::int64_t every = frequency ? fields.integer(*frequency, kLayers) : 1;
  std::set<std::int64_t> dense;
  for (const Node& layer : fields.list("mlp_only_layers")) dense.insert(layer.integer(0, layers - 1));
  std::int64_t sparse = 0;
  for (std::int64_t i = first; i < layers; ++i)
    sparse += i % every == 0 && (i + 1) % step == 0 && !dense.contains(i);
  return sparse;
}

std::optional<Experts> experts_of(ConfigFields& fields, std::int64_t layers) {
  const auto count = fields.find({"n_routed_experts", "num_experts", "num_local_experts"});
  if (!count) return std::nullopt;
  Experts experts;
  experts.layers = sparse_layers(fields, layers);
  experts.count = fields.integer(*count, kExperts);
  experts.count_key = count->key;
  experts.per_token =
      fields.required({"num_experts_per_tok", "experts_per_token", "num_experts_per_token", "top_k_experts"},
                      {1, experts.count});
  const auto intermediate = fields.find({"moe_intermediate_size", "intermediate_size"});
  experts.intermediate = fields.required({"moe_intermediate_size", "intermediate_size"}, kIntermediate);
  experts.intermediate_key = intermediate->key;
  const auto shared = fields.find({"shared_expert_intermediate_size"});
  experts.shared_key = shared ? shared->key : experts.intermediate_key;
  const std::int64_t shared_count = fields.integer({"n_shared_experts", "num_shared_experts"}, kShared, 0);
  experts.shared_intermediate =
      shared ? fields.integer(*shared, kSharedIntermediate) : shared_count * experts.intermediate;
  return experts.layers > 0 ? std::optional(experts) : std::nullopt;
}

void note_what_is_left_out(ConfigFields& fields, Model& model) {
  for (const std::string_view key : {"num_nextn_predict_layers", "num_mtp_modules", "mtp_num_hidden_layers"})
    if (const std::int64_t count = fields.integer({key}, {0, kLayers.most}, 0); count > 0)
      model.left_out.push_back(formatted("layers that predict further tokens ({} {})", key, count));
  fields.flag("use_mtp");
  if (const auto shared = fields.find({"shared_intermediate_size"});
      shared && !shared->node.is_empty_list()) {
    const Node size = shared->node.is_list() ? shared->node.item(0) : shared->node;
    if (size.whole() != 0) model.doubts.push_back("not understood: \"shared_intermediate_size\"");
  }
  if (model.linear && !model.linear->lightning && model.experts && model.experts->shared_intermediate > 0)
    model.left_out.push_back("the gate of the shared expert (N 1)");
}

/// Published weights that are no FP8 in blocks of 128: the sizes are what they would be in it.
void note_other_weights(ConfigFields& fields, Model& model) {
  const auto quantised = fields.find({"quantization_config"});
  if (!quantised || !quantised->node.is_object()) return;
  ConfigFields inner(quantised->node);
  const std::string method = inner.text("quant_method");
  std::string block;
  for (const Node& size : inner.list("weight_block_size"))
    block += (block.empty() ? "" : "x") + std::to_string(size.whole().value_or(0));
  if (!method.empty() && method != "fp8")
    model.doubts.push_back("the published weights are " + method +
                           "; these are the sizes that FP8 in blocks of 128 would have");
  else if (!block.empty() && block != "128x128")
    model.doubts.push_back("the published weights have blocks of " + block + "; these are taken as 128x128");
}

std::string folder_name(const std::string& path_or_name, const std::string& architecture) {
  std::string name = input::stem(path_or_name);
  if (name == "config") name = std::filesystem::path(path_or_name).parent_path().filename().string();
  if (name.empty() || name == "." || name == "..") name = architecture;
  std::string plain;
  for (const char c : name.substr(0, 100)) {
    const bool kept =
        std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.' || c == '+';
    plain += kept ? static_cast<char>(std::tolower(static_cast<unsigned char>(c))) : '-';
  }
  return plain.empty() || plain.front() == '.' ? "model" + plain : plain;
}

/// Of models that see or hear too, the part that writes.
Node language_model(const Node& root, Model& model) {
  const auto text = root.find("text_config");
  if (root.find("hidden_size") || !text || !text->is_object()) return root;
  std::vector<std::string> others;
  for (const std::string& key : root.keys())
    if (key.ends_with("_config") && key != "text_config" && key != "quantization_config" &&
        root.find(key)->is_object())
      others.push_back(input::quote(key));
  if (!others.empty()) model.left_out.push_back("the layers of " + join(others, ", "));
  return *text;
}

}  // namespace

Model read_model(const input::Document& document, const std::string& name) {
  Model model;
  if (!document.root().is_object()) document.root().fail_expected("an object");
  ConfigFields fields(language_model(document.root(), model));
  model.file = name;
  model.pointer = fields.root().pointer();
  model.architecture = architecture_of(fields);
  model.name = folder_name(name, model.architecture);
  model.source = fields.text("_source");
  model.layers = fields.required({"num_hidden_layers", "n_layer", "num_layers"}, kLayers);
  model.hidden = fields.required({"hidden_size", "n_embd", "d_model"}, kHidden);
  model.vocabulary = fields.required({"vocab_size"}, kVocabulary);
  model.heads = fields.required({"num_attention_heads", "n_head"}, kHeads);
  const auto kv_heads = fields.find({"num_key_value_heads"});
  model.kv_heads = kv_heads ? fields.integer(*kv_heads, {1, model.heads}) : model.heads;
  if (model.heads % model.kv_heads != 0)
    kv_heads->node.fail(formatted("{} does not divide num_attention_heads {}", model.kv_heads, model.heads));
  model.latent = latent_of(fields);
  model.indexer = indexer_of(fields, model.layers);
  const auto head_dim = fields.find({"head_dim"});
  if (!head_dim && !model.latent && model.hidden % model.heads != 0)
    fields.root().fail(
        formatted("\"head_dim\" is missing, and num_attention_heads {} does not divide hidden_size {}",
                  model.heads, model.hidden));
  model.head_dim = head_dim ? fields.integer(*head_dim, kHeadDim) : model.hidden / model.heads;
  model.linear = linear_of(fields, model.layers);
  model.gated_attention = fields.flag("attn_output_gate") || model.architecture == "qwen3_next";
  model.experts = experts_of(fields, model.layers);
  model.dense_layers = model.layers - (model.experts ? model.experts->layers : 0);
  if (model.dense_layers > 0)
    model.dense_intermediate =
        fields.required({"intermediate_size", "ffn_hidden_size", "n_inner"}, kIntermediate);
  fields.find({"intermediate_size"});
  fields.find({"mlp_only_layers"});

  if (std::ranges::find(kKnown, model.architecture) == std::end(kKnown))
    model.doubts.push_back(
        "architecture " + input::quote(model.architecture) +
        " is not known: its layers are guessed from the fields that most architectures share");
  note_what_is_left_out(fields, model);
  note_other_weights(fields, model);
  if (const auto keys = fields.not_asked_for(); !keys.empty())
    model.doubts.push_back("not understood, what follows from them may be missing or wrong: " +
                           join(keys, ", "));
  return model;
}

Model read_model(const std::string& path_or_name) {
  return read_model(input::open(path_or_name, input::kModels), path_or_name);
}

}  // namespace gemmtune::layers
