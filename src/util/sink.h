// Texts that are handed on piece by piece, so that nobody holds all of one.
#pragma once

#include <functional>
#include <string_view>

namespace gemmtune {

using Sink = std::function<void(std::string_view piece)>;

/// Hands on the same pieces whenever it is called.
using Pieces = std::function<void(const Sink&)>;

}  // namespace gemmtune
