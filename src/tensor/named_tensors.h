#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace fcn {

/// A tensor as a file holds it: contiguous, row-major, little-endian bytes that may be unaligned, kept alive by `owner`
/// (a mapped file, a buffer that was decompressed, or nothing where the bytes are static).
struct StoredTensor {
  DType dtype = DType::kFloat32;
  Shape shape;
  std::span<const uint8_t> bytes;
  std::shared_ptr<const void> owner;
  bool mapped = false;  ///< whether the bytes are pages of a file, which may change; its WholeFile is the owner

  /// A float32 tensor with its own copy of `values`. Throws Error(kInternal) where the count is not the shape's.
  static StoredTensor FromFloats(Shape shape, std::span<const float> values);
  /// The elements as float32, whatever the storage type (half, bfloat16, integers are converted).
  std::vector<float> ToFloats() const;
};

/// The content of a weights file: names are torch's ("features.0.weight").
using NamedTensors = std::map<std::string, StoredTensor>;

}  // namespace fcn
