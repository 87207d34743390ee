#include "fcn/side_by_side.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace fcn {
namespace {

TEST(MemoryGate, WhatIsInsideFitsOrIsAlone) {
  constexpr int64_t kLimit = 100;
  MemoryGate gate(kLimit);
  std::atomic<int64_t> inside = 0, count = 0, most = 0;
  std::vector<std::thread> threads;
  for (int64_t i = 0; i < 8; i++)
    threads.emplace_back([&, i] {
      for (int64_t round = 0; round < 200; round++) {
        const int64_t bytes = (i * 37 + round * 11) % 150;  // some are more than the limit
        const MemoryGate::Pass pass(gate, bytes);
        const int64_t together = inside += bytes;
        const bool is_alone = ++count == 1;
        EXPECT_TRUE(together <= kLimit || is_alone || together == bytes) << together;
        most = std::max(most.load(), together);
        count--, inside -= bytes;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(inside, 0);
  EXPECT_GT(most, kLimit) << "what is too large for the limit goes alone";
}

}  // namespace
}  // namespace fcn
