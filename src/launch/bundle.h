// An exported bundle on the GPU that is current: found, checked, loaded, and launched from. What the C
// functions of gemmtune.h do, with exceptions (BundleError) in place of codes.
#pragma once

#include "launch/gemm.h"
#include "launch/grouped.h"
#include "launch/index.h"
#include "launch/launch_cache.h"
#include "launch/lookup.h"
#include "launch/picker.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fcntl.h>
#include <memory>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace gemmtune::launch {

/// Of one file of a bundle: a cubin has a tenth of a megabyte.
inline constexpr std::size_t kMostFileBytes = std::size_t{64} << 20;

/// Empty when there is no such file, or no regular one: a pipe is not waited for, and a device has no end.
/// Throws BundleError (damaged) for one that is too large.
inline std::unique_ptr<std::string> read_whole(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return nullptr;
  struct stat status {};
  const bool regular = ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  std::FILE* const file = regular ? ::fdopen(descriptor, "rb") : nullptr;
  if (file == nullptr) {
    ::close(descriptor);
    return nullptr;
  }
  auto bytes = std::make_unique<std::string>();
  char buffer[1 << 16];
  for (std::size_t count; (count = std::fread(buffer, 1, sizeof buffer, file)) > 0;) {
    bytes->append(buffer, count);
    if (bytes->size() > kMostFileBytes) break;
  }
  std::fclose(file);
  if (bytes->size() > kMostFileBytes)
    throw BundleError(GEMMTUNE_DAMAGED, path + " is larger than any file of a bundle");
  return bytes;
}

/// The index of the bundle in `folder`. Throws BundleError.
inline Index read_index(const std::string& folder) {
  const std::string path = folder + "/" + kIndexFile;
  const auto text = read_whole(path);
  if (text == nullptr) throw BundleError(GEMMTUNE_NOT_A_BUNDLE, "cannot read " + path);
  try {
    return parse_index(*text);
  } catch (const BundleError& error) {
    throw BundleError(error.code(), folder + "/" + error.what());
  }
}

/// The bytes of a cubin, which are those that were exported. Throws BundleError.
inline std::string read_cubin(const std::string& folder, const CubinFile& cubin) {
  const std::string path = folder + "/" + cubin.file;
  const auto bytes = read_whole(path);
  if (bytes == nullptr) throw BundleError(GEMMTUNE_MISSING_CUBIN, "cannot read " + path);
  if (sha256(*bytes) != cubin.sha256)
    throw BundleError(GEMMTUNE_DAMAGED, path + " is not as it was exported: its SHA-256 differs");
  return std::move(*bytes);
}

class Bundle {
 public:
  /// Reads, checks and loads everything. A CUDA context must be current; its device is the bundle's.
  /// `regime`: one of enum gemmtune_regime. Throws BundleError.
  explicit Bundle(const std::string& folder, int regime = GEMMTUNE_BURST)
      : index_(read_index(folder)),
        lookup_(index_.entries),
        picker_(index_),
        sustained_(regime == GEMMTUNE_SUSTAINED) {
    if (regime != GEMMTUNE_BURST && regime != GEMMTUNE_SUSTAINED)
      throw BundleError(GEMMTUNE_BAD_ARGUMENT, "the regime is one of enum gemmtune_regime");
    std::vector<std::string> cubins;
    for (const CubinFile& cubin : index_.cubins) cubins.push_back(read_cubin(folder, cubin));
    for (const IndexEntry& entry : index_.entries)
      if (std::find(kernel_names_.begin(), kernel_names_.end(), entry.key.kernel) == kernel_names_.end())
        kernel_names_.push_back(entry.key.kernel);
    require_driver();
    take_device();
    try {
      require_gpu();
      load(cubins);
    } catch (const DriverError& error) {
      throw BundleError(GEMMTUNE_DRIVER_ERROR, error.what());
    }
  }
  Bundle(const Bundle&) = delete;  // lookup_ and picker_ refer to index_
  Bundle& operator=(const Bundle&) = delete;

  const Index& index() const { return index_; }

  /// On which GPU it was tuned, if that is another; else empty. Results are right all the same.
  const std::string& note() const { return note_; }

