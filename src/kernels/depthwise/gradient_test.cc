#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "kernels/depthwise/depthwise.h"
#include "kernels/depthwise/gradient.h"
#include "kernels/depthwise/gradient_reference.h"
#include "kernels/depthwise/reference.h"
#include "support/guarded_image.h"
#include "tensor/random.h"

namespace fcn::depthwise {
namespace {

using test::GuardedFloats;
using test::GuardedImage;
using test::Magnitudes;

/// A problem, and how its tensors lie in memory.
struct Case {
  ConvProblem problem;
  int64_t gap = 0;
  int misalign = 0;
  bool scale = false, residual = false, in_place = false;
};

ConvProblem Problem(int64_t images, int64_t h, int64_t w, int64_t channels, ConvGeometry g) {
  g.groups = static_cast<int>(channels);
  const auto size = [](int64_t in, int64_t before, int64_t after, int64_t kernel, int64_t dilation, int64_t stride) {
    return (in + before + after - (kernel - 1) * dilation - 1) / stride + 1;
  };
  return {g,
          {images, h, w, channels},
          {images, size(h, g.padding.top, g.padding.bottom, g.kernel.h, g.dilation.h, g.stride.h),
           size(w, g.padding.left, g.padding.right, g.kernel.w, g.dilation.w, g.stride.w), channels}};
}

Case WithOptions(const ConvProblem& problem, uint64_t variant) {
  const uint64_t bits = RandomBits(12, variant);
  return {problem,
          static_cast<int64_t>(bits % 4),
          static_cast<int>(bits / 4 % 4),
          (bits >> 8 & 1) != 0,
          (bits >> 9 & 1) != 0,
          (bits >> 10 & 1) != 0};
}

int64_t Weights(const ConvProblem& p) { return p.output.c * p.geometry.kernel.h * p.geometry.kernel.w; }

std::vector<double> Doubles(const GuardedFloats& values) { return {values.data(), values.data() + values.size()}; }

std::string Describe(const ConvProblem& p) {
  const ConvGeometry& g = p.geometry;
  return testing::PrintToString(std::vector<int64_t>{p.input.n, p.input.h, p.input.w, p.input.c, g.kernel.h, g.kernel.w,
                                                     g.stride.h, g.stride.w, g.dilation.h, g.dilation.w});
}

/// All that a run needs, filled with values that depend on nothing but the shapes.
class Fixture {
 public:
  explicit Fixture(const Case& c)
      : case_(c),
        input_(c.problem.input, c.gap, c.misalign),
        gradient_(c.problem.output, c.gap, c.misalign),
        residual_(c.problem.input, c.gap + 1),
        weight_(Weights(c.problem), c.misalign),
        scale_(c.problem.output.c) {
    input_.Fill(1);
    gradient_.Fill(2);
    residual_.Fill(3, 4);
    test::FillUniform(weight_.data(), weight_.size(), 4);
    test::FillUniform(scale_.data(), scale_.size(), 5);
  }

  /// The references in double, and the same of magnitudes.
  std::vector<double> Data(bool magnitudes) {
    const auto of = [&](std::vector<double> values) { return magnitudes ? Magnitudes(std::move(values)) : values; };
    std::vector<double> weight = Doubles(weight_), expected(static_cast<size_t>(case_.problem.input.elements()));
    const int64_t per_output = Weights(case_.problem) / std::max<int64_t>(1, case_.problem.output.c);
    for (int64_t i = 0; case_.scale && i < weight_.size(); i++)
      weight[static_cast<size_t>(i)] *= scale_[i / per_output];
    const auto residual = of(residual_.Doubles());
    DataReference(case_.problem, of(gradient_.Doubles()).data(), of(weight).data(),
                  case_.residual ? residual.data() : nullptr, expected.data());
    return expected;
  }
  std::vector<double> Weight(bool magnitudes) {
    const auto of = [&](std::vector<double> values) { return magnitudes ? Magnitudes(std::move(values)) : values; };
    std::vector<double> expected(static_cast<size_t>(Weights(case_.problem)));
    WeightReference(case_.problem, of(gradient_.Doubles()).data(), of(input_.Doubles()).data(), expected.data());
    return expected;
  }

