// Dilation as interleaved samples, and weights of a gradient: what the family does beyond a plain convolution.

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "kernels/winograd/test_case.h"
#include "kernels/winograd/tiling.h"

namespace fcn::winograd {
namespace {

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

class Dilation : public test::EveryIsa {};
FCN_FOR_EVERY_ISA(Winograd, Dilation);

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
                         .biased = true,
                         .residual = ConvCase::kResidual,
                         .input_gap = 2,
                         .output_gap = 3},
                        context_);
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
                                          {dilation, dilation})},
                      context_);
      }
}

TEST_P(Dilation, SameBytesForAnyNumberOfThreads) {
  const ConvCase c{.problem = Problem(3, {2, 2, 2, 2}, {1, 63, 61, 40}, 70, {2, 2})};
  test::ExpectSameForAnyThreads(GetParam(), [&](const Context& context) { return Compute(c, context); });
}

/// The gradient by the input through PackMirrored, on the problem that computes it.
void ExpectGradientCorrect(const ConvProblem& forward, bool scaled, const Context& context) {
  const ConvGeometry& g = forward.geometry;
  const int reach_h = g.dilation.h * (g.kernel.h - 1), reach_w = g.dilation.w * (g.kernel.w - 1);
  const Padding padding{reach_h - g.padding.top, reach_h - g.padding.bottom, reach_w - g.padding.left,
                        reach_w - g.padding.right};
  const ConvProblem problem{{g.kernel, {1, 1}, g.dilation, padding, 1}, forward.output, forward.input};
  test::ConvOperands operands({.problem = forward, .scaled = scaled, .misalign = 3}, /*by_input=*/true);
  GuardedFloats packed(PackedFloats(problem, context.isa()));
  GuardedFloats scratch(ScratchFloats(problem, context.isa(), context.threads()));
  PackMirrored(problem, context.isa(), operands.weight.data(), operands.factors(), context, packed.data());
  Run(problem, operands.input.view(), packed.data(), {}, operands.output.view(), scratch.data(), context);
  EXPECT_LE(MaxError(operands.output.Values(), operands.Expected()), Tolerance(problem))
      << IsaName(context.isa()) << ", " << test::Describe(forward);
  EXPECT_TRUE(operands.Intact() && packed.Intact() && scratch.Intact());
}

TEST_P(Dilation, MirroredWeightsMakeTheGradientByTheInput) {
  for (const int taps : {3, 5, 7})
    for (const int dilation : {1, 2})
      for (const int64_t channels : {1, 3, 4, 7, 17, 35})
        for (const int padding : {0, 1, taps + 4})
          ExpectGradientCorrect(Problem(taps, {padding, padding, padding + 1, padding}, {1, 15, 14, channels},
                                        channels % 2 == 1 ? channels + 5 : 39, {dilation, dilation}),
                                padding == 1, context_);
}

}  // namespace
}  // namespace fcn::winograd
