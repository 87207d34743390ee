#include "graph/ops.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "fcn/error.h"
#include "graph/remedies.h"

namespace fcn {
namespace {

std::string_view Name(const Conv2d&) { return "Conv2d"; }
std::string_view Name(const Deconv2d&) { return "Deconv2d"; }
std::string_view Name(const Linear&) { return "Linear"; }
std::string_view Name(const MaxPool&) { return "MaxPool"; }
std::string_view Name(const AveragePool&) { return "AveragePool"; }
std::string_view Name(const GlobalAveragePool&) { return "GlobalAveragePool"; }
std::string_view Name(const Relu&) { return "Relu"; }
std::string_view Name(const Relu6&) { return "Relu6"; }
std::string_view Name(const BatchNorm&) { return "BatchNorm"; }
std::string_view Name(const Add&) { return "Add"; }
std::string_view Name(const Scale&) { return "Scale"; }
std::string_view Name(const Concat&) { return "Concat"; }
std::string_view Name(const Crop&) { return "Crop"; }
std::string_view Name(const Resize&) { return "Resize"; }
std::string_view Name(const Softmax&) { return "Softmax"; }
std::string_view Name(const Argmax&) { return "Argmax"; }
std::string_view Name(const Dropout&) { return "Dropout"; }
std::string_view Name(const RandomDropout&) { return "RandomDropout"; }
std::string_view Name(const Stretch&) { return "Stretch"; }
std::string_view Name(const BatchMoments&) { return "BatchMoments"; }
std::string_view Name(const Normalise&) { return "Normalise"; }
std::string_view Name(const NormaliseSums&) { return "NormaliseSums"; }
std::string_view Name(const NormaliseGradient&) { return "NormaliseGradient"; }
std::string_view Name(const BatchNormSums&) { return "BatchNormSums"; }
std::string_view Name(const BatchNormGradient&) { return "BatchNormGradient"; }
std::string_view Name(const SoftmaxLoss&) { return "SoftmaxLoss"; }
std::string_view Name(const SoftmaxLossGradient&) { return "SoftmaxLossGradient"; }
std::string_view Name(const ConvDataGradient&) { return "ConvDataGradient"; }
std::string_view Name(const ConvWeightGradient&) { return "ConvWeightGradient"; }
std::string_view Name(const ChannelSums&) { return "ChannelSums"; }
std::string_view Name(const LinearDataGradient&) { return "LinearDataGradient"; }
std::string_view Name(const LinearWeightGradient&) { return "LinearWeightGradient"; }
std::string_view Name(const MaxPoolGradient&) { return "MaxPoolGradient"; }
std::string_view Name(const AveragePoolGradient&) { return "AveragePoolGradient"; }
std::string_view Name(const GlobalAveragePoolGradient&) { return "GlobalAveragePoolGradient"; }
std::string_view Name(const ReluGradient&) { return "ReluGradient"; }
std::string_view Name(const Relu6Gradient&) { return "Relu6Gradient"; }
std::string_view Name(const SoftmaxGradient&) { return "SoftmaxGradient"; }
std::string_view Name(const SliceChannels&) { return "SliceChannels"; }
std::string_view Name(const CropGradient&) { return "CropGradient"; }
std::string_view Name(const ResizeGradient&) { return "ResizeGradient"; }
std::string_view Name(const StretchGradient&) { return "StretchGradient"; }

constexpr OpInputs kOneValue{1, 1, 0, 0}, kTwoValues{2, 2, 0, 0}, kThreeValues{3, 3, 0, 0}, kWeightAndBias{1, 1, 1, 2};

OpInputs Inputs(const Conv2d&) { return kWeightAndBias; }
OpInputs Inputs(const Deconv2d&) { return kWeightAndBias; }
OpInputs Inputs(const Linear&) { return kWeightAndBias; }
OpInputs Inputs(const MaxPool&) { return kOneValue; }
OpInputs Inputs(const AveragePool&) { return kOneValue; }
OpInputs Inputs(const GlobalAveragePool&) { return kOneValue; }
OpInputs Inputs(const Relu&) { return kOneValue; }
OpInputs Inputs(const Relu6&) { return kOneValue; }
OpInputs Inputs(const BatchNorm&) { return {1, 1, 4, 4}; }
OpInputs Inputs(const Add&) { return kTwoValues; }
OpInputs Inputs(const Scale&) { return kOneValue; }
OpInputs Inputs(const Concat&) { return {1, OpInputs::kAny, 0, 0}; }
OpInputs Inputs(const Crop&) { return kTwoValues; }
OpInputs Inputs(const Resize&) { return kTwoValues; }
OpInputs Inputs(const Softmax&) { return kOneValue; }
OpInputs Inputs(const Argmax&) { return kOneValue; }
OpInputs Inputs(const Dropout&) { return kOneValue; }
OpInputs Inputs(const RandomDropout&) { return kTwoValues; }
OpInputs Inputs(const Stretch&) { return kOneValue; }
OpInputs Inputs(const BatchMoments&) { return kOneValue; }
OpInputs Inputs(const Normalise&) { return {2, 2, 2, 2}; }
OpInputs Inputs(const NormaliseSums&) { return kThreeValues; }
OpInputs Inputs(const NormaliseGradient&) { return {4, 4, 1, 1}; }
OpInputs Inputs(const BatchNormSums&) { return {2, 2, 2, 2}; }
OpInputs Inputs(const BatchNormGradient&) { return {1, 1, 2, 2}; }
OpInputs Inputs(const SoftmaxLoss&) { return {2, 2, 0, 1}; }
OpInputs Inputs(const SoftmaxLossGradient&) { return {2, 2, 0, 1}; }
OpInputs Inputs(const ConvDataGradient&) { return {2, 2, 1, 1}; }
OpInputs Inputs(const ConvWeightGradient&) { return kTwoValues; }
OpInputs Inputs(const ChannelSums&) { return kOneValue; }
OpInputs Inputs(const LinearDataGradient&) { return {2, 2, 1, 1}; }
OpInputs Inputs(const LinearWeightGradient&) { return kTwoValues; }
OpInputs Inputs(const MaxPoolGradient&) { return kTwoValues; }
OpInputs Inputs(const AveragePoolGradient&) { return kTwoValues; }
OpInputs Inputs(const GlobalAveragePoolGradient&) { return kTwoValues; }
OpInputs Inputs(const ReluGradient&) { return kTwoValues; }
OpInputs Inputs(const Relu6Gradient&) { return kTwoValues; }
OpInputs Inputs(const SoftmaxGradient&) { return kTwoValues; }
OpInputs Inputs(const SliceChannels&) { return kOneValue; }
OpInputs Inputs(const CropGradient&) { return kThreeValues; }
OpInputs Inputs(const ResizeGradient&) { return kTwoValues; }
OpInputs Inputs(const StretchGradient&) { return kOneValue; }

// Most operations read all that they take.
template <typename T>
int Reads(const T& op) {
  return Inputs(op).max_activations;
}
int Reads(const Crop&) { return 1; }
int Reads(const Resize&) { return 1; }
int Reads(const ConvDataGradient&) { return 1; }
int Reads(const LinearDataGradient&) { return 1; }
int Reads(const AveragePoolGradient&) { return 1; }
int Reads(const GlobalAveragePoolGradient&) { return 1; }
int Reads(const CropGradient&) { return 1; }
int Reads(const ResizeGradient&) { return 1; }

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
void Check(const Dropout& op) { CheckRate(op.rate); }
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
void Check(const SoftmaxLoss&) {}
void Check(const SoftmaxLossGradient&) {}
void Check(const ConvDataGradient& op) { CheckConv(op); }
void Check(const ConvWeightGradient& op) { CheckConv(op); }
void Check(const MaxPoolGradient& op) { CheckPool(op.kernel, op.stride, op.padding); }
void Check(const AveragePoolGradient& op) { CheckPool(op.kernel, op.stride, op.padding); }
void Check(const SliceChannels& op) {
  CheckRange("first channel", op.first, 0);
  CheckRange("number of channels", op.count, 1);
}
void Check(const StretchGradient& op) { CheckStretch(op.at, op.more); }
// An operation without attributes has nothing to check.
template <typename T>
  requires std::is_empty_v<T>
void Check(const T&) {}

}  // namespace

std::string_view OpName(const Op& op) {
  return std::visit([](const auto& alternative) { return Name(alternative); }, op);
}

OpInputs InputsOf(const Op& op) {
  return std::visit([](const auto& alternative) { return Inputs(alternative); }, op);
}

int ActivationsRead(const Op& op) {
  return std::visit([](const auto& alternative) { return Reads(alternative); }, op);
}

void CheckAttributes(const Op& op) {
  std::visit([](const auto& alternative) { Check(alternative); }, op);
}

}  // namespace fcn