  std::vector<float> RunData(const Context& context) {
    const ConvProblem& p = case_.problem;
    GuardedFloats packed(GradientPackedFloats(p, context.isa()));
    GuardedFloats scratch(DataScratchFloats(p, context.isa(), context.threads()));
    GuardedImage output(p.input, case_.gap + 2, case_.misalign);
    GradientPack(p, context.isa(), weight_.data(), case_.scale ? scale_.data() : nullptr, context, packed.data());
    for (int64_t i = 0; i < packed.size(); i++)
      if (std::isnan(packed[i])) ADD_FAILURE() << "unwritten at " << i, i = packed.size();
    Epilogue epilogue;
    if (case_.residual) epilogue.residual = residual_.view();
    if (case_.residual && case_.in_place) output.Fill(3, 4), epilogue.residual = output.view();
    depthwise::RunData(p, gradient_.view(), packed.data(), epilogue, output.view(), scratch.data(), context);
    EXPECT_TRUE(packed.Intact() && scratch.Intact() && output.Intact() && gradient_.Intact() && residual_.Intact());
    return output.Values();
  }
  std::vector<float> RunWeight(const Context& context) {
    const ConvProblem& p = case_.problem;
    GuardedFloats scratch(WeightScratchFloats(p, context.isa(), context.threads()));
    GuardedFloats output(Weights(p), case_.misalign);
    depthwise::RunWeight(p, gradient_.view(), input_.view(), output.data(), scratch.data(), context);
    EXPECT_TRUE(scratch.Intact() && output.Intact() && gradient_.Intact() && input_.Intact());
    return {output.data(), output.data() + output.size()};
  }

 private:
  Case case_;
  GuardedImage input_, gradient_, residual_;
  GuardedFloats weight_, scale_;
};

class DepthwiseGradient : public testing::Test {
 protected:
  DepthwiseGradient() {
    for (const Isa isa : SupportedIsas()) contexts_.push_back(std::make_unique<Context>(1, isa));
  }

  static void ExpectNear(const std::vector<float>& actual, const std::vector<double>& expected,
                         const std::vector<double>& magnitude, double units) {
    ASSERT_EQ(actual.size(), expected.size());
    for (size_t i = 0; i < actual.size(); i++)
      ASSERT_NEAR(actual[i], expected[i], units * 0x1p-24 * magnitude[i]) << "at " << i;
  }

  void ExpectAgrees(const Case& c) const {
    Fixture fixture(c);
    const ConvGeometry& g = c.problem.geometry;
    // Each term is rounded at most as often as there are terms in its sum: a multiplication and additions, and the
    // scale and the residual of the data gradient.
    const double data_terms = static_cast<double>(g.kernel.h * g.kernel.w) + 3;
    const auto weight_terms = static_cast<double>(c.problem.output.pixels());
    const auto data = fixture.Data(false), data_magnitude = fixture.Data(true);
    const auto weight = fixture.Weight(false), weight_magnitude = fixture.Weight(true);
    for (const auto& context : contexts_) {
      SCOPED_TRACE(testing::Message() << IsaName(context->isa()) << " " << Describe(c.problem));
      ExpectNear(fixture.RunData(*context), data, data_magnitude, data_terms);
      ExpectNear(fixture.RunWeight(*context), weight, weight_magnitude, weight_terms);
      if (HasFatalFailure()) return;
    }
  }

