#include "report/in_order.h"

#include <algorithm>
#include <deque>
#include <future>
#include <thread>

namespace gemmtune::report {

void in_order(std::size_t items, const std::function<std::string(std::size_t from, std::size_t to)>& text_of,
              const Sink& sink) {
  constexpr std::size_t kBlock = 1024;
  const std::size_t at_a_time = std::clamp(std::thread::hardware_concurrency(), 1u, 16u);
  std::deque<std::future<std::string>> waiting;
  for (std::size_t from = 0; from < items || !waiting.empty();) {
    for (; from < items && waiting.size() < at_a_time; from += kBlock)
      waiting.push_back(std::async(items <= kBlock ? std::launch::deferred : std::launch::async, text_of,
                                   from, std::min(from + kBlock, items)));
    const std::string text = waiting.front().get();
    waiting.pop_front();
    sink(text);
  }
}

}  // namespace gemmtune::report
