#include <gtest/gtest.h>

#include <cstring>

#include "kernels/winograd/blocking.h"
#include "kernels/winograd/test_case.h"

namespace fcn::winograd {
namespace {

class Sharing : public testing::TestWithParam<Isa> {};
INSTANTIATE_TEST_SUITE_P(Winograd, Sharing, testing::ValuesIn(SupportedIsas()),
                         [](const auto& isa) { return IsaName(isa.param); });

// Ways to share out the work: many blocks, one worker each; few blocks, on each of which all workers work; and a few
// output channels at a time of them.
Case ManyBlocks(Isa isa) {
  const ConvProblem problem = Problem(3, {1, 1, 1, 1}, {2, 90, 101, 20}, 37);
  EXPECT_FALSE(BlockingFor(problem, isa).shared);
  EXPECT_GT(BlockingFor(problem, isa).blocks, 2);
  return {.problem = problem, .isa = isa, .biased = true, .activation = Activation::kRelu};
}

Case SharedBlocks(Isa isa) {
  const ConvProblem problem = Problem(3, {}, {100, 3, 9, 181}, 185);
  EXPECT_TRUE(BlockingFor(problem, isa).shared);
  EXPECT_GT(BlockingFor(problem, isa).blocks, 1);
  return {.problem = problem, .isa = isa, .biased = true, .activation = Activation::kRelu};
}

Case ColumnBlocks(Isa isa) {
  const ConvProblem problem = Problem(7, {}, {1, 14, 14, 40}, 4096 + 19);
  EXPECT_TRUE(BlockingFor(problem, isa).shared);
  EXPECT_GT(BlockingFor(problem, isa).column_blocks, 1);
  return {.problem = problem, .isa = isa, .scaled = true, .biased = true, .residual = Case::kResidual};
}

TEST_P(Sharing, AllWaysAreCorrect) {
  for (Case c : {ManyBlocks(GetParam()), SharedBlocks(GetParam()), ColumnBlocks(GetParam())}) {
    c.threads = 2;
    ExpectCorrect(c);
  }
}

TEST_P(Sharing, SameBytesForAnyNumberOfThreads) {
  for (Case c : {ManyBlocks(GetParam()), SharedBlocks(GetParam()), ColumnBlocks(GetParam())}) {
    const std::vector<float> one = c.Compute(false).values;
    for (const int threads : {2, 3}) {
      c.threads = threads;
      const std::vector<float> more = c.Compute(false).values;
      EXPECT_EQ(std::memcmp(one.data(), more.data(), one.size() * sizeof(float)), 0) << threads << " threads";
    }
  }
}

}  // namespace
}  // namespace fcn::winograd
