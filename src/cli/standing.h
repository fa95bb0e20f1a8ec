// The word on a table where one is read: FRESH, RE-VALIDATE or STALE (core/freshness).
#pragma once

#include "core/freshness.h"

#include <string>

namespace gemmtune::cli {

/// What this program knows of itself without a worker: which kernels it holds.
Environment this_build();

/// Says on stderr what the table's times depend on and is otherwise now; nothing of a fresh one.
void warn_unless_fresh(const std::string& path, const Table& table, const Environment& now,
                       std::string_view policy = {});

}  // namespace gemmtune::cli
