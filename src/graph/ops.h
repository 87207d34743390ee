#pragma once

// What is computed, never how: one plain struct per operation. Every rule about operations (shape, coordinates, cost,
// text, …) is an overloaded free function called through std::visit, so that an operation without the rule does not
// compile. A rule and the function that dispatches to it have different names: an operation converts to Op, so that a
// missing rule of the same name would call the dispatcher for ever instead. docs/op-checklist.md names the places that
// a new operation touches. What only training uses is in gradient_ops.h.

#include <string_view>
#include <variant>

#include "graph/gradient_ops.h"
#include "tensor/geometry.h"

namespace fcn {

/// out = in ⋆ weight (+ bias). Inputs: x, weight (outputs × inputs/groups × kernel), [bias (outputs)].
struct Conv2d : ConvGeometry {
  bool operator==(const Conv2d&) const = default;
};

/// Transposed convolution, upsampling by the stride; padding crops the output. Size: (in − 1) · stride − padding +
/// kernel. Inputs: x, weight (inputs × outputs/groups × kernel), [bias]. Dilation 1.
struct Deconv2d : ConvGeometry {
  bool operator==(const Deconv2d&) const = default;
};

/// A fully connected layer over a whole map, flattened channels first as torch does, so that its weight (outputs ×
/// channels·height·width) is a convolution's with a kernel of the map's size. Inputs: x, weight, [bias].
struct Linear {
  bool operator==(const Linear&) const = default;
};

/// The largest value of a window; padding never wins. ceil: a last window that begins inside the image (or its padding
/// before) counts though it reaches past the end, as in torch.
struct MaxPool {
  Size2 kernel, stride;
  Padding padding;
  bool ceil = false;
  bool operator==(const MaxPool&) const = default;
};

/// The mean of a window. count_padding: zeros of the padding count as samples.
struct AveragePool {
  Size2 kernel, stride;
  Padding padding;
  bool ceil = false, count_padding = true;
  bool operator==(const AveragePool&) const = default;
};

/// The mean of a whole map: N×H×W×C → N×1×1×C.
struct GlobalAveragePool {
  bool operator==(const GlobalAveragePool&) const = default;
};

struct Relu {
  bool operator==(const Relu&) const = default;
};
/// min(max(x, 0), 6).
struct Relu6 {
  bool operator==(const Relu6&) const = default;
};

/// Inputs: x, weight, bias, running mean, running variance (all of x's channels).
/// (x − mean) / √(variance + epsilon) · weight + bias.
struct BatchNorm {
  float epsilon = 1e-5f;
  bool operator==(const BatchNorm&) const = default;
};

/// Inputs: two of one shape.
struct Add {
  bool operator==(const Add&) const = default;
};
/// x · factor.
struct Scale {
  float factor = 1;
  bool operator==(const Scale&) const = default;
};
/// Joins channels. Inputs: one or more of equal batch, height and width.
struct Concat {
  bool operator==(const Concat&) const = default;
};
/// Inputs: x, like. The part of x that lies where `like` does, of like's height and width. Where that is follows from
/// the coordinate maps; it is never typed in.
struct Crop {
  bool operator==(const Crop&) const = default;
};
/// Inputs: x, like. Bilinear, half-pixel centres (torch's align_corners=False), to like's height and width.
struct Resize {
  bool operator==(const Resize&) const = default;
};
/// Over channels.
struct Softmax {
  bool operator==(const Softmax&) const = default;
};
/// The channel of the largest value, the lowest where several are equal: int32 labels, N×H×W×1.
struct Argmax {
  bool operator==(const Argmax&) const = default;
};
/// Drops values while training; the identity otherwise.
struct Dropout {
  float rate = 0.5f;
  bool operator==(const Dropout&) const = default;
};

using Op =
    std::variant<Conv2d, Deconv2d, Linear, MaxPool, AveragePool, GlobalAveragePool, Relu, Relu6, BatchNorm, Add, Scale,
                 Concat, Crop, Resize, Softmax, Argmax, Dropout, RandomDropout, Stretch, BatchMoments, Normalise,
                 NormaliseSums, NormaliseGradient, BatchNormSums, BatchNormGradient, SoftmaxLoss, SoftmaxLossGradient,
                 ConvDataGradient, ConvWeightGradient, ChannelSums, LinearDataGradient, LinearWeightGradient,
                 MaxPoolGradient, AveragePoolGradient, GlobalAveragePoolGradient, ReluGradient, Relu6Gradient,
                 SoftmaxGradient, SliceChannels, CropGradient, ResizeGradient, StretchGradient>;

/// "Conv2d", "MaxPool", …: the name in the text form.
std::string_view OpName(const Op& op);

/// How many inputs an operation takes: activations, and after them parameters.
struct OpInputs {
  static constexpr int kAny = 1 << 30;  ///< no upper limit
  int min_activations = 1, max_activations = 1;
  int min_parameters = 0, max_parameters = 0;
};
OpInputs InputsOf(const Op& op);

/// How many of its activations (the first ones) an operation reads. Of the others, each a "like", only shape and place
/// in the image matter, so that their values need not exist any more.
int ActivationsRead(const Op& op);

/// No kernel, stride, dilation or padding is larger, so that arithmetic on sizes cannot overflow.
inline constexpr int kLargestAttribute = 1 << 20;

/// Throws Error(kInput) for attributes with which the operation has no meaning: a stride of 0, padding of a pooling as
/// wide as its window, a negative epsilon, …; Error(kUnsupported) for a dilated Deconv2d.
void CheckAttributes(const Op& op);

}  // namespace fcn
