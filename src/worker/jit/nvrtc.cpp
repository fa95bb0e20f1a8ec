#include "worker/jit/nvrtc.h"

#include "util/error.h"
#include "worker/jit/compile_log.h"

#include <nvrtc.h>

#include <dlfcn.h>
#include <filesystem>

namespace gemmtune::jit {

namespace {

void check(nvrtcResult result, const std::string& what) {
  ensure(result == NVRTC_SUCCESS, "NVRTC: " + what + ": " + nvrtcGetErrorString(result));
}

class Program {
 public:
  Program(const std::string& source, const std::string& name, const std::vector<const char*>& headers,
          const std::vector<const char*>& header_names) {
    check(nvrtcCreateProgram(&program_, source.c_str(), name.c_str(), static_cast<int>(headers.size()),
                             headers.data(), header_names.data()),
          "create " + name);
  }
  ~Program() { nvrtcDestroyProgram(&program_); }
  Program(const Program&) = delete;  // owns the handle
  Program& operator=(const Program&) = delete;
  nvrtcProgram get() const { return program_; }

 private:
  nvrtcProgram program_ = nullptr;
};

/// The text or binary behind one of NVRTC's pairs of size and contents functions.
template <typename Size, typename Contents>
std::string read(nvrtcProgram program, Size size_of, Contents contents_of, const std::string& what) {
  std::size_t size = 0;
  check(size_of(program, &size), what);
  std::string bytes(size, '\0');
  if (size > 0) check(contents_of(program, bytes.data()), what);
  return bytes;
}

/// Without the terminating zero that NVRTC counts.
std::string text(std::string bytes) {
  if (!bytes.empty() && bytes.back() == '\0') bytes.pop_back();
  return bytes;
}

/// NVRTC asks the loader for libnvrtc-builtins by its name alone, and the loader does not look beside NVRTC:
/// where the toolkit is in none of its folders, every compilation would fail. One that is loaded already is
/// taken.
void load_builtins() {
  Dl_info nvrtc{};
  if (dladdr(dlsym(RTLD_DEFAULT, "nvrtcVersion"), &nvrtc) == 0) return;
  const std::string name = "libnvrtc-builtins.so." + nvrtc_version();
  dlopen((std::filesystem::path(nvrtc.dli_fname).parent_path() / name).c_str(), RTLD_LAZY);
}

std::string include_name(const std::string& path) {
  return path.substr(std::string_view("kernels/").size());
}

}  // namespace

std::string nvrtc_version() {
  int major = 0, minor = 0;
  check(nvrtcVersion(&major, &minor), "version");
  return std::to_string(major) + "." + std::to_string(minor);
}

Outcome<Translated> translate(const std::string& main, std::span<const KernelSource> sources,
                              std::span<const std::string> options, Target target) {
  const KernelSource* main_source = nullptr;
  std::vector<std::string> names;
  std::vector<const char*> headers, header_names, arguments;
  for (const KernelSource& source : sources) {
    if (source.path == main) main_source = &source;
    names.push_back(include_name(source.path));
    headers.push_back(source.bytes.c_str());
  }
  if (!main_source) return Failure{Invalidity::compile, main + " is not among the kernel sources"};
  for (const std::string& name : names) header_names.push_back(name.c_str());
  for (const std::string& option : options) arguments.push_back(option.c_str());

  [[maybe_unused]] static const bool loaded = (load_builtins(), true);
  const Program program(main_source->bytes, include_name(main), headers, header_names);
  const nvrtcResult result =
      nvrtcCompileProgram(program.get(), static_cast<int>(arguments.size()), arguments.data());
  const std::string log = text(read(program.get(), nvrtcGetProgramLogSize, nvrtcGetProgramLog, "log"));
  if (result == NVRTC_ERROR_COMPILATION) return Failure{Invalidity::compile, first_errors(log)};
  check(result, "compile " + main + ": " + log);

  if (target == Target::ptx)
    return Translated{text(read(program.get(), nvrtcGetPTXSize, nvrtcGetPTX, "PTX")), log};
  return Translated{read(program.get(), nvrtcGetCUBINSize, nvrtcGetCUBIN, "cubin"), log};
}

}  // namespace gemmtune::jit
