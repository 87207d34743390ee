#pragma once

// What training adds to the operations of ops.h: the forms that some take while training, the loss, and gradients. "g"
// is the gradient of the loss by the operation's output, of that output's shape; "like" is an activation of which only
// the shape and the place in the image matter. Gradients of parameters are 1×1×1×n, the parameter's elements in its own
// (torch's) order.

#include "graph/op_facts.h"
#include "tensor/geometry.h"

namespace fcn {

/// Drops each value with probability `rate` and divides the others by 1 − rate. Inputs: x, seed (1×1×1×1, uint64).
/// What is dropped is a function of seed, stream and the value's index, so that the gradient is the same operation on
/// g.
struct RandomDropout {
  static constexpr OpFacts kFacts{.name = "RandomDropout", .kind = OpKind::kLikeFirst, .inputs = {2, 2}};
  float rate = 0.5f;
  int stream = 0;
  bool operator==(const RandomDropout&) const = default;
};

/// Repeats rows and columns: the row at.top from the top more.top more times, the row at.bottom from the bottom
/// more.bottom more times, columns likewise. Inputs: x. What a network computes of less padding than it has becomes
/// what it computes of all of it; see shorten_padding.h.
struct Stretch {
  static constexpr OpFacts kFacts{.name = "Stretch"};
  Padding at, more;
  bool operator==(const Stretch&) const = default;
};

/// Mean and (biased) variance of each channel over images and pixels: N×H×W×C → 1×1×2×C, the means first.
struct BatchMoments {
  static constexpr OpFacts kFacts{.name = "BatchMoments", .kind = OpKind::kNowhere};
  bool operator==(const BatchMoments&) const = default;
};
/// Batch norm while training. Inputs: x, moments, weight, bias. (x − mean) / √(variance + epsilon) · weight + bias.
struct Normalise {
  static constexpr OpFacts kFacts{.name = "Normalise", .kind = OpKind::kLikeFirst, .inputs = {2, 2, 2, 2}};
  float epsilon = 1e-5f;
  bool operator==(const Normalise&) const = default;
};
/// Inputs: g, x, moments. 1×1×2×C: Σ g (the gradient of the bias), then Σ g · (x − mean) / √(variance + epsilon) (of
/// the weight).
struct NormaliseSums {
  static constexpr OpFacts kFacts{.name = "NormaliseSums", .kind = OpKind::kNowhere, .inputs = {3, 3}};
  float epsilon = 1e-5f;
  bool operator==(const NormaliseSums&) const = default;
};
/// The gradient of Normalise by x, through the moments too. Inputs: g, x, moments, sums, weight. With n values per
/// channel and x̂ = (x − mean) / √(variance + epsilon): weight / √(variance + epsilon) · (g − (Σ g + x̂ · Σ g·x̂) / n).
struct NormaliseGradient {
  static constexpr OpFacts kFacts{.name = "NormaliseGradient", .kind = OpKind::kLikeSecond, .inputs = {4, 4, 1, 1}};
  float epsilon = 1e-5f;
  bool operator==(const NormaliseGradient&) const = default;
};
/// NormaliseSums of a BatchNorm with fixed statistics. Inputs: g, x, running mean, running variance.
struct BatchNormSums {
  static constexpr OpFacts kFacts{.name = "BatchNormSums", .kind = OpKind::kNowhere, .inputs = {2, 2, 2, 2}};
  float epsilon = 1e-5f;
  bool operator==(const BatchNormSums&) const = default;
};
/// The gradient of BatchNorm by x. Inputs: g, weight, running variance. g · weight / √(variance + epsilon).
struct BatchNormGradient {
  static constexpr OpFacts kFacts{.name = "BatchNormGradient", .kind = OpKind::kLikeFirst, .inputs = {1, 1, 2, 2}};
  float epsilon = 1e-5f;
  bool operator==(const BatchNormGradient&) const = default;
};

/// The cross-entropy of softmax(scores) and the labels, over all pixels whose label is not `ignore_label`: 1×1×1×1.
/// Inputs: scores, labels (N×H×W×1, int32), [class weights (C)]. The sum of
/// weight[label] · −log softmax(scores)[label] as in the paper, or with `mean` divided by Σ weight[label], as torch
/// does; times `weight`, the loss's own among several. 0 where no pixel is valid.
struct SoftmaxLoss {
  static constexpr OpFacts kFacts{.name = "SoftmaxLoss", .kind = OpKind::kNowhere, .inputs = {2, 2, 0, 1}};
  int ignore_label = 255;
  bool mean = true;
  float weight = 1;
  bool operator==(const SoftmaxLoss&) const = default;
};
/// The gradient by the scores. Inputs: scores, labels, [class weights]. 0 where no pixel is valid.
struct SoftmaxLossGradient {
  static constexpr OpFacts kFacts{.name = "SoftmaxLossGradient", .kind = OpKind::kLikeFirst, .inputs = {2, 2, 0, 1}};
  int ignore_label = 255;
  bool mean = true;
  float weight = 1;
  bool operator==(const SoftmaxLossGradient&) const = default;
};

/// Of a convolution by its input. Inputs: g, like (x), weight. (A transposed convolution's is a Conv2d of g with the
/// same weight.)
struct ConvDataGradient : ConvGeometry {
  static constexpr OpFacts kFacts{
      .name = "ConvDataGradient", .kind = OpKind::kLikeSecond, .inputs = {2, 2, 1, 1}, .reads = 1};
  bool operator==(const ConvDataGradient&) const = default;
};
/// Of a convolution by its weight. Inputs: g, x. (A transposed convolution's has the two exchanged.)
struct ConvWeightGradient : ConvGeometry {
  static constexpr OpFacts kFacts{.name = "ConvWeightGradient", .kind = OpKind::kNowhere, .inputs = {2, 2}};
  bool operator==(const ConvWeightGradient&) const = default;
};
/// Σ g over images and pixels: the gradient of a bias. 1×1×1×C.
struct ChannelSums {
  static constexpr OpFacts kFacts{.name = "ChannelSums", .kind = OpKind::kNowhere};
  bool operator==(const ChannelSums&) const = default;
};
/// Of a Multiply by its second input. (That by the first is a Multiply of g with the second.) Inputs: g, x, like (y). g
/// · x, summed over the pixels of each image where y is one pixel.
struct MultiplyGradient {
  static constexpr OpFacts kFacts{.name = "MultiplyGradient", .inputs = {3, 3}, .reads = 2};
  bool operator==(const MultiplyGradient&) const = default;
};
/// Of a Linear by its input. Inputs: g, like (x), weight.
struct LinearDataGradient {
  static constexpr OpFacts kFacts{
      .name = "LinearDataGradient", .kind = OpKind::kLikeSecond, .inputs = {2, 2, 1, 1}, .reads = 1};
  bool operator==(const LinearDataGradient&) const = default;
};
/// Of a Linear by its weight. Inputs: g, x.
struct LinearWeightGradient {
  static constexpr OpFacts kFacts{.name = "LinearWeightGradient", .kind = OpKind::kNowhere, .inputs = {2, 2}};
  bool operator==(const LinearWeightGradient&) const = default;
};
/// Inputs: g, x. Each window's g goes to its largest value, the first of equal ones row by row.
struct MaxPoolGradient {
  static constexpr OpFacts kFacts{.name = "MaxPoolGradient", .kind = OpKind::kLikeSecond, .inputs = {2, 2}};
  Size2 kernel, stride;
  Padding padding;
  bool operator==(const MaxPoolGradient&) const = default;
};
/// Inputs: g, like (x).
struct AveragePoolGradient {
  static constexpr OpFacts kFacts{
      .name = "AveragePoolGradient", .kind = OpKind::kLikeSecond, .inputs = {2, 2}, .reads = 1};
  Size2 kernel, stride;
  Padding padding;
  bool count_padding = true;
  bool operator==(const AveragePoolGradient&) const = default;
};
/// Inputs: g, like (x).
struct GlobalAveragePoolGradient {
  static constexpr OpFacts kFacts{
      .name = "GlobalAveragePoolGradient", .kind = OpKind::kLikeSecond, .inputs = {2, 2}, .reads = 1};
  bool operator==(const GlobalAveragePoolGradient&) const = default;
};
/// g · function′. Inputs: g, and the function's output y, or its input x where DerivativeReadsInput(function). Of one
/// that clamps: g where y lies inside of the interval, else 0.
template <Activation function>
struct PointwiseGradient {
  static constexpr OpFacts kFacts{.name = NamesOf(function).gradient, .kind = OpKind::kLikeSecond, .inputs = {2, 2}};
  bool operator==(const PointwiseGradient&) const = default;
};
using ReluGradient = PointwiseGradient<Activation::kRelu>;
using Relu6Gradient = PointwiseGradient<Activation::kRelu6>;
using SigmoidGradient = PointwiseGradient<Activation::kSigmoid>;
using TanhGradient = PointwiseGradient<Activation::kTanh>;
using HardSigmoidGradient = PointwiseGradient<Activation::kHardSigmoid>;
using HardSwishGradient = PointwiseGradient<Activation::kHardSwish>;
/// Inputs: g, x; or y, which has x's sign, where slope > 0. g where that is > 0, else slope · g.
struct LeakyReluGradient {
  static constexpr OpFacts kFacts{
      .name = NamesOf(Activation::kLeakyRelu).gradient, .kind = OpKind::kLikeSecond, .inputs = {2, 2}};
  float slope = 0.01f;
  bool operator==(const LeakyReluGradient&) const = default;
};
/// Inputs: g, x, slopes.
struct PReluGradient {
  static constexpr OpFacts kFacts{.name = "PReluGradient", .kind = OpKind::kLikeSecond, .inputs = {2, 2, 1, 1}};
  bool operator==(const PReluGradient&) const = default;
};
/// Of a PRelu by its slopes: Σ g · x over images and those pixels where x ≤ 0. Inputs: g, x. 1×1×1×C.
struct SlopeGradient {
  static constexpr OpFacts kFacts{.name = "SlopeGradient", .kind = OpKind::kNowhere, .inputs = {2, 2}};
  bool operator==(const SlopeGradient&) const = default;
};
/// Inputs: g, x.
struct LocalResponseNormGradient {
  static constexpr OpFacts kFacts{.name = "LocalResponseNormGradient", .kind = OpKind::kLikeSecond, .inputs = {2, 2}};
  int size = 5;
  float alpha = 1e-4f, beta = 0.75f, k = 1;
  bool operator==(const LocalResponseNormGradient&) const = default;
};
/// Inputs: g, y (Softmax's output). y · (g − Σ_c g·y).
struct SoftmaxGradient {
  static constexpr OpFacts kFacts{.name = "SoftmaxGradient", .kind = OpKind::kLikeSecond, .inputs = {2, 2}};
  bool operator==(const SoftmaxGradient&) const = default;
};
/// Crop's `at` where the coordinate maps say it.
inline constexpr Size2 kWhereLikeLies = {-1, -1};
/// Inputs: g, like (Crop's x), like (Crop's like). g where it came from, zeros around it.
struct CropGradient {
  static constexpr OpFacts kFacts{.name = "CropGradient", .kind = OpKind::kLikeSecond, .inputs = {3, 3}, .reads = 1};
  Size2 at = kWhereLikeLies;
  bool operator==(const CropGradient&) const = default;
};
/// Inputs: g, like (Resize's x).
struct ResizeGradient {
  static constexpr OpFacts kFacts{.name = "ResizeGradient", .kind = OpKind::kLikeSecond, .inputs = {2, 2}, .reads = 1};
  bool operator==(const ResizeGradient&) const = default;
};
/// Inputs: g. The sums over a row and its repetitions.
struct StretchGradient {
  static constexpr OpFacts kFacts{.name = "StretchGradient"};
  Padding at, more;
  bool operator==(const StretchGradient&) const = default;
};

}  // namespace fcn
