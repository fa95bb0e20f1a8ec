// Problem sets may name kernels that a build lacks: here k_grouped_1d1d, which the made-up one does not have.
#include "input/command_line.h"
#include "input/shapes.h"
#include "unit/made_up/outputs.h"

namespace gemmtune::made_up {
namespace {

const std::string kDense = "dense_1d2d:m=64,n=256,k=512";
const std::string kMissing = "k_grouped_1d1d:groups=2,k_per_group=128,m=1/2,n=8,out=fp32";

TEST(MissingKernels, are_kept_apart) {
  const input::ShapeSet set = input::parse_problems(kMissing);
  EXPECT_TRUE(set.problems.empty());
  ASSERT_EQ(set.missing.size(), 2u);
  EXPECT_EQ(describe(set.missing[1]), "k_grouped_1d1d:groups=2,k_per_group=128,m=2,n=8,out=fp32");
}

TEST_F(Outputs, name_missing_kernels_with_advice) {
  const std::string both = " --problem " + kDense + " --problem " + kMissing;
  for (const std::string command : {"plan", "compile", "sweep --device sim:h100-sxm"})
    EXPECT_TRUE(has(run("both", command + both).complaint,
                    "this build has no kernel k_grouped_1d1d (2 problems); --skip-missing goes on with the "
                    "other 1"))
        << command;
  EXPECT_TRUE(
      has(run("both", "plan --skip-missing --problem " + kMissing).complaint, "there are no other problems"));
  EXPECT_TRUE(has(run("both", "profile --problem k_grouped_1d1d:groups=2,k_per_group=128,m=1,n=8").complaint,
                  "this build has no kernel k_grouped_1d1d; `gemmtune list kernels`"));
}

TEST_F(Outputs, leave_missing_kernels_out_when_asked) {
  const Output planned = run("both", "plan --skip-missing --space dense_1d2d --problem " + kDense +
                                         " --problem " + kMissing + " --format json");
  EXPECT_EQ(planned.complaint, "");
  EXPECT_TRUE(has(planned.text, kDense)) << planned.text;
  EXPECT_FALSE(has(planned.text, "k_grouped_1d1d"));
}

}  // namespace
}  // namespace gemmtune::made_up
