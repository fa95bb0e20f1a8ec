#include "tune/careful_worker.h"

#include "util/error.h"

namespace gemmtune::tune {

Outcome<PrepareReport> CarefulWorker::prepare(const PrepareRequest& request) {
  return ask<PrepareReport>([&] { return worker_.prepare(request); });
}

Outcome<std::vector<Baseline>> CarefulWorker::baselines() {
  return ask<std::vector<Baseline>>([&] { return worker_.baselines(); });
}

Outcome<Verdict> CarefulWorker::verify(const VerifyRequest& request) {
  return ask<Verdict>([&] { return worker_.verify(request); });
}

Outcome<MeasureReport> CarefulWorker::measure(const MeasureRequest& request) {
  return ask<MeasureReport>([&] { return worker_.measure(request); }, request.contenders.size() == 1);
}

Outcome<CountReport> CarefulWorker::count(const CountRequest& request) {
  return ask<CountReport>([&] { return worker_.count(request); }, /*again=*/false);
}

template <typename Report>
Outcome<Report> CarefulWorker::ask(const std::function<Outcome<Report>()>& once, bool again) {
  Outcome<Report> outcome = once();
  const auto lost = [&] { return !outcome && outcome.error().blame != Blame::clear; };
  if (lost()) require_machine(outcome.error());
  if (lost() && again) {
    outcome = once();
    if (lost()) require_machine(outcome.error());
    if (lost() && outcome.error().blame == Blame::innocent)
      throw UserError("the GPU cannot do what it did before: " + outcome.error().reason, kExitInternal);
    if (lost()) {
      if (++lost_in_a_row_ == kMostLostInARow)
        throw UserError(
            "the last " + std::to_string(kMostLostInARow) +
                " candidates each lost their worker, twice: this looks like the machine, not like "
                "them (the last one: " +
                outcome.error().reason + ")",
            kExitInternal);
      return Failure{outcome.error().invalidity, "twice: " + outcome.error().reason};
    }
  }
  if (!lost()) lost_in_a_row_ = 0;
  return outcome;
}

/// A fresh process is asked: what the lost one said of itself is worth nothing.
void CarefulWorker::require_machine(const Failure& failure) {
  const auto found = worker_.describe();
  std::string trouble;
  if (!found)
    trouble = found.error().reason;
  else if (found->sms != sms_ || found->device != device_)
    trouble = found->sms == 0 ? "no usable GPU is left" : "now it is " + found->device;
  else if (found->uuid != uuid_ && !found->uuid.empty() && !uuid_.empty())
    trouble = "in its place is " + found->uuid;
  if (!trouble.empty())
    throw UserError("the GPU is gone (" + device_ + "): " + trouble + "; noticed at: " + failure.reason,
                    kExitInternal);
}

}  // namespace gemmtune::tune
