// Messages to people, on stderr: log_info("{} problems", count), log_warn. spdlog is behind them, in log.cpp
// alone.
#pragma once

#include "util/format.h"

#include <string>

namespace gemmtune::cli {

/// Sends messages to stderr, as loud and as coloured as `verbosity()` says, and keeps them from writing into
/// the progress line.
void set_up_log();

void log_info_text(const std::string& message);
void log_warn_text(const std::string& message);

template <typename... Values>
void log_info(FormatText<std::type_identity_t<Values>...> text, const Values&... values) {
  log_info_text(formatted<Values...>(text, values...));
}

template <typename... Values>
void log_warn(FormatText<std::type_identity_t<Values>...> text, const Values&... values) {
  log_warn_text(formatted<Values...>(text, values...));
}

}  // namespace gemmtune::cli
