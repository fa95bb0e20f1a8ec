#include "cli/log.h"

#include "cli/progress.h"
#include "cli/terminal.h"
#include "util/text.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/sink.h>

#include <cstdio>
#include <memory>
#include <mutex>
#include <unistd.h>

namespace gemmtune::cli {

namespace {

/// Writes above the progress line. The text is whole as it comes: no pattern of spdlog's is used.
class StderrSink : public spdlog::sinks::sink {
 public:
  void log(const spdlog::details::log_msg& message) override {
    const std::lock_guard lock(mutex_);
    const char* color = !color_on(STDERR_FILENO)               ? ""
                        : message.level >= spdlog::level::err  ? "\033[31m"
                        : message.level >= spdlog::level::warn ? "\033[33m"
                                                               : "";
    const char* label = message.level >= spdlog::level::err    ? "error: "
                        : message.level >= spdlog::level::warn ? "warning: "
                                                               : "";
    // What came from files and from workers drives neither the terminal nor a CI that reads its log.
    const std::string payload =
        without_log_commands(printable_lines({message.payload.data(), message.payload.size()}));
    print_above_progress_line(std::string(color) + label + (*color ? "\033[0m" : "") + payload + "\n");
  }
  void flush() override { std::fflush(stderr); }
  void set_pattern(const std::string&) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

 private:
  std::mutex mutex_;
};

spdlog::logger& logger() {
  static spdlog::logger instance("gemmtune", std::make_shared<StderrSink>());
  return instance;
}

}  // namespace

void set_up_log() {
  logger().set_level(verbosity().quiet     ? spdlog::level::warn
                     : verbosity().verbose ? spdlog::level::debug
                                           : spdlog::level::info);
}

void log_info_text(const std::string& message) {
  logger().info(spdlog::string_view_t(message));
}

void log_warn_text(const std::string& message) {
  logger().warn(spdlog::string_view_t(message));
}

}  // namespace gemmtune::cli
