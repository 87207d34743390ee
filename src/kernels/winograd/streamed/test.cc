#include "kernels/winograd/streamed/streamed.h"

#include <gtest/gtest.h>

#include <cmath>
#include <utility>
#include <vector>

#include "kernels/conv/reference.h"
#include "kernels/conv_gradient/reference.h"
#include "kernels/winograd/streamed/products.h"
#include "kernels/winograd/test_problem.h"
#include "support/guarded_image.h"
#include "tensor/random.h"

namespace fcn::winograd {
namespace {

using test::GuardedFloats;
using test::GuardedImage;

/// One run in guarded memory, forward or by the input, and what it should give.
struct Case {
  ConvProblem problem;
  bool by_input = false;
  bool scaled = false, biased = false;
  enum { kNoResidual, kResidual, kInPlace } residual = kNoResidual;
  Activation activation = Activation::kNone;
  int64_t input_gap = 0, output_gap = 0;
  int misalign = 0;

  Nhwc from() const { return by_input ? problem.output : problem.input; }
  Nhwc to() const { return by_input ? problem.input : problem.output; }
  int64_t taps() const { return int64_t{problem.geometry.kernel.h} * problem.geometry.kernel.w; }
  /// Channels that a sum runs over.
  int64_t terms() const { return from().c; }

  struct Result {
    std::vector<float> values;
    std::vector<double> expected;
  };
  Result Compute(const Context& context, bool with_reference = true) const {
    GuardedImage x(from(), input_gap, misalign), added(to(), output_gap + 1), y(to(), output_gap, misalign);
    GuardedFloats weight(problem.output.c * problem.input.c * taps(), misalign), scale(problem.output.c),
        bias(problem.output.c);
    x.Fill(1);
    test::FillUniform(weight.data(), weight.size(), 2);
    test::FillUniform(scale.data(), scale.size(), 3);
    test::FillUniform(bias.data(), bias.size(), 4);
    added.Fill(5);
    if (residual == kInPlace) y.Fill(5);

    const std::vector<float> slopes = TestSlopes(activation, problem.output.c);
    Epilogue epilogue{biased ? bias.data() : nullptr, {}, activation, slopes.data()};
    if (residual == kResidual) epilogue.residual = added.view();
    if (residual == kInPlace) epilogue.residual = y.view();
    const float* factors = scaled ? scale.data() : nullptr;
    Result result;
    if (with_reference)
      result.expected = Expected(x.Doubles(), {weight.data(), weight.data() + weight.size()}, factors, bias.data(),
                                 residual == kNoResidual ? std::vector<double>() : added.Doubles());
    const Isa isa = context.isa();
    GuardedFloats scratch(by_input ? DataStreamedScratchFloats(problem, isa) : StreamedScratchFloats(problem, isa));
    (by_input ? RunDataStreamed : RunStreamed)(problem, x.view(), weight.data(), factors, epilogue, y.view(),
                                               scratch.data(), context);
    EXPECT_TRUE(x.Intact() && added.Intact() && y.Intact() && weight.Intact() && scratch.Intact());
    result.values = y.Values();
    return result;
  }

  std::vector<double> Expected(const std::vector<double>& x, std::vector<double> weight, const float* factors,
                               const float* bias, const std::vector<double>& added) const {
    const int64_t row = problem.input.c * taps();
    for (size_t i = 0; factors != nullptr && i < weight.size(); i++)
      weight[i] *= static_cast<double>(factors[static_cast<int64_t>(i) / row]);
    const std::vector<double> biases(bias, bias + problem.output.c);
    std::vector<double> y(static_cast<size_t>(to().elements()));
    if (by_input) {
      conv_gradient::DataReference(problem, x.data(), weight.data(), added.empty() ? nullptr : added.data(), y.data());
    } else {
      TensorView<const double> residual_view;
      if (!added.empty()) residual_view = {added.data(), to()};
      conv::Reference<double>(problem, {x.data(), from()}, weight.data(), biased ? biases.data() : nullptr,
                              residual_view, activation, {y.data(), to()});
    }
    return y;
  }
};

double MaxError(const Case::Result& result) {
  EXPECT_EQ(result.values.size(), result.expected.size());
  double worst = 0;
  for (size_t i = 0; i < result.values.size(); i++) {
    const double error = std::abs(static_cast<double>(result.values[i]) - result.expected[i]);
    if (!(error <= worst)) worst = error;  // a NaN stays
  }
  return worst;
}

class Streamed : public testing::TestWithParam<Isa> {
 protected:
  /// The contract's 2e-4 of the standard deviation. Values are uniform in [-1, 1), of variance 1/3, so a sum of
  /// taps²·c products has the standard deviation taps·√c / 3. At a border the sum is shorter but its tile is not.
  void ExpectCorrect(Case c) {
    for (const bool by_input : {false, true}) {
      c.by_input = by_input;
      const int taps = c.problem.geometry.kernel.h;
      EXPECT_LE(MaxError(c.Compute(context_)), 2e-4 * taps * std::sqrt(static_cast<double>(c.terms())) / 3)
          << (by_input ? "by input, " : "") << taps << " taps, " << ToString(c.problem.input) << " to "
          << ToString(c.problem.output) << ", padding top " << c.problem.geometry.padding.top << ", left "
          << c.problem.geometry.padding.left;
    }
  }

