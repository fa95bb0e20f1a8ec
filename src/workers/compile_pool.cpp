#include "workers/compile_pool.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <thread>

namespace gemmtune::workers {

std::vector<Outcome<CompileReport>> compile_all(const std::vector<CompileRequest>& requests, unsigned jobs,
                                                const WorkerFactory& make_worker, const CompileDone& done,
                                                const std::atomic<bool>& stop) {
  std::vector<Outcome<CompileReport>> outcomes(requests.size(), Failure{Invalidity::compile, kNotCompiled});
  std::atomic<std::size_t> next = 0;
  std::mutex telling;  // guards `done` and `thrown`
  std::exception_ptr thrown;
  std::atomic<bool> broken = false;

  // A worker lives and dies on one thread: the kernel kills it when the thread that started it ends.
  const auto work = [&] {
    try {
      std::unique_ptr<Worker> worker;
      while (!stop && !broken) {
        const std::size_t index = next++;
        if (index >= requests.size()) return;
        if (worker == nullptr) worker = make_worker();
        outcomes[index] = worker->compile(requests[index]);
        const std::lock_guard lock(telling);
        done(index, outcomes[index]);
      }
    } catch (const std::exception&) {  // carried to the calling thread
      const std::lock_guard lock(telling);
      if (thrown == nullptr) thrown = std::current_exception();
      broken = true;
    }
  };

  const auto wanted = std::clamp<std::size_t>(jobs, 1, std::max<std::size_t>(requests.size(), 1));
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < wanted; ++i) threads.emplace_back(work);
  }
  if (thrown != nullptr) std::rethrow_exception(thrown);
  return outcomes;
}

}  // namespace gemmtune::workers
