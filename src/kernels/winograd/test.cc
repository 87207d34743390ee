#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "kernels/conv/reference.h"
#include "kernels/winograd/blocking.h"
#include "kernels/winograd/reference.h"
#include "kernels/winograd/winograd.h"
#include "support/guarded.h"

namespace fcn::winograd {
namespace {

using test::FillUniform;
using test::GuardedFloats;

template <typename T>
std::vector<T> RandomValues(int64_t count, uint64_t seed) {
  std::vector<T> values(static_cast<size_t>(count));
  for (size_t i = 0; i < values.size(); i++) values[i] = static_cast<T>(test::Uniform(seed, i));
  return values;
}

ConvProblem Problem(int taps, const Padding& padding, const Nhwc& input, int64_t outputs) {
  return {{{taps, taps}, {1, 1}, {1, 1}, padding, 1},
          input,
          {input.n, input.h + padding.top + padding.bottom - taps + 1,
           input.w + padding.left + padding.right - taps + 1, outputs}};
}

/// The definition, in double.
std::vector<double> Direct(const ConvProblem& problem, TensorView<const float> input, const float* weight,
                           const float* scale, const Epilogue& epilogue) {
  // Copies keep the gaps between pixels, and so the strides.
  const auto widened = [](TensorView<const float> view) {
    return view.data == nullptr
               ? std::vector<double>()
               : std::vector<double>(view.data, view.at(view.shape.n, 0, 0) - view.pixel_stride + view.shape.c);
  };
  const int64_t outputs = problem.output.c;
  const int64_t taps = problem.input.c * problem.geometry.kernel.h * problem.geometry.kernel.w;
  const std::vector<double> x = widened(input), added = widened(epilogue.residual);
  std::vector<double> w(weight, weight + outputs * taps), bias(static_cast<size_t>(outputs));
  for (size_t i = 0; scale != nullptr && i < w.size(); i++)
    w[i] *= static_cast<double>(scale[i / static_cast<size_t>(taps)]);
  if (epilogue.bias != nullptr) bias.assign(epilogue.bias, epilogue.bias + outputs);
  TensorView<const double> residual;
  if (!added.empty()) residual = {added.data(), problem.output, epilogue.residual.pixel_stride};
  std::vector<double> y(static_cast<size_t>(problem.output.elements()));
  conv::Reference<double>(problem, {x.data(), problem.input, input.pixel_stride}, w.data(), bias.data(), residual,
                          epilogue.activation, {y.data(), problem.output});
  return y;
}

/// A view's values without the gaps between its pixels.
std::vector<float> Values(TensorView<const float> view) {
  std::vector<float> values;
  for (int64_t p = 0; p < view.shape.pixels(); p++)
    values.insert(values.end(), view.data + p * view.pixel_stride, view.data + p * view.pixel_stride + view.shape.c);
  return values;
}

double MaxError(const std::vector<float>& values, const std::vector<double>& expected) {
  EXPECT_EQ(values.size(), expected.size());
  double worst = 0;
  for (size_t i = 0; i < values.size(); i++) {
    const double error = std::abs(static_cast<double>(values[i]) - expected[i]);
    if (!(error <= worst)) worst = error;  // a NaN stays
  }
  return worst;
}

/// One convolution in guarded buffers of exactly the sizes that the contract names.
struct Case {
  ConvProblem problem;
  Isa isa = Isa::kPortable;
  int threads = 1;
  bool scaled = false, biased = false;
  enum { kNoResidual, kResidual, kInPlace } residual = kNoResidual;
  Activation activation = Activation::kNone;
  int input_gap = 0, output_gap = 0, residual_gap = 0;  ///< floats between pixels
  int misalign = 0;

  struct Result {
    std::vector<float> values;
    std::vector<double> expected;
  };

