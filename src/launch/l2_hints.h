// L2 cache policies of TMA's loads, as createpolicy would make them (values of CUTLASS's TMA::CacheHintSm90).
#pragma once

#include <cstdint>

namespace gemmtune::launch {

inline constexpr std::uint64_t kEvictNormal = 0x1000000000000000;
inline constexpr std::uint64_t kEvictFirst = 0x12F0000000000000;

}  // namespace gemmtune::launch
