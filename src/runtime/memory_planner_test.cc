#include "runtime/memory_planner.h"

#include <gtest/gtest.h>

#include "tensor/random.h"
#include "tensor/tensor.h"

namespace fcn {
namespace {

bool Overlap(const BufferLife& a, int64_t a_offset, const BufferLife& b, int64_t b_offset) {
  const bool in_time = a.first <= b.last && b.first <= a.last;
  return in_time && a_offset < b_offset + b.bytes && b_offset < a_offset + a.bytes;
}

TEST(MemoryPlanner, ReusesWhatIsNoLongerNeeded) {
  // A chain: each value lives until the next is written, so two buffers' worth is all that ever exists.
  const std::vector<BufferLife> chain = {{640, 0, 1}, {640, 1, 2}, {640, 2, 3}, {640, 3, 4}};
  EXPECT_EQ(PlanMemory(chain).bytes, 2 * 640);
}

TEST(MemoryPlanner, FillsAGapThatIsLargeEnough) {
  const std::vector<BufferLife> buffers = {{1024, 0, 9}, {512, 0, 2}, {256, 0, 9}, {512, 3, 9}, {256, 0, 9}};
  const MemoryLayout layout = PlanMemory(buffers);
  EXPECT_EQ(layout.bytes, 1024 + 512 + 256 + 256);
  EXPECT_EQ(layout.offsets[1], layout.offsets[3]);
}

TEST(MemoryPlanner, NothingTakesNothing) {
  EXPECT_EQ(PlanMemory({}).bytes, 0);
  EXPECT_EQ(PlanMemory({{0, 0, 0}, {0, 0, 5}}).bytes, 0);
}

TEST(MemoryPlanner, BuffersThatLiveAtOnceNeverOverlap) {
  for (uint64_t seed = 0; seed < 200; seed++) {
    std::vector<BufferLife> buffers;
    for (uint64_t i = 0; i < 1 + seed % 40; i++) {
      const int first = static_cast<int>(RandomBits(seed, 3 * i) % 30);
      const int last = first + static_cast<int>(RandomBits(seed, 3 * i + 1) % 8);
      buffers.push_back({static_cast<int64_t>(RandomBits(seed, 3 * i + 2) % 10000), first, last});
    }
    const MemoryLayout layout = PlanMemory(buffers);
    EXPECT_GE(layout.bytes, MemoryLowerBound(buffers));
    for (size_t i = 0; i < buffers.size(); i++) {
      EXPECT_EQ(layout.offsets[i] % static_cast<int64_t>(kAlignment), 0);
      EXPECT_LE(layout.offsets[i] + buffers[i].bytes, layout.bytes);
      for (size_t j = 0; j < i; j++)
        EXPECT_FALSE(Overlap(buffers[i], layout.offsets[i], buffers[j], layout.offsets[j]))
            << seed << ": " << i << " " << j;
    }
  }
}

}  // namespace
}  // namespace fcn
