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

Rotation::Rotation(const Operands& o, std::int64_t l2_bytes, const gpu::Stream& stream) : sets_(o.sets()) {
  sets_.sets.resize(1);  // the operands themselves
  const std::array<const gpu::DeviceBuffer*, 4> parts{&o.a, &o.b, &o.scales_a, &o.scales_b};
  const std::size_t d_bytes = static_cast<std::size_t>(o.problem.m * o.problem.n * 2);
  Layout layout;
  std::array<std::size_t, 4> offsets{};
  std::size_t set_bytes = d_bytes;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    offsets[i] = layout.add(parts[i]->bytes());
    set_bytes += parts[i]->bytes();
  }
  const std::size_t d_offset = layout.add(d_bytes);
  const int copies = copies_to_rotate(static_cast<std::int64_t>(set_bytes), l2_bytes);
  copies_ = gpu::DeviceBuffer(static_cast<std::size_t>(copies - 1) * layout.bytes());
  for (int copy = 1; copy < copies; ++copy) {
    std::uint8_t* const start =
        copies_.as<std::uint8_t>() + static_cast<std::size_t>(copy - 1) * layout.bytes();
    for (std::size_t i = 0; i < parts.size(); ++i)
      gpu::check(cudaMemcpyAsync(start + offsets[i], parts[i]->data(), parts[i]->bytes(),
                                 cudaMemcpyDeviceToDevice, stream.get()),
                 "cudaMemcpyAsync(copy of the operands)");
    sets_.sets.push_back(
        {start + offsets[0], start + offsets[1], reinterpret_cast<float*>(start + offsets[2]),
         reinterpret_cast<float*>(start + offsets[3]), reinterpret_cast<std::uint16_t*>(start + d_offset)});
  }
  stream.synchronise();
}

}  // namespace gemmtune::gemm
