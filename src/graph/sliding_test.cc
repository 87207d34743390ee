#include "graph/sliding.h"

#include <gtest/gtest.h>

#include "graph/test_graphs.h"

namespace fcn {
namespace {

TEST(Sliding, WindowsOfEachKind) {
  const ConvGeometry uneven{
      .kernel = {3, 5}, .stride = {2, 1}, .dilation = {4, 7}, .padding = {1, 2, 100, 3}, .groups = 1};
  const auto conv = SlidingWindowsOf(Conv2d{uneven});
  ASSERT_TRUE(conv);
  EXPECT_EQ(conv->rows, (SlidingWindow{.begin = -1, .step = 2, .size = 9}));
  EXPECT_EQ(conv->columns, (SlidingWindow{.begin = -100, .step = 1, .size = 29}));
  const auto pool = SlidingWindowsOf(MaxPool{.kernel = {3, 4}, .stride = {2, 3}, .padding = {1, 2, 3, 0}});
  ASSERT_TRUE(pool);
  EXPECT_EQ(pool->rows, (SlidingWindow{.begin = -1, .step = 2, .size = 3}));
  EXPECT_EQ(pool->columns, (SlidingWindow{.begin = -3, .step = 3, .size = 4}));
  EXPECT_EQ(SlidingWindowsOf(Add{})->rows, SlidingWindow{});
  for (const Op& op : {Op(Deconv2d{}), Op(Linear{}), Op(GlobalAveragePool{}), Op(Resize{}), Op(Crop{}), Op(Argmax{})})
    EXPECT_FALSE(SlidingWindowsOf(op)) << OpName(op);
}

// ReachedBy and ReadBy against their definition, sample by sample.
TEST(Sliding, ReachAndReadAreEachOthersInverse) {
  for (int64_t begin : {-7, -1, 0, 2})
    for (int64_t step : {1, 2, 3})
      for (int64_t size : {1, 2, 5}) {
        const SlidingWindow window{begin, step, size};
        constexpr int64_t kOutputs = 9;
        for (int64_t first = -3; first < 12; first++)
          for (int64_t end = first; end < 14; end++) {
            Interval reached;
            for (int64_t o = 0; o < kOutputs; o++) {
              const Interval read = window.ReadBy({o, o + 1});
              EXPECT_EQ(read, (Interval{step * o + begin, step * o + begin + size}));
              if (first < end && read.begin < end && first < read.end) reached = Hull(reached, {o, o + 1});
            }
            const Interval found = window.ReachedBy({first, end}, kOutputs);
            EXPECT_EQ(found.empty(), reached.empty());
            if (!reached.empty()) {
              EXPECT_EQ(found, reached);
            }
          }
      }
}

}  // namespace
}  // namespace fcn
