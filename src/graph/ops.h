#pragma once

// What is computed, never how: one plain struct per operation, with what is said of it once (op_facts.h). Every rule
// about operations (shape, coordinates, cost, text, …) is an overloaded free function called through std::visit: of a
// kind, or of an operation alone. An operation with neither does not compile. A rule and the function that dispatches
// to it have different names: an operation converts to Op, so that a missing rule of the same name would call the
// dispatcher for ever instead. docs/op-checklist.md names the places that a new operation touches. What only training
// uses is in gradient_ops.h.

#include <string_view>
#include <variant>

#include "graph/gradient_ops.h"
#include "graph/op_facts.h"
#include "tensor/element_type.h"
#include "tensor/geometry.h"

namespace fcn {

/// out = in ⋆ weight (+ bias). Inputs: x, weight (outputs × inputs/groups × kernel), [bias (outputs)].
struct Conv2d : ConvGeometry {
  static constexpr OpFacts kFacts{.name = "Conv2d", .inputs = {1, 1, 1, 2}};
  bool operator==(const Conv2d&) const = default;
};

/// Transposed convolution, upsampling by the stride; padding crops the output. Size: (in − 1) · stride − padding +
/// kernel. Inputs: x, weight (inputs × outputs/groups × kernel), [bias]. Dilation 1.
struct Deconv2d : ConvGeometry {
  static constexpr OpFacts kFacts{.name = "Deconv2d", .inputs = {1, 1, 1, 2}};
  bool operator==(const Deconv2d&) const = default;
};

/// A fully connected layer over a whole map, flattened channels first as torch does, so that its weight (outputs ×
/// channels·height·width) is a convolution's with a kernel of the map's size. Inputs: x, weight, [bias].
struct Linear {
  static constexpr OpFacts kFacts{.name = "Linear", .inputs = {1, 1, 1, 2}};
  bool operator==(const Linear&) const = default;
};

/// The largest value of a window; padding never wins. ceil: a last window that begins inside the image (or its padding
/// before) counts though it reaches past the end, as in torch.
struct MaxPool {
  static constexpr OpFacts kFacts{.name = "MaxPool"};
  Size2 kernel, stride;
  Padding padding;
  bool ceil = false;
  bool operator==(const MaxPool&) const = default;
};

/// The mean of a window. count_padding: zeros of the padding count as samples.
struct AveragePool {
  static constexpr OpFacts kFacts{.name = "AveragePool"};
  Size2 kernel, stride;
  Padding padding;
  bool ceil = false, count_padding = true;
  bool operator==(const AveragePool&) const = default;
};

/// The mean of a whole map: N×H×W×C → N×1×1×C.
struct GlobalAveragePool {
  static constexpr OpFacts kFacts{.name = "GlobalAveragePool"};
  bool operator==(const GlobalAveragePool&) const = default;
};

/// function(x), element by element.
template <Activation function>
struct Pointwise {
  static constexpr OpFacts kFacts{.name = NamesOf(function).name, .kind = OpKind::kPointwise};
  bool operator==(const Pointwise&) const = default;
};
using Relu = Pointwise<Activation::kRelu>;
using Relu6 = Pointwise<Activation::kRelu6>;
using Sigmoid = Pointwise<Activation::kSigmoid>;
using Tanh = Pointwise<Activation::kTanh>;
using HardSigmoid = Pointwise<Activation::kHardSigmoid>;
using HardSwish = Pointwise<Activation::kHardSwish>;

/// x where x > 0, else slope · x.
struct LeakyRelu {
  static constexpr OpFacts kFacts{.name = NamesOf(Activation::kLeakyRelu).name, .kind = OpKind::kPointwise};
  float slope = 0.01f;
  bool operator==(const LeakyRelu&) const = default;
};
/// The same with a slope for each channel, which is learnt. Inputs: x, slopes (C).
struct PRelu {
  static constexpr OpFacts kFacts{.name = "PRelu", .kind = OpKind::kPointwise, .inputs = {1, 1, 1, 1}};
  bool operator==(const PRelu&) const = default;
};

/// (x − mean) / √(variance + epsilon) · weight + bias, channel by channel. Inputs: x, weight, bias, running mean,
/// running variance.
struct BatchNorm {
  static constexpr OpFacts kFacts{.name = "BatchNorm", .kind = OpKind::kPointwise, .inputs = {1, 1, 4, 4}};
  float epsilon = 1e-5f;
  bool operator==(const BatchNorm&) const = default;
};

/// Inputs: two of one shape.
struct Add {
  static constexpr OpFacts kFacts{.name = "Add", .kind = OpKind::kPointwise, .inputs = {2, 2}};
  bool operator==(const Add&) const = default;
};
/// x · y, element by element. Inputs: x, y of x's shape, or of one pixel for each image, which scales its channels (as
/// in squeeze-and-excite).
struct Multiply {
  static constexpr OpFacts kFacts{.name = "Multiply", .kind = OpKind::kLikeFirst, .inputs = {2, 2}};
  bool operator==(const Multiply&) const = default;
};
/// x · factor. Inputs: x.
struct Scale {
  static constexpr OpFacts kFacts{.name = "Scale", .kind = OpKind::kPointwise};
  float factor = 1;
  bool operator==(const Scale&) const = default;
};
/// Joins channels. Inputs: one or more of equal batch, height and width.
struct Concat {
  static constexpr OpFacts kFacts{.name = "Concat", .inputs = {1, OpInputs::kAny}};
  bool operator==(const Concat&) const = default;
};
/// Inputs: x, like. The part of x that lies where `like` does, of like's height and width. Where that is follows from
/// the coordinate maps, unless a network of Caffe's says it, which need not agree with them: `at` is x's first row and
/// column then.
struct Crop {
  static constexpr OpFacts kFacts{.name = "Crop", .inputs = {2, 2}, .reads = 1};
  Size2 at = kWhereLikeLies;
  bool operator==(const Crop&) const = default;
};
/// Channels [first, first + count): one of the parts that a Concat would join, and so its gradient by that part.
struct SliceChannels {
  static constexpr OpFacts kFacts{.name = "SliceChannels"};
  int first = 0, count = 1;
  bool operator==(const SliceChannels&) const = default;
};
/// Inputs: x, like. Bilinear, half-pixel centres (torch's align_corners=False), to like's height and width.
struct Resize {
  static constexpr OpFacts kFacts{.name = "Resize", .inputs = {2, 2}, .reads = 1};
  bool operator==(const Resize&) const = default;
};
/// Local response normalisation across channels (AlexNet's), of odd size:
/// x[c] · (k + alpha / size · Σ x[j]²)^−beta, summed over the channels j with |j − c| ≤ size / 2. alpha is divided by
/// the size, as Caffe, torch and ONNX have it; the alpha of the paper and of TensorFlow is not.
struct LocalResponseNorm {
  static constexpr OpFacts kFacts{.name = "LocalResponseNorm", .kind = OpKind::kPointwise};
  int size = 5;
  float alpha = 1e-4f, beta = 0.75f, k = 1;
  bool operator==(const LocalResponseNorm&) const = default;
};
/// Over channels.
struct Softmax {
  static constexpr OpFacts kFacts{.name = "Softmax", .kind = OpKind::kPointwise};
  bool operator==(const Softmax&) const = default;
};
/// The channel of the largest value, the lowest where several are equal: int32 labels, N×H×W×1.
struct Argmax {
  static constexpr OpFacts kFacts{.name = "Argmax"};
  bool operator==(const Argmax&) const = default;
};
/// Drops values while training; the identity otherwise.
struct Dropout {
  static constexpr OpFacts kFacts{.name = "Dropout", .kind = OpKind::kPointwise};
  float rate = 0.5f;
  bool operator==(const Dropout&) const = default;
};

/// The same numbers as elements of another type: the next ones, of two that are equally near the even one; among
/// integers the nearest that there is, and 0 for NaN. Of the two types one is float32, and none is uint64.
struct Cast {
  static constexpr OpFacts kFacts{.name = "Cast", .kind = OpKind::kPointwise};
  ElementType type = ElementType::kFloat32;
  bool operator==(const Cast&) const = default;
};
/// round(x / scale) + zero_point as int8 or uint8, ties to even, and the nearest of the type's numbers (ONNX's
/// QuantizeLinear). The value's type keeps scale and zero point.
struct Quantise {
  static constexpr OpFacts kFacts{.name = "Quantise", .kind = OpKind::kPointwise};
  ElementType type = ElementType::kInt8;
  float scale = 1;
  int zero_point = 0;
  bool operator==(const Quantise&) const = default;
};
/// What a quantised value means: (x − zero_point) · scale, as float32.
struct Dequantise {
  static constexpr OpFacts kFacts{.name = "Dequantise", .kind = OpKind::kPointwise};
  bool operator==(const Dequantise&) const = default;
};

using Op =
    Joined<std::variant<Conv2d, Deconv2d, Linear, MaxPool, AveragePool, GlobalAveragePool>, OfEveryFunction<Pointwise>,
           std::variant<LeakyRelu, PRelu, BatchNorm, Add, Multiply, Scale, Concat, Crop, SliceChannels, Resize,
                        LocalResponseNorm, Softmax, Argmax, Dropout, Cast, Quantise, Dequantise>,
           // Those of training: RandomDropout is the first of them.
           std::variant<RandomDropout, Stretch, BatchMoments, Normalise, NormaliseSums, NormaliseGradient,
                        BatchNormSums, BatchNormGradient, SoftmaxLoss, SoftmaxLossGradient, ConvDataGradient,
                        ConvWeightGradient, ChannelSums, MultiplyGradient, LinearDataGradient, LinearWeightGradient,
                        MaxPoolGradient, AveragePoolGradient, GlobalAveragePoolGradient>,
           OfEveryFunction<PointwiseGradient>,
           std::variant<LeakyReluGradient, PReluGradient, SlopeGradient, LocalResponseNormGradient, SoftmaxGradient,
                        CropGradient, ResizeGradient, StretchGradient>>::Type;

/// "Conv2d", "MaxPool", …: the name in the text form.
std::string_view OpName(const Op& op);

/// The function of one number that it is, or whose gradient it is; kNone of others.
Activation FunctionOf(const Op& op);
Activation FunctionBehind(const Op& op);

/// How many activations and parameters it takes.
OpInputs InputsOf(const Op& op);

/// OpFacts::reads.
int ActivationsRead(const Op& op);

/// No kernel, stride, dilation or padding is larger, so that arithmetic on sizes cannot overflow.
inline constexpr int kLargestAttribute = 1 << 20;
/// Of a local response normalisation no size is larger than this.
inline constexpr int kLargestResponseNorm = 63;

/// Throws Error(kInput) for attributes with which the operation has no meaning: a stride of 0, padding of a pooling as
/// wide as its window, a negative epsilon, …; Error(kUnsupported) for a dilated Deconv2d.
void CheckAttributes(const Op& op);

}  // namespace fcn