  Result Compute(bool with_reference = true) const {
    const Context context(threads, isa);
    const Nhwc &in = problem.input, &out = problem.output;
    const int64_t input_stride = in.c + input_gap, output_stride = out.c + output_gap;
    const int64_t residual_stride = out.c + residual_gap;
    const auto floats = [](const Nhwc& shape, int64_t stride) { return (shape.pixels() - 1) * stride + shape.c; };
    GuardedFloats x(floats(in, input_stride), misalign), y(floats(out, output_stride), misalign);
    GuardedFloats weight(in.c * out.c * problem.geometry.kernel.h * problem.geometry.kernel.w, misalign);
    GuardedFloats scale(out.c, misalign), bias(out.c, misalign), added(floats(out, residual_stride), misalign);
    // Gaps hold NaN: a kernel that reads them shows.
    const auto fill = [](float* data, const Nhwc& shape, int64_t stride, uint64_t seed) {
      for (int64_t p = 0; p < shape.pixels(); p++)
        FillUniform(data + p * stride, shape.c, seed + static_cast<uint64_t>(p) * 16);
    };
    fill(x.data(), in, input_stride, 1);
    FillUniform(weight.data(), weight.size(), 2);
    FillUniform(scale.data(), out.c, 3);
    FillUniform(bias.data(), out.c, 4);
    fill(added.data(), out, residual_stride, 5);
    if (residual == kInPlace) fill(y.data(), out, output_stride, 5);

    Epilogue epilogue{biased ? bias.data() : nullptr, {}, activation};
    if (residual == kResidual) epilogue.residual = {added.data(), out, residual_stride};
    if (residual == kInPlace) epilogue.residual = {y.data(), out, output_stride};
    const TensorView<const float> input{x.data(), in, input_stride};
    const TensorView<float> output{y.data(), out, output_stride};
    Result result;
    if (with_reference)
      result.expected = Direct(problem, input, weight.data(), scaled ? scale.data() : nullptr, epilogue);

    GuardedFloats packed(PackedFloats(problem, isa)), scratch(ScratchFloats(problem, isa, threads));
    Pack(problem, isa, weight.data(), scaled ? scale.data() : nullptr, context, packed.data());
    for (int64_t i = 0; i < packed.size(); i++)
      if (std::isnan(packed[i])) ADD_FAILURE() << "packed weight " << i << " was not written";
    Run(problem, input, packed.data(), epilogue, output, scratch.data(), context);

    for (const GuardedFloats* buffer : {&x, &y, &weight, &scale, &bias, &added, &packed, &scratch})
      EXPECT_TRUE(buffer->Intact());
    for (int64_t i = 0; i < y.size(); i++)
      if (i % output_stride >= out.c && !std::isnan(y[i])) ADD_FAILURE() << "a gap between pixels was written";
    result.values = Values(output);
    return result;
  }
};

/// The contract's 2e-4 of the output's standard deviation. Values are uniform in [-1, 1), of variance 1/3, so a sum of
/// 9·c products has the standard deviation √(9·c) / 3. At an image's border the sum is shorter but its tile is not.
double Tolerance(const ConvProblem& problem) { return 2e-4 * std::sqrt(static_cast<double>(problem.input.c)); }

void ExpectCorrect(const Case& c) {
  const Case::Result result = c.Compute();
  EXPECT_LE(MaxError(result.values, result.expected), Tolerance(c.problem))
      << IsaName(c.isa) << ", " << ToString(c.problem.input) << " to " << ToString(c.problem.output) << ", padding top "
      << c.problem.geometry.padding.top << ", left " << c.problem.geometry.padding.left;
}

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
  const auto no = [&](auto change) {
    ConvGeometry geometry = yes;
    change(geometry);
    EXPECT_FALSE(Supports(geometry));
  };
  no([](ConvGeometry& g) { g.kernel = {1, 1}; });
  no([](ConvGeometry& g) { g.kernel = {3, 5}; });
  no([](ConvGeometry& g) { g.stride = {1, 2}; });
  no([](ConvGeometry& g) { g.stride = {2, 1}; });
  no([](ConvGeometry& g) { g.dilation = {2, 2}; });
  no([](ConvGeometry& g) { g.groups = 2; });
}

class EveryIsa : public testing::TestWithParam<Isa> {};
INSTANTIATE_TEST_SUITE_P(Winograd, EveryIsa, testing::ValuesIn(SupportedIsas()),
                         [](const auto& isa) { return IsaName(isa.param); });

TEST_P(EveryIsa, Sizes) {
  for (int64_t h = 1; h <= 20; h++)
    for (int64_t w = 1; w <= 20; w++) {
      const auto pad = [&](int64_t i) {
        return static_cast<int>(test::Uniform(7, static_cast<uint64_t>((h * 20 + w) * 4 + i)) * 2 + 2);
      };
      Padding padding{pad(0), pad(1), pad(2), pad(3)};
      // An output there must be.
      padding.bottom = std::max<int>(padding.bottom, static_cast<int>(3 - h) - padding.top);
      padding.right = std::max<int>(padding.right, static_cast<int>(3 - w) - padding.left);
      ExpectCorrect({.problem = Problem(3, padding, {1 + (h + w) % 2, h, w, 3}, 5), .isa = GetParam()});
    }
}

TEST_P(EveryIsa, Channels) {
  std::vector<int64_t> counts = {64};
  for (int64_t c = 1; c <= 33; c++) counts.push_back(c);
  for (size_t i = 0; i < counts.size(); i++) {
    // Each count meets itself and one quite different.
    for (const int64_t outputs : {counts[i], counts[(i * 13 + 5) % counts.size()]})
      ExpectCorrect({.problem = Problem(3, {1, 1, 1, 1}, {1, 9, 10, counts[i]}, outputs), .isa = GetParam()});
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
  for (const Activation activation : {Activation::kNone, Activation::kRelu, Activation::kRelu6})
    for (const auto residual : {Case::kNoResidual, Case::kResidual, Case::kInPlace})
      for (const bool biased : {false, true})
        for (const int64_t channels : {5, 16, 19, 32})
          ExpectCorrect({.problem = Problem(3, {1, 1, 1, 1}, {2, 8, 13, channels}, channels + 2),
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
  const ConvProblem problem = Problem(3, {1, 1, 1, 1}, {1, 24, 24, 512}, 32);
  const Case::Result result = Case{.problem = problem, .isa = GetParam()}.Compute();
  double square = 0;
  for (const double value : result.expected) square += value * value;
  const double deviation = std::sqrt(square / static_cast<double>(result.expected.size()));
  const double error = MaxError(result.values, result.expected) / deviation;
  EXPECT_LE(error, 2e-4);
  RecordProperty("error", std::to_string(error * 1e6) + "e-6");
}

// Two ways to share out the work: many blocks, one worker each; and few blocks, on each of which all workers work.
Case ManyBlocks(Isa isa) {
  const ConvProblem problem = Problem(3, {1, 1, 1, 1}, {2, 90, 101, 20}, 37);
  EXPECT_FALSE(BlockingFor(problem, isa).shared);
  EXPECT_GT(BlockingFor(problem, isa).blocks, 2);
  return {.problem = problem, .isa = isa, .biased = true, .activation = Activation::kRelu};
}

Case SharedBlocks(Isa isa) {
  const ConvProblem problem = Problem(3, {}, {100, 3, 9, 181}, 185);
  EXPECT_TRUE(BlockingFor(problem, isa).shared);
  EXPECT_GT(BlockingFor(problem, isa).blocks, 1);
  return {.problem = problem, .isa = isa, .biased = true, .activation = Activation::kRelu};
}

TEST_P(EveryIsa, BothWaysToShareOutAreCorrect) {
  for (Case c : {ManyBlocks(GetParam()), SharedBlocks(GetParam())}) {
    c.threads = 2;
    ExpectCorrect(c);
  }
}

TEST_P(EveryIsa, SameBytesForAnyNumberOfThreads) {
  for (Case c : {ManyBlocks(GetParam()), SharedBlocks(GetParam())}) {
    const std::vector<float> one = c.Compute(false).values;
    for (const int threads : {2, 3}) {
      c.threads = threads;
      const std::vector<float> more = c.Compute(false).values;
      EXPECT_EQ(std::memcmp(one.data(), more.data(), one.size() * sizeof(float)), 0) << threads << " threads";
    }
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
