#include "worker/measure/launch_graph.h"

#include "worker/gpu/check.h"

namespace gemmtune::measure {

LaunchGraph::LaunchGraph(const gpu::Stream& stream, const Launch& launch, std::size_t launches)
    : stream_(stream) {
  gpu::check(cudaStreamBeginCapture(stream.get(), cudaStreamCaptureModeThreadLocal),
             "cudaStreamBeginCapture");
  cudaGraph_t graph = nullptr;
  try {
    for (std::size_t i = 0; i < launches; ++i) launch(stream.get());
  } catch (...) {
    cudaStreamEndCapture(stream.get(), &graph);
    cudaGraphDestroy(graph);
    throw;
  }
  gpu::check(cudaStreamEndCapture(stream.get(), &graph), "cudaStreamEndCapture");
  const cudaError_t made = cudaGraphInstantiate(&graph_, graph, 0);
  cudaGraphDestroy(graph);
  gpu::check(made, "cudaGraphInstantiate");
}

bool LaunchGraph::queue() {
  if (queued_ - ended() == kMostQueued)
    gpu::check(cudaEventSynchronize(ends_[ended_ % kMostQueued].get()), "cudaEventSynchronize(chunk)");
  const bool had_work = ended() < queued_;
  gpu::check(cudaGraphLaunch(graph_, stream_.get()), "cudaGraphLaunch");
  gpu::check(cudaEventRecord(ends_[queued_++ % kMostQueued].get(), stream_.get()), "cudaEventRecord(chunk)");
  return had_work;
}

std::size_t LaunchGraph::ended() {
  while (ended_ < queued_) {
    const cudaError_t state = cudaEventQuery(ends_[ended_ % kMostQueued].get());
    if (state == cudaErrorNotReady) break;
    gpu::check(state, "cudaEventQuery(chunk)");
    ++ended_;
  }
  return ended_;
}

}  // namespace gemmtune::measure
