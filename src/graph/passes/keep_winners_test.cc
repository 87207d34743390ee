#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/passes/passes.h"
#include "graph/passes/test_net.h"
#include "support/expect_error.h"

namespace fcn {
namespace {

using test::Case;
using test::ExpectError;
using test::Net;
using ::testing::ElementsAre;

/// x → conv → relu → pool, and what of its gradient the pass looks at.
struct PooledNet : Net {
  explicit PooledNet(MaxPool op = {.kernel = {2, 2}, .stride = {2, 2}, .padding = {}, .ceil = true}) {
    Node("pool", op, {Relu("relu", Conv("conv", x))});
    const MaxPoolGradient gradient{.kernel = op.kernel, .stride = op.stride, .padding = op.padding};
    Node("d.pool", gradient, {Conv("g", (*this)["pool"]), (*this)["relu"]});
    Node("d.relu", ReluGradient{}, {(*this)["d.pool"], (*this)["relu"]});
  }
};

TEST(KeepWinners, ThePoolingNotesThemAndTheReluIsInThem) {
  PooledNet n;
  n.Output(n["d.relu"]);
  const Case c = Case(n).Run(KeepWinners);
  EXPECT_THAT(c.Names(), ElementsAre("conv", "relu", "pool", "g", "d.pool"));
  EXPECT_EQ(c["pool"].note, 0);
  EXPECT_TRUE(c["pool"].tail.Has<TailPositiveOnly>());
  EXPECT_EQ(c["d.pool"].note, 0);
  EXPECT_EQ(c["d.pool"].output, n["d.relu"]);
  EXPECT_EQ(ActivationsRead(c["d.pool"]), 1);
  EXPECT_EQ(ActivationsRead(Case(n)["d.pool"]), 2);
}

TEST(KeepWinners, TheReluStaysWhereSomethingElseReadsBetween) {
  PooledNet n;
  n.Output(n["d.relu"]);
  n.Output(n["d.pool"]);
  const Case c = Case(n).Run(KeepWinners);
  EXPECT_THAT(c.Names(), ElementsAre("conv", "relu", "pool", "g", "d.pool", "d.relu"));
  EXPECT_EQ(c["d.pool"].note, 0);
  EXPECT_FALSE(c["pool"].tail.Has<TailPositiveOnly>());
}

TEST(KeepWinners, NotWithoutAGradientNorWhereItIsNotClearWhose) {
  Net alone;
  alone.Output(alone.Node("pool", MaxPool{.kernel = {2, 2}, .stride = {2, 2}, .padding = {}}, {alone.x}));
  EXPECT_EQ(Case(alone).Run(KeepWinners)["pool"].note, -1);

  PooledNet two;  // of which one rounds up
  two.Output(two.Node("other", MaxPool{.kernel = {2, 2}, .stride = {2, 2}, .padding = {}}, {two["relu"]}));
  two.Output(two["d.relu"]);
  EXPECT_EQ(Case(two).Run(KeepWinners)["d.pool"].note, -1);

  PooledNet large({.kernel = {16, 16}, .stride = {1, 1}, .padding = {}});
  large.Output(large["d.relu"]);
  EXPECT_EQ(Case(large).Run(KeepWinners)["pool"].note, -1);
}

TEST(KeepWinners, VerifyRefusesNotesThatNobodyLeft) {
  PooledNet n;
  n.Output(n["d.relu"]);
  Case c = Case(n).Run(KeepWinners);
  for (Step& step : c.lowered.steps)
    if (step.name == "pool") step.note = 1;
  ExpectError(ErrorCode::kInternal, "d.pool", [&] { Verify(c.lowered); });
}

}  // namespace
}  // namespace fcn
