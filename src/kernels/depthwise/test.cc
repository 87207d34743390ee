#include <gtest/gtest.h>

#include <cmath>

#include "kernels/depthwise/depthwise.h"
#include "kernels/depthwise/reference.h"
#include "support/guarded_image.h"

namespace fcn::depthwise {
namespace {

using test::GuardedFloats;
using test::GuardedImage;

/// A problem, and how its tensors lie in memory.
struct Case {
  ConvProblem problem;
  int64_t gap = 0;
  int misalign = 0;
  bool scale = false, bias = false, residual = false, in_place = false;
  Activation activation = Activation::kNone;
};

ConvProblem Problem(ConvGeometry geometry, int64_t n, int64_t h, int64_t w, int64_t channels) {
  const Padding& p = geometry.padding;
  geometry.groups = static_cast<int>(channels);
  const int64_t out_h =
      (h + p.top + p.bottom - int64_t{geometry.dilation.h} * (geometry.kernel.h - 1) - 1) / geometry.stride.h;
  const int64_t out_w =
      (w + p.left + p.right - int64_t{geometry.dilation.w} * (geometry.kernel.w - 1) - 1) / geometry.stride.w;
  return {geometry, {n, h, w, channels}, {n, out_h + 1, out_w + 1, channels}};
}

/// All that a run needs, filled with values that depend on nothing but the shapes.
class Fixture {
 public:
  explicit Fixture(const Case& c)
      : case_(c),
        input_(c.problem.input, c.gap, c.misalign),
        residual_(c.problem.output, c.gap, 0),
        weight_(int64_t{c.problem.geometry.kernel.h} * c.problem.geometry.kernel.w * c.problem.output.c, c.misalign),
        scale_(c.problem.output.c),
        bias_(c.problem.output.c, c.misalign) {
    input_.Fill(1);
    residual_.Fill(2, 4);
    test::FillUniform(weight_.data(), weight_.size(), 3);
    test::FillUniform(scale_.data(), scale_.size(), 4);
    test::FillUniform(bias_.data(), bias_.size(), 5);
  }

  /// The reference in double and the bound on the kernel's error: sums of k terms, the bias and the residual are off
  /// by at most (k + 2) roundings of the sum of magnitudes, and the folded scale by one more.
  void Expected(std::vector<double>* expected, std::vector<double>* bound) {
    const ConvProblem& p = case_.problem;
    const int64_t taps = int64_t{p.geometry.kernel.h} * p.geometry.kernel.w;
    std::vector<double> weight(weight_.data(), weight_.data() + weight_.size());
    for (int64_t i = 0; case_.scale && i < weight_.size(); i++) weight[static_cast<size_t>(i)] *= scale_[i / taps];
    const std::vector<double> bias(bias_.data(), bias_.data() + bias_.size());
    const std::vector<double> input = input_.Doubles(), residual = residual_.Doubles();
    expected->resize(static_cast<size_t>(p.output.elements()));
    bound->resize(expected->size());
    Reference(p, input.data(), weight.data(), case_.bias ? bias.data() : nullptr,
              case_.residual ? residual.data() : nullptr, case_.activation, expected->data());
    Reference(p, test::Magnitudes(input).data(), test::Magnitudes(weight).data(),
              case_.bias ? test::Magnitudes(bias).data() : nullptr,
              case_.residual ? test::Magnitudes(residual).data() : nullptr, Activation::kNone, bound->data());
    for (double& b : *bound) b = BoundOf(case_.activation, b * static_cast<double>(taps + 3) * 0x1p-24, b);
  }

