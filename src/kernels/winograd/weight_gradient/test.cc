#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "kernels/conv_gradient/reference.h"
#include "kernels/winograd/weight_gradient/blocking.h"
#include "kernels/winograd/weight_gradient/reference.h"
#include "kernels/winograd/weight_gradient/weight_gradient.h"
#include "support/guarded_image.h"
#include "tensor/random.h"

namespace fcn::winograd {
namespace {

using test::GuardedFloats;
using test::GuardedImage;

ConvProblem Problem(int taps, const Padding& padding, const Nhwc& input, int64_t outputs, int dilation = 1) {
  const int64_t reach = int64_t{taps - 1} * dilation;
  return {{{taps, taps}, {1, 1}, {dilation, dilation}, padding, 1},
          input,
          {input.n, input.h + padding.top + padding.bottom - reach, input.w + padding.left + padding.right - reach,
           outputs}};
}

ConvProblem Same(int taps, const Nhwc& input, int64_t outputs, int dilation = 1) {
  const int border = taps / 2 * dilation;
  return Problem(taps, {border, border, border, border}, input, outputs, dilation);
}

/// A problem, and how its tensors lie in memory.
struct Case {
  ConvProblem problem;
  int64_t input_gap = 0, gradient_gap = 0;
  int misalign = 0;
};

/// All that a run needs, filled with values that depend on nothing but the shapes.
class Fixture {
 public:
  explicit Fixture(const Case& c)
      : case_(c),
        input_(c.problem.input, c.input_gap, c.misalign),
        gradient_(c.problem.output, c.gradient_gap, c.misalign) {
    input_.Fill(1);
    gradient_.Fill(2);
  }

  int64_t Weights() const {
    const ConvProblem& p = case_.problem;
    return p.output.c * p.input.c * p.geometry.kernel.h * p.geometry.kernel.w;
  }

  std::vector<double> Expected() const {
    std::vector<double> expected(static_cast<size_t>(Weights()));
    conv_gradient::WeightReference(case_.problem, gradient_.Doubles().data(), input_.Doubles().data(), expected.data());
    return expected;
  }

  std::vector<float> Run(const Context& context) {
    GuardedFloats scratch(WeightScratchFloats(case_.problem, context.isa(), context.threads()));
    GuardedFloats output(Weights(), case_.misalign);
    RunWeight(case_.problem, gradient_.view(), input_.view(), output.data(), scratch.data(), context);
    EXPECT_TRUE(scratch.Intact() && output.Intact() && gradient_.Intact() && input_.Intact());
    return {output.data(), output.data() + output.size()};
  }

