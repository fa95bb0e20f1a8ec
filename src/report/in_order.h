// Many texts made on all cores, handed on in their order.
#pragma once

#include "util/sink.h"

#include <cstddef>
#include <functional>
#include <string>

namespace gemmtune::report {

/// `text_of(from, to)` makes the text of the items from one index up to another, on any thread; a few such
/// texts wait to be handed on. Throws what it throws.
void in_order(std::size_t items, const std::function<std::string(std::size_t from, std::size_t to)>& text_of,
              const Sink& sink);

}  // namespace gemmtune::report
