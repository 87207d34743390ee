#include "tensor/shape.h"

#include <gtest/gtest.h>

#include "support/expect_error.h"

namespace fcn {
namespace {

TEST(Shape, ElementsAndText) {
  EXPECT_EQ(Shape({64, 3, 3, 3}).elements(), 1728);
  EXPECT_EQ(Shape({64, 3, 3, 3}).ToString(), "64x3x3x3");
  EXPECT_EQ(Shape({64, 3, 3, 3}).rank(), 4);
  EXPECT_EQ(Shape({64, 3})[1], 3);
  EXPECT_EQ(Shape().elements(), 1);
  EXPECT_EQ(Shape().ToString(), "scalar");
  EXPECT_EQ(Shape({7}).ToString(), "7");
  EXPECT_EQ(Shape({5, 0, 3}).elements(), 0);
  EXPECT_EQ(Shape(std::vector<int64_t>{2, 3}), Shape({2, 3}));
  EXPECT_NE(Shape({2, 3}), Shape({3, 2}));
  EXPECT_NE(Shape({2}), Shape({2, 1}));
}

TEST(Shape, RefusesWhatOverflows) {
  constexpr int64_t kLimit = int64_t{1} << 62;
  EXPECT_EQ(Shape({kLimit}).elements(), kLimit);
  EXPECT_EQ(Shape({int64_t{1} << 31, int64_t{1} << 31}).elements(), kLimit);
  for (const Shape& shape : {Shape({-1}), Shape({3, -2}), Shape({-2, -3}), Shape({kLimit + 1}), Shape({kLimit, 2}),
                             Shape({INT64_MAX, INT64_MAX}), Shape({int64_t{1} << 32, int64_t{1} << 32}),
                             Shape({INT64_MIN}), Shape({kLimit, 4, 0})})
    test::ExpectError(ErrorCode::kInput, shape.ToString() + " is not a possible", [&] { shape.elements(); });
}

TEST(Nhwc, CountsAndText) {
  const Nhwc shape{2, 5, 7, 3};
  EXPECT_EQ(shape.pixels(), 70);
  EXPECT_EQ(shape.elements(), 210);
  EXPECT_EQ(ToString(shape), "2x5x7x3");
  EXPECT_EQ(Nhwc(), (Nhwc{1, 1, 1, 1}));
}

}  // namespace
}  // namespace fcn
