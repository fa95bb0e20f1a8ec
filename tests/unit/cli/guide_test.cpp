#include "cli/guide.h"

#include "core/groups.h"
#include "family/family.h"
#include "operation/operation.h"
#include "space/enumerate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

namespace gemmtune::cli {
namespace {

Problem problem(std::int64_t m, std::int64_t n, std::int64_t k) {
  Problem p;
  p.m = m;
  p.n = n;
  p.k = k;
  return p;
}

std::vector<Config> candidates() {
  std::vector<Config> all;
  for (std::int64_t block_n = 16; block_n <= 128; block_n += 8)
    for (const std::int64_t stages : {3, 4, 5})
      all.push_back({{"block_m", 64},
                     {"block_n", block_n},
                     {"cluster_m", 1},
                     {"cluster_n", 1},
                     {"evict_first", 0},
                     {"k_groups", 1},
                     {"num_sms", 132},
                     {"raster", 8},
                     {"split_k", 1},
                     {"stages", stages},
                     {"swap_ab", 0}});
  return all;
}

space::Choice choice() {
  space::Choice made;
  made.candidates = candidates();
  for (std::size_t i = 0; i < made.candidates.size(); ++i) made.cubins.push_back(i);
  made.most = 12;
  return made;
}

/// The narrower the faster, whatever the model thinks.
double time_us(std::size_t candidate) {
  return static_cast<double>(candidates()[candidate].at("block_n"));
}

/// Times what is asked for; returns the first round.
std::vector<std::size_t> search(Guide& guide, const Problem& p, const char* name = "guided",
                                Forecast* forecast = nullptr) {
  const auto strategy =
      guide.strategy(space::require_strategy(name), p, choice(), [&](const Forecast& heard) {
        if (forecast) *forecast = heard;
      });
  std::vector<std::size_t> first;
  for (auto round = strategy->next(); !round.empty(); round = strategy->next()) {
    if (first.empty()) first = round;
    for (const std::size_t candidate : round) strategy->tell(candidate, time_us(candidate));
  }
  return first;
}

double mean_us(const std::vector<std::size_t>& round) {
  double sum = 0;
  for (const std::size_t candidate : round) sum += time_us(candidate);
  return sum / static_cast<double>(round.size());
}

TEST(Guide, carries_what_one_problem_was_told_to_the_next) {
  Guide guide(model::h100_sxm());
  const auto before = search(guide, problem(4096, 7168, 2048));
  const auto after = search(guide, problem(4096, 24576, 1536));
  Guide fresh(model::h100_sxm());
  const auto without = search(fresh, problem(4096, 24576, 1536));
  EXPECT_GT(mean_us(before), 60) << "the model thinks wide tiles are fast";
  EXPECT_LT(mean_us(after), mean_us(without) - 20);
}

TEST(Guide, carries_what_one_problem_is_told_to_those_beside_it) {
  const auto begin = [](Guide& guide, const Problem& p) {
    return guide.strategy(space::require_strategy("guided"), p, choice());
  };
  const auto second_round = [&](bool beside) {
    Guide guide(model::h100_sxm());
    const auto first = begin(guide, problem(4096, 7168, 2048)),
               second = begin(guide, problem(4096, 24576, 1536));
    if (beside)
      for (const std::size_t candidate : first->next()) first->tell(candidate, time_us(candidate));
    return second->next();
  };
  EXPECT_LT(mean_us(second_round(true)), mean_us(second_round(false)) - 20);
}

/// Of a problem of this N whose candidates took what time_us() says.
Lesson lesson(const char* kernel, std::int64_t n) {
  Problem p = problem(4096, n, 2048);
  p.kernel = kernel;
  std::vector<space::Measured> measured;
  for (std::size_t i = 0; i < candidates().size(); i += 3) measured.push_back({i, time_us(i)});
  return {p, evidence_of(model::h100_sxm(), p, candidates(), measured)};
}

TEST(Guide, knows_its_lessons_before_anything_is_timed) {
  Guide taught(model::h100_sxm(), {lesson("dense_1d2d", 7168)}), fresh(model::h100_sxm());
  const Problem p = problem(4096, 24576, 1536);
  EXPECT_LT(mean_us(search(taught, p)), mean_us(search(fresh, p)) - 20);
}

TEST(Lessons, are_of_the_kernel_and_never_of_the_problems_own_layer) {
  const std::vector<Lesson> all = {lesson("dense_1d2d", 7168), lesson("dense_1d2d", 4096),
                                   lesson("dense_bf16", 576)};
  EXPECT_EQ(lessons_for(problem(1, 7168, 2048), all), std::vector{&all[1]});
  EXPECT_EQ(lessons_for(problem(1, 7168, 1024), all), (std::vector{&all[0], &all[1]})) << "another K";
  Problem other = problem(1, 4096, 2048);
  other.kernel = "dense_tensor";
  EXPECT_EQ(lessons_for(other, all), (std::vector{&all[0], &all[2]}))
      << "of all kernels, where its own has none";
}

TEST(Lessons, come_with_the_program_for_every_kernel_that_was_swept) {
  std::map<std::string, std::size_t> problems;
  for (const Lesson& one : lessons(model::h100_sxm())) {
    ++problems[one.problem.kernel];
    double squares = 0;
    for (std::size_t term = 0; term < model::kTerms; ++term) squares += one.evidence.square(term);
    EXPECT_GT(squares, 0) << describe(one.problem);
  }
  EXPECT_EQ(problems["dense_1d2d"], 36u);
  EXPECT_EQ(problems.size(), 5u);
}

TEST(Guide, tells_what_was_forecast_and_what_came_of_it) {
  Guide guide(model::h100_sxm());
  Forecast forecast;
  search(guide, problem(4096, 7168, 2048), "guided", &forecast);
  EXPECT_EQ(forecast.expected_us.size(), candidates().size());
  EXPECT_EQ(forecast.measured.size(), 12u);
  for (const auto& [candidate, us] : forecast.measured) EXPECT_EQ(us, time_us(candidate));
}

TEST(Guide, leaves_strategies_without_a_model_as_they_are) {
  Guide guide(model::h100_sxm());
  Forecast forecast;
  search(guide, problem(4096, 7168, 2048), "random", &forecast);
  EXPECT_TRUE(forecast.measured.empty());
}

TEST(Terms, are_finite_for_every_candidate_of_every_kernel) {
  for (const family::Family* family : family::all())
    for (const Problem& shape : {problem(1, 2112, 7168), problem(4096, 7168, 128), problem(129, 576, 512)}) {
      Problem p = shape;
      p.kernel = family->kernel();
      if (const auto groups = operation::of(p).groups; groups != operation::Groups::none) {
        p.groups = 8;
        const bool along_k = groups == operation::Groups::inner;
        (along_k ? p.k_per_group : p.m_per_group) = static_cast<double>(along_k ? p.k : p.m);
        if (groups == operation::Groups::masked)
          p.max_m = 2 * p.m;
        else if (!along_k)
          p.alignment = 1, p.layout = "offsets";
        set_size_from_groups(p);
      }
      SpaceSpec space;
      space.kernel = p.kernel;
      for (const family::Parameter& parameter : family->parameters())
        if (!parameter.optional)
          space.parameters[std::string(parameter.name)] = {std::string(parameter.fallback)};
      const auto numbers = [](std::initializer_list<std::int64_t> list) {
        return std::vector<ParameterValue>(list.begin(), list.end());
      };
      space.parameters["block_m"] = numbers({64, 128});
      space.parameters["block_n"] = numbers({32, 128});
      for (auto& [name, values] : space.parameters)
        if (const auto* word = std::get_if<std::string>(&values.front());
            word && word->find_first_not_of("0123456789") == std::string::npos)
          values = numbers({std::stoll(*word)});
      const auto found = space::enumerate(space, p, hopper_limits());
      EXPECT_FALSE(found.candidates.empty()) << p.kernel;
      for (const Config& config : found.candidates)
        for (const double value : model::terms_of(model::h100_sxm(), p, config).values)
          EXPECT_TRUE(std::isfinite(value)) << describe(p) << " " << describe(config);
    }
}

}  // namespace
}  // namespace gemmtune::cli
