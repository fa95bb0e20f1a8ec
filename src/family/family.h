// What host and worker must agree on about a kernel: its parameters, which values are legal and why, shared
// memory, grid. Pure arithmetic; one file a kernel; nothing here needs a GPU.
#pragma once

#include "core/config.h"
#include "core/environment.h"
#include "core/problem.h"
#include "core/space_spec.h"
#include "family/violation.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gemmtune::family {

/// A parameter in the short form of configurations for people, `64x112 k2 s8 132sm`.
struct Brief {
  int place = 0;  ///< from 1 on, in the order in which they stand; 0: it has none, and stands as name=value
  std::string_view before = {}, after = {};  ///< around the value; what begins with x joins the one before it
  std::int64_t usual = -1;                   ///< the value that is left out
  bool with_value = true;                    ///< else its name there says all
};

/// A tunable of a kernel.
struct Parameter {
  std::string_view name;
  std::string_view meaning;                 ///< one sentence for `gemmtune list`
  bool launch_only;                         ///< an argument of the launch: costs no compilation
  std::span<const std::string_view> words;  ///< words it accepts besides numbers
  /// A number or a word, where `--config` does not say it; empty: it must.
  std::string_view fallback = {};
  Brief brief = {};
  bool optional = false;  ///< a configuration that lacks it means 0, and none holds a 0
};

/// How to launch: what the driver's launch call needs besides the arguments.
struct LaunchShape {
  unsigned grid = 0;
  unsigned cluster = 1;
  unsigned threads = 0;
  std::int64_t smem_bytes = 0;
};

/// CTAs of a launch that an SM of Hopper holds at a time, by registers, threads and shared memory; 0 where
/// the registers a thread are not known (0).
int ctas_per_sm(const LaunchShape& shape, int registers);

class Family {
 public:
  virtual ~Family() = default;
  virtual std::string_view kernel() const = 0;
  virtual std::string_view description() const = 0;

  /// In the order in which words are resolved: a word may depend on the parameters before its own.
  virtual std::span<const Parameter> parameters() const = 0;

  /// Why this kernel cannot compute the problem at all, whatever the configuration.
  virtual std::optional<Violation> unsupported(const Problem& problem) const = 0;

  /// The number that `word` stands for, given the parameters resolved so far. Empty: no such number exists
  /// here (no stage fits, say), and `illegal` would say why.
  virtual std::optional<std::int64_t> resolve(std::string_view parameter, std::string_view word,
                                              const Config& resolved, const Problem& problem,
                                              const DeviceLimits& limits) const = 0;

  /// How many of the first parameters decide on the tile, and the first constraint that they break, whatever
  /// the others are: most combinations of a space are out for their tile alone.
  virtual std::size_t tile_parameters() const = 0;
  virtual std::optional<Violation> refused_tile(const Config& config, const Problem& problem) const = 0;

  /// The first constraint that a complete configuration breaks and must not: the kernel could not run, or
  /// would be wrong. A configuration that lacks a parameter, or has one too many, breaks "parameters".
  virtual std::optional<Violation> illegal(const Config& config, const Problem& problem,
                                           const DeviceLimits& limits) const = 0;

  /// Of a configuration that is legal: why it is a waste for this problem, so that spaces leave it out.
  virtual std::optional<Violation> wasteful(const Config& config, const Problem& problem,
                                            const DeviceLimits& limits) const = 0;

  /// What the compiler sees: the parameters that are not launch_only and, where it is another kernel, the
  /// form of the problem. Launches that agree here share one cubin.
  virtual Config compiled(const Config& config, const Problem& problem) const = 0;

  virtual LaunchShape launch_shape(const Config& config, const Problem& problem) const = 0;
};

/// What a configuration of the kernel says of a parameter: 0 where it lacks one that is optional. Empty where
/// the kernel has no such parameter.
std::optional<std::int64_t> value_of(const Config& config, std::string_view parameter,
                                     std::string_view kernel);

/// Without the optional parameters that are 0.
Config without_zeros(const Family& family, Config config);

/// Every kernel of this build.
std::span<const Family* const> all();

/// Null when there is no such kernel.
const Family* find(std::string_view kernel);

/// Throws UserError (with the nearest name) when there is no such kernel.
const Family& require(std::string_view kernel);

}  // namespace gemmtune::family
