#include "graph/ops.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "fcn/error.h"
#include "graph/remedies.h"
#include "graph/value_type.h"

namespace fcn {
namespace {

void CheckRange(const char* name, int value, int least) {
  if (value < least || value > kLargestAttribute)
    throw Error(
        ErrorCode::kInput,
        fmt::format("a {} of {} is not possible: it must be from {} to {}", name, value, least, kLargestAttribute),
        kBadGraph);
}

void CheckWindow(Size2 kernel, Size2 stride, const Padding& padding) {
  for (int k : {kernel.h, kernel.w}) CheckRange("kernel", k, 1);
  for (int s : {stride.h, stride.w}) CheckRange("stride", s, 1);
  for (int p : {padding.top, padding.bottom, padding.left, padding.right}) CheckRange("padding", p, 0);
}

void CheckStretch(const Padding& at, const Padding& more) {
  for (int a : {at.top, at.bottom, at.left, at.right}) CheckRange("row or column", a, 0);
  for (int m : {more.top, more.bottom, more.left, more.right}) CheckRange("number of repetitions", m, 0);
}

void CheckConv(const ConvGeometry& geometry) {
  CheckWindow(geometry.kernel, geometry.stride, geometry.padding);
  for (int d : {geometry.dilation.h, geometry.dilation.w}) CheckRange("dilation", d, 1);
  const auto extent = [](int kernel, int dilation) { return int64_t{dilation} * (kernel - 1) + 1; };
  const int64_t rows = extent(geometry.kernel.h, geometry.dilation.h);
  const int64_t columns = extent(geometry.kernel.w, geometry.dilation.w);
  if (std::max(rows, columns) > kLargestAttribute)
    throw Error(ErrorCode::kInput,
                fmt::format("a dilated window of {}x{} pixels is not in [1, {}]", rows, columns, kLargestAttribute),
                kBadGraph);
  CheckRange("number of groups", geometry.groups, 1);
}

// A window that lies wholly in the padding would have no largest value and no mean.
void CheckPool(Size2 kernel, Size2 stride, const Padding& padding) {
  CheckWindow(kernel, stride, padding);
  if (padding.top >= kernel.h || padding.bottom >= kernel.h || padding.left >= kernel.w || padding.right >= kernel.w)
    throw Error(ErrorCode::kInput,
                fmt::format("a pooling window of {}x{} would lie wholly in the padding of {},{},{},{}", kernel.h,
                            kernel.w, padding.top, padding.bottom, padding.left, padding.right),
                kBadGraph);
}

void CheckEpsilon(float epsilon) {
  if (!std::isfinite(epsilon) || epsilon < 0)
    throw Error(ErrorCode::kInput, fmt::format("a batch norm's epsilon cannot be {}", epsilon), kBadGraph);
}

void CheckRate(float rate) {
  if (!(rate >= 0 && rate < 1))
    throw Error(ErrorCode::kInput, fmt::format("a dropout rate of {} is not in [0, 1)", rate), kBadGraph);
}

void CheckLossWeight(float weight) {
  if (!std::isfinite(weight) || weight < 0)
    throw Error(ErrorCode::kInput, fmt::format("a loss's weight cannot be {}", weight), kBadGraph);
}

void Check(const Conv2d& op) { CheckConv(op); }
void Check(const Deconv2d& op) {
  CheckConv(op);
  if (op.dilation != Size2{})
    throw Error(ErrorCode::kUnsupported, "a transposed convolution with dilation is not supported", kBadGraph);
}
void Check(const MaxPool& op) { CheckPool(op.kernel, op.stride, op.padding); }
void Check(const AveragePool& op) { CheckPool(op.kernel, op.stride, op.padding); }
void Check(const BatchNorm& op) { CheckEpsilon(op.epsilon); }
void Check(const Scale& op) {
  if (!std::isfinite(op.factor))
    throw Error(ErrorCode::kInput, fmt::format("a factor cannot be {}", op.factor), kBadGraph);
}
void CheckSlope(float slope) {
  if (!std::isfinite(slope))
    throw Error(ErrorCode::kInput, fmt::format("a leaky ReLU's slope cannot be {}", slope), kBadGraph);
}
void Check(const LeakyRelu& op) { CheckSlope(op.slope); }
template <typename T>
void CheckNorm(const T& op) {
  CheckRange("size", op.size, 1);
  if (op.size % 2 == 0 || op.size > kLargestResponseNorm)
    throw Error(ErrorCode::kInput,
                fmt::format("a local response normalisation of size {} is not possible: it must be odd, at most {}",
                            op.size, kLargestResponseNorm),
                kBadGraph);
  const bool possible = std::isfinite(op.alpha) && op.alpha >= 0 && std::isfinite(op.beta) && op.beta > 0 &&
                        std::isnormal(op.k) && op.k > 0;
  if (!possible)
    throw Error(
        ErrorCode::kInput,
        fmt::format("a local response normalisation cannot have alpha {}, beta {} and k {}", op.alpha, op.beta, op.k),
        kBadGraph);
}
void CheckCrop(Size2 at) {
  if (at == kWhereLikeLies) return;
  CheckRange("first row", at.h, 0);
  CheckRange("first column", at.w, 0);
}
void Check(const Crop& op) { CheckCrop(op.at); }
void Check(const CropGradient& op) { CheckCrop(op.at); }
void Check(const LocalResponseNorm& op) { CheckNorm(op); }
void Check(const Dropout& op) { CheckRate(op.rate); }
void Check(const Cast& op) {
  if (op.type == ElementType::kUint64)
    throw Error(ErrorCode::kInput, "a Cast to uint64 is not possible: that is for seeds", kBadGraph);
}
void Check(const Quantise& op) { CheckQuantised({op.type, op.scale, op.zero_point}); }
void Check(const RandomDropout& op) {
  CheckRate(op.rate);
  CheckRange("stream", op.stream, 0);
}
void Check(const Stretch& op) { CheckStretch(op.at, op.more); }
void Check(const Normalise& op) { CheckEpsilon(op.epsilon); }
void Check(const NormaliseSums& op) { CheckEpsilon(op.epsilon); }
void Check(const NormaliseGradient& op) { CheckEpsilon(op.epsilon); }
void Check(const BatchNormSums& op) { CheckEpsilon(op.epsilon); }
void Check(const BatchNormGradient& op) { CheckEpsilon(op.epsilon); }
// Any label can be the one to ignore.
void Check(const SoftmaxLoss& op) { CheckLossWeight(op.weight); }
void Check(const SoftmaxLossGradient& op) { CheckLossWeight(op.weight); }
void Check(const ConvDataGradient& op) { CheckConv(op); }
void Check(const ConvWeightGradient& op) { CheckConv(op); }
void Check(const MaxPoolGradient& op) { CheckPool(op.kernel, op.stride, op.padding); }
void Check(const AveragePoolGradient& op) { CheckPool(op.kernel, op.stride, op.padding); }
void Check(const LeakyReluGradient& op) { CheckSlope(op.slope); }
void Check(const LocalResponseNormGradient& op) { CheckNorm(op); }
void Check(const SliceChannels& op) {
  CheckRange("first channel", op.first, 0);
  CheckRange("number of channels", op.count, 1);
}
void Check(const StretchGradient& op) { CheckStretch(op.at, op.more); }

template <Activation function>
Activation Function(const Pointwise<function>&) {
  return function;
}
Activation Function(const LeakyRelu&) { return Activation::kLeakyRelu; }
Activation Function(const PRelu&) { return Activation::kLeakyRelu; }
template <typename T>
Activation Function(const T&) {
  return Activation::kNone;
}

template <Activation function>
Activation Behind(const PointwiseGradient<function>&) {
  return function;
}
Activation Behind(const LeakyReluGradient&) { return Activation::kLeakyRelu; }
Activation Behind(const PReluGradient&) { return Activation::kLeakyRelu; }
template <typename T>
Activation Behind(const T&) {
  return Activation::kNone;
}

// An operation without attributes has nothing to check.
template <typename T>
  requires std::is_empty_v<T>
void Check(const T&) {}

}  // namespace

std::string_view OpName(const Op& op) {
  return std::visit([](const auto& alternative) { return alternative.kFacts.name; }, op);
}

Activation FunctionOf(const Op& op) {
  return std::visit([](const auto& alternative) { return Function(alternative); }, op);
}

Activation FunctionBehind(const Op& op) {
  return std::visit([](const auto& alternative) { return Behind(alternative); }, op);
}

OpInputs InputsOf(const Op& op) {
  return std::visit([](const auto& alternative) { return alternative.kFacts.inputs; }, op);
}

int ActivationsRead(const Op& op) {
  return std::visit(
      [](const auto& alternative) {
        return std::min(alternative.kFacts.reads, alternative.kFacts.inputs.max_activations);
      },
      op);
}

void CheckAttributes(const Op& op) {
  std::visit([](const auto& alternative) { Check(alternative); }, op);
}

}  // namespace fcn
