// DRAM and L2.
#include "util/format.h"
#include "worker/ceilings/arena.h"
#include "worker/ceilings/probe.h"
#include "worker/measure/turns.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace gemmtune::ceilings {

namespace {

constexpr std::int64_t kMiB = std::int64_t{1} << 20;

/// A kernel that leaves out some of its bytes would look fast.
std::optional<Failure> complaint(const std::string& name, const Mover& mover, std::int64_t bytes) {
  const Sums sums = mover.check(bytes);
  if (sums.moved == sums.expected) return std::nullopt;
  return Failure{Invalidity::correctness,
                 formatted("{}, {} bytes by {}: the words moved add up to {:x}, they should to {:x}", name,
                           bytes, mover.how, sums.moved, sums.expected)};
}

std::optional<Failure> complaint(const std::string& name, const std::vector<Mover>& movers,
                                 std::int64_t bytes) {
  for (const Mover& mover : movers)
    if (auto failure = complaint(name, mover, bytes)) return failure;
  return std::nullopt;
}

/// One size with a cold L2, launch after launch somewhere else, as GEMMs are timed.
Ceiling cold_figure(const std::string& name, const std::vector<Mover>& movers, std::int64_t bytes,
                    std::int64_t arena_bytes, const Bench& bench) {
  constexpr std::int64_t kMostPlaces = 8;
  std::vector<measure::LaunchOnCopy> launches;
  for (const Mover& mover : movers)
    launches.push_back([&mover, bytes](cudaStream_t s, int place) { mover.launch(s, bytes, place); });
  const auto places = static_cast<std::size_t>(std::min(kMostPlaces, arena_bytes / bytes));
  const auto report = bench.timed.measure(measure::in_step(launches, places),
                                          burst_policy(bench.timer, L2Policy::cold_memset512));
  std::vector<Ceiling> figures;
  for (std::size_t i = 0; i < movers.size(); ++i)
    figures.push_back(figure(name, PowerRegime::burst, {bytes, 0}, report.timings[i], movers[i].how));
  return best_of(std::move(figures));
}

}  // namespace

Outcome<CeilingsReport> memory(const Bench& bench) {
  const Arena arena(bench.stream, bench.cache, bench.sms, bench.memory_bytes, bench.defect);
  const std::pair<std::string, std::vector<Mover>> kinds[] = {
      {"hbm_read", readers(arena)}, {"hbm_write", writers(arena)}, {"hbm_copy", copiers(arena)}};
  for (const auto& [name, movers] : kinds)
    if (auto failure = complaint(name, movers, arena.bytes())) return *failure;
  CeilingsReport report;
  for (const auto& [name, movers] : kinds) {
    arena.refill();
    std::vector<Variant> variants;
    for (const Mover& mover : movers)
      variants.push_back(
          {mover.how, [&mover, &arena](PowerRegime) {
             return Job{[&](cudaStream_t s) { mover.launch(s, arena.bytes(), 0); }, {arena.bytes(), 0}};
           }});
    add_both_regimes(report, name, variants, bench);
  }
  return report;
}

Outcome<CeilingsReport> cold(const Bench& bench) {
  const Arena arena(bench.stream, bench.cache, bench.sms, bench.memory_bytes, bench.defect);
  struct Kind {
    std::string name;
    std::vector<Mover> movers;
    std::int64_t factor;  ///< of one size to the next
    std::int64_t most;

    std::vector<std::int64_t> sizes() const {
      std::vector<std::int64_t> all;
      for (std::int64_t bytes = kMiB; bytes <= most; bytes *= factor) all.push_back(bytes);
      return all;
    }
  };
  const std::int64_t most = std::min(1024 * kMiB, arena.bytes());
  const Kind kinds[] = {{"cold_read", readers(arena), 2, most},
                        {"cold_write", writers(arena), 4, most},
                        {"cold_copy", copiers(arena), 4, most}};
  for (const Kind& kind : kinds)
    for (const std::int64_t bytes : kind.sizes())
      if (auto failure = complaint(kind.name, kind.movers, bytes)) return *failure;
  CeilingsReport report;
  for (const Kind& kind : kinds) {
    arena.refill();
    for (const std::int64_t bytes : kind.sizes())
      report.ceilings.push_back(cold_figure(kind.name, kind.movers, bytes, arena.bytes(), bench));
  }
  return report;
}

/// Twice: every SM other bytes, and as in a GEMM some SMs the same bytes at about the same time, which Hopper
/// serves together. A GEMM's traffic between L2 and SMs may lie between the two.
Outcome<CeilingsReport> l2(const Bench& bench) {
  constexpr std::int64_t kBytes = 16 * kMiB;  // in both halves of an H100's L2, if need be
  constexpr std::uint32_t kPasses = 64, kSharers = 12;
  const Arena arena(bench.stream, bench.cache, bench.sms, bench.memory_bytes, bench.defect);
  CeilingsReport report;
  for (const auto& [name, sharers] : {std::pair("l2_read", 1u), {"l2_read_shared", kSharers}}) {
    const Mover mover = l2_reader(arena, kPasses, sharers);
    if (auto failure = complaint(name, mover, kBytes)) return *failure;
    const auto timings = bench.timed
                             .measure({[&](cudaStream_t s) { mover.launch(s, kBytes, 0); }},
                                      burst_policy(bench.timer, L2Policy::warm))
                             .timings;
    report.ceilings.push_back(
        figure(name, PowerRegime::burst, {kBytes * kPasses * sharers, 0}, timings.front(), mover.how));
  }
  return report;
}

}  // namespace gemmtune::ceilings
