#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/passes/passes.h"
#include "graph/passes/test_net.h"

namespace fcn {
namespace {

using test::Case;
using test::kChannels;
using test::Net;
using test::Square;
using ::testing::ElementsAre;

MaxPool Pool(int kernel, int stride, int padding = 0) {
  return {.kernel = {kernel, kernel},
          .stride = {stride, stride},
          .padding = {padding, padding, padding, padding},
          .ceil = true};
}

TEST(FuseMaxPool, BehindA3x3Convolution) {
  Net n;
  const ValueId conv = n.Builder::Conv("conv", n.x, kChannels, kChannels, Square(3, 1, 1));
  n.Output(n.Node("pool", Pool(2, 2), {n.Relu("relu", conv)}));
  const Case c = Case(n).Run(FuseActivation).Run(FuseMaxPool);
  EXPECT_THAT(c.Names(), ElementsAre("conv"));
  EXPECT_TRUE(c["conv"].tail.Has<TailMaxPool>());
  EXPECT_EQ(c["conv"].output, n["pool"]);
  EXPECT_THAT(Case(n).Run(FuseMaxPool).Names(), ElementsAre("conv", "relu", "pool"));
}

TEST(FuseMaxPool, NothingElse) {
  const auto names = [](const ConvGeometry& geometry, const MaxPool& pool, bool read_twice) {
    Net n;
    const ValueId conv = n.Builder::Conv("conv", n.x, kChannels, kChannels, geometry);
    n.Output(n.Node("pool", pool, {conv}));
    if (read_twice) n.Output(conv);
    return Case(n).Run(FuseMaxPool).Names().size();
  };
  EXPECT_EQ(names(Square(3, 1, 1), Pool(2, 2), false), 1u);
  EXPECT_EQ(names(Square(3, 1, 1), Pool(2, 2), true), 2u);
  EXPECT_EQ(names(Square(3, 2, 1), Pool(2, 2), false), 2u);
  EXPECT_EQ(names(Square(1), Pool(2, 2), false), 2u);
  EXPECT_EQ(names(Square(3, 1, 1, 1, 2), Pool(2, 2), false), 2u);
  EXPECT_EQ(names(Square(3, 1, 1), Pool(3, 2), false), 2u);
  EXPECT_EQ(names(Square(3, 1, 1), Pool(2, 1), false), 2u);
  EXPECT_EQ(names(Square(3, 1, 1), Pool(2, 2, 1), false), 2u);
}

TEST(FuseMaxPool, WhatFollowsStaysBehind) {
  Net n;
  const ValueId conv = n.Builder::Conv("conv", n.x, kChannels, kChannels, Square(3, 1, 1));
  const ValueId pool = n.Node("pool", Pool(2, 2), {conv});
  n.Output(n.Relu("relu", n.Add("sum", n.Norm("bn", pool), n.x)));
  const Case c = Case(n).Run(FuseMaxPool).Run(FoldBatchNorm).Run(FuseResidual).Run(FuseActivation);
  EXPECT_THAT(c.Names(), ElementsAre("conv", "bn", "sum"));
}

}  // namespace
}  // namespace fcn
