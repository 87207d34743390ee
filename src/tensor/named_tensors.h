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

/// What int8 elements mean: (element - zero_point) · scale, computed in float32. There is one scale for all of them, or
/// one for each index of a dimension, the outputs' channels.
struct Quantisation {
  size_t axis = 0;
  std::vector<float> scales;        ///< one, or as many as the dimension has
  std::vector<int8_t> zero_points;  ///< as many
  bool operator==(const Quantisation&) const = default;
};

/// A tensor as a file holds it: contiguous, row-major, little-endian bytes that may be unaligned, kept alive by `owner`
/// (a mapped file, a buffer that was decompressed, or nothing where the bytes are static).
struct StoredTensor {
  DType dtype = DType::kFloat32;
  Shape shape;
  std::span<const uint8_t> bytes;
  std::shared_ptr<const void> owner;
  bool mapped = false;  ///< whether the bytes are pages of a file, which may change; its WholeFile is the owner
  std::shared_ptr<const Quantisation> quantisation = nullptr;  ///< of int8 elements; null: they are what they are

  /// A float32 tensor with its own copy of `values`. Throws Error(kInternal) where the count is not the shape's.
  static StoredTensor FromFloats(Shape shape, std::span<const float> values);
  /// The elements as float32, whatever the storage type (half, bfloat16, integers are converted, what is quantised is
  /// dequantised).
  std::vector<float> ToFloats() const;
  /// Whether the elements are real numbers: floating-point ones, or quantised.
  bool has_reals() const;
};

/// The content of a weights file: names are torch's ("features.0.weight").
using NamedTensors = std::map<std::string, StoredTensor>;

}  // namespace fcn
