#include "tensor/element_type.h"

#include <gtest/gtest.h>

namespace fcn {
namespace {

template <typename T>
void ExpectIs(ElementType type, std::string_view name) {
  EXPECT_EQ(kElementTypeOf<T>, type);
  EXPECT_EQ(kElementTypeOf<const T>, type);
  EXPECT_EQ(ElementName(type), name);
  EXPECT_EQ(ElementSize(type), int64_t{sizeof(T)});
  EXPECT_EQ(ElementTypeNamed(name), type);
}

TEST(ElementType, NamesAndSizes) {
  ExpectIs<float>(ElementType::kFloat32, "float32");
  ExpectIs<BFloat16>(ElementType::kBFloat16, "bfloat16");
  ExpectIs<int8_t>(ElementType::kInt8, "int8");
  ExpectIs<uint8_t>(ElementType::kUint8, "uint8");
  ExpectIs<int32_t>(ElementType::kInt32, "int32");
  ExpectIs<uint16_t>(ElementType::kUint16, "uint16");
  ExpectIs<uint64_t>(ElementType::kUint64, "uint64");
  EXPECT_EQ(std::size(kElementTypes), 7u);
}

TEST(ElementType, OtherNamesAreNone) {
  for (const std::string_view name : {"", "float", "float64", "Int8", "int8 ", "bool"})
    EXPECT_EQ(ElementTypeNamed(name), std::nullopt) << name;
}

}  // namespace
}  // namespace fcn
