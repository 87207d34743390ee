#include "kernels/conv/streamed.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "kernels/conv/conv.h"
#include "kernels/conv/plan.h"
#include "kernels/simd/reference.h"
#include "support/guarded_image.h"

namespace fcn::conv {
namespace {

using test::GuardedFloats;
using test::GuardedImage;

ConvProblem Problem(const Nhwc& input, int64_t outputs) { return {{}, input, {input.n, input.h, input.w, outputs}}; }

struct Case {
  ConvProblem problem;
  bool mirrored = false;
  bool scaled = false, biased = false;
  enum { kNoResidual, kResidual, kInPlace } residual = kNoResidual;
  Activation activation = Activation::kNone;
  int64_t input_gap = 0, output_gap = 0;
  int misalign = 0;

  /// What conv.h makes of it, or what is streamed.
  std::vector<float> Compute(const Context& context, bool streamed) const {
    const int64_t inputs = problem.input.c, outputs = problem.output.c;
    GuardedImage x(problem.input, input_gap, misalign), y(problem.output, output_gap, misalign),
        added(problem.output, output_gap + 1);
    GuardedFloats weight(inputs * outputs, misalign), scale(mirrored ? inputs : outputs), bias(outputs);
    x.Fill(1);
    test::FillUniform(weight.data(), weight.size(), 2);
    test::FillUniform(scale.data(), scale.size(), 3);
    test::FillUniform(bias.data(), bias.size(), 4);
    added.Fill(5);
    if (residual == kInPlace) y.Fill(5);
    const std::vector<float> slopes = TestSlopes(activation, outputs);
    Epilogue epilogue{biased ? bias.data() : nullptr, {}, activation, slopes.data()};
    if (residual == kResidual) epilogue.residual = added.view();
    if (residual == kInPlace) epilogue.residual = y.view();
    const float* factors = scaled ? scale.data() : nullptr;

    const Isa isa = context.isa();
    const int threads = context.threads();
    if (streamed) {
      GuardedFloats scratch(StreamedScratchFloats(problem, isa, threads));
      (mirrored ? RunMirroredStreamed : RunStreamed)(problem, x.view(), weight.data(), factors, epilogue, y.view(),
                                                     scratch.data(), context);
      EXPECT_TRUE(scratch.Intact());
    } else {
      GuardedFloats packed(PackedFloats(problem, isa)), scratch(ScratchFloats(problem, isa, threads));
      (mirrored ? PackMirrored : Pack)(problem, isa, weight.data(), factors, context, packed.data());
      conv::Run(problem, x.view(), packed.data(), epilogue, y.view(), scratch.data(), context);
    }
    EXPECT_TRUE(x.Intact() && y.Intact() && added.Intact() && weight.Intact());
    return y.Values();
  }
};

class Streamed : public testing::TestWithParam<Isa> {
 protected:
  /// conv.h is tested against its definition, and this is conv.h bit by bit.
  void ExpectEqual(Case c) {
    for (const bool mirrored : {false, true}) {
      c.mirrored = mirrored;
      EXPECT_EQ(c.Compute(context_, true), c.Compute(context_, false))
          << (mirrored ? "mirrored, " : "") << ToString(c.problem.input) << " to " << ToString(c.problem.output);
    }
  }

  Context context_{2, GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Conv, Streamed, testing::ValuesIn(SupportedIsas()),
                         [](const auto& isa) { return IsaName(isa.param); });

TEST_P(Streamed, Sizes) {
  for (int64_t h = 1; h <= 17; h += 4)
    for (int64_t w = 1; w <= 20; w++)
      ExpectEqual({.problem = Problem({1 + (h + w) % 2, h, w, 9}, 37),
                   .input_gap = h % 3,
                   .output_gap = w % 4,
                   .misalign = static_cast<int>(w % 2)});
}

TEST_P(Streamed, Channels) {
  for (int64_t c = 1; c <= 150; c += c < 70 ? 1 : 9)
    ExpectEqual({.problem = Problem({1, 3, 5, c}, 1 + c * 37 % 140), .input_gap = c % 2, .output_gap = 1 - c % 2});
}

TEST_P(Streamed, LongSums) {
  for (const int64_t c : {511, 512, 513, 1024, 1300})
    for (const int64_t gap : {0, 3})
      ExpectEqual({.problem = Problem({2, 3, 5, c}, 67), .biased = true, .input_gap = gap, .output_gap = gap});
}

TEST_P(Streamed, Epilogues) {
  for (const Activation activation : {Activation::kNone, Activation::kRelu6, Activation::kTanh, Activation::kLeakyRelu})
    for (const auto residual : {Case::kNoResidual, Case::kResidual, Case::kInPlace})
      for (const bool scaled : {false, true})
        ExpectEqual({.problem = Problem({2, 7, 9, 530}, 101),
                     .scaled = scaled,
                     .biased = !scaled,
                     .residual = residual,
                     .activation = activation,
                     .output_gap = scaled ? 2 : 0,
                     .misalign = 1});
}

TEST_P(Streamed, SameBytesForAnyNumberOfThreads) {
  const Context one(1, GetParam()), three(3, GetParam());
  const Case c{.problem = Problem({1, 16, 17, 600}, 517)};
  const std::vector<float> values = c.Compute(one, true);
  EXPECT_EQ(values, c.Compute(context_, true));
  EXPECT_EQ(values, c.Compute(three, true));
}

TEST_P(Streamed, PaysForFewPixelsOfManyWeights) {
  const ConvProblem fc7 = Problem({1, 16, 16, 4096}, 4096);
  EXPECT_TRUE(PaysStreamed(fc7));
  EXPECT_LE(StreamedScratchFloats(fc7, GetParam(), 2), 2 << 20);
  EXPECT_FALSE(PaysStreamed(Problem({1, 64, 64, 4096}, 4096)));
  EXPECT_FALSE(PaysStreamed(Problem({1, 16, 16, 512}, 512)));
  ConvProblem other = fc7;
  other.geometry.groups = 2;
  EXPECT_FALSE(PaysStreamed(other));
  other = Problem({1, 16, 16, 4096}, 4096);
  other.geometry.kernel = {3, 3};
  EXPECT_FALSE(PaysStreamed(other));
}

}  // namespace
}  // namespace fcn::conv
