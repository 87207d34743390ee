#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "kernels/conv/reference.h"
#include "kernels/conv_gradient/conv_gradient.h"
#include "kernels/conv_gradient/reference.h"
#include "kernels/conv_gradient/weight_plan.h"
#include "kernels/conv_gradient/weight_rows.h"
#include "support/guarded_image.h"
#include "tensor/random.h"

namespace fcn::conv_gradient {
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

ConvProblem Problem(int64_t images, int64_t h, int64_t w, int64_t inputs, int64_t outputs, const ConvGeometry& g) {
  const auto size = [](int64_t in, int64_t before, int64_t after, int64_t kernel, int64_t dilation, int64_t stride) {
    return (in + before + after - (kernel - 1) * dilation - 1) / stride + 1;
  };
  return {g,
          {images, h, w, inputs},
          {images, size(h, g.padding.top, g.padding.bottom, g.kernel.h, g.dilation.h, g.stride.h),
           size(w, g.padding.left, g.padding.right, g.kernel.w, g.dilation.w, g.stride.w), outputs}};
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

int64_t Weights(const ConvProblem& p) {
  return p.output.c * (p.input.c / p.geometry.groups) * p.geometry.kernel.h * p.geometry.kernel.w;
}

std::vector<double> Doubles(const GuardedFloats& values) { return {values.data(), values.data() + values.size()}; }

std::string Describe(const ConvProblem& p) {
  const ConvGeometry& g = p.geometry;
  return testing::PrintToString(std::vector<int64_t>{p.input.n, p.input.h, p.input.w, p.input.c, p.output.h, p.output.w,
                                                     p.output.c, g.kernel.h, g.kernel.w, g.stride.h, g.stride.w,
                                                     g.dilation.h, g.dilation.w, g.groups});
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
    GuardedFloats packed(PackedFloats(p, context.isa()));
    GuardedFloats scratch(DataScratchFloats(p, context.isa(), context.threads()));
    GuardedImage output(p.input, case_.gap + 2, case_.misalign);
    Pack(p, context.isa(), weight_.data(), case_.scale ? scale_.data() : nullptr, context, packed.data());
    for (int64_t i = 0; i < packed.size(); i++)
      if (std::isnan(packed[i])) ADD_FAILURE() << "unwritten at " << i, i = packed.size();
    Epilogue epilogue;
    if (case_.residual) epilogue.residual = residual_.view();
    if (case_.residual && case_.in_place) output.Fill(3, 4), epilogue.residual = output.view();
    conv_gradient::RunData(p, gradient_.view(), packed.data(), epilogue, output.view(), scratch.data(), context);
    EXPECT_TRUE(packed.Intact() && scratch.Intact() && output.Intact() && gradient_.Intact() && residual_.Intact());
    return output.Values();
  }
  std::vector<float> RunWeight(const Context& context) {
    const ConvProblem& p = case_.problem;
    GuardedFloats scratch(WeightScratchFloats(p, context.isa(), context.threads()));
    GuardedFloats output(Weights(p), case_.misalign);
    conv_gradient::RunWeight(p, gradient_.view(), input_.view(), output.data(), scratch.data(), context);
    EXPECT_TRUE(scratch.Intact() && output.Intact() && gradient_.Intact() && input_.Intact());
    return {output.data(), output.data() + output.size()};
  }

 private:
  Case case_;
  GuardedImage input_, gradient_, residual_;
  GuardedFloats weight_, scale_;
};

class ConvGradient : public testing::Test {
 protected:
  ConvGradient() {
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
    const double data_terms = static_cast<double>(c.problem.output.c / g.groups * g.kernel.h * g.kernel.w) + 3;
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
    {{1, 1}, {1, 1}, {1, 1}, {}, 1},           {{3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1},
    {{1, 1}, {1, 1}, {1, 1}, {1, 0, 2, 1}, 1}, {{3, 3}, {1, 1}, {1, 1}, {}, 1},
    {{3, 3}, {1, 1}, {1, 1}, {4, 3, 5, 4}, 1}, {{2, 4}, {1, 1}, {2, 1}, {0, 2, 1, 3}, 1},
    {{3, 2}, {1, 1}, {1, 2}, {2, 0, 0, 1}, 1}, {{5, 5}, {1, 1}, {2, 2}, {4, 4, 4, 4}, 1},
    {{1, 1}, {2, 2}, {1, 1}, {}, 1},           {{3, 3}, {2, 2}, {1, 1}, {1, 1, 1, 1}, 1},
    {{3, 3}, {2, 2}, {1, 1}, {0, 1, 0, 1}, 1}, {{2, 3}, {3, 2}, {1, 1}, {1, 0, 2, 1}, 1},
    {{3, 3}, {3, 3}, {1, 1}, {2, 2, 2, 2}, 1}, {{3, 3}, {2, 2}, {2, 2}, {2, 2, 2, 2}, 1},
    {{2, 3}, {3, 1}, {1, 2}, {1, 0, 2, 1}, 1}, {{7, 7}, {2, 2}, {1, 1}, {3, 3, 3, 3}, 1}};

bool HasOutput(const ConvProblem& p) {
  const ConvGeometry& g = p.geometry;
  return p.input.h + g.padding.top + g.padding.bottom > (g.kernel.h - 1) * g.dilation.h &&
         p.input.w + g.padding.left + g.padding.right > (g.kernel.w - 1) * g.dilation.w;
}

TEST_F(ConvGradient, EveryGeometryAndRemainderOfChannels) {
  uint64_t variant = 0;
  for (const ConvGeometry& geometry : kGeometries)
    for (int64_t channels = 1; channels <= 35; channels++, variant++) {
      const auto other = static_cast<int64_t>(1 + RandomBits(13, variant) % 35);
      ExpectAgrees(WithOptions(Problem(1 + variant % 2, 5, 6, channels, other, geometry), variant));
      if (HasFatalFailure()) return;
    }
}

TEST_F(ConvGradient, EverySmallSize) {
  uint64_t variant = 0;
  for (const ConvGeometry& geometry : kGeometries)
    for (int64_t h = 1; h <= 8; h++)
      for (int64_t w = 1; w <= 8; w++, variant++) {
        const ConvProblem problem = Problem(1 + variant % 2, h, w, 3, 5, geometry);
        if (HasOutput(problem)) ExpectAgrees(WithOptions(problem, variant));
        if (HasFatalFailure()) return;
      }
}

TEST_F(ConvGradient, Groups) {
  uint64_t variant = 0;
  for (ConvGeometry geometry : kGeometries)
    for (const auto& [groups, inputs, outputs] :
         std::vector<std::tuple<int, int, int>>{{2, 3, 5}, {3, 1, 2}, {7, 2, 1}, {2, 17, 18}, {19, 1, 1}}) {
      geometry.groups = groups;
      ExpectAgrees(WithOptions(Problem(2, 7, 6, inputs * groups, outputs * groups, geometry), variant++));
      if (HasFatalFailure()) return;
    }
}

// Several tiles, segments and blocks, all ragged.
const ConvProblem kLarge[] = {Problem(2, 41, 37, 24, 50, {}),
                              Problem(1, 21, 23, 330, 370, {}),
                              Problem(2, 53, 57, 3, 32, {{3, 3}, {2, 2}, {1, 1}, {1, 1, 1, 1}, 1}),
                              Problem(1, 23, 21, 70, 140, {{3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1}),
                              Problem(1, 23, 21, 70, 240, {{3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1}),
                              Problem(1, 83, 300, 5, 21, {{16, 16}, {8, 1}, {1, 1}, {2, 3, 20, 1}, 1}),
                              Problem(1, 5, 5, 41, 360, {{7, 7}, {1, 1}, {1, 1}, {3, 3, 3, 3}, 1}),
                              Problem(1, 3, 4, 1100, 530, {}),
                              Problem(2, 61, 33, 30, 24, {{3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 3})};

TEST_F(ConvGradient, LargeProblems) {
  int segmented = 0, whole = 0, rows = 0;
  for (const ConvProblem& problem : kLarge) {
    ExpectAgrees({.problem = problem, .gap = 3, .misalign = 1, .residual = true, .in_place = true});
    if (HasFatalFailure()) return;
    if (SumsRowsInPlace(problem)) {
      rows++;
      continue;
    }
    const WeightPlan plan(problem, GemmKernelsFor(DefaultIsa()));
    (plan.segments > 1 ? segmented : whole)++;
  }
  EXPECT_GT(segmented, 1);
  EXPECT_GT(whole, 1);
  EXPECT_GT(rows, 1);
}

// Rows of outputs that are wide enough to be summed where they are, with windows over every edge.
TEST_F(ConvGradient, WeightsOfWideRows) {
  uint64_t variant = 0;
  for (const ConvGeometry& geometry : kGeometries) {
    if (geometry.kernel.w == 1 || geometry.dilation.w > 1) continue;
    for (int64_t channels = 1; channels <= 19; channels++, variant++) {
      const auto others = static_cast<int64_t>(1 + RandomBits(14, variant) % 35);
      const auto width = static_cast<int64_t>(18 * geometry.stride.w + RandomBits(15, variant) % 5);
      const ConvProblem problem = Problem(1 + variant % 2, 1 + variant % 6, width, channels, others, geometry);
      if (!HasOutput(problem)) continue;
      EXPECT_TRUE(SumsRowsInPlace(problem)) << Describe(problem);
      ExpectAgrees(WithOptions(problem, variant));
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_GT(variant, 100U);
}

TEST_F(ConvGradient, AnyThreadCountGivesTheSameBytes) {
  for (const Isa isa : SupportedIsas()) {
    const Context one(1, isa), two(2, isa), three(3, isa);
    for (const ConvProblem& problem : kLarge) {
      Fixture fixture({.problem = problem, .scale = true, .residual = true});
      const auto data = fixture.RunData(one), weight = fixture.RunWeight(one);
      for (const Context* context : {&two, &three}) {
        EXPECT_EQ(data, fixture.RunData(*context)) << Describe(problem);
        EXPECT_EQ(weight, fixture.RunWeight(*context)) << Describe(problem);
      }
    }
  }
}

TEST_F(ConvGradient, NothingToSumIsZero) {
  // An empty batch has gradients by weights, all zero; without outputs the gradient by the input is the residual.
  ExpectAgrees({.problem = {{}, {0, 3, 3, 4}, {0, 3, 3, 5}}});
  ExpectAgrees({.problem = {{}, {1, 3, 3, 4}, {1, 3, 3, 0}}, .residual = true});
  ExpectAgrees({.problem = {{}, {1, 3, 3, 0}, {1, 3, 3, 5}}});
}

TEST_F(ConvGradient, ScratchOfHugeLayersStaysSmall) {
  // VGG's fc6 as a convolution: 103 million weights.
  const ConvProblem fc6 = Problem(1, 22, 22, 512, 4096, {{7, 7}, {1, 1}, {1, 1}, {}, 1});
  const ConvProblem fc7 = Problem(8, 16, 16, 4096, 4096, {});
  const ConvProblem scores = Problem(1, 500, 500, 21, 21, {{64, 64}, {32, 32}, {1, 1}, {}, 1});
  for (const Isa isa : SupportedIsas())
    for (const ConvProblem& problem : {fc6, fc7, scores}) EXPECT_LE(WeightScratchFloats(problem, isa, 2), 16 << 20);
}

// The references against central differences of the forward reference, which is linear in input and weights: exact but
// for rounding in double.
TEST_F(ConvGradient, ReferencesAreTheSlopesOfTheConvolution) {
  uint64_t variant = 0;
  for (ConvGeometry geometry : kGeometries)
    for (const int groups : {1, 2}) {
      geometry.groups = groups;
      const ConvProblem p = Problem(2, 5, 4, 4, 6, geometry);
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
        conv::Reference<double>(p, {input.data(), p.input}, weight.data(), nullptr, {}, Activation::kNone,
                                {output.data(), p.output});
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

TEST_F(ConvGradient, StopsWhenCancelled) {
  Context context(1);
  context.Cancel();
  Fixture fixture({.problem = Problem(1, 3, 3, 4, 4, {})});
  EXPECT_ANY_THROW(fixture.RunWeight(context));
  EXPECT_ANY_THROW(fixture.RunData(context));
}

}  // namespace
}  // namespace fcn::conv_gradient
