#include "fakes/cuda_driver.h"

#include <atomic>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <set>

namespace gemmtune::fake_driver {

namespace {

struct FakeKernel {
  std::string cubin, entry;
  std::uint32_t smem_allowed = 0;
  bool loaded = false;
};
struct FakeLibrary {
  std::string cubin;
  std::map<std::string, std::unique_ptr<FakeKernel>> kernels;
};

struct State {
  std::mutex mutex;
  Device device;
  std::map<CUlibrary, std::unique_ptr<FakeLibrary>> libraries;
  std::vector<EncodedMap> maps;
  std::vector<Launched> launches;
  std::map<std::string, CUresult> failures;
};

State& state() {
  static State one;
  return one;
}

std::atomic<bool> noting{true};

/// Success, or what fail_next() asked for.
CUresult answer_to(const std::string& function) {
  State& s = state();
  const auto found = s.failures.find(function);
  if (found == s.failures.end()) return CUDA_SUCCESS;
  const CUresult code = found->second;
  s.failures.erase(found);
  return code;
}

template <typename T>
T value_at(const void* address) {
  T value;
  std::memcpy(&value, address, sizeof value);
  return value;
}

/// Tensor maps and pointers that a kernel of ours takes before its numbers: dense_1d1d and k_grouped_1d1d a
/// map of B's scales, dense_1d2d a pointer to them.
int leading_words(const std::string& entry, bool without_tails) {
  if (without_tails) return 5;
  return entry == "dense_bf16" ? 4 : entry == "dense_tensor" ? 6 : 7;
}

/// In the entry point's order. `along_k`: of groups that share out K, whose struct counts as three.
std::vector<std::uint64_t> arguments_of(void** arguments, int leading, bool along_k) {
  std::vector<std::uint64_t> values;
  for (int i = 0; i < leading; ++i) values.push_back(value_at<std::uint64_t>(*arguments++));
  for (int i = 0; i < 4; ++i) values.push_back(value_at<std::uint32_t>(*arguments++));  // m, n, k, raster
  if (along_k) {
    const auto* const groups = static_cast<const char*>(*arguments++);
    values.push_back(value_at<std::uint64_t>(groups));
    values.push_back(value_at<std::uint32_t>(groups + 8));
    values.push_back(value_at<std::uint32_t>(groups + 12));
  }
  const auto* const boxes = static_cast<const char*>(*arguments++);
  values.push_back(value_at<std::uint32_t>(boxes));
  values.push_back(value_at<std::uint32_t>(boxes + 4));
  for (int i = 0; i < 2; ++i) values.push_back(value_at<std::uint64_t>(*arguments++));  // hints
  for (int i = 0; i < (along_k ? 1 : 2); ++i) values.push_back(value_at<std::uint32_t>(*arguments++));
  return values;
}

/// The same of kernels over groups, whose struct counts as three.
std::vector<std::uint64_t> grouped_arguments_of(void** arguments) {
  std::vector<std::uint64_t> values;
  const auto add64 = [&] { values.push_back(value_at<std::uint64_t>(*arguments++)); };
  const auto add32 = [&] { values.push_back(value_at<std::uint32_t>(*arguments++)); };
  for (int i = 0; i < 5; ++i) add64();  // tensor maps, scales_b
  for (int i = 0; i < 4; ++i) add32();  // m, n, k, raster
  const auto* const groups = static_cast<const char*>(*arguments++);
  values.push_back(value_at<std::uint64_t>(groups));
  values.push_back(value_at<std::uint32_t>(groups + 8));
  values.push_back(value_at<std::uint32_t>(groups + 12));
  for (int i = 0; i < 4; ++i) add64();  // d, its rows, hints
  add32();
  return values;
}

}  // namespace

void reset(const Device& device) {
  State& s = state();
  const std::lock_guard lock(s.mutex);
  s.device = device;
  s.maps.clear();
  s.launches.clear();
  s.failures.clear();
  noting = true;
}

std::vector<EncodedMap> encoded_maps() {
  const std::lock_guard lock(state().mutex);
  return state().maps;
}

std::vector<Launched> launches() {
  const std::lock_guard lock(state().mutex);
  return state().launches;
}

int modules_alive() {
  const std::lock_guard lock(state().mutex);
  return static_cast<int>(state().libraries.size());
}

void note_launches(bool note) {
  noting = note;
}

void fail_next(const std::string& function, CUresult code) {
  const std::lock_guard lock(state().mutex);
  state().failures[function] = code;
}

}  // namespace gemmtune::fake_driver

using namespace gemmtune::fake_driver;

