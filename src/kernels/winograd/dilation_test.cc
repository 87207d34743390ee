// Dilation as interleaved samples, and weights of a gradient: what the family does beyond a plain convolution.

#include <gtest/gtest.h>

#include <cstring>
#include <set>

#include "kernels/conv_gradient/reference.h"
#include "kernels/winograd/test_case.h"
#include "kernels/winograd/tiling.h"

namespace fcn::winograd {
namespace {

using test::FillUniform;
using test::GuardedFloats;

TEST(WinogradTiling, CoversEveryOutputOnce) {
  for (int64_t outputs = 0; outputs <= 40; outputs++)
    for (const int64_t per_tile : {2, 4, 6})
      for (const int64_t dilation : {1, 2, 3, 4, 7}) {
        const AxisTiles axis{outputs, per_tile, dilation};
        std::set<int64_t> seen;
        for (int64_t i = 0; i < axis.count(); i++) {
          const AxisTiles::Place place = axis.At(i);
          ASSERT_GE(place.count, 1);
          ASSERT_LE(place.count, per_tile);
          for (int64_t o = place.first; o < place.first + place.count; o++) {
            const int64_t output = place.phase + o * dilation;
            ASSERT_LT(output, outputs);
            ASSERT_TRUE(seen.insert(output).second) << output << " of " << outputs << ", dilation " << dilation;
          }
        }
        ASSERT_EQ(static_cast<int64_t>(seen.size()), outputs) << "dilation " << dilation;
      }
}

class Dilation : public testing::TestWithParam<Isa> {};
INSTANTIATE_TEST_SUITE_P(Winograd, Dilation, testing::ValuesIn(SupportedIsas()),
                         [](const auto& isa) { return IsaName(isa.param); });

TEST_P(Dilation, SizesAndPaddings) {
  for (const Size2 dilation : {Size2{2, 2}, Size2{4, 4}, Size2{1, 3}, Size2{5, 2}})
    for (const int taps : {3, 5, 7})
      for (int64_t size = 1; size <= 23; size += taps == 3 ? 1 : 5) {
        // From where every tap meets a pixel once to where most meet none; and not alike on any two sides.
        const int64_t reach_h = dilation.h * (taps - 1), reach_w = dilation.w * (taps - 1);
        for (const int64_t padding : {int64_t{0}, reach_h / 2, reach_h + 3}) {
          Padding p{static_cast<int>(padding), static_cast<int>(padding + size % 3), static_cast<int>(padding + 1),
                    static_cast<int>(padding / 2)};
          p.bottom = std::max(p.bottom, static_cast<int>(reach_h + 1 - size) - p.top);
          p.right = std::max(p.right, static_cast<int>(reach_w + 1 - size - 2) - p.left);
          ExpectCorrect({.problem = Problem(taps, p, {1 + size % 2, size, size + 2, 3}, 5, dilation),
                         .isa = GetParam(),
                         .biased = true,
                         .residual = Case::kResidual,
                         .input_gap = 2,
                         .output_gap = 3,
                         .residual_gap = 1});
        }
      }
}

// The rims that a negative padding cuts off are never read.
TEST_P(Dilation, NegativePaddings) {
  for (const int taps : {3, 5, 7})
    for (const int dilation : {1, 2, 3})
      for (int cut = 1; cut <= 5; cut++) {
        const int64_t size = dilation * (taps - 1) + 2 * cut + 4;
        ExpectCorrect({.problem = Problem(taps, {-cut, 1 - cut, -cut - 2, 2 - cut}, {1, size, size + 3, 4}, 3,
                                          {dilation, dilation}),
                       .isa = GetParam()});
      }
}

TEST_P(Dilation, SameBytesForAnyNumberOfThreads) {
  Case c{.problem = Problem(3, {2, 2, 2, 2}, {1, 63, 61, 40}, 70, {2, 2}), .isa = GetParam()};
  const std::vector<float> one = c.Compute(false).values;
  c.threads = 3;
  const std::vector<float> more = c.Compute(false).values;
  EXPECT_EQ(std::memcmp(one.data(), more.data(), one.size() * sizeof(float)), 0);
}

/// The gradient by the input through PackMirrored, on the problem that computes it.
void ExpectGradientCorrect(const ConvProblem& forward, bool scaled, Isa isa) {
  const ConvGeometry& g = forward.geometry;
  const int reach_h = g.dilation.h * (g.kernel.h - 1), reach_w = g.dilation.w * (g.kernel.w - 1);
  const Padding padding{reach_h - g.padding.top, reach_h - g.padding.bottom, reach_w - g.padding.left,
                        reach_w - g.padding.right};
  const ConvProblem problem{{g.kernel, {1, 1}, g.dilation, padding, 1}, forward.output, forward.input};
  GuardedFloats gradient(forward.output.elements()), scale(forward.output.c), output(forward.input.elements());
  GuardedFloats weight(forward.input.c * forward.output.c * g.kernel.h * g.kernel.w, 3);
  FillUniform(gradient.data(), gradient.size(), 1);
  FillUniform(weight.data(), weight.size(), 2);
  FillUniform(scale.data(), scale.size(), 3);
  const Context context(2, isa);
  GuardedFloats packed(PackedFloats(problem, isa)), scratch(ScratchFloats(problem, isa, 2));
  PackMirrored(problem, isa, weight.data(), scaled ? scale.data() : nullptr, context, packed.data());
  Run(problem, {gradient.data(), problem.input}, packed.data(), {}, {output.data(), problem.output}, scratch.data(),
      context);

  const int64_t filter = weight.size() / forward.output.c;
  const std::vector<double> exact_gradient(gradient.data(), gradient.data() + gradient.size());
  std::vector<double> exact_weight(weight.data(), weight.data() + weight.size());
  for (size_t i = 0; scaled && i < exact_weight.size(); i++)
    exact_weight[i] *= static_cast<double>(scale[static_cast<int64_t>(i) / filter]);
  std::vector<double> expected(static_cast<size_t>(output.size()));
  conv_gradient::DataReference<double>(forward, exact_gradient.data(), exact_weight.data(), nullptr, expected.data());
  EXPECT_LE(MaxError(std::vector<float>(output.data(), output.data() + output.size()), expected), Tolerance(problem))
      << IsaName(isa) << ", " << g.kernel.h << " taps, dilation " << g.dilation.h;
  for (const GuardedFloats* buffer : {&gradient, &scale, &output, &weight, &packed, &scratch})
    EXPECT_TRUE(buffer->Intact());
}

TEST_P(Dilation, MirroredWeightsMakeTheGradientByTheInput) {
  for (const int taps : {3, 5, 7})
    for (const int dilation : {1, 2})
      for (const int64_t channels : {1, 3, 4, 7, 17, 35})
        for (const int padding : {0, 1, taps + 4})
          ExpectGradientCorrect(Problem(taps, {padding, padding, padding + 1, padding}, {1, 15, 14, channels},
                                        channels % 2 == 1 ? channels + 5 : 39, {dilation, dilation}),
                                padding == 1, GetParam());
}

}  // namespace
}  // namespace fcn::winograd
