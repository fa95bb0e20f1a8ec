// How soon what is done in the background is wanted.
#pragma once

namespace gemmtune {

enum class Urgency {
  now,   ///< somebody waits for it, or is about to
  next,  ///< when that is done
};

}  // namespace gemmtune
