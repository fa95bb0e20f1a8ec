#include "report/peers.h"

#include "core/groups.h"
#include "core/json.h"
#include "core/row.h"
#include "util/atomic_file.h"
#include "util/error.h"
#include "util/text.h"

#include <algorithm>
#include <cmath>

namespace gemmtune::report {

namespace {

constexpr const char* kPeersSchema = "gemmtune.peers/1";

/// Members of one object of the file; complaints name the file and the pointer.
class Members {
 public:
  Members(const Json& json, std::string file, std::string pointer)
      : json_(json), file_(std::move(file)), pointer_(std::move(pointer)) {
    if (!json.is_object()) complain("", "expected an object");
  }

  std::string text(const char* key) const {
    const auto found = json_.find(key);
    if (found == json_.end() || !found->is_string()) complain(key, "expected a text");
    return found->get<std::string>();
  }

  std::int64_t count(const char* key) const {
    const auto found = json_.find(key);
    if (found == json_.end() || !found->is_number_integer() || *found < 1)
      complain(key, "expected a positive integer");
    return found->get<std::int64_t>();
  }

  std::optional<double> time_us(const char* key) const {
    const auto found = json_.find(key);
    if (found == json_.end() || found->is_null()) return std::nullopt;
    if (!found->is_number() || *found <= 0) complain(key, "expected a positive number or null");
    return found->get<double>();
  }

  [[noreturn]] void complain(const std::string& key, const std::string& what) const {
    throw UserError(file_ + ": " + pointer_ + (key.empty() ? "" : "/" + key) + ": " + what);
  }

 private:
  const Json& json_;
  std::string file_;
  std::string pointer_;
};

}  // namespace

Peers::Peers(const std::filesystem::path& path) {
  const std::string file = path.string();
  const Json json = parse_json(read_file(path));
  if (json.is_discarded()) throw UserError(file + ": not JSON");
  const Members top(json, file, "");
  if (const std::string schema = top.text("schema"); schema != kPeersSchema)
    top.complain("schema",
                 "expected \"" + std::string(kPeersSchema) + "\", got \"" + printable(schema) + "\"");
  source_ =
      printable(top.text("gpu") + ", driver " + top.text("driver") + ", DeepGEMM " + top.text("deepgemm"));
  const auto rows = json.find("rows");
  if (rows == json.end() || !rows->is_array()) top.complain("rows", "expected a list");
  for (std::size_t i = 0; i < rows->size(); ++i) {
    const Members row((*rows)[i], file, "/rows/" + std::to_string(i));
    Times times;
    if (const auto deepgemm_us = row.time_us("deepgemm_us")) times.peers_us[peer::kDeepGemm] = *deepgemm_us;
    times.cublaslt_tensor_us = row.time_us("cublaslt_tensor_us");
    times_[{row.text("kernel"), row.count("m"), row.count("n"), row.count("k")}] = std::move(times);
  }
}

bool is_carried_by_ours(const Problem& problem) {
  return is_grouped(problem) || !describe_form(problem).empty();
}

Peers::Peers(const Journal& journal, const std::string& where) {
  // The providers of scripts/peers/products.py. One scale a tensor is cuBLASLt's product.
  const std::string tensor = "torch_scaled_mm_tensor";
  for (const Row& row : journal.rows) {
    if (row.invalidity != Invalidity::correct || !row.time_us) continue;
    const Problem& p = row.problem;
    if (is_carried_by_ours(p)) {
      double& us = beside_ours_us_[problem_id(p)].emplace(row.provider, *row.time_us).first->second;
      us = std::min(us, *row.time_us);
      continue;
    }
    Times& times = times_[{p.kernel, p.m, p.n, p.k}];
    times.is_torch = true;
    if (row.provider == tensor)
      times.cublaslt_tensor_us = std::min(times.cublaslt_tensor_us.value_or(*row.time_us), *row.time_us);
    for (const std::string& provider : {peer::kDeepGemm, peer::kTorch, peer::kTriton}) {
      if (row.provider != provider) continue;
      double& us = times.peers_us.emplace(provider, *row.time_us).first->second;
      us = std::min(us, *row.time_us);
    }
  }
  if (times_.empty() && beside_ours_us_.empty())
    throw UserError(where + ": no row there is right and timed; see scripts/peers/measure");
  if (journal.headers.empty()) return;
  const Environment& e = journal.headers.back().environment;
  source_ = printable(e.device + ", driver " + e.driver + ", " + e.tool);
}

TimesOfPeers Peers::here_us(const Problem& problem, std::optional<double> tensor_here_us,
                            std::optional<double> first_here_us) const {
  // The figures are of plain BF16 outputs, without gaps between rows.
  if (!describe_form(problem).empty()) return {};
  const auto there = times_.find({problem.kernel, problem.m, problem.n, problem.k});
  if (there == times_.end() || !there->second.cublaslt_tensor_us || !tensor_here_us) return {};
  double ratio = *tensor_here_us / *there->second.cublaslt_tensor_us;
  if (first_here_us && there->second.is_torch) {
    const double of_first = *first_here_us / *there->second.cublaslt_tensor_us;
    if (std::abs(std::log(of_first)) < std::abs(std::log(ratio))) ratio = of_first;
  }
  TimesOfPeers here_us = there->second.peers_us;
  for (auto& [provider, us] : here_us) us *= ratio;
  return here_us;
}

TimesOfPeers Peers::beside_ours_here_us(const Problem& problem, double ours_here_us) const {
  const auto there = beside_ours_us_.find(problem_id(problem));
  if (there == beside_ours_us_.end()) return {};
  TimesOfPeers here_us = there->second;
  const auto ours = here_us.extract(std::string(provider::kGemmtune));
  if (ours.empty()) return {};
  for (auto& [provider, us] : here_us) us *= ours_here_us / ours.mapped();
  return here_us;
}

}  // namespace gemmtune::report