  Context context_{2, GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Winograd, Streamed, testing::ValuesIn(SupportedIsas()),
                         [](const auto& isa) { return IsaName(isa.param); });

TEST_P(Streamed, SupportsOnlyItsOwn) {
  for (const int taps : {3, 5, 7}) EXPECT_TRUE(SupportsStreamed({{taps, taps}, {1, 1}, {1, 1}, {9, 0, 1, 2}, 1}));
  EXPECT_FALSE(SupportsStreamed({{3, 3}, {1, 1}, {2, 1}, {}, 1}));
  EXPECT_FALSE(SupportsStreamed({{3, 3}, {1, 1}, {1, 2}, {}, 1}));
  EXPECT_FALSE(SupportsStreamed({{3, 3}, {2, 1}, {1, 1}, {}, 1}));
  EXPECT_FALSE(SupportsStreamed({{3, 3}, {1, 1}, {1, 1}, {}, 2}));
  EXPECT_FALSE(SupportsStreamed({{3, 5}, {1, 1}, {1, 1}, {}, 1}));
  EXPECT_FALSE(SupportsStreamed({{1, 1}, {1, 1}, {1, 1}, {}, 1}));
}

TEST_P(Streamed, SizesAndPaddings) {
  for (const int taps : {3, 5, 7})
    for (int64_t h = 1; h <= 17; h += 2)
      for (int64_t w = 1; w <= 17; w++) {
        const auto index = static_cast<uint64_t>(h * 17 + w);
        const auto pad = [&](uint64_t i) { return static_cast<int>(RandomBits(7, index * 4 + i) % (taps + 3)); };
        Padding padding{pad(0), pad(1), pad(2), pad(3)};
        // An output there must be.
        padding.bottom = std::max<int>(padding.bottom, static_cast<int>(taps - h) - padding.top);
        padding.right = std::max<int>(padding.right, static_cast<int>(taps - w) - padding.left);
        ExpectCorrect({.problem = Problem(taps, padding, {1 + (h + w) % 2, h, w, 3}, 5),
                       .input_gap = h % 3,
                       .output_gap = w % 4,
                       .misalign = static_cast<int>(w % 2)});
      }
  ExpectCorrect({.problem = Problem(3, {-1, -2, -1, 0}, {1, 12, 13, 4}, 3)});
}

TEST_P(Streamed, Channels) {
  for (const int taps : {3, 5, 7})
    for (int64_t c = 1; c <= 70; c++) {
      const auto other = static_cast<int64_t>(1 + RandomBits(13, static_cast<uint64_t>(c * taps)) % 70);
      ExpectCorrect(
          {.problem = Problem(taps, {1, 2, 2, 1}, {1, 5, 6, c}, other), .input_gap = c % 2, .output_gap = 1 - c % 2});
    }
}

TEST_P(Streamed, Epilogues) {
  for (const int taps : {3, 7})
    for (const auto residual : {Case::kNoResidual, Case::kResidual, Case::kInPlace})
      for (const bool scaled : {false, true}) {
        Case c{.problem = Problem(taps, {1, 1, 1, 1}, {2, 8, 9, 19}, 37),
               .scaled = scaled,
               .biased = true,
               .residual = residual,
               .input_gap = 2,
               .output_gap = 3,
               .misalign = 1};
        ExpectCorrect(c);
        for (const Activation activation :
             {Activation::kRelu, Activation::kRelu6, Activation::kHardSwish, Activation::kLeakyRelu}) {
          c.activation = activation;
          EXPECT_LE(MaxError(c.Compute(context_)), 2e-3);
        }
      }
}

// Several blocks of tiles and several groups of columns, of one or two blocks of terms, all ragged.
std::vector<Case> ManyBlocks(Isa isa) {
  std::vector<Case> cases;
  for (const bool by_input : {false, true})
    for (const auto& [terms, columns] : {std::pair<int64_t, int64_t>{20, 203}, {517, 661}}) {
      const ConvProblem problem = Problem(3, {}, {101, 3, 3, by_input ? columns : terms}, by_input ? terms : columns);
      const StreamedBlocking blocking(101, terms, columns, isa);
      EXPECT_LT(blocking.tile_block, blocking.tiles);
      EXPECT_LT(blocking.group, blocking.columns);
      EXPECT_LT(blocking.slice, blocking.group);
      EXPECT_EQ(blocking.term_block<blocking.terms, terms> 512);
      cases.push_back({.problem = problem, .by_input = by_input});
    }
  return cases;
}

TEST_P(Streamed, ManyBlocksAreCorrect) {
  for (const Case& c : ManyBlocks(GetParam()))
    EXPECT_LE(MaxError(c.Compute(context_)), 2e-4 * std::sqrt(static_cast<double>(c.terms())));
}

TEST_P(Streamed, SameBytesForAnyNumberOfThreads) {
  const Context one(1, GetParam()), three(3, GetParam());
  for (const Case& c : ManyBlocks(GetParam())) {
    const std::vector<float> values = c.Compute(one, false).values;
    EXPECT_EQ(values, c.Compute(context_, false).values);
    EXPECT_EQ(values, c.Compute(three, false).values);
  }
}

TEST_P(Streamed, AnImageDoesNotDependOnItsBatch) {
  for (const bool by_input : {false, true}) {
    const Case alone{.problem = Problem(7, {1, 2, 2, 1}, {1, 13, 17, 7}, 9), .by_input = by_input};
    const Case batch{.problem = Problem(7, {1, 2, 2, 1}, {3, 13, 17, 7}, 9), .by_input = by_input};
    const std::vector<float> one = alone.Compute(context_, false).values, three = batch.Compute(context_, false).values;
    EXPECT_TRUE(std::equal(one.begin(), one.end(), three.begin()));
  }
}

TEST_P(Streamed, ErrorIsSmallAt512Channels) {
  for (const bool by_input : {false, true})
    for (const int taps : {3, 5, 7}) {
      const int64_t inputs = by_input ? 8 : 512, outputs = by_input ? 512 : 8;
      const Case c{.problem = Problem(taps, {}, {1, 20, 20, inputs}, outputs), .by_input = by_input};
      const Case::Result result = c.Compute(context_);
      double square = 0;
      for (const double value : result.expected) square += value * value;
      const double error = MaxError(result) / std::sqrt(square / static_cast<double>(result.expected.size()));
      EXPECT_LE(error, 2e-4) << taps << " taps";
      std::printf("%s%d taps: error %.1e of the standard deviation\n", by_input ? "by input, " : "", taps, error);
    }
}

TEST_P(Streamed, NothingToDo) {
  const ConvProblem problem = Problem(3, {1, 1, 1, 1}, {0, 5, 5, 3}, 4);
  RunStreamed(problem, {nullptr, problem.input}, nullptr, nullptr, {}, {nullptr, problem.output}, nullptr, context_);
  RunDataStreamed(problem, {nullptr, problem.output}, nullptr, nullptr, {}, {nullptr, problem.input}, nullptr,
                  context_);
}

TEST_P(Streamed, StopsWhenCancelled) {
  Context context(1, GetParam());
  context.Cancel();
  EXPECT_ANY_THROW(Case({.problem = Problem(3, {}, {1, 5, 5, 3}, 4)}).Compute(context, false));
}

TEST_P(Streamed, ScratchOfHugeLayersStaysSmall) {
  const ConvProblem fc6 = Problem(7, {}, {1, 22, 22, 512}, 4096), batch = Problem(7, {}, {8, 22, 22, 512}, 4096);
  for (const ConvProblem& problem : {fc6, batch}) {
    EXPECT_LE(StreamedScratchFloats(problem, GetParam()), 8 << 20);
    EXPECT_LE(DataStreamedScratchFloats(problem, GetParam()), 8 << 20);
  }
}

}  // namespace
}  // namespace fcn::winograd
