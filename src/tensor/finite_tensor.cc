#include "tensor/finite_tensor.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "fcn/error.h"
#include "fcn/text.h"

namespace fcn {
namespace {

template <typename Element, typename IsFinite>
NotFinite Count(const StoredTensor& tensor, const IsFinite& is_finite) {
  NotFinite found;
  const auto elements = static_cast<int64_t>(tensor.bytes.size() / sizeof(Element));
  for (int64_t i = 0; i < elements; i++) {
    Element element;
    std::memcpy(&element, tensor.bytes.data() + static_cast<size_t>(i) * sizeof(Element), sizeof(Element));
    if (!is_finite(element) && found.count++ == 0) found.first = i;
  }
  return found;
}

/// Whether all bits of any element's exponent are set. Most often none is: a loop without a branch is vector code.
template <typename Bits, Bits kExponent>
bool HasFullExponent(const StoredTensor& tensor) {
  Bits any = 0;
  for (size_t at = 0; at + sizeof(Bits) <= tensor.bytes.size(); at += sizeof(Bits)) {
    Bits bits;
    std::memcpy(&bits, tensor.bytes.data() + at, sizeof bits);
    any = static_cast<Bits>(any | static_cast<Bits>((bits & kExponent) == kExponent));
  }
  return any != 0;
}

template <typename Bits, Bits kExponent>
NotFinite CountByExponent(const StoredTensor& tensor) {
  if (!HasFullExponent<Bits, kExponent>(tensor)) return {};
  return Count<Bits>(tensor, [](Bits bits) { return (bits & kExponent) != kExponent; });
}

NotFinite CountNotFinite(const StoredTensor& tensor) {
  switch (tensor.dtype) {
    case DType::kFloat32:
      return CountByExponent<uint32_t, 0x7f800000>(tensor);
    case DType::kFloat16:
      return CountByExponent<uint16_t, 0x7c00>(tensor);
    case DType::kBFloat16:
      return CountByExponent<uint16_t, 0x7f80>(tensor);
    case DType::kFloat64:
      return Count<double>(tensor, [](double x) { return std::abs(x) <= double{std::numeric_limits<float>::max()}; });
    default:
      return {};
  }
}

}  // namespace

std::optional<NotFinite> FindNotFinite(const StoredTensor& tensor) {
  const NotFinite found = CountNotFinite(tensor);
  return found.count == 0 ? std::nullopt : std::optional(found);
}

void CheckFinite(const std::string& name, const StoredTensor& tensor, const std::string& where) {
  if (const auto bad = FindNotFinite(tensor))
    throw Error(ErrorCode::kInput,
                fmt::format("{}: {} of the {} elements of {} are infinite or no number, the first at {}", where,
                            bad->count, tensor.shape.elements(), Quoted(name), bad->first),
                "The training that wrote it went astray, or the file is damaged: take an earlier one.");
}

void CheckFinite(const NamedTensors& tensors, const std::string& where) {
  for (const auto& [name, tensor] : tensors) CheckFinite(name, tensor, where);
}

}  // namespace fcn
