// The name of a cubin's machine code: a hash of what the GPU sees of it, whatever text it was compiled from.
#pragma once

#include <string>
#include <string_view>

namespace gemmtune::cache {

/// 16 hexadecimal digits. The instructions, the constants, the sizes of shared memory and how each kernel is
/// launched count, with the names of their sections; what a debugger, a profiler or a linker reads does not.
/// Empty for what is no cubin with code in it, or is cut off.
std::string code_hash(std::string_view cubin);

}  // namespace gemmtune::cache
