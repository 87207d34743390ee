#include "tensor/random.h"

#include <gtest/gtest.h>

namespace fcn {
namespace {

// The first three of seed 0 are the generator's published test vector; the others were computed in Python, whose
// integers do not overflow.
TEST(RandomBits, KnownValues) {
  constexpr uint64_t kAll = ~uint64_t{0};
  EXPECT_EQ(RandomBits(0, 0), 0xe220a8397b1dcdafu);
  EXPECT_EQ(RandomBits(0, 1), 0x6e789e6aa1b965f4u);
  EXPECT_EQ(RandomBits(0, 2), 0x06c45d188009454fu);
  EXPECT_EQ(RandomBits(1, 0), 0xf4a90164c4749e1au);
  EXPECT_EQ(RandomBits(1, 12345), 0x225e5692394bec33u);
  EXPECT_EQ(RandomBits(kAll, 0), 0x242e6594739d57dau);
  EXPECT_EQ(RandomBits(42, uint64_t{1} << 40), 0x8b58fc788df8fc48u);
  EXPECT_EQ(RandomBits(0xdeadbeef, kAll), 0x8d073f565a9487f2u);
}

TEST(RandomUniform, KnownValues) {
  EXPECT_EQ(RandomUniform(0, 0), 6430888 * 0x1p-23f);
  EXPECT_EQ(RandomUniform(0, 1), -1148770 * 0x1p-23f);
  EXPECT_EQ(RandomUniform(0, 2), -7945123 * 0x1p-23f);
  EXPECT_EQ(RandomUniform(1, 0), 7645441 * 0x1p-23f);
  EXPECT_EQ(RandomUniform(42, uint64_t{1} << 40), 743676 * 0x1p-23f);
}

TEST(RandomUniform, FillsItsRange) {
  constexpr int kCount = 100000;
  double sum = 0, squares = 0;
  float least = 1, largest = -1;
  for (int i = 0; i < kCount; i++) {
    const float value = RandomUniform(3, static_cast<uint64_t>(i));
    sum += value, squares += double{value} * value;
    least = value < least ? value : least, largest = value > largest ? value : largest;
  }
  EXPECT_GE(least, -1);
  EXPECT_LT(least, -0.9999);
  EXPECT_LT(largest, 1);
  EXPECT_GT(largest, 0.9999);
  EXPECT_NEAR(sum / kCount, 0.00293144331336, 1e-12);  // as in Python; 1.6 standard deviations from 0
  EXPECT_NEAR(squares / kCount, 1 / 3., 0.005);
}

TEST(SeedFromName, IsFnv1a) {
  // The first three are FNV's published test vectors.
  EXPECT_EQ(SeedFromName(""), 0xcbf29ce484222325u);
  EXPECT_EQ(SeedFromName("a"), 0xaf63dc4c8601ec8cu);
  EXPECT_EQ(SeedFromName("foobar"), 0x85944171f73967e8u);
  EXPECT_EQ(SeedFromName("features.0.weight"), 0xf70f941a24398456u);
  EXPECT_EQ(SeedFromName("features.0.weight", 7), 0x6992095902988883u);
  EXPECT_EQ(SeedFromName("\xc3\xa9"), 0x0ac21707b7181e01u);  // bytes are unsigned, whatever char is
}

}  // namespace
}  // namespace fcn
