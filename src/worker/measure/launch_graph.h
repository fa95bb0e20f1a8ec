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

  void queue();
  bool idle() const;
  void wait_for_one_before() const;
  void wait() const { stream_.synchronise(); }

 private:
  const gpu::Stream& stream_;
  cudaGraphExec_t graph_ = nullptr;
  std::array<gpu::Event, 2> ends_;  ///< of every other chunk
  std::size_t queued_ = 0;
};

}  // namespace gemmtune::measure
