#pragma once

// Pooling: a window slides over the image, channel by channel. The output's shape decides between floor and ceil mode:
// the last windows may reach beyond the padding.
//
// A window's pixels are in[n, y·stride.h − padding.top + i, x·stride.w − padding.left + j, c] for the taps (i, j) of
// the kernel that lie inside the image. Padding is never a candidate of max pooling.

#include <cstdint>

#include "base/context.h"
#include "tensor/geometry.h"
#include "tensor/tensor.h"

namespace fcn::pool {

struct Window {
  Size2 kernel, stride;
  Padding padding;
  bool operator==(const Window&) const = default;
};

/// The largest value of each window; NaN where the window has one, −∞ where the window lies outside of the image.
void Max(const Window& window, TensorView<const float> input, TensorView<float> output, const Context& context);

/// Max that also notes, for each of its values (N×H×W×C bytes, dense), the tap that it came from: i · kernel.w + j, the
/// one that MaxGradient gives the gradient to. The kernel has at most kNoWinner taps. With `positive_only` a value
/// that is 0 or less has kNoWinner: a ReLU before lets no gradient through there.
void MaxWithWinners(const Window& window, bool positive_only, TensorView<const float> input, TensorView<float> output,
                    uint8_t* winners, const Context& context);

inline constexpr int kNoWinner = 255;

/// The mean of each window; 0 where the window lies outside of the image. The divisor is the number of taps inside the
/// image, or with `count_padding` inside the image and its padding (torch's count_include_pad: in ceil mode what
/// reaches beyond the padding is not counted).
void Average(const Window& window, bool count_padding, TensorView<const float> input, TensorView<float> output,
             const Context& context);

/// Floats of scratch memory that GlobalAverage needs.
int64_t GlobalAverageScratchFloats(const Nhwc& input);

/// The mean over all pixels: N×H×W×C to N×1×1×C. Sums of kGlobalAveragePixels pixels each are added in order, so that
/// the work can be shared and the error stays small whatever the size. `scratch` of GlobalAverageScratchFloats.
void GlobalAverage(TensorView<const float> input, TensorView<float> output, float* scratch, const Context& context);

inline constexpr int64_t kGlobalAveragePixels = 64;

}  // namespace fcn::pool
