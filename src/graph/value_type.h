#pragma once

#include <string>

#include "tensor/element_type.h"

namespace fcn {

/// What the elements of a value are, and what they mean: themselves, or of a quantised value (q − zero_point) · scale.
struct ValueType {
  ElementType element = ElementType::kFloat32;
  float scale = 0;  ///< 0: not quantised
  int zero_point = 0;

  ValueType() = default;
  ValueType(ElementType e) : element(e) {}  // NOLINT(google-explicit-constructor)
  ValueType(ElementType e, float s, int zero) : element(e), scale(s), zero_point(zero) {}

  bool is_quantised() const { return scale != 0; }
  bool operator==(const ValueType&) const = default;
};

/// "float32"; of a quantised value with its attributes in the text form: "int8 scale=0.5 zero_point=3".
std::string ToString(const ValueType& type);

/// No scale is smaller, so that what a processor takes for zero (a denormal number) is zero when quantised as well; and
/// none is larger, so that no quantised number is infinite when dequantised.
inline constexpr float kLeastScale = 1e-30f, kMostScale = 1e30f;

/// Throws Error(kInput) for a quantised type that is neither int8 nor uint8, for a scale that is not between
/// kLeastScale and kMostScale, and for a zero point that the type does not have.
void CheckQuantised(const ValueType& type);
/// The same where the type is quantised or pretends to be.
void CheckType(const ValueType& type);

}  // namespace fcn
