#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "kernels/elementwise/elementwise.h"
#include "kernels/resize/resize.h"
#include "kernels/tail/tail.h"
#include "support/guarded_image.h"

namespace fcn::tail {
namespace {

using test::GuardedFloats;
using test::GuardedImage;

/// Scores of few different values, so that many are equal, and some that are no number or infinite.
GuardedImage Scores(const Nhwc& shape, int64_t gap, bool strange) {
  GuardedImage scores(shape, gap, static_cast<int>(shape.c % 3));
  scores.Fill(1, 3);
  uint64_t i = 0;
  for (int64_t p = 0; p < shape.pixels(); p++)
    for (int64_t c = 0; c < shape.c; c++, i++) {
      float& value = scores.view().data[p * scores.view().pixel_stride + c];
      value = std::round(value);
      const float u = test::Uniform(2, i);
      if (strange && u > 0.6f) value = -std::numeric_limits<float>::infinity();
      if (strange && u > 0.8f) value = std::numeric_limits<float>::quiet_NaN();
      if (strange && u < -0.98f) value = std::numeric_limits<float>::infinity();
    }
  return scores;
}

/// By way of all scores.
std::vector<int32_t> Expected(GuardedImage& scores, const Nhwc& out, const Context& context) {
  Tensor resized(out);
  LabelTensor labels({out.n, out.h, out.w, 1});
  GuardedFloats scratch(resize::BilinearScratchFloats(out, context.threads()));
  resize::Bilinear(scores.view(), resized.view(), scratch.data(), context);
  elementwise::ArgMax(resized.view(), labels.view(), context);
  return {labels.values().begin(), labels.values().end()};
}

/// `stride` from one label to the next.
std::vector<int32_t> Actual(GuardedImage& scores, const Nhwc& out, int64_t stride, const Context& context) {
  const Nhwc& in = scores.view().shape;
  GuardedFloats scratch(ArgMaxScratchFloats(in, context.threads()));
  constexpr int32_t kUntouched = -77;
  std::vector<int32_t> spread(static_cast<size_t>(out.pixels() * stride) + 1, kUntouched), labels;
  ResizeArgMax(scores.view(), {spread.data(), {out.n, out.h, out.w, 1}, stride}, scratch.data(), context);
  EXPECT_TRUE(scores.Intact() && scratch.Intact());
  for (size_t i = 0; i < spread.size(); i++) {
    if (i % static_cast<size_t>(stride) == 0 && i + 1 < spread.size())
      labels.push_back(spread[i]);
    else
      EXPECT_EQ(spread[i], kUntouched);
  }
  return labels;
}

void ExpectSame(const Nhwc& in, int64_t h, int64_t w, int64_t gap = 0, bool strange = false) {
  GuardedImage scores = Scores(in, gap, strange);
  const Nhwc out{in.n, h, w, in.c};
  for (Isa isa : SupportedIsas()) {
    const std::vector<int32_t> expected = Expected(scores, out, Context(1, isa));
    for (int threads : {1, 3})
      ASSERT_EQ(Actual(scores, out, 1 + gap, Context(threads, isa)), expected)
          << IsaName(isa) << " " << ToString(in) << " to " << h << "x" << w << ", " << threads << " threads";
  }
}

TEST(ResizeArgMax, IsThatOfAllScoresForEveryNumberOfClasses) {
  for (int64_t classes = 1; classes <= 70; classes++)
    ExpectSame({1 + classes % 2, 3, 1 + classes % 7, classes}, 3 + classes % 30, 17 + classes % 40, classes % 3);
}

TEST(ResizeArgMax, IsThatOfAllScoresForEveryPairOfSmallSizes) {
  for (int64_t from = 1; from <= 9; from++)
    for (int64_t to = 1; to <= 40; to++) {
      ExpectSame({1, from, 3, 5}, to, 19);
      ExpectSame({1, 3, from, 5}, 9, to);
    }
}

TEST(ResizeArgMax, IsThatOfAllScoresForNetworkSizes) {
  ExpectSame({1, 45, 60, 21}, 360, 480);
  ExpectSame({2, 12, 16, 11}, 363, 501);
  ExpectSame({1, 60, 90, 6}, 31, 47);    // smaller, so that rows and columns are left out
  ExpectSame({1, 33, 70, 8}, 33, 70);    // the same
  ExpectSame({1, 3, 300, 4}, 20, 301);   // hardly larger
  ExpectSame({1, 2, 1000, 2}, 20, 100);  // a block's columns lie far apart
}

TEST(ResizeArgMax, SaysWhereScoresAreNoNumbers) {
  for (int64_t classes : {1, 2, 3, 5, 8, 21})
    for (int64_t scale : {1, 3}) ExpectSame({1, 7, 23, classes}, 7 * scale, 23 * scale, 1, true);
}

}  // namespace
}  // namespace fcn::tail
