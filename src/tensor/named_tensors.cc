#include "tensor/named_tensors.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace fcn {
namespace {

/// Converts elements of type T, which may be unaligned.
template <typename T, typename Convert>
std::vector<float> ConvertAll(std::span<const uint8_t> bytes, Convert convert) {
  std::vector<float> floats(bytes.size() / sizeof(T));
  for (size_t i = 0; i < floats.size(); i++) {
    T value;
    std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
    floats[i] = convert(value);
  }
  return floats;
}

template <typename T>
std::vector<float> CastAll(std::span<const uint8_t> bytes) {
  return ConvertAll<T>(bytes, [](T value) { return static_cast<float>(value); });
}

std::vector<float> Dequantised(const StoredTensor& tensor, const Quantisation& by) {
  const bool is_one = by.scales.size() == 1;
  FCN_CHECK(tensor.dtype == DType::kInt8 && by.zero_points.size() == by.scales.size());
  FCN_CHECK(is_one || (by.axis < static_cast<size_t>(tensor.shape.rank()) &&
                       std::ssize(by.scales) == tensor.shape.dims()[by.axis]));
  const auto dims = tensor.shape.dims();
  size_t inner = 1;  // elements from one index of the axis to the next
  for (size_t i = by.axis + 1; i < dims.size(); i++) inner *= static_cast<size_t>(dims[i]);
  std::vector<float> floats(tensor.bytes.size());
  for (size_t i = 0; i < floats.size(); i++) {
    const size_t at = is_one ? 0 : i / inner % by.scales.size();
    const auto element = static_cast<int8_t>(tensor.bytes[i]);
    floats[i] = static_cast<float>(element - by.zero_points[at]) * by.scales[at];
  }
  return floats;
}

}  // namespace

StoredTensor StoredTensor::FromFloats(Shape shape, std::span<const float> values) {
  FCN_CHECK(static_cast<size_t>(shape.elements()) == values.size());
  auto copy = std::make_shared<std::vector<float>>(values.begin(), values.end());
  const std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(copy->data()), copy->size() * sizeof(float));
  return {.dtype = DType::kFloat32, .shape = std::move(shape), .bytes = bytes, .owner = std::move(copy)};
}

bool StoredTensor::has_reals() const {
  return quantisation != nullptr || dtype == DType::kFloat64 || dtype == DType::kFloat32 || dtype == DType::kFloat16 ||
         dtype == DType::kBFloat16;
}

std::vector<float> StoredTensor::ToFloats() const {
  FCN_CHECK(bytes.size() == static_cast<size_t>(shape.elements()) * DTypeSize(dtype));
  if (quantisation) return Dequantised(*this, *quantisation);
  switch (dtype) {
    case DType::kFloat64:
      return CastAll<double>(bytes);
    case DType::kFloat32:
      return CastAll<float>(bytes);
    case DType::kFloat16:
      return ConvertAll<uint16_t>(bytes, HalfToFloat);
    case DType::kBFloat16:
      return ConvertAll<uint16_t>(bytes, BFloat16ToFloat);
    case DType::kInt64:
      return CastAll<int64_t>(bytes);
    case DType::kInt32:
      return CastAll<int32_t>(bytes);
    case DType::kInt16:
      return CastAll<int16_t>(bytes);
    case DType::kInt8:
      return CastAll<int8_t>(bytes);
    case DType::kUint8:
      return CastAll<uint8_t>(bytes);
    case DType::kBool:
      return ConvertAll<uint8_t>(bytes, [](uint8_t value) { return value == 0 ? 0.0f : 1.0f; });
  }
  FCN_CHECK(!"every dtype is listed");
  return {};
}

}  // namespace fcn
