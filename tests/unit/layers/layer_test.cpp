#include "layers/layer.h"

#include "layers/model.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace gemmtune::layers {
namespace {

Model model(const std::string& more) {
  return read_model(
      input::Document(
          "config.json",
          R"({"model_type": "llama", "num_hidden_layers": 4, "hidden_size": 512, "vocab_size": 1000,
                      "intermediate_size": 1024, "num_attention_heads": 8, "num_key_value_heads": 2)" +
              more + "}"),
      "config.json");
}

const Layer& find(const std::vector<Layer>& layers, const std::string& name) {
  for (const Layer& layer : layers)
    if (layer.name == name) return layer;
  ADD_FAILURE() << "no layer " << name;
  return layers.front();
}

std::string sizes(const Model& model, const std::string& name, const Parallel& parallel) {
  const std::vector<Layer> layers = forward_layers(model, Phase::prefill);
  const Share share = share_of(find(layers, name), parallel);
  std::string text;
  for (const std::int64_t part : share.outputs) text += (text.empty() ? "" : "+") + std::to_string(part);
  return text + "=" + std::to_string(share.n) + " x " + std::to_string(share.k);
}

TEST(Layers, kv_heads_repeat_where_there_are_more_gpus_than_heads) {
  const Model llama = model("");
  EXPECT_EQ(sizes(llama, "qkv", {1, 1}), "512+128+128=768 x 512");
  EXPECT_EQ(sizes(llama, "qkv", {2, 1}), "256+64+64=384 x 512");
  EXPECT_EQ(sizes(llama, "qkv", {8, 1}), "64+64+64=192 x 512");
  EXPECT_EQ(sizes(llama, "o_proj", {8, 1}), "512=512 x 64");
}

TEST(Layers, a_vocabulary_that_is_shared_out_is_padded) {
  EXPECT_EQ(sizes(model(""), "lm_head", {1, 1}), "1000=1000 x 512");
  EXPECT_EQ(sizes(model(""), "lm_head", {8, 1}), "128=128 x 512");
}

TEST(Layers, of_experts_are_sliced_by_what_tensor_parallelism_leaves) {
  const Model sparse = model(R"(, "num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 256)");
  EXPECT_EQ(sizes(sparse, "experts gate_up", {8, 1}), "32+32=64 x 512");
  EXPECT_EQ(sizes(sparse, "experts gate_up", {8, 4}), "128+128=256 x 512");
  EXPECT_EQ(sizes(sparse, "experts down", {2, 8}), "512=512 x 256");
  EXPECT_EQ((Parallel{2, 8}.replicas()), 4);
}

TEST(Layers, which_have_experts) {
  const auto count = [](const std::string& more) {
    return model(R"(, "num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 256)" + more)
        .experts->layers;
  };
  EXPECT_EQ(count(""), 4);
  EXPECT_EQ(count(R"(, "first_k_dense_replace": 1)"), 3);
  EXPECT_EQ(count(R"(, "decoder_sparse_step": 2)"), 2);
  EXPECT_EQ(count(R"(, "mlp_only_layers": [0, 3, 3])"), 2);
  EXPECT_EQ(count(R"(, "moe_layer_freq": 2)"), 2);
  EXPECT_EQ(count(R"(, "moe_layer_freq": [0, 1, 1, 1])"), 3);
  EXPECT_EQ(count(R"(, "mlp_layer_types": ["dense", "sparse", "sparse", "dense"])"), 2);
}

TEST(Layers, of_an_indexer_run_where_keys_are_chosen_anew) {
  const std::string latent =
      R"(, "q_lora_rank": 64, "kv_lora_rank": 64, "qk_nope_head_dim": 64, "qk_rope_head_dim": 64,
                                 "v_head_dim": 64, "index_n_heads": 4, "index_head_dim": 128)";
  const auto count = [&](const std::string& more) {
    return find(forward_layers(model(latent + more), Phase::decode), "indexer k").count;
  };
  EXPECT_EQ(count(""), 4);
  EXPECT_EQ(count(R"(, "indexer_types": ["full", "shared", "full", "shared"])"), 2);
}

TEST(Layers, of_no_experts_have_none) {
  const Model all_dense =
      model(R"(, "num_experts": 8, "num_experts_per_tok": 2, "first_k_dense_replace": 4)");
  EXPECT_FALSE(all_dense.experts);
  EXPECT_EQ(all_dense.dense_layers, 4);
}

TEST(Layers, the_smallest_changes_make_blocks_fit) {
  const Model llama = model(R"(, "head_dim": 128)");
  const std::vector<Layer> layers = forward_layers(llama, Phase::prefill);
  for (const Layer& layer : layers)
    EXPECT_FALSE(unblocked(llama, layers, layer, {8, 1})) << layer.name << ": 1024 / 8 is a block";
  const Model narrow = model("");
  const std::vector<Layer> narrow_layers = forward_layers(narrow, Phase::prefill);
  const auto why = unblocked(narrow, narrow_layers, find(narrow_layers, "qkv"), {8, 1});
  ASSERT_TRUE(why);
  EXPECT_EQ(why->what, "a part of N, 64 and a part of N, 64 are no multiples of 128");
  EXPECT_EQ(why->changes,
            "--tp 1 or num_attention_heads padded from 8 to 16 with num_key_value_heads padded from 2 to 16");
  EXPECT_TRUE(unblocked(narrow, narrow_layers, find(narrow_layers, "qkv"), {2, 1}));
  EXPECT_FALSE(unblocked(narrow, narrow_layers, find(narrow_layers, "qkv"), {1, 1}));
  EXPECT_FALSE(unblocked(narrow, narrow_layers, find(narrow_layers, "lm_head"), {1, 1}))
      << "BF16 has no blocks";
}

TEST(Layers, names_of_sets_are_fit_for_a_folder) {
  const input::Document document(
      "x", R"({"num_hidden_layers": 1, "hidden_size": 8, "vocab_size": 8, "intermediate_size": 8,
                                          "num_attention_heads": 1, "model_type": "a/b"})");
  for (const auto& [path, name] :
       std::map<std::string, std::string>{{"x/Some Model/config.json", "some-model"},
                                          {"config.json", "a-b"},
                                          {"mine.json", "mine"},
                                          {".mine.json", "model.mine"}})
    EXPECT_EQ(read_model(document, path).name, name) << path;
}

}  // namespace
}  // namespace gemmtune::layers
