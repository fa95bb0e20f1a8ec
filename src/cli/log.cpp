#include "cli/log.h"

#include "cli/progress.h"
#include "cli/terminal.h"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <memory>
#include <mutex>
#include <unistd.h>

namespace gemmtune::cli {

namespace {

class StderrSink : public spdlog::sinks::base_sink<std::mutex> {
 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const char* color = !color_on(STDERR_FILENO)               ? ""
                        : message.level >= spdlog::level::err  ? "\033[31m"
                        : message.level >= spdlog::level::warn ? "\033[33m"
                                                               : "";
    const char* label = message.level >= spdlog::level::err    ? "error: "
                        : message.level >= spdlog::level::warn ? "warning: "
                                                               : "";
    const std::string payload(message.payload.data(), message.payload.size());
    print_above_progress_line(std::string(color) + label + (*color ? "\033[0m" : "") + payload + "\n");
  }
  void flush_() override { std::fflush(stderr); }
};

}  // namespace

void set_up_log() {
  auto logger = std::make_shared<spdlog::logger>("gemmtune", std::make_shared<StderrSink>());
  logger->set_level(verbosity().quiet     ? spdlog::level::warn
                    : verbosity().verbose ? spdlog::level::debug
                                          : spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace gemmtune::cli
