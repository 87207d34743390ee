#include "graph/types.h"

#include <fmt/format.h>

#include <algorithm>
#include <concepts>

#include "fcn/error.h"
#include "fcn/text.h"
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
// Of the two types of a Cast one is float32. What a quantised value means is a Dequantise's to say; a seed is no
// number.
ValueType TypeOf(const Cast& op, Read in) {
  const ValueType& from = in[0]->type;
  const ValueType plain(from.element);
  const bool has_float = from.element == ElementType::kFloat32 || op.type == ElementType::kFloat32;
  if (from == plain && has_float && from.element != ElementType::kUint64) return op.type;
  throw Error(ErrorCode::kInput,
              fmt::format("its input {} is {}, which cannot become {}", Quoted(in[0]->name), ToString(from),
                          ElementName(op.type)),
              "A Cast is from float32 or to it; a quantised value becomes float32 by a Dequantise.");
}
ValueType TypeOf(const Quantise& op, Read in) {
  Floats(in);
  return {op.type, op.scale, op.zero_point};
}
ValueType TypeOf(const Dequantise&, Read in) {
  if (in[0]->type.is_quantised()) return ElementType::kFloat32;
  throw Error(
      ErrorCode::kInput,
      fmt::format("its input {} is {}; a quantised value is needed", Quoted(in[0]->name), ToString(in[0]->type)),
      kBadType);
}
ValueType TypeOf(const SoftmaxLoss&, Read in) { return FloatsAnd(in, ElementType::kInt32); }
ValueType TypeOf(const SoftmaxLossGradient&, Read in) { return FloatsAnd(in, ElementType::kInt32); }
ValueType TypeOf(const RandomDropout&, Read in) { return FloatsAnd(in, ElementType::kUint64); }

}  // namespace

ValueType OutputTypeOf(const Op& op, std::span<const Value* const> inputs) {
  const auto read = inputs.first(std::min(inputs.size(), static_cast<size_t>(ActivationsRead(op))));
  return std::visit([&](const auto& alternative) { return TypeOf(alternative, read); }, op);
}

}  // namespace fcn
