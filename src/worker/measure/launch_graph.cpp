#include "worker/measure/launch_graph.h"

#include "util/error.h"
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

void LaunchGraph::queue() {
  gpu::check(cudaGraphLaunch(graph_, stream_.get()), "cudaGraphLaunch");
  gpu::check(cudaEventRecord(ends_[queued_++ % 2].get(), stream_.get()), "cudaEventRecord(chunk)");
}

bool LaunchGraph::idle() const {
  const cudaError_t state = cudaStreamQuery(stream_.get());
  if (state != cudaErrorNotReady) gpu::check(state, "cudaStreamQuery");
  return state == cudaSuccess;
}

void LaunchGraph::wait_for_one_before() const {
  ensure(queued_ >= 2, "there is one before");
  gpu::check(cudaEventSynchronize(ends_[queued_ % 2].get()), "cudaEventSynchronize(chunk)");
}

}  // namespace gemmtune::measure
