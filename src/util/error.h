// The two exceptions of the program. A candidate's failure is neither: it is data (core/outcome.h).
#pragma once

#include <source_location>
#include <stdexcept>
#include <string>

namespace gemmtune {

/// Exit codes of both programs; scripts depend on them.
enum ExitCode : int {
  kExitOk = 0,
  kExitInternal = 1,
  kExitUsage = 2,
  kExitWrongResults = 3,
  kExitRegression = 4,
  kExitNoGpu = 5,
  kExitFailedCandidates = 6,
  kExitInterrupted = 130,
  kExitTerminated = 143,
};

/// Something the user can put right. The message says what, where, and what to do; no source location.
class UserError : public std::runtime_error {
 public:
  explicit UserError(const std::string& message, ExitCode exit_code = kExitUsage)
      : std::runtime_error(message), exit_code_(exit_code) {}
  ExitCode exit_code() const { return exit_code_; }

 private:
  ExitCode exit_code_;
};

/// A bug or a broken world (disk full, driver error). Carries the place it was thrown from.
class InternalError : public std::runtime_error {
 public:
  explicit InternalError(const std::string& message,
                         std::source_location where = std::source_location::current())
      : std::runtime_error(message + " [" + where.file_name() + ":" + std::to_string(where.line()) + "]") {}
};

/// Throws InternalError unless `condition` holds.
inline void ensure(bool condition, const std::string& message,
                   std::source_location where = std::source_location::current()) {
  if (!condition) throw InternalError(message, where);
}

}  // namespace gemmtune
