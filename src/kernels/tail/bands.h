#pragma once

#include <cstdint>
#include <vector>

#include "kernels/resize/resize.h"
#include "kernels/tail/kernels.h"
#include "tensor/tensor.h"

namespace fcn::tail {

/// Neighbouring rows of the output that lie between the same two rows of the input, at most kBandRows.
struct Band {
  int64_t first, count;
  int64_t above, below;  ///< rows of the input
};
inline constexpr int64_t kBandRows = 8;

/// The sources of an axis, as bands.
std::vector<Band> BandsOf(const std::vector<resize::Source>& rows);
/// How many these are, at most.
int64_t MostBands(int64_t in, int64_t out);

/// The sources of the output's columns, field by field, the last one repeated to whole blocks.
struct Columns {
  Columns(int64_t in, int64_t out);

  int64_t count;
  AlignedBuffer<int32_t> left, right;
  AlignedBuffer<float> left_weight, right_weight;
};

/// The two rows of the input around a band: channel by channel, then blended block by block.
class BlendedRows {
 public:
  static int64_t Floats(const Nhwc& scores);
  /// `memory` has Floats(scores.shape) floats.
  BlendedRows(TensorView<const float> scores, const Columns& columns, const Kernels& kernels, float* memory);

  void Load(int64_t n, const Band& band);
  /// Blends the block that begins at column x of the output.
  void Blend(int64_t x);
  const float* above() const { return above_; }
  const float* below() const { return below_; }

 private:
  TensorView<const float> scores_;
  const Columns& columns_;
  const Kernels& kernels_;
  int64_t planar_stride_;
  float *planar_above_, *planar_below_, *above_, *below_blended_;
  const float* below_ = nullptr;
  bool one_row_ = false;
};

}  // namespace fcn::tail
