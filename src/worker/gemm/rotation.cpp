#include "worker/gemm/rotation.h"

#include "worker/gpu/check.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace gemmtune::gemm {

namespace {

/// How the parts of a copy lie behind each other, each aligned as cudaMalloc would.
class Layout {
 public:
  std::size_t add(std::size_t bytes) {
    const std::size_t offset = end_;
    end_ += (bytes + 255) / 256 * 256;
    return offset;
  }
  std::size_t bytes() const { return end_; }

 private:
  std::size_t end_ = 0;
};

}  // namespace

int copies_to_rotate(std::int64_t set_bytes, std::int64_t l2_bytes) {
  return static_cast<int>(3 * l2_bytes / set_bytes) + 2;
}

std::int64_t set_bytes(const Operands& o) {
  return o.a.bytes() + o.b.bytes() + o.d_bytes();
}

Rotation::Rotation(const Operands& o, int copies, const gpu::Stream& stream)
    : copies_(copies), sets_(o.sets()) {
  sets_.sets.resize(1);  // the operands themselves
  // Launches add to C ever after: what it begins with is all the same, so long as it is numbers.
  const std::array<const gpu::DeviceBuffer*, 5> parts{&o.a.values, &o.a.scales, &o.b.values, &o.b.scales,
                                                      &o.c};
  Layout layout;
  std::array<std::size_t, 5> offsets{};
  for (std::size_t i = 0; i < 4; ++i) offsets[i] = layout.add(parts[i]->bytes());
  offsets[4] = layout.add(static_cast<std::size_t>(o.d_bytes()));
  memory_ = gpu::DeviceBuffer(static_cast<std::size_t>(copies - 1) * layout.bytes());
  for (int copy = 1; copy < copies; ++copy) {
    std::uint8_t* const start =
        memory_.as<std::uint8_t>() + static_cast<std::size_t>(copy - 1) * layout.bytes();
    for (std::size_t i = 0; i < parts.size(); ++i)
      if (parts[i]->bytes() > 0)
        gpu::check(cudaMemcpyAsync(start + offsets[i], parts[i]->data(), parts[i]->bytes(),
                                   cudaMemcpyDeviceToDevice, stream.get()),
                   "cudaMemcpyAsync(copy of the operands)");
    const auto factor = [&](std::size_t values) {
      return FactorPlace{start + offsets[values], reinterpret_cast<float*>(start + offsets[values + 1])};
    };
    sets_.sets.push_back({factor(0), factor(2), start + offsets[4], nullptr});
  }
  const int sets = std::lcm(copies, draws_of(o.problem));
  for (int set = copies; set < sets; ++set) sets_.sets.push_back(sets_.sets[std::size_t(set - copies)]);
  for (int set = 0; set < sets; ++set) sets_.sets[std::size_t(set)].layout = o.layouts.of_draw(set);
  stream.synchronise();
}

}  // namespace gemmtune::gemm
