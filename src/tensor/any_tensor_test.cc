#include "tensor/any_tensor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "support/expect_error.h"

namespace fcn {
namespace {

using test::ExpectError;

/// What a kernel is: it knows its type.
float Sum(TensorView<const float> x) {
  float sum = 0;
  for (int64_t n = 0; n < x.shape.n; n++)
    for (int64_t y = 0; y < x.shape.h; y++)
      for (int64_t column = 0; column < x.shape.w; column++)
        sum = std::accumulate(x.at(n, y, column), x.at(n, y, column) + x.shape.c, sum);
  return sum;
}
void Fill(TensorView<float> x, float value) {
  for (int64_t y = 0; y < x.shape.h; y++)
    for (int64_t column = 0; column < x.shape.w; column++) std::fill_n(x.at(0, y, column), x.shape.c, value);
}

TEST(AnyView, IsMadeOfATypedOneAndBecomesOneAgain) {
  Tensor tensor({1, 3, 4, 2});
  std::iota(tensor.values().begin(), tensor.values().end(), 0.0f);
  const AnyView any = tensor.view().Rectangle(1, 1, 2, 2).Channels(1, 1);
  EXPECT_EQ(any.type, ElementType::kFloat32);
  EXPECT_EQ(Sum(any), 11.0f + 13 + 19 + 21);
  const TensorView<float> again = any;
  EXPECT_EQ(again.data, tensor.view().at(0, 1, 1) + 1);
  EXPECT_EQ(again.pixel_stride, 2);
  EXPECT_EQ(again.map_w, 4);
  EXPECT_EQ(again.shape, (Nhwc{1, 2, 2, 1}));
  const ConstAnyView read = any;
  EXPECT_EQ(Sum(read), Sum(any));
  Fill(any, 5);
  EXPECT_EQ(Sum(any), 20);
}

TEST(AnyView, HasThePlacesOfItsPixels) {
  LabelTensor labels({2, 5, 6, 3});
  const TensorView<int32_t> typed = labels.view().Rectangle(1, 2, 3, 4);
  const AnyView any = AnyView(labels.view()).Rectangle(1, 2, 3, 4);
  EXPECT_EQ(any.pixel_bytes(), 12);
  for (int64_t n = 0; n < 2; n++)
    for (int64_t y = 0; y < 3; y++)
      for (int64_t x = 0; x < 4; x++) EXPECT_EQ(any.at(n, y, x), reinterpret_cast<uint8_t*>(typed.at(n, y, x)));
}

TEST(AnyView, AnotherTypeIsAMistake) {
  LabelTensor labels({1, 1, 1, 1});
  const AnyView any = labels.view();
  ExpectError(ErrorCode::kInternal, "type", [&] { Sum(any); });
  ExpectError(ErrorCode::kInternal, "type", [&] { static_cast<void>(any.As<uint16_t>()); });
}

TEST(AnyTensor, HasElementsOfItsType) {
  AnyTensor tensor(ElementType::kUint16, {1, 2, 3, 4});
  const TensorView<uint16_t> view = tensor.view();
  std::iota(view.data, view.data + 24, uint16_t{0});
  EXPECT_EQ(std::as_const(tensor).values<uint16_t>()[23], 23);
  EXPECT_EQ(tensor.bytes().size(), 48u);
  ExpectError(ErrorCode::kInternal, "type", [&] { static_cast<void>(tensor.values<float>()); });
  EXPECT_TRUE(AnyTensor().values<float>().empty());
}

}  // namespace
}  // namespace fcn