  gemmtune_found find(const char* kernel, std::int64_t m, std::int64_t n, std::int64_t k,
                      const gemmtune_operands& form) const {
    const EntryKey asked = key_of(kernel, m, n, k, form);
    const Answered found = answer_to(asked);
    const IndexEntry& entry = index_.entries[found.entry];
    const Geometry geometry = geometry_of(found.recipe, asked.groups, m, n);
    gemmtune_found answer{};
    answer.match = found.match;
    answer.entry = static_cast<std::int32_t>(found.entry);
    if (found.match != GEMMTUNE_PICKED) {
      answer.tuned_m = entry.key.nearest();
      answer.time_us = static_cast<double>(entry.time_ns) / 1e3;
    }
    answer.grid = geometry.grid_x;
    answer.cluster = geometry.cluster;
    answer.threads = geometry.threads;
    answer.smem_bytes = geometry.smem_bytes;
    return answer;
  }

  /// Queues one product. Thread-safe; may be captured in a graph. Throws BundleError.
  void gemm(const char* kernel, std::int64_t m, std::int64_t n, std::int64_t k, const gemmtune_operands& x,
            CUstream stream) {
    const std::uint64_t number = number_of(kernel);
    try {
      require_device();
      ReadyLaunch ready =
          cache_.get(launch_key(number, m, n, k, x), [&] { return make_ready(kernel, m, n, k, x); });
      if (auto* const grouped = std::get_if<GroupedArguments>(&ready.arguments))
        launch_grouped(ready.kernel, ready.geometry, *grouped, stream);
      else
        launch_gemm(ready.kernel, ready.geometry, std::get<GemmArguments>(ready.arguments), stream);
    } catch (const DriverError& error) {
      throw BundleError(GEMMTUNE_DRIVER_ERROR, error.what());
    }
  }

 private:
  /// Its number among the bundle's. In each launch: text is made only for what goes wrong.
  std::uint64_t number_of(const char* kernel) const {
    if (kernel == nullptr) throw BundleError(GEMMTUNE_BAD_ARGUMENT, "the kernel's name is null");
    for (std::size_t i = 0; i < kernel_names_.size(); ++i)
      if (kernel_names_[i] == kernel) return i;
    std::string known;
    for (const std::string& name : kernel_names_) known += " " + name;
    throw BundleError(GEMMTUNE_UNKNOWN_PROBLEM,
                      "there is no kernel \"" + std::string(kernel) + "\" in the bundle; it has" + known);
  }

  static void require_driver() {
    try {
      driver();
    } catch (const DriverError& error) {
      throw BundleError(GEMMTUNE_NO_DRIVER, error.what());
    }
  }

  void take_device() {
    CUcontext context = nullptr;
    const CUresult code = driver().context_get_current(&context);
    if (code != CUDA_SUCCESS || context == nullptr || driver().context_get_device(&device_) != CUDA_SUCCESS)
      throw BundleError(GEMMTUNE_NO_CONTEXT,
                        "no CUDA context is current on this thread; cudaSetDevice makes one");
    context_ = context;
  }

  /// A thread that has done nothing with CUDA yet has no context: it gets ours, as the runtime would do.
  void require_device() const {
    CUdevice device = 0;
    if (driver().context_get_device(&device) != CUDA_SUCCESS)
      check(driver().context_set_current(context_), "cuCtxSetCurrent");
    else if (device != device_)
      throw BundleError(GEMMTUNE_WRONG_GPU,
                        "the current device is not the one that the bundle was opened on");
  }

  int attribute(CUdevice_attribute which) const {
    int value = 0;
    check(driver().device_get_attribute(&value, which, device_), "cuDeviceGetAttribute");
    return value;
  }

