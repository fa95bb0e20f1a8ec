// What the host has to do with: launches, and transfers between memories.
#include "util/format.h"
#include "worker/ceilings/probe.h"
#include "worker/gpu/check.h"
#include "worker/gpu/host_clock.h"

namespace gemmtune::ceilings {

namespace {

constexpr std::int64_t kTransferBytes = std::int64_t{256} << 20;

/// Microseconds of `repeats` runs, each over `times` of what it does; one run before them is not counted.
template <typename Run>
std::vector<double> times_us(int repeats, int times, Run run) {
  const gpu::HostClock clock;
  std::vector<double> samples_us;
  run();
  for (int i = 0; i < repeats; ++i) {
    const double start_s = clock.now_s();
    run();
    samples_us.push_back((clock.now_s() - start_s) * 1e6 / times);
  }
  return samples_us;
}

/// Host memory that the GPU reaches without the host's help.
class PinnedBuffer {
 public:
  explicit PinnedBuffer(std::int64_t bytes) {
    gpu::check(cudaHostAlloc(&data_, static_cast<std::size_t>(bytes), cudaHostAllocDefault), "cudaHostAlloc");
  }
  ~PinnedBuffer() { cudaFreeHost(data_); }
  PinnedBuffer(const PinnedBuffer&) = delete;  // owns the memory
  PinnedBuffer& operator=(const PinnedBuffer&) = delete;
  void* data() const { return data_; }

 private:
  void* data_ = nullptr;
};

/// Makes another device current for a while.
class OnDevice {
 public:
  explicit OnDevice(int device) { gpu::check(cudaSetDevice(device), "cudaSetDevice"); }
  ~OnDevice() { cudaSetDevice(0); }
  OnDevice(const OnDevice&) = delete;
  OnDevice& operator=(const OnDevice&) = delete;
};

Ceiling transfer(const std::string& name, const std::string& how, const Bench& bench,
                 const std::function<void(cudaStream_t)>& copy) {
  constexpr int kRepeats = 9;
  return figure(name, {kTransferBytes, 0},
                times_us(kRepeats, 1,
                         [&] {
                           copy(bench.stream.get());
                           bench.stream.synchronise();
                         }),
                how);
}

/// From this device to another one.
Ceiling to_device(int other, const gpu::DeviceBuffer& from, const Bench& bench) {
  int reachable = 0;
  gpu::check(cudaDeviceCanAccessPeer(&reachable, 0, other), "cudaDeviceCanAccessPeer");
  gpu::DeviceBuffer to;
  {
    const OnDevice there(other);
    to = gpu::DeviceBuffer(from.bytes());
  }
  if (reachable != 0) gpu::check(cudaDeviceEnablePeerAccess(other, 0), "cudaDeviceEnablePeerAccess");
  const Ceiling figure =
      transfer("d2d", formatted("to device {}{}", other, reachable ? "" : ", through the host"), bench,
               [&](cudaStream_t s) {
                 gpu::check(cudaMemcpyPeerAsync(to.data(), other, from.data(), 0, from.bytes(), s),
                            "cudaMemcpyPeerAsync");
               });
  if (reachable != 0) cudaDeviceDisablePeerAccess(other);
  return figure;
}

}  // namespace

Outcome<CeilingsReport> launches(const Bench& bench) {
  constexpr int kQueued = 1000, kRepeats = 15;
  const PlainKernels plain(bench.cache, bench.sms);
  const auto empty = [&](cudaStream_t s) { plain.empty(s); };
  bench.timed.stop_tracing();
  CeilingsReport report;
  report.ceilings.push_back(figure("launch_us", {},
                                   times_us(kRepeats, kQueued,
                                            [&] {
                                              for (int i = 0; i < kQueued; ++i) empty(bench.stream.get());
                                              bench.stream.synchronise();
                                            }),
                                   "one of 1000 empty kernels, launched one behind the other"));
  report.ceilings.push_back(figure("launch_wait_us", {},
                                   times_us(100, 1,
                                            [&] {
                                              empty(bench.stream.get());
                                              bench.stream.synchronise();
                                            }),
                                   "an empty kernel launched and waited for"));
  const MeasureReport timed = bench.timed.measure({empty}, burst_policy(bench.timer, L2Policy::warm));
  report.ceilings.push_back(figure("empty_kernel_us", PowerRegime::burst, {}, timed.timings.front(),
                                   formatted("duration on the device, timer {}", to_string(bench.timer))));
  return report;
}

Outcome<CeilingsReport> transfers(const Bench& bench) {
  const PinnedBuffer host(kTransferBytes);
  const gpu::DeviceBuffer device(static_cast<std::size_t>(kTransferBytes));
  const auto copy = [&](void* to, const void* from, cudaMemcpyKind kind) {
    return [=, &device](cudaStream_t s) {
      gpu::check(cudaMemcpyAsync(to, from, device.bytes(), kind, s), "cudaMemcpyAsync");
    };
  };
  CeilingsReport report;
  report.ceilings.push_back(transfer("h2d", "pinned memory to the device", bench,
                                     copy(device.data(), host.data(), cudaMemcpyHostToDevice)));
  report.ceilings.push_back(transfer("d2h", "the device to pinned memory", bench,
                                     copy(host.data(), device.data(), cudaMemcpyDeviceToHost)));
  int devices = 1;
  gpu::check(cudaGetDeviceCount(&devices), "cudaGetDeviceCount");
  for (int other = 1; other < devices; ++other) report.ceilings.push_back(to_device(other, device, bench));
  return report;
}

}  // namespace gemmtune::ceilings
