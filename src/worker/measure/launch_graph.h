// Many launches behind each other as one CUDA graph, so that the GPU has work whatever its host does.
#pragma once

#include "worker/gpu/resources.h"
#include "worker/measure/held_stream.h"

#include <array>
#include <cstddef>

namespace gemmtune::measure {

/// The Device of EnergyOfChunk: a chunk is the graph.
class LaunchGraph {
 public:
  /// `launches` of `launch`, which takes turns over its sets of operands as if they were launched. The stream
  /// must outlive the graph. Throws GpuError, also where a launch cannot be captured.
  LaunchGraph(const gpu::Stream& stream, const Launch& launch, std::size_t launches);
  ~LaunchGraph() { cudaGraphExecDestroy(graph_); }
  LaunchGraph(const LaunchGraph&) = delete;
  LaunchGraph& operator=(const LaunchGraph&) = delete;

  /// Another chunk, once fewer than kMostQueued have yet to end. Whether one had when it came.
  bool queue();
  /// How many have.
  std::size_t ended();
  void wait() const { stream_.synchronise(); }

 private:
  /// A host that is late by less than these take leaves no gap.
  static constexpr std::size_t kMostQueued = 10;

  const gpu::Stream& stream_;
  cudaGraphExec_t graph_ = nullptr;
  std::array<gpu::Event, kMostQueued> ends_;  ///< of the last chunks
  std::size_t queued_ = 0, ended_ = 0;
};

}  // namespace gemmtune::measure
