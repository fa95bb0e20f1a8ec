// A cubin in memory -> a kernel that can be launched.
#pragma once

#include <cuda.h>

#include <cstddef>
#include <string>

namespace gemmtune::launch {

struct Geometry {
  unsigned grid_x = 1;
  unsigned grid_y = 1;
  unsigned threads = 1;
  unsigned cluster = 1;
  unsigned smem_bytes = 0;
  /// May begin before the kernel before it in its stream has ended (programmatic dependent launch).
  bool overlaps = false;
};

/// Owns a loaded cubin. Move-only: the driver's handle is unloaded once.
class Module {
 public:
  explicit Module(const std::string& cubin);
  ~Module();
  Module(Module&& other) noexcept : handle_(other.handle_) { other.handle_ = nullptr; }
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
  Module& operator=(Module&&) = delete;

  /// Throws DriverError when the cubin has no such entry point.
  CUkernel kernel(const char* entry) const;

 private:
  CUlibrary handle_ = nullptr;
};

/// Lets the kernel ask for `smem_bytes` of dynamic shared memory; once a kernel, beyond 48 KiB.
void allow_shared_memory(CUkernel kernel, unsigned smem_bytes);

/// Asynchronous; `arguments` are pointers to the arguments in the entry point's order, read before it
/// returns.
void launch(CUkernel kernel, const Geometry& geometry, void** arguments, CUstream stream);

/// The same with the arguments themselves: in the entry point's order and with its exact types.
template <typename... Arguments>
void launch_with(CUkernel kernel, const Geometry& geometry, CUstream stream, Arguments... arguments) {
  void* addresses[] = {&arguments..., nullptr};  // null: a kernel may have none
  launch(kernel, geometry, addresses, stream);
}

}  // namespace gemmtune::launch