 private:
  std::vector<std::unique_ptr<Context>> contexts_;
};

const ConvGeometry kGeometries[] = {
    {{3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1}, {{3, 3}, {2, 2}, {1, 1}, {1, 1, 1, 1}, 1},
    {{3, 3}, {2, 2}, {1, 1}, {0, 1, 0, 1}, 1}, {{5, 5}, {1, 1}, {1, 1}, {2, 2, 2, 2}, 1},
    {{5, 5}, {2, 2}, {1, 1}, {2, 2, 2, 2}, 1}, {{5, 5}, {2, 2}, {1, 1}, {1, 2, 1, 2}, 1},
    {{3, 3}, {1, 1}, {1, 1}, {}, 1},           {{3, 3}, {1, 1}, {1, 1}, {4, 3, 5, 4}, 1},
    {{5, 3}, {2, 1}, {1, 1}, {0, 4, 3, 0}, 1}, {{3, 5}, {1, 2}, {2, 1}, {2, 2, 0, 4}, 1},
    {{3, 3}, {1, 1}, {2, 2}, {2, 2, 2, 2}, 1}, {{5, 5}, {3, 3}, {1, 1}, {2, 2, 2, 2}, 1},
    {{1, 1}, {1, 1}, {1, 1}, {}, 1},           {{7, 2}, {1, 3}, {1, 2}, {6, 6, 3, 1}, 1},
    {{4, 6}, {2, 2}, {3, 1}, {9, 9, 5, 5}, 1}, {{3, 3}, {2, 2}, {2, 2}, {2, 2, 2, 2}, 1}};

bool HasOutput(const ConvProblem& p) {
  const ConvGeometry& g = p.geometry;
  return p.input.h + g.padding.top + g.padding.bottom > (g.kernel.h - 1) * g.dilation.h &&
         p.input.w + g.padding.left + g.padding.right > (g.kernel.w - 1) * g.dilation.w;
}

TEST_F(DepthwiseGradient, EveryGeometryAndRemainderOfChannels) {
  uint64_t variant = 0;
  for (const ConvGeometry& geometry : kGeometries)
    for (int64_t channels = 1; channels <= 35; channels++, variant++) {
      const auto width = static_cast<int64_t>(13 + variant % 22);
      ExpectAgrees(WithOptions(Problem(1 + variant % 2, 9, width, channels, geometry), variant));
      if (HasFatalFailure()) return;
    }
}

TEST_F(DepthwiseGradient, EverySmallSize) {
  uint64_t variant = 0;
  for (const ConvGeometry& geometry : kGeometries)
    for (int64_t h = 1; h <= 7; h++)
      for (int64_t w = 1; w <= 40; w++, variant++) {
        const ConvProblem problem = Problem(1 + variant % 2, h, w, 5 + w % 2 * 11, geometry);
        if (HasOutput(problem)) ExpectAgrees(WithOptions(problem, variant));
        if (HasFatalFailure()) return;
      }
}

// Several chunks of channels and several bands of rows, which do not end with the images, all ragged.
TEST_F(DepthwiseGradient, LargeProblems) {
  for (const ConvGeometry& geometry : kGeometries) {
    ExpectAgrees({.problem = Problem(2, 27, 61, 131, geometry), .gap = 3, .misalign = 1, .residual = true});
    if (HasFatalFailure()) return;
  }
}

TEST_F(DepthwiseGradient, AnyThreadCountGivesTheSameBytes) {
  for (const ConvGeometry& geometry : kGeometries) {
    Fixture fixture({.problem = Problem(2, 21, 61, 130, geometry), .scale = true, .residual = true, .in_place = true});
    for (const Isa isa : SupportedIsas()) {
      const Context one(1, isa), two(2, isa), three(3, isa);
      const auto data = fixture.RunData(one), weight = fixture.RunWeight(one);
      for (const Context* context : {&two, &three}) {
        EXPECT_EQ(data, fixture.RunData(*context));
        EXPECT_EQ(weight, fixture.RunWeight(*context));
      }
    }
  }
}

TEST_F(DepthwiseGradient, NothingToSumIsZero) {
  ExpectAgrees({.problem = {{{3, 3}, {}, {}, {1, 1, 1, 1}, 4}, {0, 3, 3, 4}, {0, 3, 3, 4}}});
}

// The references against central differences of the forward reference, which is linear in input and weights: exact but
// for rounding in double.
TEST_F(DepthwiseGradient, ReferencesAreTheSlopesOfTheConvolution) {
  uint64_t variant = 0;
  for (const ConvGeometry& geometry : kGeometries) {
    const ConvProblem p = Problem(2, 6, 5, 3, geometry);
    const auto values = [&](int64_t count) {
      std::vector<double> v(static_cast<size_t>(count));
      for (size_t i = 0; i < v.size(); i++) v[i] = test::Uniform(variant, i);
      variant++;
      return v;
    };
    auto input = values(p.input.elements()), weight = values(Weights(p));
    const auto gradient = values(p.output.elements());
    const auto loss = [&] {
      std::vector<double> output(gradient.size());
      Reference<double>(p, input.data(), weight.data(), nullptr, nullptr, Activation::kNone, output.data());
      double sum = 0;
      for (size_t i = 0; i < output.size(); i++) sum += output[i] * gradient[i];
      return sum;
    };
    std::vector<double> data(input.size()), by_weight(weight.size());
    DataReference<double>(p, gradient.data(), weight.data(), nullptr, data.data());
    WeightReference<double>(p, gradient.data(), input.data(), by_weight.data());
    const auto expect_slopes = [&](std::vector<double>* at, const std::vector<double>& slopes) {
      for (size_t i = 0; i < at->size(); i++) {
        const double here = (*at)[i];
        (*at)[i] = here + 0.5;
        const double above = loss();
        (*at)[i] = here - 0.5;
        const double below = loss();
        (*at)[i] = here;
        EXPECT_NEAR(above - below, slopes[i], 1e-10) << Describe(p) << " at " << i;
      }
    };
    expect_slopes(&input, data);
    expect_slopes(&weight, by_weight);
  }
}

TEST_F(DepthwiseGradient, StopsWhenCancelled) {
  Context context(1);
  context.Cancel();
  Fixture fixture({.problem = Problem(1, 3, 3, 4, {})});
  EXPECT_ANY_THROW(fixture.RunWeight(context));
  EXPECT_ANY_THROW(fixture.RunData(context));
}

}  // namespace
}  // namespace fcn::depthwise