 private:
  Case case_;
  GuardedImage input_, gradient_;
};

double MaxError(const std::vector<float>& values, const std::vector<double>& expected) {
  EXPECT_EQ(values.size(), expected.size());
  double worst = 0;
  for (size_t i = 0; i < values.size(); i++) {
    const double error = std::abs(static_cast<double>(values[i]) - expected[i]);
    if (!(error <= worst)) worst = error;  // a NaN stays
  }
  return worst;
}

/// The contract's 2e-4 of the standard deviation. Values are uniform in [-1, 1), of variance 1/3, so a sum over pixels
/// has the standard deviation √pixels / 3; where most of them meet the padding it is shorter, but its tiles are not.
double Tolerance(const ConvProblem& problem) {
  return 2e-4 * std::sqrt(static_cast<double>(problem.output.pixels())) / 3;
}

std::string Describe(const ConvProblem& p) {
  return testing::PrintToString(std::vector<int64_t>{p.input.n, p.input.h, p.input.w, p.input.c, p.output.h, p.output.w,
                                                     p.output.c, p.geometry.kernel.h, p.geometry.dilation.h,
                                                     p.geometry.padding.top, p.geometry.padding.left});
}

template <int kTaps>
void ExpectTablesExact() {
  for (const Padding& padding : {Padding{}, Padding{1, 2, 3, 0}, Padding{kTaps, kTaps, kTaps, kTaps}}) {
    const ConvProblem problem = Problem(kTaps, padding, {2, 11, 9, 3}, 2);
    GuardedImage input(problem.input), gradient(problem.output);
    input.Fill(1);
    gradient.Fill(2);
    const std::vector<double> x = input.Doubles(), g = gradient.Doubles();
    std::vector<double> expected(static_cast<size_t>(3 * 2 * kTaps * kTaps)), actual = expected;
    conv_gradient::WeightReference(problem, g.data(), x.data(), expected.data());
    ReferenceWinogradWeight<kTaps, double>(padding, {g.data(), problem.output}, {x.data(), problem.input},
                                           actual.data());
    for (size_t i = 0; i < actual.size(); i++) ASSERT_NEAR(actual[i], expected[i], 1e-10) << kTaps << " taps, " << i;
  }
}

TEST(WinogradWeight, TablesAreExactForTheWholeFamily) {
  ExpectTablesExact<3>();
  ExpectTablesExact<5>();
  ExpectTablesExact<7>();
}

TEST(WinogradWeight, SupportsOnlyItsOwn) {
  const ConvGeometry yes{{3, 3}, {1, 1}, {2, 1}, {100, 0, 1, 2}, 1};
  EXPECT_TRUE(SupportsWeightGradient(yes));
  const auto supports = [&](auto change) {
    ConvGeometry geometry = yes;
    change(geometry);
    return SupportsWeightGradient(geometry);
  };
  for (const int taps : {5, 7}) EXPECT_TRUE(supports([&](ConvGeometry& g) { g.kernel = {taps, taps}; }));
  for (const Size2 kernel : {Size2{1, 1}, Size2{2, 2}, Size2{3, 5}, Size2{4, 4}, Size2{9, 9}})
    EXPECT_FALSE(supports([&](ConvGeometry& g) { g.kernel = kernel; }));
  EXPECT_FALSE(supports([](ConvGeometry& g) { g.stride = {1, 2}; }));
  EXPECT_FALSE(supports([](ConvGeometry& g) { g.groups = 2; }));
}

class WeightOfEveryIsa : public testing::TestWithParam<Isa> {
 protected:
  void ExpectCorrect(const Case& c) {
    Fixture fixture(c);
    EXPECT_LE(MaxError(fixture.Run(context_), fixture.Expected()), Tolerance(c.problem)) << Describe(c.problem);
  }
  /// The largest error as a fraction of the gradient's standard deviation.
  double RelativeError(const ConvProblem& problem) {
    Fixture fixture({problem});
    const std::vector<double> expected = fixture.Expected();
    double square = 0;
    for (const double value : expected) square += value * value;
    return MaxError(fixture.Run(context_), expected) / std::sqrt(square / static_cast<double>(expected.size()));
  }

