// A convolution that pools its output is to the last bit the convolution and then the pooling.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/winograd/test_case.h"

namespace fcn::winograd {
namespace {

using test::GuardedFloats;
using test::GuardedImage;

class Pooled : public test::EveryIsa {};
FCN_FOR_EVERY_ISA(Winograd, Pooled);

/// The largest of each window's values inside of the map; a NaN where it has one.
std::vector<float> PoolPlainly(TensorView<const float> map, const Nhwc& to) {
  std::vector<float> values;
  for (int64_t n = 0; n < to.n; n++)
    for (int64_t y = 0; y < to.h; y++)
      for (int64_t x = 0; x < to.w; x++)
        for (int64_t c = 0; c < to.c; c++) {
          float best = -std::numeric_limits<float>::infinity();
          for (int64_t i = 2 * y; i < std::min(2 * y + 2, map.shape.h); i++)
            for (int64_t j = 2 * x; j < std::min(2 * x + 2, map.shape.w); j++) {
              const float value = map.at(n, i, j)[c];
              if (value > best || std::isnan(value)) best = value;
            }
          values.push_back(best);
        }
  return values;
}

struct Case {
  int taps;
  Nhwc input;
  int64_t outputs;
  bool up = true;  ///< whether halves are rounded up
  int threads = 1;
  Activation activation = Activation::kRelu;
  bool biased = true, with_nan = false;
};

void ExpectPooled(const Case& c, Isa isa) {
  const Context context(c.threads, isa);
  const ConvProblem problem = Same(c.taps, c.input, c.outputs);
  const int64_t round = c.up ? 1 : 0;
  const Nhwc half{c.input.n, (c.input.h + round) / 2, (c.input.w + round) / 2, c.outputs};
  GuardedImage x(c.input, 2, 1), map(problem.output), pooled(half, 3, 2);
  x.Fill(1);
  if (c.with_nan) x.view().at(0, c.input.h / 2, c.input.w / 2)[0] = std::numeric_limits<float>::quiet_NaN();
  GuardedFloats weight(c.input.c * c.outputs * c.taps * c.taps), bias(c.outputs, 1);
  weight.Fill(2);
  bias.Fill(3);
  GuardedFloats packed(PackedFloats(problem, isa)), scratch(ScratchFloats(problem, isa, c.threads));
  Pack(problem, isa, weight.data(), nullptr, context, packed.data());
  const Epilogue epilogue{c.biased ? bias.data() : nullptr, {}, c.activation};
  Run(problem, x.view(), packed.data(), epilogue, map.view(), scratch.data(), context);
  RunPooled(problem, x.view(), packed.data(), epilogue, pooled.view(), scratch.data(), context);
  EXPECT_TRUE(x.Intact() && pooled.Intact() && packed.Intact() && scratch.Intact() && bias.Intact());
  const std::vector<float> expected = PoolPlainly(map.view(), half), actual = pooled.Values();
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); i++)
    ASSERT_TRUE(actual[i] == expected[i] || (std::isnan(actual[i]) && std::isnan(expected[i])))
        << IsaName(isa) << ", " << c.taps << " taps, " << ToString(c.input) << " at " << i << ": " << actual[i]
        << ", not " << expected[i];
}

TEST_P(Pooled, Sizes) {
  for (const int taps : {3, 5, 7})
    for (int64_t h = 1; h <= 15; h++)
      for (int64_t w = 1; w <= 15; w += taps == 3 ? 1 : 3)
        for (const bool up : {false, true}) ExpectPooled({taps, {1 + h % 2, h, w, 3}, 5, up}, GetParam());
}

TEST_P(Pooled, Channels) {
  for (int64_t outputs = 1; outputs <= 35; outputs++) ExpectPooled({3, {1, 7, 8, 2}, outputs}, GetParam());
}

TEST_P(Pooled, EpiloguesAndNan) {
  for (const Activation activation : {Activation::kNone, Activation::kRelu, Activation::kRelu6})
    for (const bool biased : {false, true})
      for (const bool with_nan : {false, true})
        ExpectPooled({.taps = 3,
                      .input = {2, 13, 14, 5},
                      .outputs = 19,
                      .activation = activation,
                      .biased = biased,
                      .with_nan = with_nan},
                     GetParam());
}

// Both ways to share the work out: blocks for each thread, and all threads on one block.
TEST_P(Pooled, Threads) {
  for (const int threads : {1, 2, 3}) {
    ExpectPooled({.taps = 3, .input = {1, 200, 203, 16}, .outputs = 16, .threads = threads}, GetParam());
    ExpectPooled({.taps = 3, .input = {1, 21, 23, 70}, .outputs = 66, .threads = threads}, GetParam());
  }
}

}  // namespace
}  // namespace fcn::winograd
