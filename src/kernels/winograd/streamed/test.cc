#include "kernels/winograd/streamed/streamed.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>
#include <vector>

#include "kernels/winograd/streamed/products.h"
#include "kernels/winograd/test_case.h"
#include "tensor/random.h"

namespace fcn::winograd {
namespace {

using test::ConvOperands;
using test::GuardedFloats;

std::vector<float> Stream(const ConvCase& c, const Context& context, bool by_input) {
  ConvOperands operands(c, by_input);
  GuardedFloats scratch(by_input ? DataStreamedScratchFloats(c.problem, context.isa())
                                 : StreamedScratchFloats(c.problem, context.isa()));
  (by_input ? RunDataStreamed : RunStreamed)(c.problem, operands.input.view(), operands.weight.data(),
                                             operands.factors(), operands.epilogue(), operands.output.view(),
                                             scratch.data(), context);
  EXPECT_TRUE(operands.Intact() && scratch.Intact());
  return operands.output.Values();
}

class Streamed : public test::EveryIsa {
 protected:
  double Error(const ConvCase& c, bool by_input) {
    return MaxError(Stream(c, context_, by_input), ConvOperands(c, by_input).Expected());
  }
  void ExpectCorrect(const ConvCase& c) {
    const ConvProblem& p = c.problem;
    for (const bool by_input : {false, true})
      EXPECT_LE(Error(c, by_input),
                Tolerance((by_input ? p.output.c : p.input.c) * p.geometry.kernel.h * p.geometry.kernel.w))
          << (by_input ? "by input, " : "") << test::Describe(p);
  }
};
FCN_FOR_EVERY_ISA(Winograd, Streamed);

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
      for (int64_t w = 1; w <= 17; w++)
        ExpectCorrect({.problem = Problem(taps, SomePadding(taps, h, w, taps + 3), {1 + (h + w) % 2, h, w, 3}, 5),
                       .input_gap = h % 3,
                       .output_gap = w % 4,
                       .misalign = static_cast<int>(w % 2)});
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
    for (const auto residual : {ConvCase::kNoResidual, ConvCase::kResidual, ConvCase::kInPlace})
      for (const bool scaled : {false, true}) {
        ConvCase c{.problem = Problem(taps, {1, 1, 1, 1}, {2, 8, 9, 19}, 37),
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
          EXPECT_LE(Error(c, false), 2e-3);
        }
      }
}

// Several blocks of tiles and several groups of columns, of one or two blocks of terms, all ragged.
std::vector<ConvCase> ManyBlocks(Isa isa, bool by_input) {
  std::vector<ConvCase> cases;
  for (const auto& [terms, columns] : {std::pair<int64_t, int64_t>{20, 203}, {517, 661}}) {
    const StreamedBlocking blocking(101, terms, columns, isa);
    EXPECT_LT(blocking.tile_block, blocking.tiles);
    EXPECT_LT(blocking.group, blocking.columns);
    EXPECT_LT(blocking.slice, blocking.group);
    EXPECT_EQ(blocking.term_block<blocking.terms, terms> 512);
    cases.push_back({.problem = Problem(3, {}, {101, 3, 3, by_input ? columns : terms}, by_input ? terms : columns)});
  }
  return cases;
}

TEST_P(Streamed, ManyBlocksAreCorrect) {
  for (const bool by_input : {false, true})
    for (const ConvCase& c : ManyBlocks(GetParam(), by_input)) {
      const int64_t terms = by_input ? c.problem.output.c : c.problem.input.c;
      EXPECT_LE(Error(c, by_input), 2e-4 * std::sqrt(static_cast<double>(terms)));
    }
}

TEST_P(Streamed, SameBytesForAnyNumberOfThreads) {
  for (const bool by_input : {false, true})
    for (const ConvCase& c : ManyBlocks(GetParam(), by_input))
      test::ExpectSameForAnyThreads(GetParam(), [&](const Context& context) { return Stream(c, context, by_input); });
}

TEST_P(Streamed, AnImageDoesNotDependOnItsBatch) {
  for (const bool by_input : {false, true}) {
    const ConvCase alone{.problem = Problem(7, {1, 2, 2, 1}, {1, 13, 17, 7}, 9)};
    const ConvCase batch{.problem = Problem(7, {1, 2, 2, 1}, {3, 13, 17, 7}, 9)};
    const std::vector<float> one = Stream(alone, context_, by_input), three = Stream(batch, context_, by_input);
    EXPECT_TRUE(std::equal(one.begin(), one.end(), three.begin()));
  }
}

TEST_P(Streamed, ErrorIsSmallAt512Channels) {
  for (const bool by_input : {false, true})
    for (const int taps : {3, 5, 7}) {
      const int64_t inputs = by_input ? 8 : 512, outputs = by_input ? 512 : 8;
      const ConvCase c{.problem = Problem(taps, {}, {1, 20, 20, inputs}, outputs)};
      const double error = RelativeError(Stream(c, context_, by_input), ConvOperands(c, by_input).Expected());
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
  EXPECT_ANY_THROW(Stream({.problem = Problem(3, {}, {1, 5, 5, 3}, 4)}, context, false));
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
