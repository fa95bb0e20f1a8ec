// Names that stand for files: `--shapes dsv3.json` is a path first, then one of the sets that travel in the
// program.
#pragma once

#include "input/strict_json.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gemmtune::input {

/// A kind of file that has built-in ones.
struct Kind {
  std::string_view folder;  ///< "configs/shapes/"
  std::string_view what;    ///< "problem set", for messages
};

inline constexpr Kind kShapes = {"configs/shapes/", "problem set"};
inline constexpr Kind kModels = {"configs/models/", "model"};
inline constexpr Kind kSpaces = {"configs/spaces/", "search space"};

/// Names without ".json", sorted.
std::vector<std::string_view> builtin_names(const Kind& kind);

/// Empty when there is none of that name.
std::optional<Document> builtin(std::string_view name, const Kind& kind);

/// The file at that path, else the built-in one of that name (with or without ".json"); UserError listing the
/// built-in names when it is neither.
Document open(const std::string& path_or_name, const Kind& kind);

/// `dsv3` for "dsv3", "dsv3.json" and "some/folder/dsv3.json".
std::string stem(const std::string& path_or_name);

}  // namespace gemmtune::input
