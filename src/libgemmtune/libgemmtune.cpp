// libgemmtune.so: the C functions of gemmtune.h over launch::Bundle.
#include "launch/bundle.h"
#include "launch/gemmtune.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <string>

struct gemmtune_bundle {
  gemmtune::launch::Bundle bundle;
};

namespace {

using gemmtune::launch::Bundle;
using gemmtune::launch::BundleError;
using gemmtune::launch::DriverError;

thread_local std::string last_error;

int fail(int code, const char* message) noexcept {
  try {
    last_error = message;
  } catch (...) {
    last_error.clear();  // no memory for the words; the code says enough
  }
  return code;
}

/// No exception may leave a C function.
template <typename Work>
int guarded(const Work& work) {
  try {
    work();
    return GEMMTUNE_OK;
  } catch (const BundleError& error) {
    return fail(error.code(), error.what());
  } catch (const DriverError& error) {
    return fail(GEMMTUNE_DRIVER_ERROR, error.what());
  } catch (const std::exception& error) {
    return fail(GEMMTUNE_OUT_OF_MEMORY, error.what());
  }
}

void require(const void* argument, const char* name) {
  if (argument == nullptr) throw BundleError(GEMMTUNE_BAD_ARGUMENT, std::string(name) + " is null");
}

/// What the caller's version of the struct has; the rest is zeros.
template <typename Struct>
Struct sized_copy(const Struct& given, const char* name) {
  Struct copy{};
  if (sizeof(given.size) > given.size || given.size > (1 << 16))
    throw BundleError(GEMMTUNE_BAD_ARGUMENT, std::string(name) + ".size is " + std::to_string(given.size) +
                                                 ": set it to sizeof " + name);
  std::memcpy(&copy, &given, std::min<std::size_t>(given.size, sizeof copy));
  return copy;
}

}  // namespace

extern "C" {

int gemmtune_abi(void) {
  return GEMMTUNE_ABI;
}

const char* gemmtune_error_text(int code) {
  return gemmtune::launch::text_of(code);
}

const char* gemmtune_last_error(void) {
  return last_error.c_str();
}

int gemmtune_open(const char* folder, gemmtune_bundle** bundle) {
  return gemmtune_open_for(folder, GEMMTUNE_BURST, bundle);
}

int gemmtune_open_for(const char* folder, int regime, gemmtune_bundle** bundle) {
  return guarded([&] {
    require(folder, "the folder");
    require(bundle, "the place for the bundle");
    *bundle = nullptr;
    *bundle = new gemmtune_bundle{Bundle(folder, regime)};
  });
}

void gemmtune_close(gemmtune_bundle* bundle) {
  delete bundle;
}

const char* gemmtune_note(const gemmtune_bundle* bundle) {
  return bundle == nullptr ? "" : bundle->bundle.note().c_str();
}

int gemmtune_find(const gemmtune_bundle* bundle, const char* kernel, int64_t m, int64_t n, int64_t k,
                  const gemmtune_operands* form, gemmtune_found* found) {
  return guarded([&] {
    require(bundle, "the bundle");
    require(found, "the place for what is found");
    const std::uint64_t size = sized_copy(*found, "gemmtune_found").size;
    const gemmtune_operands asked =
        form == nullptr ? gemmtune_operands{} : sized_copy(*form, "gemmtune_operands");
    gemmtune_found answer = bundle->bundle.find(kernel, m, n, k, asked);
    answer.size = size;
    std::memcpy(found, &answer, std::min<std::size_t>(size, sizeof answer));
  });
}

int gemmtune_gemm(gemmtune_bundle* bundle, const char* kernel, int64_t m, int64_t n, int64_t k,
                  const gemmtune_operands* operands, CUstream stream) {
  return guarded([&] {
    require(bundle, "the bundle");
    require(operands, "the operands");
    bundle->bundle.gemm(kernel, m, n, k, sized_copy(*operands, "gemmtune_operands"), stream);
  });
}

}  // extern "C"
