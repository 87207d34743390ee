#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/passes/passes.h"
#include "graph/passes/test_net.h"

namespace fcn {
namespace {

using test::Case;
using test::kChannels;
using test::Net;
using ::testing::ElementsAre;

/// conv → batch norm of the batch → ReLU6 → its gradients, as Differentiate writes them; `g` is what comes from behind.
struct NormalisedNet : Net {
  NormalisedNet() {
    conv = Conv("conv", x);
    moments = Node("moments", BatchMoments{}, {conv});
    weight = graph.AddParameter("weight", {kChannels}), bias = graph.AddParameter("bias", {kChannels});
    relu = Node("relu", Relu6{}, {Node("bn", Normalise{}, {conv, moments, weight, bias})});
    g = Conv("g", relu);
    masked = Node("masked", Relu6Gradient{}, {g, relu});
    sums = Node("sums", NormaliseSums{}, {masked, conv, moments});
    gradient = Node("gradient", NormaliseGradient{}, {masked, conv, moments, sums, weight});
    Output(sums);
    Output(gradient);
  }
  ValueId conv, moments, weight, bias, relu, g, masked, sums, gradient;
};

TEST(FuseActivationGradient, BehindANormalise) {
  const NormalisedNet n;
  const Case c = Case(n).Run(FuseActivation).Run(FuseActivationGradient);
  EXPECT_THAT(c.Names(), ElementsAre("conv", "moments", "bn", "g", "sums", "gradient"));
  EXPECT_THAT(c["sums"].inputs, ElementsAre(n.g, n.conv, n.moments, n.weight, n.bias));
  EXPECT_THAT(c["gradient"].inputs, ElementsAre(n.g, n.conv, n.moments, n.sums, n.weight, n.bias));
  EXPECT_EQ(c["sums"].tail.Get<TailMask>(), TailMask{Activation::kRelu6});
  EXPECT_EQ(c["gradient"].tail.Get<TailMask>(), TailMask{Activation::kRelu6});
}

TEST(FuseActivationGradient, OnlyWhereNothingElseReadsIt) {
  const NormalisedNet plain;
  EXPECT_EQ(Case(plain).Run(FuseActivationGradient).Names().size(), 8u) << "the activation is a step of its own";
  NormalisedNet output;
  output.Output(output.masked);
  EXPECT_EQ(Case(output).Run(FuseActivation).Run(FuseActivationGradient).Names().size(), 7u);
  NormalisedNet read;
  read.Output(read.Conv("reader", read.masked));
  EXPECT_EQ(Case(read).Run(FuseActivation).Run(FuseActivationGradient).Names().size(), 8u);
  NormalisedNet other;
  const ValueId moments = other.Node("others", BatchMoments{}, {other.g});
  other.Output(other.Node("other_sums", NormaliseSums{}, {other.masked, other.g, moments}));
  EXPECT_EQ(Case(other).Run(FuseActivation).Run(FuseActivationGradient).Names().size(), 9u);
  NormalisedNet epsilon;
  epsilon.Output(epsilon.Node("eps", NormaliseSums{.epsilon = 1}, {epsilon.masked, epsilon.conv, epsilon.moments}));
  EXPECT_EQ(Case(epsilon).Run(FuseActivation).Run(FuseActivationGradient).Names().size(), 8u);
}

}  // namespace
}  // namespace fcn
