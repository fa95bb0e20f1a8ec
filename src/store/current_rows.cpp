#include "store/current_rows.h"

#include "core/same_machine.h"

#include <algorithm>
#include <ranges>
#include <string_view>

namespace gemmtune::store {

const Row* last_timed(const Journal& journal) {
  for (const Row& row : std::views::reverse(journal.rows))  // they are in the order of time
    if (row.provider == provider::kGemmtune && row.invalidity == Invalidity::correct && row.time_us &&
        *row.time_us > 0 && row.stage != Stage::sustained)
      return &row;
  return nullptr;
}

CurrentRows::CurrentRows(const Journal& journal, const Row& last) {
  for (const RunHeader& header : journal.headers) headers_[header.run_id] = &header;
  if (const auto header = headers_.find(last.run_id); header != headers_.end()) machine_ = *header->second;
  if (!last.board_uuid.empty()) machine_.environment.uuid = last.board_uuid;
}

std::vector<std::string> CurrentRows::strategies(const std::vector<const Row*>& rows) const {
  std::vector<std::string_view> ids;
  std::vector<const RunHeader*> runs;
  for (const Row* row : rows) {
    if (row->provider != provider::kGemmtune || row->config.empty() ||
        std::ranges::find(ids, row->run_id) != ids.end())
      continue;
    ids.push_back(row->run_id);
    const auto header = headers_.find(row->run_id);
    runs.push_back(header == headers_.end() ? nullptr : header->second);
  }
  return strategies_of(runs);
}

bool CurrentRows::contain(const Row& row) {
  const auto [found, is_new] =
      known_.try_emplace(row.run_id + "\n" + row.board_uuid + "\n" + row.problem.kernel);
  if (!is_new) return found->second;
  const auto header = headers_.find(row.run_id);
  RunHeader then = header == headers_.end() ? RunHeader{} : *header->second;
  if (!row.board_uuid.empty()) then.environment.uuid = row.board_uuid;
  return found->second = same_sources(then.environment, machine_.environment, row.problem.kernel) &&
                         unlike(then, machine_).empty();
}

}  // namespace gemmtune::store
