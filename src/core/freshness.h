// Whether a table that was made before still stands on the machine at hand, by what its times depend on.
#pragma once

#include "core/environment.h"
#include "core/table.h"

#include <span>
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

/// What an entry's kernel compiles to now; empty: it was not compiled, or nobody knows.
struct CubinNow {
  std::string kernel_hash;
  std::string code_hash;
};

enum class SameCode {
  unknown,  ///< not compiled, or of another text, and one side does not know its machine code
  same,
  other,
};

/// Whether the entry's times are of this cubin: by the machine code where both sides know it, else by all
/// that makes a cubin.
SameCode same_code(const TableEntry& entry, const CubinNow& now);

struct Standing {
  Freshness freshness = Freshness::fresh;
  std::vector<std::string> reasons;  ///< what differs, those of the word first; none of a fresh one
  /// Kernels of another text that compile to the machine code that was timed: no reason for another word.
  std::vector<std::string> same_code;
};

/// `now` is the machine and the build at hand; `policy` that under which its entries would be timed here.
/// What either side does not know is no difference, so that one who knows kernels alone may ask too. `cubins`
/// is what was compiled, one an entry, or nothing: such entries are judged by the text of their kernels.
Standing standing_of(const Table& table, const Environment& now, std::string_view policy = {},
                     std::span<const CubinNow> cubins = {});

/// `RE-VALIDATE: driver 580.1, now 590.2`.
std::string sentence(const Standing& standing);

}  // namespace gemmtune