  /// The kernels are sm_90a: they run on compute capability 9.0 alone.
  void require_gpu() {
    const TunedGpu& tuned = index_.gpu;
    char name[256] = "";
    check(driver().device_get_name(name, sizeof name, device_), "cuDeviceGetName");
    const int major = attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
    const int minor = attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
    const int sms = attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
    const std::string here = std::string(name) + " (compute capability " + std::to_string(major) + "." +
                             std::to_string(minor) + ", " + std::to_string(sms) + " SMs)";
    const std::string wanted = tuned.name + " (compute capability " + std::to_string(tuned.cc_major) + "." +
                               std::to_string(tuned.cc_minor) + ", " + std::to_string(tuned.sms) + " SMs)";
    if (major != tuned.cc_major || minor != tuned.cc_minor)
      throw BundleError(GEMMTUNE_WRONG_GPU, "this is " + here + "; the bundle's kernels are for " + wanted);
    const auto most =
        static_cast<std::uint32_t>(attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN));
    for (const IndexEntry& entry : index_.entries)
      if (entry.recipe.smem_bytes > most)
        throw BundleError(GEMMTUNE_WRONG_GPU, "a kernel needs " + std::to_string(entry.recipe.smem_bytes) +
                                                  " bytes of shared memory; a CTA of this " + here + " has " +
                                                  std::to_string(most));
    if (name != tuned.name || sms != tuned.sms) note_ = "tuned on " + wanted + ", running on " + here;
  }

  /// Each kernel is put onto the device now: the driver would do it at the first launch, and cannot while a
  /// stream is captured.
  void load(const std::vector<std::string>& cubins) {
    for (const std::string& cubin : cubins) modules_.emplace_back(cubin);
    // Entries that share a cubin may need more or less: the table of groups is in shared memory too.
    std::vector<unsigned> most_smem_bytes(cubins.size());
    for (const IndexEntry& entry : index_.entries)
      most_smem_bytes[entry.cubin] = std::max(most_smem_bytes[entry.cubin], entry.recipe.smem_bytes);
    for (const IndexEntry& entry : index_.entries) {
      const CUkernel kernel = modules_[entry.cubin].kernel(entry.key.kernel.c_str());
      CUfunction loaded = nullptr;
      check(driver().get_function(&loaded, kernel), "cuKernelGetFunction");
      allow_shared_memory(kernel, most_smem_bytes[entry.cubin]);
      kernels_.push_back(kernel);
    }
  }

  EntryKey key_of(const char* kernel, std::int64_t m, std::int64_t n, std::int64_t k,
                  const gemmtune_operands& x) const {
    number_of(kernel);
    if (m < 1 || n < 1 || k < 1 || m > INT32_MAX || n > INT32_MAX || k > INT32_MAX)
      throw BundleError(GEMMTUNE_BAD_ARGUMENT, "M, N and K are 1 to 2147483647, not " + std::to_string(m) +
                                                   ", " + std::to_string(n) + " and " + std::to_string(k));
    const auto stride = [](std::int64_t given, std::int64_t columns) { return given == 0 ? columns : given; };
    EntryKey key;
    key.sustained = sustained_;
    key.kernel = kernel;
    key.shape = {m, n, k, stride(x.a_stride, k), stride(x.b_stride, k), stride(x.d_stride, n)};
    key.fp32_out = x.fp32_out != 0;
    key.accumulate = x.accumulate != 0;
    if (x.group_layout != GEMMTUNE_ONE_PRODUCT) take_groups(key, x);
    return key;
  }

  static void take_groups(EntryKey& key, const gemmtune_operands& x) {
    if (x.group_layout < GEMMTUNE_ONE_PRODUCT || x.group_layout > GEMMTUNE_GROUP_ENDS_OF_K || x.groups < 1 ||
        x.groups > kMostGroups || x.group_step < 1 || x.group_step > INT32_MAX || x.rows_of_a_group < 0)
      throw BundleError(
          GEMMTUNE_BAD_ARGUMENT,
          "group_layout is one of enum gemmtune_groups, groups 1 to 65536, group_step at least 1, "
          "rows_of_a_group at least 0");
    if (x.group_layout == GEMMTUNE_GROUP_COUNTS && key.shape.m != x.groups * x.group_step)
      throw BundleError(GEMMTUNE_BAD_ARGUMENT, "M is " + std::to_string(key.shape.m) + ", not the room of " +
                                                   std::to_string(x.groups) + " groups of " +
                                                   std::to_string(x.group_step) + " rows");
    if (x.group_layout == GEMMTUNE_GROUP_INDICES && key.shape.m % x.group_step != 0)
      throw BundleError(GEMMTUNE_BAD_ARGUMENT, "M is " + std::to_string(key.shape.m) + ", no multiple of " +
                                                   std::to_string(x.group_step));
    key.group_layout = static_cast<std::uint32_t>(x.group_layout);
    key.groups = static_cast<std::uint32_t>(x.groups);
    key.group_step = x.group_step;
    if (key.along_k()) {
      if (key.shape.k % 128 != 0 || x.group_step % 128 != 0 || x.a_stride != 0 || x.b_stride != 0)
        throw BundleError(
            GEMMTUNE_BAD_ARGUMENT,
            "of groups along K, K and group_step are multiples of 128, and rows of A and B have no "
            "gap: their strides are 0");
    } else if (key.shape.n * x.groups > INT32_MAX) {
      throw BundleError(GEMMTUNE_BAD_ARGUMENT, "N of all groups is above 2147483647");
    }
    std::int64_t& size = key.along_k() ? key.shape.k : key.shape.m;
    const std::int64_t mean = (size + x.groups - 1) / x.groups;
    size = x.rows_of_a_group > 0 ? std::min<std::int64_t>(x.rows_of_a_group, INT32_MAX) : mean;
  }

  struct Answered {
    gemmtune_match match;
    std::size_t entry;
    GemmRecipe recipe;
  };

  /// Tuned for this M, or for a larger one; else by the model, if there is one. Throws BundleError (unknown
  /// problem).
  Answered answer_to(const EntryKey& asked) const {
    const auto tuned = lookup_.find_any(asked);
    if (!tuned || tuned->match == GEMMTUNE_LARGEST)
      if (const auto picked = picker_.pick(asked)) return {GEMMTUNE_PICKED, picked->entry, picked->recipe};
    const auto found = tuned ? *tuned : lookup_.find(asked);
    return {found.match, found.entry, index_.entries[found.entry].recipe};
  }

  static Geometry geometry_of(const GemmRecipe& recipe, std::uint32_t groups, std::int64_t m,
                              std::int64_t n) {
    if (groups != 0) return grouped_geometry(recipe);
    Shape shape;
    shape.m = m, shape.n = n;
    return gemm_geometry(recipe, shape);
  }

  static LaunchKey launch_key(std::uint64_t kernel, std::int64_t m, std::int64_t n, std::int64_t k,
                              const gemmtune_operands& x) {
    const auto word = [](const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer); };
    const auto number = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
    const std::uint64_t form = kernel << 2 | (x.fp32_out != 0 ? 1u : 0u) | (x.accumulate != 0 ? 2u : 0u);
    const std::uint64_t groups =
        number(x.groups) << 3 | static_cast<std::uint64_t>(static_cast<std::uint32_t>(x.group_layout) & 7);
    return {number(m),
            number(n),
            number(k),
            number(x.a_stride),
            number(x.b_stride),
            number(x.d_stride),
            form,
            word(x.a),
            word(x.b),
            word(x.scales_a),
            word(x.scales_b),
            word(x.d),
            word(x.group_rows),
            groups,
            number(x.group_step),
            number(x.rows_of_a_group)};
  }

  static void require_aligned(const char* name, const void* pointer, std::uintptr_t bytes) {
    if (pointer == nullptr) throw BundleError(GEMMTUNE_BAD_ARGUMENT, std::string(name) + " is null");
    if (reinterpret_cast<std::uintptr_t>(pointer) % bytes != 0)
      throw BundleError(GEMMTUNE_BAD_ALIGNMENT,
                        std::string(name) + " is not aligned to " + std::to_string(bytes) + " bytes");
  }

  ReadyLaunch make_ready(const char* kernel, std::int64_t m, std::int64_t n, std::int64_t k,
                         const gemmtune_operands& x) const {
    const EntryKey asked = key_of(kernel, m, n, k, x);
    const Answered found = answer_to(asked);
    const GemmRecipe& recipe = found.recipe;
    require_aligned("a", x.a, 16);
    require_aligned("b", x.b, 16);
    if (recipe.scaling != kUnscaled) {
      require_aligned("scales_a", x.scales_a, recipe.maps_scales_a() ? 16 : 4);
      require_aligned("scales_b", x.scales_b, recipe.maps_scales_b() ? 16 : 4);
    }
    require_aligned("d", x.d, 16);
    const GemmOperands operands = {x.a, x.b, x.scales_a, x.scales_b, x.d};
    const Geometry geometry = geometry_of(recipe, asked.groups, m, n);
    if (asked.groups == 0)
      return {kernels_[found.entry], geometry, gemm_arguments(recipe, asked.shape, operands)};
    require_aligned("group_rows", x.group_rows, 4);
    Shape shape = asked.shape;
    shape.m = m;
    const Groups groups = {x.group_rows, asked.groups, static_cast<std::uint32_t>(asked.group_step)};
    if (!asked.along_k())
      return {kernels_[found.entry], geometry,
              grouped_arguments(recipe, shape, operands, GroupLayout{asked.group_layout}, groups)};
    shape.k = shape.a_stride = shape.b_stride = k;
    return {kernels_[found.entry], geometry, gemm_arguments(recipe, shape, operands, groups)};
  }

  const Index index_;
  const EntryLookup lookup_;
  const Picker picker_;
  const bool sustained_;
  std::vector<Module> modules_;
  std::vector<CUkernel> kernels_;  ///< one an entry
  std::vector<std::string> kernel_names_;
  CUcontext context_ = nullptr;
  CUdevice device_ = 0;
  std::string note_;
  LaunchCache cache_;
};

}  // namespace gemmtune::launch
