#include "cli/accuracy_input.h"

#include "accuracy/sample.h"
#include "input/complaint.h"
#include "input/tensor_file.h"
#include "util/error.h"
#include "util/format.h"
#include "util/text.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace gemmtune::cli {

namespace {

using accuracy::MadeData;
using accuracy::Sizes;

constexpr std::int64_t kMostK = std::int64_t{1} << 20;
constexpr std::int64_t kMostSampledValues = std::int64_t{1} << 28;  // 1 GiB a factor

class StoredMatrix : public accuracy::Matrix {
 public:
  explicit StoredMatrix(input::TensorFile file) : file_(std::move(file)) {}
  std::int64_t rows() const override { return file_.rows(); }
  std::int64_t k() const override { return file_.columns(); }
  void read_row(std::int64_t row, int /*steps_ago*/, std::span<float> into) const override {
    file_.read_row(row, into);
  }

 private:
  input::TensorFile file_;
};

Sizes parse_size(const std::string& text) {
  const std::vector<std::string> words = split(text, 'x');
  Sizes sizes;
  std::int64_t* const into[] = {&sizes.m, &sizes.n, &sizes.k};
  bool understood = words.size() == 3;
  for (std::size_t i = 0; understood && i < 3; ++i)
    understood = parse_whole(words[i], *into[i]) && *into[i] >= 1 &&
                 *into[i] <= std::numeric_limits<std::int32_t>::max();
  if (!understood)
    throw UserError("--size: expected MxNxK, as 1024x2112x7168, each from 1 to 2147483647; got " +
                    input::quote(text));
  return sizes;
}

/// The rows of a sample come with their blocks of 128.
void refuse_too_much(const Sizes& sizes, std::int64_t sample) {
  const auto& [m, n, k] = sizes;
  if (k > kMostK) throw UserError(formatted("{}x{}x{}: K is at most {} here", m, n, k, kMostK));
  const std::int64_t rows = std::min(std::max(m, n), std::max<std::int64_t>(1, sample / 32) * 128);
  if (rows * k > kMostSampledValues)
    throw UserError(
        formatted("{}x{}x{}: a sample of {} rows takes {} of them with all of K, more than a GiB; "
                  "give a smaller --sample",
                  m, n, k, sample, rows));
}

std::string shape_of(const input::TensorFile& file) {
  return formatted("{} is {}x{}", file.name(), file.rows(), file.columns());
}

Operands from_files(const std::string& name_a, const std::string& name_b) {
  input::TensorFile a(name_a), b(name_b);
  if (a.columns() != b.columns()) {
    std::string advice;
    if (a.columns() == b.rows())
      advice = "; B transposed would fit";
    else if (a.rows() == b.columns())
      advice = "; A transposed would fit";
    throw UserError(
        "--a and --b do not fit: A is M x K and B is N x K, as the weight of a linear layer is; " +
        printable(shape_of(a)) + ", " + printable(shape_of(b)) + advice);
  }
  Operands operands;
  operands.sizes = {a.rows(), b.rows(), a.columns()};
  operands.data = name_a + ", " + name_b;
  operands.made = false;
  operands.a = std::make_unique<StoredMatrix>(std::move(a));
  operands.b = std::make_unique<StoredMatrix>(std::move(b));
  return operands;
}

std::vector<MadeData> data_of(const std::vector<std::string>& texts) {
  std::vector<MadeData> all;
  for (const std::string& text : texts)
    for (const MadeData& data :
         text == "all" ? accuracy::all_made_data() : std::vector{accuracy::parse_data(text)})
      if (std::ranges::find(all, data) == all.end()) all.push_back(data);
  if (all.empty()) all.emplace_back();
  return all;
}

/// Sizes with D's type, each once.
std::vector<std::pair<Sizes, OutputType>> sizes_of(const AccuracyOperands& operands) {
  std::vector<std::pair<Sizes, OutputType>> all;
  const auto add = [&](const Sizes& sizes, OutputType out) {
    if (std::ranges::find(all, std::pair(sizes, out)) == all.end()) all.emplace_back(sizes, out);
  };
  for (const std::string& text : operands.sizes) add(parse_size(text), OutputType::bf16);
  if (!operands.selection.shapes.empty() || !operands.selection.problems.empty())
    for (const Problem& problem : read_problems(operands.selection).problems)
      add({problem.m, problem.n, problem.k}, problem.out);
  if (all.empty())
    throw UserError(
        "of what? Give a size (--size 1024x2112x7168), a problem or a set of problems (--problem, --shapes), "
        "or two matrices (--a FILE --b FILE)");
  return all;
}

}  // namespace

void add_operand_options(Command& command, AccuracyOperands& operands) {
  command.option("--size", operands.sizes, "sizes of a product, as 1024x2112x7168; repeat for more")
      .type_name("MxNxK");
  add_problem_options(command, operands.selection);
  command
      .option(
          "--data", operands.data,
          "what the operands hold: normal, uniform, laplace, student-t, outliers (or "
          "outliers:share=0.01,factor=30: channels of A), balanced (the same, B weaker there), swiglu (A), "
          "gradient (A; or gradient:scale=1e-6), "
          "layer (stands in for a model's: heavy tails, channels of all strengths), all; repeat for more")
      .type_name("TEXT")
      .default_text("normal");
  Option& a = command
                  .option("--a", operands.a,
                          "instead of made data A, M x K: a .npy, or a tensor of a .safetensors as "
                          "FILE.safetensors:NAME; FP32, FP16 or BF16")
                  .type_name("FILE");
  Option& b =
      command.option("--b", operands.b, "B, N x K, as the weight of a linear layer").type_name("FILE");
  a.needs(b);
  b.needs(a);
  for (const char* other : {"--size", "--shapes", "--problem", "--data"}) a.excludes(command.at(other));
}

std::vector<Operands> read_operands(const AccuracyOperands& operands, std::int64_t sample,
                                    std::uint64_t seed) {
  std::vector<Operands> all;
  if (!operands.a.empty()) {
    all.push_back(from_files(operands.a, operands.b));
  } else {
    for (const auto& [sizes, out] : sizes_of(operands))
      for (const MadeData& data : data_of(operands.data))
        all.push_back({sizes, out, describe(data), true,
                       make_matrix(data, accuracy::Factor::a, sizes.m, sizes.k, seed),
                       make_matrix(data, accuracy::Factor::b, sizes.n, sizes.k, seed)});
  }
  for (const Operands& each : all) refuse_too_much(each.sizes, sample);
  return all;
}

}  // namespace gemmtune::cli
