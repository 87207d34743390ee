#include "models/finite_tensor.h"

#include <cmath>
#include <cstring>
#include <limits>

namespace fcn {
namespace {

template <typename Element, typename IsFinite>
NotFinite Count(const StoredTensor& tensor, const IsFinite& is_finite) {
  NotFinite found;
  const auto elements = static_cast<int64_t>(tensor.bytes.size() / sizeof(Element));
  for (int64_t i = 0; i < elements; ++i) {
    Element element;
    std::memcpy(&element, tensor.bytes.data() + static_cast<size_t>(i) * sizeof(Element), sizeof(Element));
    if (!is_finite(element) && found.count++ == 0) found.first = i;
  }
  return found;
}

/// Whether not all bits of the exponent are set.
template <typename Bits, Bits kExponent>
NotFinite CountByExponent(const StoredTensor& tensor) {
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

}  // namespace fcn
