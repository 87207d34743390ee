#include "fcn/side_by_side.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <vector>

namespace fcn {
namespace {

using testing::ElementsAreArray;

std::vector<size_t> Below(size_t count) {
  std::vector<size_t> all(count);
  std::iota(all.begin(), all.end(), size_t{0});
  return all;
}

/// Earlier work takes longer, so that it ends out of order.
void WorkLonger(size_t i) { std::this_thread::sleep_for(std::chrono::milliseconds(i % 4 == 0 ? 4 : 0)); }

TEST(InOrder, FinishesEverythingInOrderForAnyNumberOfLanes) {
  for (int lanes : {1, 2, 3, 8})
    for (size_t count : {size_t{0}, size_t{1}, size_t{2}, size_t{37}}) {
      std::vector<size_t> finished;
      std::vector<char> worked(count);
      InOrder(
          count, lanes,
          [&](size_t i) {
            WorkLonger(i);
            worked[i] = 1;
          },
          [&](size_t i) {
            EXPECT_TRUE(worked[i]);
            finished.push_back(i);
          });
      EXPECT_THAT(finished, ElementsAreArray(Below(count))) << lanes << " lanes";
    }
}

TEST(InOrder, WorksAtOnce) {
  // Each waits for the other, which would never end one after the other.
  std::atomic<int> begun = 0;
  InOrder(
      2, 2,
      [&](size_t) {
        begun++;
        while (begun < 2) std::this_thread::yield();
      },
      [](size_t) {});
  EXPECT_EQ(begun, 2);
}

TEST(InOrder, TheFirstFailureEndsItAll) {
  for (int lanes : {1, 2, 4}) {
    std::vector<size_t> finished;
    std::atomic<size_t> begun = 0;
    try {
      InOrder(
          1000, lanes,
          [&](size_t i) {
            begun++;
            WorkLonger(i);
            // 8 takes longer than 9, which fails as well.
            if (i >= 8) throw std::runtime_error(std::to_string(i));
          },
          [&](size_t i) { finished.push_back(i); });
      FAIL() << "nothing was thrown";
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "8");
    }
    EXPECT_THAT(finished, ElementsAreArray(Below(8)));
    EXPECT_LE(begun, 8u + 2u * static_cast<size_t>(lanes));
  }
}

}  // namespace
}  // namespace fcn
