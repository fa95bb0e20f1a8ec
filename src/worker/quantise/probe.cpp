#include "worker/quantise/probe.h"

#include "accuracy/quantiser_cases.h"
#include "util/format.h"
#include "worker/ceilings/arena.h"
#include "worker/measure/turns.h"
#include "worker/quantise/matrix.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace gemmtune::quantise {

namespace {

/// Tensors that launches take turns over, as the memory allows; with the L2 flushed before each launch more
/// would change nothing.
constexpr std::int64_t kPlaces = 3;

struct Asked {
  const QuantiseRequest& request;
  const ceilings::Bench& bench;
  Quantiser quantiser;
};

std::optional<Failure> complaint(const Asked& asked, const std::string& name,
                                 const accuracy::MatrixView& matrix) {
  const QuantiseRequest& r = asked.request;
  const DeviceMatrix on_device(r.kind, r.form, matrix, r.seed);
  on_device.poison();
  asked.quantiser.launch(r.form, on_device.tensors(), asked.bench.stream.get());
  asked.bench.stream.synchronise();
  std::string wrong;
  const Written found = on_device.read(wrong);
  if (wrong.empty())
    wrong = difference(found, wanted(r.kind, r.form, matrix, r.seed), matrix.rows, matrix.columns);
  if (wrong.empty()) return std::nullopt;
  return Failure{Invalidity::correctness,
                 formatted("{} {}, {} ({}x{}): {}", to_string(r.form), describe(r.kind), name, matrix.rows,
                           matrix.columns, wrong)};
}

/// In turns, so that both meet the same conditions: the quantiser, and every way to copy as many bytes.
void time(const Asked& asked, const accuracy::MatrixView& matrix, QuantiseReport& report) {
  const QuantiseRequest& r = asked.request;
  const ceilings::Bench& bench = asked.bench;
  const ceilings::Arena arena(bench.stream, bench.cache, bench.sms, bench.memory_bytes);
  const std::int64_t bytes = quantised_bytes(r.kind, r.form, r.rows, r.columns);
  constexpr std::int64_t kWholeTiles = 2 * ceilings::PlainKernels::kTileBytes;
  const std::int64_t copied = (bytes + kWholeTiles - 1) / kWholeTiles * kWholeTiles;
  const std::int64_t places = std::clamp<std::int64_t>(arena.bytes() / copied, 1, kPlaces);
  std::vector<DeviceMatrix> matrices;
  for (std::int64_t i = 0; i < places; ++i) matrices.emplace_back(r.kind, r.form, matrix, r.seed);
  std::vector<measure::LaunchOnCopy> launches;
  launches.push_back([&](cudaStream_t stream, int place) {
    asked.quantiser.launch(r.form, matrices[static_cast<std::size_t>(place)].tensors(), stream);
  });
  const std::vector<ceilings::Mover> copiers = ceilings::copiers(arena);
  for (const ceilings::Mover& copier : copiers)
    launches.push_back(
        [&copier, copied](cudaStream_t stream, int place) { copier.launch(stream, copied, place); });
  const MeasureReport measured =
      bench.timed.measure(measure::in_step(launches, static_cast<std::size_t>(places)),
                          ceilings::burst_policy(bench.timer, L2Policy::cold_memset512));
  report.speed = ceilings::figure("quantise", PowerRegime::burst, {bytes, 0}, measured.timings[0],
                                  std::string(to_string(r.form)) + " " + describe(r.kind));
  std::vector<Ceiling> copies;
  for (std::size_t i = 0; i < copiers.size(); ++i)
    copies.push_back(
        ceilings::figure("copy", PowerRegime::burst, {copied, 0}, measured.timings[i + 1], copiers[i].how));
  report.copy = ceilings::best_of(std::move(copies));
}

}  // namespace

Outcome<QuantiseReport> measure(const QuantiseRequest& request, const ceilings::Bench& bench) {
  const Asked asked{request, bench, Quantiser(request.kind, bench.cache, bench.defect)};
  const bool bf16 = request.kind.input == OutputType::bf16;
  QuantiseReport report;
  for (const accuracy::QuantiserCase& x : accuracy::quantiser_cases(bf16)) {
    if (auto failure = complaint(asked, x.name, {x.values, x.rows, x.columns})) return *failure;
    ++report.matrices;
  }
  const std::vector<float> values =
      accuracy::quantiser_data(request.rows, request.columns, bf16, request.seed);
  const accuracy::MatrixView matrix{values, request.rows, request.columns};
  if (auto failure = complaint(asked, "normal data", matrix)) return *failure;
  ++report.matrices;
  if (request.timed) time(asked, matrix, report);
  return report;
}

}  // namespace gemmtune::quantise