extern "C" {

#define FAKE __attribute__((visibility("default"))) CUresult

FAKE cuGetErrorName(CUresult, const char** text) {
  *text = "CUDA_ERROR_FAKED";
  return CUDA_SUCCESS;
}

FAKE cuGetErrorString(CUresult, const char** text) {
  *text = "faked by the test";
  return CUDA_SUCCESS;
}

FAKE cuLibraryLoadData(CUlibrary* library, const void* code, CUjit_option*, void**, unsigned,
                       CUlibraryOption*, void**, unsigned) {
  State& s = state();
  const std::lock_guard lock(s.mutex);
  if (const CUresult failed = answer_to("cuLibraryLoadData")) return failed;
  auto made = std::make_unique<FakeLibrary>();
  made->cubin = static_cast<const char*>(code);  // the tests' cubins are text
  *library = reinterpret_cast<CUlibrary>(made.get());
  s.libraries[*library] = std::move(made);
  return CUDA_SUCCESS;
}

FAKE cuLibraryUnload(CUlibrary library) {
  const std::lock_guard lock(state().mutex);
  return state().libraries.erase(library) == 1 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
}

FAKE cuLibraryGetKernel(CUkernel* kernel, CUlibrary library, const char* name) {
  const std::lock_guard lock(state().mutex);
  if (const CUresult failed = answer_to("cuLibraryGetKernel")) return failed;
  FakeLibrary& owner = *state().libraries.at(library);
  auto& made = owner.kernels[name];
  if (made == nullptr) {
    made = std::make_unique<FakeKernel>();
    made->cubin = owner.cubin;
    made->entry = name;
  }
  *kernel = reinterpret_cast<CUkernel>(made.get());
  return CUDA_SUCCESS;
}

FAKE cuKernelGetFunction(CUfunction* function, CUkernel kernel) {
  const std::lock_guard lock(state().mutex);
  reinterpret_cast<FakeKernel*>(kernel)->loaded = true;
  *function = reinterpret_cast<CUfunction>(kernel);
  return CUDA_SUCCESS;
}

FAKE cuKernelSetAttribute(CUfunction_attribute attribute, int value, CUkernel kernel, CUdevice) {
  const std::lock_guard lock(state().mutex);
  if (attribute == CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES)
    reinterpret_cast<FakeKernel*>(kernel)->smem_allowed = static_cast<std::uint32_t>(value);
  return CUDA_SUCCESS;
}

FAKE cuCtxGetCurrent(CUcontext* context) {
  *context = state().device.has_context ? reinterpret_cast<CUcontext>(0xC0) : nullptr;
  return CUDA_SUCCESS;
}

FAKE cuCtxSetCurrent(CUcontext context) {
  const std::lock_guard lock(state().mutex);
  if (context != reinterpret_cast<CUcontext>(0xC0)) return CUDA_ERROR_INVALID_CONTEXT;
  state().device.has_context = true;
  return CUDA_SUCCESS;
}

FAKE cuCtxGetDevice(CUdevice* device) {
  *device = state().device.number;
  return state().device.has_context ? CUDA_SUCCESS : CUDA_ERROR_INVALID_CONTEXT;
}

FAKE cuDeviceGetName(char* name, int length, CUdevice) {
  std::strncpy(name, state().device.name.c_str(), static_cast<std::size_t>(length));
  return CUDA_SUCCESS;
}

FAKE cuDeviceGetAttribute(int* value, CUdevice_attribute attribute, CUdevice) {
  const Device& device = state().device;
  switch (attribute) {
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR:
      *value = device.cc_major;
      return CUDA_SUCCESS;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR:
      *value = device.cc_minor;
      return CUDA_SUCCESS;
    case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT:
      *value = device.sms;
      return CUDA_SUCCESS;
    case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN:
      *value = device.smem_bytes;
      return CUDA_SUCCESS;
    default:
      return CUDA_ERROR_INVALID_VALUE;
  }
}

FAKE cuTensorMapEncodeTiled(CUtensorMap* map, CUtensorMapDataType type, cuuint32_t rank, void* address,
                            const cuuint64_t* dimensions, const cuuint64_t* strides, const cuuint32_t* box,
                            const cuuint32_t* element_strides, CUtensorMapInterleave interleave,
                            CUtensorMapSwizzle swizzle, CUtensorMapL2promotion promotion,
                            CUtensorMapFloatOOBfill fill) {
  State& s = state();
  const std::lock_guard lock(s.mutex);
  if (const CUresult failed = answer_to("cuTensorMapEncodeTiled")) return failed;
  *map = {};
  const std::uint64_t number = s.maps.size();
  std::memcpy(map, &number, sizeof number);
  s.maps.push_back({type,
                    rank,
                    reinterpret_cast<std::uintptr_t>(address),
                    {dimensions, dimensions + rank},
                    {strides, strides + rank - 1},
                    {box, box + rank},
                    {element_strides, element_strides + rank},
                    interleave,
                    swizzle,
                    promotion,
                    fill});
  return CUDA_SUCCESS;
}

FAKE cuLaunchKernelEx(const CUlaunchConfig* config, CUfunction function, void** arguments, void**) {
  if (!noting) return CUDA_SUCCESS;
  State& s = state();
  const std::lock_guard lock(s.mutex);
  if (const CUresult failed = answer_to("cuLaunchKernelEx")) return failed;
  const auto& kernel = *reinterpret_cast<const FakeKernel*>(function);
  Launched launched;
  launched.cubin = kernel.cubin;
  launched.entry = kernel.entry;
  launched.smem_allowed = kernel.smem_allowed;
  launched.loaded = kernel.loaded;
  launched.grid = config->gridDimX * config->gridDimY * config->gridDimZ;
  launched.threads = config->blockDimX * config->blockDimY * config->blockDimZ;
  launched.smem_bytes = config->sharedMemBytes;
  launched.stream = config->hStream;
  for (unsigned i = 0; i < config->numAttrs; ++i)
    if (config->attrs[i].id == CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION)
      launched.cluster = config->attrs[i].value.clusterDim.x;
  for (unsigned i = 0; i < config->numAttrs; ++i)
    launched.overlaps |= config->attrs[i].id == CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION;
  launched.arguments = kernel.entry.starts_with("grouped_")
                           ? grouped_arguments_of(arguments)
                           : arguments_of(arguments, leading_words(kernel.entry, s.device.without_tails),
                                          kernel.entry.starts_with("k_grouped_"));
  s.launches.push_back(std::move(launched));
  return CUDA_SUCCESS;
}

}  // extern "C"
