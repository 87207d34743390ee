#include "kernels/conv/streamed.h"

#include <gtest/gtest.h>

#include <vector>

#include "kernels/conv/conv.h"
#include "support/conv_case.h"
#include "support/every_isa.h"

namespace fcn::conv {
namespace {

using test::ConvCase;
using test::GuardedFloats;

ConvProblem Problem(const Nhwc& input, int64_t outputs) { return test::ProblemOf({}, input, outputs); }

std::vector<float> Stream(const ConvCase& c, const Context& context, bool mirrored = false) {
  test::ConvOperands operands(c);
  GuardedFloats scratch(StreamedScratchFloats(c.problem, context.isa(), context.threads()));
  (mirrored ? RunMirroredStreamed : RunStreamed)(c.problem, operands.input.view(), operands.weight.data(),
                                                 operands.factors(), operands.epilogue(), operands.output.view(),
                                                 scratch.data(), context);
  EXPECT_TRUE(operands.Intact() && scratch.Intact());
  return operands.output.Values();
}

constexpr test::RunConv kRun = test::RunPacked<PackedFloats, Pack, ScratchFloats, Run>;
constexpr test::RunConv kRunMirrored = test::RunPacked<PackedFloats, PackMirrored, ScratchFloats, Run>;

class Streamed : public test::EveryIsa {
 protected:
  /// conv.h is tested against its definition, and this is conv.h bit by bit.
  void ExpectEqual(const ConvCase& c) {
    EXPECT_EQ(Stream(c, context_), kRun(c, context_, false)) << test::Describe(c.problem);
    EXPECT_EQ(Stream(c, context_, true), kRunMirrored(c, context_, false)) << "mirrored, " << test::Describe(c.problem);
  }
};
FCN_FOR_EVERY_ISA(Conv, Streamed);

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
    for (const auto residual : {ConvCase::kNoResidual, ConvCase::kResidual, ConvCase::kInPlace})
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
  const ConvCase c{.problem = Problem({1, 16, 17, 600}, 517)};
  test::ExpectSameForAnyThreads(GetParam(), [&](const Context& context) { return Stream(c, context); });
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
