// The definition is that of a convolution with as many groups as channels.

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "kernels/depthwise/depthwise.h"
#include "support/conv_case.h"
#include "support/every_isa.h"

namespace fcn::depthwise {
namespace {

using test::ConvCase;
using test::GuardedFloats;
using test::GuardedImage;

constexpr test::RunConv kRun = test::RunPacked<PackedFloats, Pack, ScratchFloats, Run>;

ConvProblem Problem(ConvGeometry geometry, const Nhwc& input) {
  geometry.groups = static_cast<int>(input.c);
  return test::ProblemOf(geometry, input, input.c);
}

const ConvGeometry kGeometries[] = {
    {{3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1}, {{3, 3}, {2, 2}, {1, 1}, {0, 1, 0, 1}, 1},
    {{5, 5}, {1, 1}, {1, 1}, {2, 2, 2, 2}, 1}, {{5, 5}, {2, 2}, {1, 1}, {1, 2, 1, 2}, 1},
    {{3, 3}, {1, 1}, {1, 1}, {}, 1},           {{5, 3}, {2, 1}, {1, 1}, {0, 4, 3, 0}, 1},
    {{3, 5}, {1, 2}, {2, 1}, {2, 2, 0, 4}, 1}, {{3, 3}, {1, 1}, {2, 2}, {2, 2, 2, 2}, 1},
    {{5, 5}, {3, 3}, {1, 1}, {2, 2, 2, 2}, 1}, {{1, 1}, {1, 1}, {1, 1}, {}, 1},
    {{7, 2}, {1, 3}, {1, 2}, {6, 6, 3, 1}, 1}, {{4, 6}, {2, 2}, {3, 1}, {9, 9, 5, 5}, 1}};

TEST(DepthwiseTest, AgreesWithReferenceForEveryRemainderOfChannels) {
  int turn = 0;
  for (const ConvGeometry& geometry : kGeometries)
    for (int64_t channels = 1; channels <= 35; channels++, turn++) {
      const Nhwc input{1 + turn % 2, 14, 13 + turn % 7, channels};
      test::ExpectAgrees(test::CaseOf(Problem(geometry, input), static_cast<uint64_t>(turn)), kRun);
    }
}

TEST(DepthwiseTest, AgreesWithReferenceForEverySmallSize) {
  for (const ConvGeometry& geometry : kGeometries)
    for (int64_t h = 1; h <= 8; h++)
      for (int64_t w = 1; w <= 24; w++) {
        const ConvProblem problem = Problem(geometry, {1, h, w, 5 + w % 2 * 11});
        if (test::HasOutput(problem)) test::ExpectAgrees({.problem = problem}, kRun);
      }
}

TEST(DepthwiseTest, AddsAResidualInPlace) {
  for (int64_t width : {3, 7, 12, 30})
    test::ExpectAgrees(
        {.problem = Problem(kGeometries[0], {1, 5, width, 37}), .biased = true, .residual = ConvCase::kInPlace}, kRun);
}

TEST(DepthwiseTest, GivesTheSameBytesForAnyNumberOfThreads) {
  for (const ConvGeometry& geometry : kGeometries) {
    const ConvCase c{.problem = Problem(geometry, {2, 31, 33, 19}), .biased = true};
    test::ExpectSameForAnyThreads([&](const Context& context) { return kRun(c, context, false); });
  }
}

TEST(DepthwiseTest, KeepsNanThroughActivations) {
  const ConvProblem p = Problem({}, {1, 1, 1, 5});
  Epilogue epilogue;
  epilogue.activation = Activation::kRelu6;
  for (Isa isa : SupportedIsas()) {
    const Context context(1, isa);
    GuardedImage input(p.input), output(p.output);
    GuardedFloats packed(PackedFloats(p, isa));
    const std::vector<float> ones(5, 1.0f);
    Pack(p, isa, ones.data(), nullptr, context, packed.data());
    output.Fill(1);
    depthwise::Run(p, input.view(), packed.data(), epilogue, output.view(), nullptr, context);
    for (float v : output.Values()) EXPECT_TRUE(std::isnan(v)) << IsaName(isa);
  }
}

TEST(DepthwiseTest, SupportsOneFilterPerChannelOnly) {
  ConvProblem p = Problem(kGeometries[0], {1, 8, 8, 6});
  EXPECT_TRUE(Supports(p));
  p.geometry.groups = 3;
  EXPECT_FALSE(Supports(p));
  p.geometry.groups = 6;
  p.output.c = 12;
  EXPECT_FALSE(Supports(p));
}

}  // namespace
}  // namespace fcn::depthwise
