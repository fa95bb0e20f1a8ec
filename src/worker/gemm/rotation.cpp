#include "worker/gemm/rotation.h"

#include "worker/gpu/check.h"

#include <algorithm>
#include <array>

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
  return static_cast<std::int64_t>(o.a.bytes() + o.b.bytes() + o.scales_a.bytes() + o.scales_b.bytes()) +
         o.d_bytes();
}

Rotation::Rotation(const Operands& o, int copies, const gpu::Stream& stream) : sets_(o.sets()) {
  sets_.sets.resize(1);  // the operands themselves
  const std::array<const gpu::DeviceBuffer*, 4> parts{&o.a, &o.b, &o.scales_a, &o.scales_b};
  Layout layout;
  std::array<std::size_t, 4> offsets{};
  for (std::size_t i = 0; i < parts.size(); ++i) offsets[i] = layout.add(parts[i]->bytes());
  const std::size_t d_offset = layout.add(static_cast<std::size_t>(o.d_bytes()));
  copies_ = gpu::DeviceBuffer(static_cast<std::size_t>(copies - 1) * layout.bytes());
  for (int copy = 1; copy < copies; ++copy) {
    std::uint8_t* const start =
        copies_.as<std::uint8_t>() + static_cast<std::size_t>(copy - 1) * layout.bytes();
    for (std::size_t i = 0; i < parts.size(); ++i)
      gpu::check(cudaMemcpyAsync(start + offsets[i], parts[i]->data(), parts[i]->bytes(),
                                 cudaMemcpyDeviceToDevice, stream.get()),
                 "cudaMemcpyAsync(copy of the operands)");
    // Launches add to it ever after: what it begins with is all the same, so long as it is numbers.
    if (o.problem.accumulate)
      gpu::check(
          cudaMemcpyAsync(start + d_offset, o.c.data(), o.c.bytes(), cudaMemcpyDeviceToDevice, stream.get()),
          "cudaMemcpyAsync(copy of C)");
    sets_.sets.push_back({start + offsets[0], start + offsets[1],
                          reinterpret_cast<float*>(start + offsets[2]),
                          reinterpret_cast<float*>(start + offsets[3]), start + d_offset});
  }
  stream.synchronise();
}

}  // namespace gemmtune::gemm
