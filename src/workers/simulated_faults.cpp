#include "workers/simulated_faults.h"

#include "util/error.h"
#include "util/hash.h"
#include "util/text.h"

#include <cmath>
#include <cstdlib>
#include <string_view>

namespace gemmtune::workers {

namespace {

[[noreturn]] void complain(const std::string& part) {
  throw UserError("GEMMTUNE_SIM_FAULTS: \"" + printable(part) +
                  "\" is no share of faults; give some of hang, wrong, runtime, each with a number from 0 to "
                  "1, in all at most 1: hang:0.01,wrong:0.02");
}

double share_of(const std::string& part, const std::string& number) {
  char* end = nullptr;
  const double share = std::strtod(number.c_str(), &end);
  if (number.empty() || *end != '\0' || !(share >= 0 && share <= 1)) complain(part);
  return share;
}

/// A number from 0 up to 1 that only the text decides.
double lot(const std::string& text) {
  constexpr std::size_t kDigits = 13;  // 52 bits, what a double holds
  const auto bits = std::stoull(sha256(text).substr(0, kDigits), nullptr, 16);
  return std::ldexp(static_cast<double>(bits), -52);
}

}  // namespace

SimulatedFaults::SimulatedFaults(const std::string& text) {
  for (const std::string& part : split(text, ',')) {
    const auto colon = part.find(':');
    if (colon == std::string::npos) complain(part);
    const std::string_view word = std::string_view(part).substr(0, colon);
    double* const share = word == "hang"      ? &hang_
                          : word == "wrong"   ? &wrong_
                          : word == "runtime" ? &runtime_
                                              : nullptr;
    if (share == nullptr) complain(part);
    *share = share_of(part, part.substr(colon + 1));
  }
  if (hang_ + wrong_ + runtime_ > 1) complain(text);
}

SimulatedFaults SimulatedFaults::from_environment() {
  const char* const text = std::getenv("GEMMTUNE_SIM_FAULTS");
  return text != nullptr && *text != '\0' ? SimulatedFaults(text) : SimulatedFaults();
}

SimulatedFault SimulatedFaults::of(const Problem& problem, const Config& config) const {
  const double drawn = lot("fault\n" + problem_id(problem) + "\n" + config_id(config));
  if (drawn < hang_) return SimulatedFault::hang;
  if (drawn < hang_ + wrong_) return SimulatedFault::wrong;
  if (drawn < hang_ + wrong_ + runtime_) return SimulatedFault::runtime;
  return SimulatedFault::none;
}

}  // namespace gemmtune::workers
