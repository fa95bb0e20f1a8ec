#include "worker/ceilings/arena.h"

#include "util/error.h"
#include "util/format.h"
#include "worker/gpu/check.h"

#include <algorithm>

namespace gemmtune::ceilings {

namespace {

constexpr std::int64_t kMiB = std::int64_t{1} << 20;
constexpr std::int64_t kMostBytes = 4096 * kMiB;

std::size_t size_for(std::int64_t memory_bytes) {
  const std::int64_t step = 256 * kMiB;
  const std::int64_t sixteenth = memory_bytes / 16 / step * step;
  ensure(sixteenth > 0, "the GPU has less than 4 GiB of memory");
  return static_cast<std::size_t>(std::min(kMostBytes, sixteenth));
}

Mover reader(const Arena& arena, const ReadPlan& plan, std::string how) {
  const auto read = [&arena, plan](std::int64_t offset, std::int64_t bytes, std::uint64_t* sum,
                                   cudaStream_t s) {
    arena.kernels().read(arena.at(offset), bytes, plan, sum, s);
  };
  return {std::move(how),
          [read](cudaStream_t s, std::int64_t bytes, int place) { read(place * bytes, bytes, nullptr, s); },
          [&arena, read, plan](std::int64_t bytes) {
            const auto moved = arena.sum([&](std::uint64_t* sum, cudaStream_t s) { read(0, bytes, sum, s); });
            return Sums{moved, arena.sum_of(0, bytes) * plan.passes * plan.sharers};
          }};
}

/// CTAs of a persistent grid, and 0 for one a tile.
struct Grid {
  unsigned ctas = 0;
  std::string how;
};

std::vector<Grid> grids(const Arena& arena) {
  constexpr unsigned kCtasOfSm = 4;  // of 512 threads: all that fit
  return {{kCtasOfSm * arena.sms(), "16-byte accesses, 4 a thread, persistent CTAs"},
          {0, "16-byte accesses, 4 a thread, a CTA for every 32 KiB"}};
}

}  // namespace

Arena::Arena(const gpu::Stream& stream, cache::CubinCache& cache, unsigned sms, std::int64_t memory_bytes,
             int defect)
    : stream_(stream),
      sms_(sms),
      kernels_(cache, sms, defect),
      buffer_(size_for(memory_bytes)),
      sum_(sizeof(std::uint64_t)) {
  refill();
}

void Arena::run(const std::function<void(cudaStream_t)>& launch) const {
  launch(stream_.get());
  stream_.synchronise();
}

void Arena::refill() const {
  run([&](cudaStream_t s) { kernels_.fill(at(0), bytes(), OperandKind::bits, false, s); });
}

void Arena::clear(std::int64_t offset, std::int64_t count) const {
  gpu::check(cudaMemsetAsync(at(offset), 0, static_cast<std::size_t>(count), stream_.get()),
             "cudaMemsetAsync(clear)");
}

std::uint64_t Arena::sum(const std::function<void(std::uint64_t*, cudaStream_t)>& add) const {
  gpu::check(cudaMemsetAsync(sum_.data(), 0, sum_.bytes(), stream_.get()), "cudaMemsetAsync(sum)");
  run([&](cudaStream_t s) { add(sum_.as<std::uint64_t>(), s); });
  std::uint64_t total = 0;
  gpu::check(cudaMemcpy(&total, sum_.data(), sizeof total, cudaMemcpyDeviceToHost), "cudaMemcpy(sum)");
  return total;
}

std::uint64_t Arena::sum_of(std::int64_t offset, std::int64_t count) const {
  return sum([&](std::uint64_t* total, cudaStream_t s) { kernels_.sum_words(total, at(offset), count, s); });
}

std::vector<Mover> readers(const Arena& arena) {
  std::vector<Mover> movers;
  for (const ReadPlan& plan : {ReadPlan{8192, 24}, ReadPlan{16384, 12}})
    movers.push_back(
        reader(arena, plan,
               formatted("bulk copies of {} KiB, {} in flight an SM", plan.chunk_bytes / 1024, plan.stages)));
  return movers;
}

Mover l2_reader(const Arena& arena, std::uint32_t passes, std::uint32_t sharers) {
  return reader(arena, {8192, 24, passes, sharers, false},
                formatted("bulk copies of 8 KiB, 24 in flight an SM{}",
                          sharers > 1 ? formatted(", {} SMs the same bytes", sharers) : ""));
}

std::vector<Mover> writers(const Arena& arena) {
  std::vector<Mover> movers;
  for (const Grid& grid : grids(arena))
    movers.push_back(
        {grid.how,
         [&arena, ctas = grid.ctas](cudaStream_t s, std::int64_t bytes, int place) {
           arena.kernels().write(arena.at(place * bytes), bytes, ctas, s);
         },
         [&arena, ctas = grid.ctas](std::int64_t bytes) {
           arena.clear(0, bytes);
           arena.run([&](cudaStream_t s) { arena.kernels().write(arena.at(0), bytes, ctas, s); });
           const auto expected = arena.sum(
               [&](std::uint64_t* sum, cudaStream_t s) { arena.kernels().sum_pattern(sum, bytes, s); });
           return Sums{arena.sum_of(0, bytes), expected};
         }});
  return movers;
}

std::vector<Mover> copiers(const Arena& arena) {
  std::vector<Mover> movers;
  for (const Grid& grid : grids(arena)) {
    // Half of the bytes are read, in the lower half of the arena, and half written, in the upper one.
    const auto copy = [&arena, ctas = grid.ctas](cudaStream_t s, std::int64_t bytes, int place) {
      const std::int64_t half = bytes / 2, from = place * half;
      arena.kernels().copy(arena.at(arena.bytes() / 2 + from), arena.at(from), half, ctas, s);
    };
    movers.push_back({grid.how, copy, [&arena, copy](std::int64_t bytes) {
                        arena.clear(arena.bytes() / 2, bytes / 2);
                        arena.run([&](cudaStream_t s) { copy(s, bytes, 0); });
                        return Sums{arena.sum_of(arena.bytes() / 2, bytes / 2), arena.sum_of(0, bytes / 2)};
                      }});
  }
  return movers;
}

}  // namespace gemmtune::ceilings
