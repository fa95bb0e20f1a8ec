// Whether a table that was made before still stands on the machine at hand, by what its times depend on.
#pragma once

#include "core/environment.h"
#include "core/table.h"

#include <string>
#include <string_view>
#include <vector>

namespace gemmtune {

enum class Freshness {
  fresh,       ///< nothing differs that its times depend on
  revalidate,  ///< its choices most likely hold, its times need not: a spot check says
  stale,       ///< of other kernels or another kind of GPU
};

/// FRESH, RE-VALIDATE, STALE: the words that people see and files have.
std::string_view word(Freshness freshness);

struct Standing {
  Freshness freshness = Freshness::fresh;
  std::vector<std::string> reasons;  ///< what differs, those of the word first; none of a fresh one
};

/// `now` is the machine and the build at hand; `policy` that under which its entries would be timed here.
/// What either side does not know is no difference, so that one who knows kernels alone may ask too.
Standing standing_of(const Table& table, const Environment& now, std::string_view policy = {});

/// `RE-VALIDATE: driver 580.1, now 590.2`.
std::string sentence(const Standing& standing);

}  // namespace gemmtune
