#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "kernels/winograd/blocking.h"
#include "kernels/winograd/reference.h"
#include "kernels/winograd/test_case.h"
#include "kernels/winograd/winograd.h"

namespace fcn::winograd {
namespace {

using test::FillUniform;
using test::GuardedFloats;

template <int kTaps>
void ExpectTablesExact() {
  for (const Padding& padding : {Padding{}, Padding{1, 2, 3, 0}, Padding{kTaps, kTaps, kTaps, kTaps}}) {
    const ConvProblem problem = Problem(kTaps, padding, {2, 11, 9, 3}, 2);
    auto x = RandomValues<float>(problem.input.elements(), 1);
    auto w = RandomValues<float>(problem.input.c * problem.output.c * kTaps * kTaps, 2);
    const auto expected = Direct(problem, {x.data(), problem.input}, w.data(), nullptr, {});
    const std::vector<double> exact_x(x.begin(), x.end()), exact_w(w.begin(), w.end());
    std::vector<double> y(static_cast<size_t>(problem.output.elements()), std::nan(""));
    ReferenceWinograd<kTaps, double>(padding, {exact_x.data(), problem.input}, exact_w.data(),
                                     {y.data(), problem.output});
    for (size_t i = 0; i < y.size(); i++) ASSERT_NEAR(y[i], expected[i], 1e-10) << kTaps << " taps, output " << i;
  }
}

TEST(Winograd, TablesAreExactForTheWholeFamily) {
  ExpectTablesExact<3>();
  ExpectTablesExact<5>();
  ExpectTablesExact<6>();
  ExpectTablesExact<7>();
}

TEST(Winograd, SupportsOnlyItsOwn) {
  const ConvGeometry yes{{3, 3}, {1, 1}, {1, 1}, {100, 0, 1, 2}, 1};
  EXPECT_TRUE(Supports(yes));
  EXPECT_TRUE(Supports({{5, 5}, {1, 1}, {1, 1}, {}, 1}));
  EXPECT_TRUE(Supports({{7, 7}, {1, 1}, {1, 1}, {}, 1}));
  EXPECT_TRUE(Supports({{3, 3}, {1, 1}, {2, 3}, {}, 1}));
  const auto no = [&](auto change) {
    ConvGeometry geometry = yes;
    change(geometry);
    EXPECT_FALSE(Supports(geometry));
  };
  no([](ConvGeometry& g) { g.kernel = {1, 1}; });
  no([](ConvGeometry& g) { g.kernel = {3, 5}; });
  no([](ConvGeometry& g) { g.kernel = {6, 6}; });
  no([](ConvGeometry& g) { g.kernel = {9, 9}; });
  no([](ConvGeometry& g) { g.stride = {1, 2}; });
  no([](ConvGeometry& g) { g.stride = {2, 1}; });
  no([](ConvGeometry& g) { g.groups = 2; });
}

class EveryIsa : public testing::TestWithParam<Isa> {};
INSTANTIATE_TEST_SUITE_P(Winograd, EveryIsa, testing::ValuesIn(SupportedIsas()),
                         [](const auto& isa) { return IsaName(isa.param); });

void ExpectSizesCorrect(int taps, int64_t step, Isa isa) {
  for (int64_t h = 1; h <= 20; h += step)
    for (int64_t w = 1; w <= 20; w += step) {
      const auto pad = [&](int64_t i) {
        return static_cast<int>(test::Uniform(7, static_cast<uint64_t>((h * 20 + w) * 4 + i)) * 2 + 2);
      };
      Padding padding{pad(0), pad(1), pad(2), pad(3)};
      // An output there must be.
      padding.bottom = std::max<int>(padding.bottom, static_cast<int>(taps - h) - padding.top);
      padding.right = std::max<int>(padding.right, static_cast<int>(taps - w) - padding.left);
      ExpectCorrect({.problem = Problem(taps, padding, {1 + (h + w) % 2, h, w, 3}, 5), .isa = isa});
    }
}

TEST_P(EveryIsa, Sizes) {
  ExpectSizesCorrect(3, 1, GetParam());
  ExpectSizesCorrect(5, 2, GetParam());
  ExpectSizesCorrect(7, 2, GetParam());
}

TEST_P(EveryIsa, Channels) {
  std::vector<int64_t> counts = {64};
  for (int64_t c = 1; c <= 33; c++) counts.push_back(c);
  for (size_t i = 0; i < counts.size(); i++) {
    // Each count meets itself and one quite different.
    for (const int64_t outputs : {counts[i], counts[(i * 13 + 5) % counts.size()]})
      for (const int taps : {3, 5, 7})
        ExpectCorrect({.problem = Problem(taps, {1, 1, 1, 1}, {1, 9, 10, counts[i]}, outputs), .isa = GetParam()});
  }
}

TEST_P(EveryIsa, Paddings) {
  for (int top = 0; top <= 3; top++)
    for (int bottom = 0; bottom <= 3; bottom++)
      for (int left = 0; left <= 3; left++)
        for (int right = 0; right <= 3; right++)
          ExpectCorrect({.problem = Problem(3, {top, bottom, left, right}, {1, 5, 7, 2}, 3), .isa = GetParam()});
  ExpectCorrect({.problem = Problem(3, {100, 100, 100, 100}, {1, 3, 1, 3}, 4), .isa = GetParam()});
}

TEST_P(EveryIsa, EpiloguesAndStrides) {
  for (const Activation activation : kEveryActivation)
    for (const auto residual : {Case::kNoResidual, Case::kResidual, Case::kInPlace})
      for (const bool biased : {false, true})
        for (const int64_t channels : {5, 16, 19, 32})
          ExpectCorrect({.problem = Problem(channels == 16   ? 5
                                            : channels == 32 ? 7
                                                             : 3,
                                            {1, 1, 1, 1}, {2, 8, 13, channels}, channels + 2),
                         .isa = GetParam(),
                         .scaled = biased,
                         .biased = biased,
                         .residual = residual,
                         .activation = activation,
                         .input_gap = 3,
                         .output_gap = 1,
                         .residual_gap = 6,
                         .misalign = static_cast<int>(channels % 16 + 1)});
}

TEST_P(EveryIsa, LongSumsAreCut) {
  for (const int64_t inputs : {kMaxSum - 1, kMaxSum, kMaxSum + 1, 2 * kMaxSum + 40})
    ExpectCorrect({.problem = Problem(3, {1, 1, 1, 1}, {1, 7, 5, inputs}, 35), .isa = GetParam()});
}

TEST_P(EveryIsa, ErrorIsSmallAt512Channels) {
  for (const int taps : {3, 5, 7}) {
    const ConvProblem problem = Problem(taps, {1, 1, 1, 1}, {1, 24, 24, 512}, 32);
    const Case::Result result = Case{.problem = problem, .isa = GetParam()}.Compute();
    double square = 0;
    for (const double value : result.expected) square += value * value;
    const double deviation = std::sqrt(square / static_cast<double>(result.expected.size()));
    const double error = MaxError(result.values, result.expected) / deviation;
    EXPECT_LE(error, 2e-4) << taps << " taps";
    RecordProperty("error_" + std::to_string(taps), std::to_string(error * 1e6) + "e-6");
  }
}

// Which tiles share a block, and where in it a tile lies, depends on the batch; its values must not.
TEST_P(EveryIsa, AnImageDoesNotDependOnItsBatch) {
  const Case one{.problem = Problem(3, {0, 1, 2, 1}, {1, 13, 17, 7}, 9), .isa = GetParam()};
  Case three = one;
  three.problem = Problem(3, {0, 1, 2, 1}, {3, 13, 17, 7}, 9);
  const std::vector<float> alone = one.Compute(false).values, together = three.Compute(false).values;
  EXPECT_EQ(std::memcmp(alone.data(), together.data(), alone.size() * sizeof(float)), 0);
}

TEST(Winograd, NothingToDo) {
  const ConvProblem problem = Problem(3, {1, 1, 1, 1}, {0, 5, 5, 3}, 4);
  const Context context(2);
  EXPECT_EQ(ScratchFloats(problem, context.isa(), 2), 0);
  winograd::Run(problem, {nullptr, problem.input}, nullptr, {}, {nullptr, problem.output}, nullptr, context);
}

}  // namespace
}  // namespace fcn::winograd
