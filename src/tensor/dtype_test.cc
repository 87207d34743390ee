#include "tensor/dtype.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

namespace fcn {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr uint16_t kHalfInfinity = 0x7c00, kSign = 0x8000;

bool IsHalfNan(uint16_t half) { return (half & 0x7fff) > kHalfInfinity; }

/// The value of a half by IEEE 754's definition, for finite ones.
double Define(uint16_t half) {
  const int exponent = half >> 10 & 31, fraction = half & 1023;
  const double magnitude = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  return half & kSign ? -magnitude : magnitude;
}

TEST(DType, NamesAndSizes) {
  EXPECT_STREQ(DTypeName(DType::kFloat64), "float64");
  EXPECT_EQ(DTypeSize(DType::kFloat64), 8u);
  EXPECT_STREQ(DTypeName(DType::kFloat32), "float32");
  EXPECT_EQ(DTypeSize(DType::kFloat32), 4u);
  EXPECT_STREQ(DTypeName(DType::kFloat16), "float16");
  EXPECT_EQ(DTypeSize(DType::kFloat16), 2u);
  EXPECT_STREQ(DTypeName(DType::kBFloat16), "bfloat16");
  EXPECT_EQ(DTypeSize(DType::kBFloat16), 2u);
  EXPECT_STREQ(DTypeName(DType::kInt64), "int64");
  EXPECT_EQ(DTypeSize(DType::kInt64), 8u);
  EXPECT_STREQ(DTypeName(DType::kInt32), "int32");
  EXPECT_EQ(DTypeSize(DType::kInt32), 4u);
  EXPECT_STREQ(DTypeName(DType::kInt16), "int16");
  EXPECT_EQ(DTypeSize(DType::kInt16), 2u);
  EXPECT_STREQ(DTypeName(DType::kInt8), "int8");
  EXPECT_EQ(DTypeSize(DType::kInt8), 1u);
  EXPECT_STREQ(DTypeName(DType::kUint8), "uint8");
  EXPECT_EQ(DTypeSize(DType::kUint8), 1u);
  EXPECT_STREQ(DTypeName(DType::kBool), "bool");
  EXPECT_EQ(DTypeSize(DType::kBool), 1u);
}

TEST(Half, EveryValueConvertsAndComesBack) {
  for (uint32_t bits = 0; bits <= 0xffff; bits++) {
    const auto half = static_cast<uint16_t>(bits);
    const float value = HalfToFloat(half);
    ASSERT_EQ(std::signbit(value), (half & kSign) != 0) << bits;
    if (IsHalfNan(half)) {
      ASSERT_TRUE(std::isnan(value)) << bits;
      ASSERT_TRUE(IsHalfNan(FloatToHalf(value))) << bits;
      continue;
    }
    if ((half & 0x7fff) == kHalfInfinity)
      ASSERT_TRUE(std::isinf(value)) << bits;
    else
      ASSERT_EQ(double{value}, Define(half)) << bits;
    ASSERT_EQ(FloatToHalf(value), half);
  }
}

/// Between neighbours lies a float that is exactly in the middle: it goes to the even one, its neighbours to theirs.
TEST(Half, RoundsToNearestAndTiesToEven) {
  for (uint16_t low = 0; low < kHalfInfinity - 1; low++) {
    const auto high = static_cast<uint16_t>(low + 1), even = static_cast<uint16_t>(low + (low & 1));
    const auto middle = static_cast<float>((Define(low) + Define(high)) / 2);
    ASSERT_EQ(double{middle}, (Define(low) + Define(high)) / 2);
    for (uint16_t sign : {uint16_t{0}, kSign}) {
      const float s = sign ? -1.f : 1.f;
      ASSERT_EQ(FloatToHalf(s * middle), even | sign) << low;
      ASSERT_EQ(FloatToHalf(s * std::nextafter(middle, 0.f)), low | sign) << low;
      ASSERT_EQ(FloatToHalf(s * std::nextafter(middle, kInfinity)), high | sign) << low;
    }
  }
}

TEST(Half, OverflowsToInfinity) {
  constexpr uint16_t kLargest = 0x7bff;  // 65504
  EXPECT_EQ(FloatToHalf(65504.f), kLargest);
  EXPECT_EQ(FloatToHalf(std::nextafter(65520.f, 0.f)), kLargest);
  for (float value : {65520.f, 65536.f, 1e10f, std::numeric_limits<float>::max(), kInfinity}) {
    EXPECT_EQ(FloatToHalf(value), kHalfInfinity) << value;
    EXPECT_EQ(FloatToHalf(-value), kHalfInfinity | kSign) << value;
  }
}

TEST(Half, UnderflowsToZero) {
  for (float value :
       {0x1p-25f, 0x1p-26f, std::numeric_limits<float>::min(), std::numeric_limits<float>::denorm_min()}) {
    EXPECT_EQ(FloatToHalf(value), 0) << value;
    EXPECT_EQ(FloatToHalf(-value), kSign) << value;
  }
}

TEST(Half, AnyNanStaysOne) {
  for (uint32_t bits : {0x7f800001u, 0x7fc00000u, 0x7fffffffu, 0xff800001u, 0xffffffffu})
    EXPECT_TRUE(IsHalfNan(FloatToHalf(std::bit_cast<float>(bits)))) << bits;
}

TEST(BFloat16, IsTheUpperHalfOfAFloat) {
  EXPECT_EQ(BFloat16ToFloat(0x3f80), 1.f);
  EXPECT_EQ(BFloat16ToFloat(0xc049), -3.140625f);
  EXPECT_EQ(BFloat16ToFloat(0x0080), std::numeric_limits<float>::min());
  EXPECT_EQ(BFloat16ToFloat(0x0001), 0x1p-133f);
  EXPECT_EQ(BFloat16ToFloat(0x7f80), kInfinity);
  EXPECT_TRUE(std::isnan(BFloat16ToFloat(0x7fc0)));
  EXPECT_TRUE(std::signbit(BFloat16ToFloat(0x8000)));
}

}  // namespace
}  // namespace fcn
