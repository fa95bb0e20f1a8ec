#include "tune/finalists.h"

#include <algorithm>
#include <map>

namespace gemmtune::tune {

namespace {

bool timed(const Row& row) {
  return row.invalidity == Invalidity::correct && row.time_us;
}

}  // namespace

std::vector<Row> fastest(std::vector<Row> screened, std::size_t count) {
  std::erase_if(screened, [](const Row& row) { return !timed(row); });
  std::sort(screened.begin(), screened.end(), [](const Row& a, const Row& b) {
    return *a.time_us != *b.time_us ? *a.time_us < *b.time_us : config_id(a.config) < config_id(b.config);
  });
  if (screened.size() > count) screened.resize(count);
  return screened;
}

std::vector<Row> best_answers(const std::vector<Row>& screened) {
  std::map<std::string, std::vector<Row>> by_provider;
  for (const Row& row : screened) by_provider[row.provider].push_back(row);
  std::vector<Row> chosen;
  for (const auto& [name, rows] : by_provider) {
    const std::vector<Row> best = fastest(rows, 1);
    chosen.insert(chosen.end(), best.begin(), best.end());
    if (name != provider::kCublasLtBlock || best.empty()) continue;
    const Config first = {{"answer", 0}};
    for (const Row& row : rows)
      if (row.config == first && timed(row) && best.front().config != first) chosen.push_back(row);
  }
  return chosen;
}

}  // namespace gemmtune::tune