  Context context_{2, GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Winograd, WeightOfEveryIsa, testing::ValuesIn(SupportedIsas()),
                         [](const auto& isa) { return IsaName(isa.param); });

TEST_P(WeightOfEveryIsa, Sizes) {
  for (const int taps : {3, 5, 7})
    for (int64_t h = 1; h <= 17; h++)
      for (int64_t w = 1; w <= 17; w += taps == 3 ? 1 : 2) {
        const auto index = static_cast<uint64_t>(h * 17 + w);
        const auto pad = [&](uint64_t i) { return static_cast<int>(RandomBits(7, index * 4 + i) % 5); };
        Padding padding{pad(0), pad(1), pad(2), pad(3)};
        // An output there must be.
        padding.bottom = std::max<int>(padding.bottom, static_cast<int>(taps - h) - padding.top);
        padding.right = std::max<int>(padding.right, static_cast<int>(taps - w) - padding.left);
        ExpectCorrect({.problem = Problem(taps, padding, {1 + (h + w) % 2, h, w, 3}, 5),
                       .input_gap = h % 3,
                       .gradient_gap = w % 4,
                       .misalign = static_cast<int>(w % 2)});
      }
}

TEST_P(WeightOfEveryIsa, Channels) {
  for (const int taps : {3, 5, 7})
    for (int64_t c = 1; c <= 35; c++) {
      const auto other = static_cast<int64_t>(1 + RandomBits(13, static_cast<uint64_t>(c * taps)) % 35);
      ExpectCorrect({.problem = Same(taps, {1, 5, 7, c}, other), .input_gap = c % 2, .gradient_gap = 1 - c % 2});
    }
}

TEST_P(WeightOfEveryIsa, Paddings) {
  for (int top = 0; top <= 3; top++)
    for (int bottom = 0; bottom <= 3; bottom++)
      for (int left = 0; left <= 3; left++)
        for (int right = 0; right <= 3; right++)
          ExpectCorrect({.problem = Problem(3, {top, bottom, left, right}, {1, 5, 7, 2}, 3)});
}

TEST_P(WeightOfEveryIsa, Dilations) {
  for (const int taps : {3, 5, 7})
    for (int dilation = 2; dilation <= 5; dilation++)
      for (int64_t size = 1; size <= 21; size += 4)
        ExpectCorrect({.problem = Same(taps, {2, size, 22 - size, 4}, 3, dilation), .input_gap = 1});
  ConvProblem uneven = Same(3, {1, 9, 11, 2}, 3, 3);
  uneven.geometry.dilation.w = 1;
  uneven.output.w += 4;
  ExpectCorrect({.problem = uneven});
}

// Several blocks of tiles and several chunks of both channels, all ragged.
ConvProblem ManyBlocks(Isa isa) {
  const ConvProblem problem = Same(3, {2, 101, 90, 20}, 37);
  EXPECT_GT(WeightBlockingFor(problem, isa).tiles, WeightBlockingFor(problem, isa).block);
  return problem;
}
ConvProblem ManyChunks(int taps, Isa isa) {
  const ConvProblem problem = Same(taps, {1, 8, 11, 261}, 275);
  const WeightBlocking blocking = WeightBlockingFor(problem, isa);
  EXPECT_GT(blocking.input_chunks, 1);
  EXPECT_GT(blocking.output_chunks, 1);
  return problem;
}

TEST_P(WeightOfEveryIsa, LargeProblems) {
  ExpectCorrect({.problem = ManyBlocks(GetParam()), .input_gap = 3, .gradient_gap = 5, .misalign = 1});
  for (const int taps : {3, 5, 7}) ExpectCorrect({.problem = ManyChunks(taps, GetParam()), .input_gap = 3});
}

TEST_P(WeightOfEveryIsa, SameBytesForAnyNumberOfThreads) {
  const Context one(1, GetParam()), three(3, GetParam());
  for (const ConvProblem& problem : {ManyBlocks(GetParam()), ManyChunks(3, GetParam()), ManyChunks(7, GetParam())}) {
    Fixture fixture({problem});
    const std::vector<float> alone = fixture.Run(one);
    EXPECT_EQ(alone, fixture.Run(context_));
    EXPECT_EQ(alone, fixture.Run(three));
  }
}

// The contract's bound, for short and for long sums: a deep layer's map and a shallow one's.
TEST_P(WeightOfEveryIsa, ErrorIsSmall) {
  for (const ConvProblem& problem :
       {Same(3, {1, 44, 44, 512}, 16), Same(3, {1, 349, 349, 4}, 64), Same(5, {1, 64, 64, 32}, 16),
        Same(7, {1, 22, 22, 64}, 16), Same(3, {8, 88, 88, 16}, 16)}) {
    const double error = RelativeError(problem);
    EXPECT_LE(error, 2e-4) << Describe(problem);
    std::printf("%s: error %.1e of the standard deviation\n", Describe(problem).c_str(), error);
  }
}

TEST_P(WeightOfEveryIsa, ScratchOfHugeLayersStaysSmall) {
  const ConvProblem fc6 = Problem(7, {}, {1, 22, 22, 512}, 4096);
  const ConvProblem conv1_2 = Same(3, {4, 698, 698, 64}, 64), conv4_2 = Same(3, {1, 88, 88, 512}, 512);
  for (const ConvProblem& problem : {fc6, conv1_2, conv4_2})
    EXPECT_LE(WeightScratchFloats(problem, GetParam(), 2), 4 << 20) << Describe(problem);
}

TEST_P(WeightOfEveryIsa, NothingToSumIsZero) {
  const ConvProblem no_images = Same(3, {0, 5, 5, 3}, 4), no_outputs = Same(3, {1, 5, 5, 3}, 0);
  Fixture fixture({no_images});
  EXPECT_EQ(fixture.Run(context_), std::vector<float>(3 * 4 * 9));
  EXPECT_TRUE(Fixture({no_outputs}).Run(context_).empty());
}

TEST_P(WeightOfEveryIsa, StopsWhenCancelled) {
  Context context(1, GetParam());
  context.Cancel();
  EXPECT_ANY_THROW(Fixture({Same(3, {1, 3, 3, 4}, 4)}).Run(context));
}

}  // namespace
}  // namespace fcn::winograd
