#include <gtest/gtest.h>

#include "kernels/winograd/blocking.h"
#include "kernels/winograd/test_case.h"

namespace fcn::winograd {
namespace {

class Sharing : public test::EveryIsa {};
FCN_FOR_EVERY_ISA(Winograd, Sharing);

// Ways to share out the work: many blocks, one worker each; few blocks, on each of which all workers work; and a few
// output channels at a time of them.
ConvCase ManyBlocks(Isa isa) {
  const ConvProblem problem = Problem(3, {1, 1, 1, 1}, {2, 90, 101, 20}, 37);
  EXPECT_FALSE(BlockingFor(problem, isa).shared);
  EXPECT_GT(BlockingFor(problem, isa).blocks, 2);
  return {.problem = problem, .biased = true, .activation = Activation::kRelu};
}

ConvCase SharedBlocks(Isa isa) {
  const ConvProblem problem = Problem(3, {}, {100, 3, 9, 181}, 185);
  EXPECT_TRUE(BlockingFor(problem, isa).shared);
  EXPECT_GT(BlockingFor(problem, isa).blocks, 1);
  return {.problem = problem, .biased = true, .activation = Activation::kRelu};
}

ConvCase ColumnBlocks(Isa isa) {
  const ConvProblem problem = Problem(7, {}, {1, 14, 14, 40}, 4096 + 19);
  EXPECT_TRUE(BlockingFor(problem, isa).shared);
  EXPECT_GT(BlockingFor(problem, isa).column_blocks, 1);
  return {.problem = problem, .scaled = true, .biased = true, .residual = ConvCase::kResidual};
}

std::vector<ConvCase> AllWays(Isa isa) { return {ManyBlocks(isa), SharedBlocks(isa), ColumnBlocks(isa)}; }

TEST_P(Sharing, AllWaysAreCorrect) {
  for (const ConvCase& c : AllWays(GetParam())) ExpectCorrect(c, context_);
}

TEST_P(Sharing, SameBytesForAnyNumberOfThreads) {
  for (const ConvCase& c : AllWays(GetParam()))
    test::ExpectSameForAnyThreads(GetParam(), [&](const Context& context) { return Compute(c, context); });
}

}  // namespace
}  // namespace fcn::winograd
