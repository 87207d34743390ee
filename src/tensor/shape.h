#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

namespace fcn {

/// Dimensions of a tensor of any rank, outermost first; rank 0 is a scalar. Parameters have torch's shapes: OIHW for
/// convolutions, IOHW for transposed ones.
class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<int64_t> dims) : dims_(dims) {}
  explicit Shape(std::vector<int64_t> dims) : dims_(std::move(dims)) {}

  int rank() const { return static_cast<int>(dims_.size()); }
  int64_t operator[](int i) const { return dims_[static_cast<size_t>(i)]; }
  std::span<const int64_t> dims() const { return dims_; }
  /// The product of the dimensions. Throws Error(kInput) for a negative dimension or a product above 2⁶².
  int64_t elements() const;
  /// "64x3x3x3"; "scalar" for rank 0.
  std::string ToString() const;
  bool operator==(const Shape&) const = default;

 private:
  std::vector<int64_t> dims_;
};

/// The shape of an activation: batch, height, width, channels, in the order of memory.
struct Nhwc {
  int64_t n = 1, h = 1, w = 1, c = 1;

  int64_t pixels() const { return n * h * w; }
  int64_t elements() const { return n * h * w * c; }
  bool operator==(const Nhwc&) const = default;
};

/// "1x500x500x3".
std::string ToString(const Nhwc& shape);

}  // namespace fcn
