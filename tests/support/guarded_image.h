#pragma once

#include <cstdint>
#include <vector>

#include "support/guarded.h"
#include "tensor/tensor.h"

namespace fcn::test {

/// Activations in guarded memory, with `gap` floats between the channels of neighbouring pixels, which hold a value so
/// large that a kernel that uses it cannot go unnoticed. The channels start as NaN.
class GuardedImage {
 public:
  explicit GuardedImage(Nhwc shape, int64_t gap = 0, int misalign = 0);

  TensorView<float> view() { return {buffer_.data(), shape_, shape_.c + gap_}; }
  void Fill(uint64_t seed, float reach = 1);
  /// False after any write beyond the buffer or into the gaps.
  bool Intact() const;
  /// The channels of all pixels without gaps.
  std::vector<float> Values() const;
  std::vector<double> Doubles() const;

 private:
  Nhwc shape_;
  int64_t gap_;
  GuardedFloats buffer_;
};

/// |x| of each element: what a bound on rounding errors is made of.
std::vector<double> Magnitudes(std::vector<double> values);

}  // namespace fcn::test
