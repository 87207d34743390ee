#include "tensor/dtype.h"

#include <bit>

namespace fcn {
namespace {

struct Row {
  const char* name;
  size_t size;
};
// In the order of DType.
constexpr Row kRows[] = {{"float64", 8}, {"float32", 4}, {"float16", 2}, {"bfloat16", 2}, {"int64", 8},
                         {"int32", 4},   {"int16", 2},   {"int8", 1},    {"uint8", 1},    {"bool", 1}};

}  // namespace

const char* DTypeName(DType dtype) { return kRows[static_cast<size_t>(dtype)].name; }
size_t DTypeSize(DType dtype) { return kRows[static_cast<size_t>(dtype)].size; }

float HalfToFloat(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000) << 16;
  const uint32_t magnitude = half & 0x7fff;
  if (magnitude >= 0x7c00) return std::bit_cast<float>(sign | 0x7f800000 | (magnitude & 0x3ff) << 13);
  // Shifted into place, the exponent is off by 127 − 15; the multiplication corrects it, for subnormals as well.
  const float scaled = std::bit_cast<float>(magnitude << 13) * 0x1p112f;
  return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(scaled));
}

uint16_t FloatToHalf(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const auto sign = static_cast<uint16_t>(bits >> 16 & 0x8000);
  uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;   // NaN
  if (magnitude >= 0x477ff000) return sign | 0x7c00;  // rounds to 65536 or more: infinity
  if (magnitude < 0x38800000) {                       // subnormal in half: let the adder round at 2⁻²⁴
    const float rounded = std::bit_cast<float>(magnitude) + 0.5f;
    return static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(rounded) - std::bit_cast<uint32_t>(0.5f)));
  }
  magnitude += 0xfff + (magnitude >> 13 & 1);  // to nearest, ties to even
  return static_cast<uint16_t>(sign | ((magnitude >> 13) - (112 << 10)));
}

float BFloat16ToFloat(uint16_t bits) { return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16); }

}  // namespace fcn
