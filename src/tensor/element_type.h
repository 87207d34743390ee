#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

namespace fcn {

/// What the elements of a value are that a network computes with. (What a file may hold is a DType.)
enum class ElementType : uint8_t { kFloat32, kBFloat16, kInt8, kUint8, kInt32, kUint16, kUint64 };
inline constexpr ElementType kElementTypes[] = {ElementType::kFloat32, ElementType::kBFloat16, ElementType::kInt8,
                                                ElementType::kUint8,   ElementType::kInt32,    ElementType::kUint16,
                                                ElementType::kUint64};

/// "float32", "int8", …: in the text form of a graph, and in messages.
std::string_view ElementName(ElementType type);
/// The type of that name.
std::optional<ElementType> ElementTypeNamed(std::string_view name);
/// Bytes of an element.
int64_t ElementSize(ElementType type);

/// The upper half of a float32's bits.
struct BFloat16 {
  uint16_t bits = 0;
  bool operator==(const BFloat16&) const = default;
};

namespace element_type_internal {
template <typename T>
struct TypeOf {};  // other types than these do not compile
template <ElementType type>
using Is = std::integral_constant<ElementType, type>;
template <>
struct TypeOf<float> : Is<ElementType::kFloat32> {};
template <>
struct TypeOf<BFloat16> : Is<ElementType::kBFloat16> {};
template <>
struct TypeOf<int8_t> : Is<ElementType::kInt8> {};
template <>
struct TypeOf<uint8_t> : Is<ElementType::kUint8> {};
template <>
struct TypeOf<int32_t> : Is<ElementType::kInt32> {};
template <>
struct TypeOf<uint16_t> : Is<ElementType::kUint16> {};
template <>
struct TypeOf<uint64_t> : Is<ElementType::kUint64> {};
}  // namespace element_type_internal

/// The type whose elements a T is; const or not.
template <typename T>
inline constexpr ElementType kElementTypeOf = element_type_internal::TypeOf<std::remove_const_t<T>>::value;

}  // namespace fcn
