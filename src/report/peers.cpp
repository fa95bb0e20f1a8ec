#include "report/peers.h"

#include "core/row.h"
#include "util/atomic_file.h"
#include "util/error.h"
#include "util/text.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace gemmtune::report {

namespace {

using Json = nlohmann::json;

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
  const Json json = Json::parse(read_file(path), nullptr, /*allow_exceptions=*/false);
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
    times_[{row.text("kernel"), row.count("m"), row.count("n"), row.count("k")}] = {
        row.time_us("deepgemm_us"), row.time_us("cublaslt_tensor_us"), std::nullopt};
  }
}

Peers::Peers(const Journal& journal, const std::string& where) {
  const auto add = [](std::optional<double>& into, double us) { into = std::min(into.value_or(us), us); };
  for (const Row& row : journal.rows) {
    if (row.invalidity != Invalidity::correct || !row.time_us) continue;
    const Problem& p = row.problem;
    // The providers of scripts/peers/products.py. One scale a tensor is cuBLASLt's product.
    PeerTimes& times = times_[{p.kernel, p.m, p.n, p.k}];
    if (row.provider == "deepgemm") add(times.deepgemm_us, *row.time_us);
    if (row.provider == "torch_scaled_mm_block" || row.provider == "triton_block")
      add(times.other_us, *row.time_us);
    if (row.provider == "torch_scaled_mm_tensor") add(times.cublaslt_tensor_us, *row.time_us);
  }
  if (times_.empty()) throw UserError(where + ": no row there is right and timed; see scripts/peers/measure");
  if (journal.headers.empty()) return;
  const Environment& e = journal.headers.back().environment;
  source_ = printable(e.device + ", driver " + e.driver + ", " + e.tool);
}

const PeerTimes* Peers::find(const Problem& problem) const {
  // The figures are of plain BF16 outputs, without gaps between rows.
  const Problem plain;
  if (problem.out != plain.out || problem.accumulate || problem.recipe != plain.recipe ||
      problem.data != plain.data || problem.a_pitch != plain.a_pitch || problem.b_pitch != plain.b_pitch ||
      problem.d_pitch != plain.d_pitch)
    return nullptr;
  const auto found = times_.find({problem.kernel, problem.m, problem.n, problem.k});
  return found == times_.end() ? nullptr : &found->second;
}

std::optional<double> Peers::deepgemm_here_us(const Problem& problem,
                                              std::optional<double> tensor_here_us) const {
  const PeerTimes* there = find(problem);
  if (!there || !there->deepgemm_us || !there->cublaslt_tensor_us || !tensor_here_us) return std::nullopt;
  return *there->deepgemm_us * (*tensor_here_us / *there->cublaslt_tensor_us);
}

std::optional<double> Peers::best_here_us(const Problem& problem,
                                          std::optional<double> tensor_here_us) const {
  const auto deepgemm_us = deepgemm_here_us(problem, tensor_here_us);
  const PeerTimes* there = find(problem);
  // Without DeepGEMM's figure the best peer is unknown; the others alone would flatter us.
  if (!deepgemm_us || !there->other_us) return deepgemm_us;
  return std::min(*deepgemm_us, *there->other_us * (*tensor_here_us / *there->cublaslt_tensor_us));
}

}  // namespace gemmtune::report
