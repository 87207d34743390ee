#include "graph/types.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>
#include <vector>

#include "base/quoted.h"
#include "fcn/error.h"
#include "graph/remedies.h"

namespace fcn {
namespace {

using Read = std::span<const Value* const>;

void Take(const Value& input, ElementType needed) {
  if (input.type == ValueType(needed)) return;
  throw Error(
      ErrorCode::kInput,
      fmt::format("its input {} is {}; {} is needed", Quoted(input.name), ToString(input.type), ElementName(needed)),
      kBadType);
}

ValueType Floats(Read in) {
  for (const Value* input : in) Take(*input, ElementType::kFloat32);
  return ElementType::kFloat32;
}

/// Floats and, last, something else.
ValueType FloatsAnd(Read in, ElementType last) {
  Floats(in.first(in.size() - 1));
  Take(*in.back(), last);
  return ElementType::kFloat32;
}

// One rule per operation. By kind: floats in, floats out.
template <typename T>
  requires IsOfKind<T, OpKind::kPointwise, OpKind::kLikeFirst, OpKind::kLikeSecond, OpKind::kNowhere>
ValueType TypeOf(const T&, Read in) {
  return Floats(in);
}
// The same of those that have no kind.
template <typename T, typename... Others>
concept OneOf = (std::same_as<T, Others> || ...);
template <OneOf<Conv2d, Deconv2d, Linear, MaxPool, AveragePool, GlobalAveragePool, Concat, Crop, Resize, Stretch,
                SliceChannels, StretchGradient, MultiplyGradient>
              T>
ValueType TypeOf(const T&, Read in) {
  return Floats(in);
}

ValueType TypeOf(const Argmax&, Read in) {
  Floats(in);
  return ElementType::kInt32;
}
ValueType TypeOf(const SoftmaxLoss&, Read in) { return FloatsAnd(in, ElementType::kInt32); }
ValueType TypeOf(const SoftmaxLossGradient&, Read in) { return FloatsAnd(in, ElementType::kInt32); }
ValueType TypeOf(const RandomDropout&, Read in) { return FloatsAnd(in, ElementType::kUint64); }

}  // namespace

std::string ToString(const ValueType& type) {
  std::string text(ElementName(type.element));
  return type.is_quantised() ? text + fmt::format(" scale={} zero_point={}", type.scale, type.zero_point) : text;
}

void CheckType(const ValueType& type) {
  if (type == ValueType(type.element)) return;
  const auto refuse = [](const std::string& what) { throw Error(ErrorCode::kInput, what, kBadGraph); };
  const bool is_signed = type.element == ElementType::kInt8;
  if (!is_signed && type.element != ElementType::kUint8)
    refuse(fmt::format("{} cannot be quantised: int8 and uint8 can", ElementName(type.element)));
  if (!std::isfinite(type.scale) || type.scale < kLeastScale)
    refuse(fmt::format("a scale cannot be {}: it must be finite and at least {}", type.scale, kLeastScale));
  const int least = is_signed ? -128 : 0, most = least + 255;
  if (type.zero_point < least || type.zero_point > most)
    refuse(fmt::format("a zero point of {} is not in [{}, {}]", type.zero_point, least, most));
}

ValueType OutputTypeOf(const Op& op, std::span<const Value* const> inputs) {
  const auto read = inputs.first(std::min(inputs.size(), static_cast<size_t>(ActivationsRead(op))));
  return std::visit([&](const auto& alternative) { return TypeOf(alternative, read); }, op);
}

}  // namespace fcn
