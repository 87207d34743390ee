#include "graph/value_type.h"

#include <fmt/format.h>

#include "fcn/error.h"
#include "graph/remedies.h"

namespace fcn {

std::string ToString(const ValueType& type) {
  std::string text(ElementName(type.element));
  return type.is_quantised() ? text + fmt::format(" scale={} zero_point={}", type.scale, type.zero_point) : text;
}

void CheckQuantised(const ValueType& type) {
  const auto refuse = [](const std::string& what) { throw Error(ErrorCode::kInput, what, kBadGraph); };
  const bool is_signed = type.element == ElementType::kInt8;
  if (!is_signed && type.element != ElementType::kUint8)
    refuse(fmt::format("{} cannot be quantised: int8 and uint8 can", ElementName(type.element)));
  if (!(type.scale >= kLeastScale && type.scale <= kMostScale))
    refuse(fmt::format("a scale cannot be {}: it must be from {} to {}", type.scale, kLeastScale, kMostScale));
  const int least = is_signed ? -128 : 0, most = least + 255;
  if (type.zero_point < least || type.zero_point > most)
    refuse(fmt::format("a zero point of {} is not in [{}, {}]", type.zero_point, least, most));
}

void CheckType(const ValueType& type) {
  if (type != ValueType(type.element)) CheckQuantised(type);
}

}  // namespace fcn