  std::vector<float> Actual(const Context& context) {
    const ConvProblem& p = case_.problem;
    GuardedFloats packed(PackedFloats(p, context.isa()));
    GuardedFloats scratch(ScratchFloats(p, context.isa(), context.threads()));
    GuardedImage output(p.output, case_.gap + 1, case_.misalign);
    Pack(p, context.isa(), weight_.data(), case_.scale ? scale_.data() : nullptr, context, packed.data());
    for (int64_t i = 0; i < packed.size(); i++) EXPECT_FALSE(std::isnan(packed[i])) << "unwritten at " << i;
    Epilogue epilogue;
    const std::vector<float> slopes = TestSlopes(case_.activation, p.output.c);
    epilogue.activation = case_.activation, epilogue.slopes = slopes.data();
    if (case_.bias) epilogue.bias = bias_.data();
    if (case_.residual) epilogue.residual = residual_.view();
    if (case_.in_place) output.Fill(2, 4), epilogue.residual = output.view();
    Run(p, input_.view(), packed.data(), epilogue, output.view(), scratch.data(), context);
    EXPECT_TRUE(packed.Intact() && scratch.Intact() && output.Intact() && input_.Intact() && residual_.Intact());
    return output.Values();
  }

 private:
  Case case_;
  GuardedImage input_, residual_;
  GuardedFloats weight_, scale_, bias_;
};

void ExpectAgrees(const Case& c) {
  Fixture fixture(c);
  std::vector<double> expected, bound;
  fixture.Expected(&expected, &bound);
  for (Isa isa : SupportedIsas()) {
    const std::vector<float> actual = fixture.Actual(Context(1, isa));
    for (size_t i = 0; i < expected.size(); i++)
      ASSERT_LE(std::abs(actual[i] - expected[i]), bound[i])
          << IsaName(isa) << " " << ToString(c.problem.input) << " -> " << ToString(c.problem.output) << " kernel "
          << c.problem.geometry.kernel.h << "x" << c.problem.geometry.kernel.w << " at " << i << ": " << actual[i]
          << " instead of " << expected[i];
  }
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
      Case c;
      c.problem = Problem(geometry, 1 + turn % 2, 14, 13 + turn % 7, channels);
      c.gap = turn % 3;
      c.misalign = turn % 5;
      c.scale = turn % 2 == 0;
      c.bias = turn % 3 != 0;
      c.residual = turn % 4 == 0;
      c.activation = kEveryActivation[static_cast<size_t>(turn) % kEveryActivation.size()];
      ExpectAgrees(c);
    }
}

TEST(DepthwiseTest, AgreesWithReferenceForEverySmallSize) {
  for (const ConvGeometry& geometry : kGeometries)
    for (int64_t h = 1; h <= 8; h++)
      for (int64_t w = 1; w <= 24; w++) {
        Case c;
        c.problem = Problem(geometry, 1, h, w, 5 + w % 2 * 11);
        if (h + geometry.padding.top + geometry.padding.bottom <=
                int64_t{geometry.dilation.h} * (geometry.kernel.h - 1) ||
            w + geometry.padding.left + geometry.padding.right <=
                int64_t{geometry.dilation.w} * (geometry.kernel.w - 1))
          continue;
        ExpectAgrees(c);
      }
}

TEST(DepthwiseTest, AddsAResidualInPlace) {
  for (int64_t width : {3, 7, 12, 30}) {
    Case c;
    c.problem = Problem(kGeometries[0], 1, 5, width, 37);
    c.residual = c.in_place = c.bias = true;
    ExpectAgrees(c);
  }
}

TEST(DepthwiseTest, GivesTheSameBytesForAnyNumberOfThreads) {
  for (const ConvGeometry& geometry : kGeometries) {
    Case c;
    c.problem = Problem(geometry, 2, 31, 33, 19);
    c.bias = true;
    Fixture fixture(c);
    for (Isa isa : SupportedIsas()) {
      const std::vector<float> one = fixture.Actual(Context(1, isa));
      EXPECT_EQ(one, fixture.Actual(Context(2, isa)));
      EXPECT_EQ(one, fixture.Actual(Context(3, isa)));
    }
  }
}

TEST(DepthwiseTest, KeepsNanThroughActivations) {
  const ConvProblem p = Problem({{1, 1}, {1, 1}, {1, 1}, {}, 1}, 1, 1, 1, 5);
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
  ConvProblem p = Problem(kGeometries[0], 1, 8, 8, 6);
  EXPECT_TRUE(Supports(p));
  p.geometry.groups = 3;
  EXPECT_FALSE(Supports(p));
  p.geometry.groups = 6;
  p.output.c = 12;
  EXPECT_FALSE(Supports(p));
}

}  // namespace
}  // namespace fcn::depthwise
