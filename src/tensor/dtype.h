#pragma once

#include <cstddef>
#include <cstdint>

namespace fcn {

/// The scalars that files may hold. Activations are float32 always; the others are for storage, images and labels.
enum class DType : uint8_t { kFloat64, kFloat32, kFloat16, kBFloat16, kInt64, kInt32, kInt16, kInt8, kUint8, kBool };

/// "float32", "uint8", …
const char* DTypeName(DType dtype);
size_t DTypeSize(DType dtype);

/// IEEE half and bfloat16, by bits; conversion to half rounds to nearest even.
float HalfToFloat(uint16_t half);
uint16_t FloatToHalf(float value);
float BFloat16ToFloat(uint16_t bits);

}  // namespace fcn
