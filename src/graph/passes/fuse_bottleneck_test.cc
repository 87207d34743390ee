#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/passes/passes.h"
#include "graph/passes/test_net.h"
#include "graph/shapes.h"

namespace fcn {
namespace {

using test::Case;
using test::kChannels;
using test::Net;
using test::Square;
using ::testing::ElementsAre;

constexpr int kExpanded = 24;

ConvGeometry Depthwise(int kernel, int stride, int dilation = 1) {
  ConvGeometry geometry = Square(kernel, stride, kernel / 2, 1, kExpanded);
  geometry.dilation = {dilation, dilation};
  return geometry;
}

struct Layers {
  ConvGeometry expand = Square(1), filter = Depthwise(3, 1), project = Square(1);
};

/// A net that expands, filters and projects x, and adds x where `residual`.
struct Bottleneck : Net {
  explicit Bottleneck(const Layers& layers = {}, bool residual = false) {
    const ValueId expand = Builder::Conv("expand", x, kChannels, kExpanded, layers.expand);
    const ValueId filter = Builder::Conv("filter", Relu("relu", expand), kExpanded, kExpanded, layers.filter);
    const ValueId project = Builder::Conv("project", filter, kExpanded, kChannels, layers.project);
    Output(residual ? Add("sum", project, x) : project);
  }
};

Case Fused(const Net& net, int64_t size) {
  Case c(net);
  const Nhwc input{1, size, size, kChannels};
  c.lowered.shapes = InferShapes(net.graph, std::span(&input, 1));
  return std::move(c.Run(FuseResidual).Run(FuseActivation).Run(FuseBottleneck));
}

size_t StepsOf(const Layers& layers) { return Fused(Bottleneck(layers), 400).Names().size(); }

TEST(FuseBottleneck, IsOneStep) {
  const Bottleneck n({}, true);
  const Case c = Fused(n, 256);
  ASSERT_THAT(c.Names(), ElementsAre("project"));
  const Step& step = c["project"];
  ASSERT_EQ(step.before.size(), 2u);
  EXPECT_EQ(step.before[0].name, "expand");
  EXPECT_EQ(ActivationOf(step.before[0].tail), Activation::kRelu);
  EXPECT_EQ(step.before[1].name, "filter");
  EXPECT_EQ(step.inputs[0], n.x);
  EXPECT_EQ(step.tail.Get<TailResidual>(), TailResidual{n.x});
  EXPECT_EQ(step.output, n["sum"]);
}

TEST(FuseBottleneck, OnlyLargeMapsOfKnownShape) {
  const Bottleneck n;
  EXPECT_EQ(Fused(n, 64).Names().size(), 3u);
  EXPECT_EQ(Case(n).Run(FuseActivation).Run(FuseBottleneck).Names().size(), 3u);
}

TEST(FuseBottleneck, ForWhatThereAreKernels) {
  EXPECT_EQ(StepsOf({}), 1u);
  EXPECT_EQ(StepsOf({.filter = Depthwise(5, 2)}), 1u);
  EXPECT_EQ(StepsOf({.expand = Square(3, 2, 1)}), 1u);
  EXPECT_EQ(StepsOf({.expand = Square(3, 1, 1)}), 3u);  // Winograd's
  EXPECT_EQ(StepsOf({.filter = Depthwise(7, 1)}), 3u);
  EXPECT_EQ(StepsOf({.filter = Depthwise(3, 1, 2)}), 3u);
  EXPECT_EQ(StepsOf({.filter = Square(3, 1, 1)}), 3u);
  EXPECT_EQ(StepsOf({.project = Square(1, 2)}), 3u);
  EXPECT_EQ(StepsOf({.project = Square(3, 1, 1)}), 3u);
}

TEST(FuseBottleneck, NotWhatOthersRead) {
  for (const char* name : {"expand", "relu", "filter"}) {
    Bottleneck n;
    n.Output(n[name]);
    EXPECT_GT(Fused(n, 400).Names().size(), 1u) << name;
  }
}

}  // namespace
}  // namespace fcn
