// One point of a search space: every parameter of a kernel's family with its value, sorted by name.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace gemmtune {

/// Concrete: no "max", no "all". Booleans and enumerations are integers too.
using Config = std::map<std::string, std::int64_t>;

/// Hash of the canonical text (16 hex digits); the `config_id` of rows.
std::string config_id(const Config& config);

/// `block_m=64,block_n=112,...`: what `--config` reads.
std::string describe(const Config& config);

}  // namespace gemmtune
