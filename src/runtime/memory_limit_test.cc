#include "runtime/memory_limit.h"

#include <gtest/gtest.h>

#include "support/expect_error.h"

namespace fcn {
namespace {

using test::ExpectError;

const MemoryBound kBound{"the cgroup", 4'000'000'000, 2'000'000'000, "give the container more memory"};

TEST(MemoryLimit, IsWhatIsAvailableButForAReserve) {
  EXPECT_EQ(MemoryLimit(0, 0, kBound).bytes(), 1'900'000'000);
  EXPECT_EQ(MemoryLimit(0, 300'000'000, kBound).bytes(), 2'200'000'000) << "what is held already is planned for too";
  EXPECT_EQ(MemoryLimit(0, -300'000'000, kBound).bytes(), 1'600'000'000) << "and something else is not";
}

TEST(MemoryLimit, IsNeverMoreThanWasAskedFor) {
  EXPECT_EQ(MemoryLimit(500'000'000, 0, kBound).bytes(), 500'000'000);
  EXPECT_EQ(MemoryLimit(500'000'000, 300'000'000, kBound).bytes(), 500'000'000);
  EXPECT_EQ(MemoryLimit(9'000'000'000, 0, kBound).bytes(), 1'900'000'000);
  EXPECT_EQ(MemoryLimit::OfAsked(500).bytes(), 500);
  EXPECT_GT(MemoryLimit::OfAsked(0).bytes(), int64_t{1} << 60);
}

TEST(MemoryLimit, SaysWhatIsPlannedAvailableAndThere) {
  const MemoryLimit limit(3'000'000'000, 0, kBound);
  EXPECT_NO_THROW(limit.Check(1'900'000'000, "less"));
  ExpectError(ErrorCode::kMemory, "need 1901 MB of memory; 1900 MB are available (the cgroup: 4000 MB)",
              [&] { limit.Check(1'901'000'000, "less"); });
  ExpectError(ErrorCode::kMemory, "need 3001 MB of memory; the limit is 3000 MB",
              [&] { limit.Check(3'001'000'000, "less"); });
  try {
    limit.Check(2'000'000'000, "a smaller image");
  } catch (const Error& error) {
    EXPECT_EQ(
        error.hint(),
        "Use a smaller image or a smaller network, or give the container more memory; docs/troubleshooting.md says "
        "more.");
  }
}

}  // namespace
}  // namespace fcn
