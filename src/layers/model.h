// The numbers of a language model that its linear layers follow from, read out of a Hugging Face config.json.
#pragma once

#include "input/strict_json.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gemmtune::layers {

/// Multi-head latent attention of DeepSeek and those after it.
struct LatentAttention {
  std::int64_t q_rank = 0;  ///< 0: queries are projected at once
  std::int64_t kv_rank = 0;
  std::int64_t nope_dim = 0, rope_dim = 0;  ///< of a query and a key
  std::int64_t value_dim = 0;
};

/// What chooses the keys of sparse attention.
struct Indexer {
  std::int64_t layers = 0;  ///< that choose anew, in place of taking the choice of one before
  std::int64_t heads = 0, head_dim = 0;
};

/// Layers with a recurrent state in place of attention.
struct LinearAttention {
  std::int64_t layers = 0;
  bool lightning = false;  ///< MiniMax's: as many heads as attention has, and a gate of its own
  std::int64_t key_heads = 0, value_heads = 0, key_dim = 0, value_dim = 0;  ///< of a gated delta net
};

struct Experts {
  std::int64_t layers = 0;
  std::int64_t count = 0, per_token = 0;
  std::int64_t intermediate = 0, shared_intermediate = 0;    ///< of all shared experts together; 0: none
  std::string_view count_key, intermediate_key, shared_key;  ///< what config.json calls them
};

struct Model {
  std::string name;           ///< fit for a folder's name
  std::string file, pointer;  ///< for complaints: the file as it was given, where in it the numbers are
  std::string architecture;   ///< "deepseek_v3"
  std::string source;         ///< where a shipped file has its numbers from
  std::int64_t layers = 0, hidden = 0, vocabulary = 0;
  std::int64_t heads = 0, kv_heads = 0, head_dim = 0;
  bool gated_attention = false;  ///< queries come with a gate as wide as they are
  std::optional<LatentAttention> latent;
  std::optional<Indexer> indexer;
  std::optional<LinearAttention> linear;
  std::int64_t dense_layers = 0;        ///< those whose MLP has no experts
  std::int64_t dense_intermediate = 0;  ///< of their MLP
  std::optional<Experts> experts;

  std::vector<std::string> left_out;  ///< linear layers that are no product of a step, or not of this kind
  std::vector<std::string> doubts;    ///< what was not understood: sentences for people
};

/// A config.json, or a model that travels in the program. Throws UserError with file and JSON pointer for
/// fields that are missing or out of range.
Model read_model(const std::string& path_or_name);

/// The same of a document; `name` as it was given.
Model read_model(const input::Document& document, const std::string& name);

}  // namespace gemmtune::layers
