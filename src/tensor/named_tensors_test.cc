#include "tensor/named_tensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "fcn/error.h"

namespace fcn {
namespace {

using ::testing::ElementsAre;

/// A tensor over `values`, deliberately one byte off any alignment.
template <typename T>
StoredTensor Unaligned(DType dtype, std::initializer_list<T> values) {
  auto buffer = std::make_shared<std::vector<uint8_t>>(1 + values.size() * sizeof(T));
  std::memcpy(buffer->data() + 1, values.begin(), values.size() * sizeof(T));
  return {.dtype = dtype,
          .shape = {static_cast<int64_t>(values.size())},
          .bytes = std::span<const uint8_t>(*buffer).subspan(1),
          .owner = buffer};
}

TEST(StoredTensor, FloatsComeBack) {
  std::vector<float> values = {1, -2, 3.5f, 0, 7, 8};
  const StoredTensor tensor = StoredTensor::FromFloats({2, 3}, values);
  values[0] = 100;  // the tensor has its own copy
  EXPECT_EQ(tensor.shape, (Shape{2, 3}));
  EXPECT_EQ(tensor.bytes.size(), 24u);
  EXPECT_THAT(tensor.ToFloats(), ElementsAre(1, -2, 3.5f, 0, 7, 8));
}

TEST(StoredTensor, ACopyKeepsTheBytesAlive) {
  StoredTensor copy;
  {
    const StoredTensor tensor = StoredTensor::FromFloats({2}, std::vector<float>{4, 5});
    copy = tensor;
  }
  EXPECT_THAT(copy.ToFloats(), ElementsAre(4, 5));
}

TEST(StoredTensor, EveryDTypeConverts) {
  EXPECT_THAT(Unaligned<double>(DType::kFloat64, {0.1, -1e300}).ToFloats(),
              ElementsAre(0.1f, -std::numeric_limits<float>::infinity()));
  EXPECT_THAT(Unaligned<float>(DType::kFloat32, {0.1f, -3}).ToFloats(), ElementsAre(0.1f, -3));
  EXPECT_THAT(Unaligned<uint16_t>(DType::kFloat16, {0x3c00, 0xc000, 0x0001}).ToFloats(), ElementsAre(1, -2, 0x1p-24f));
  EXPECT_THAT(Unaligned<uint16_t>(DType::kBFloat16, {0x3f80, 0xc040}).ToFloats(), ElementsAre(1, -3));
  EXPECT_THAT(Unaligned<int64_t>(DType::kInt64, {int64_t{1} << 40, -1}).ToFloats(), ElementsAre(0x1p40f, -1));
  EXPECT_THAT(Unaligned<int32_t>(DType::kInt32, {-70000, 3}).ToFloats(), ElementsAre(-70000, 3));
  EXPECT_THAT(Unaligned<int16_t>(DType::kInt16, {-30000, 3}).ToFloats(), ElementsAre(-30000, 3));
  EXPECT_THAT(Unaligned<int8_t>(DType::kInt8, {-128, 127}).ToFloats(), ElementsAre(-128, 127));
  EXPECT_THAT(Unaligned<uint8_t>(DType::kUint8, {255, 0}).ToFloats(), ElementsAre(255, 0));
  EXPECT_THAT(Unaligned<uint8_t>(DType::kBool, {1, 0, 2}).ToFloats(), ElementsAre(1, 0, 1));
}

TEST(StoredTensor, ScalarsAndEmptyTensors) {
  EXPECT_THAT(StoredTensor::FromFloats({}, std::vector<float>{9}).ToFloats(), ElementsAre(9));
  EXPECT_THAT(StoredTensor::FromFloats({0, 4}, {}).ToFloats(), ElementsAre());
}

TEST(StoredTensor, AWrongCountIsOurMistake) {
  try {
    StoredTensor::FromFloats({2, 2}, std::vector<float>{1, 2, 3});
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInternal);
  }
}

}  // namespace
}  // namespace fcn
