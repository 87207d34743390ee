#pragma once

// The attributes of every operation by name: what the text form prints and parses. A rule calls visit(name, field) for
// each, in the order of the text. Fields are int, float, bool, Size2, Padding or ElementType.

#include <type_traits>

#include "graph/ops.h"

namespace fcn {

template <typename Visit>
void VisitConvAttributes(ConvGeometry& geometry, Visit&& visit) {
  visit("kernel", geometry.kernel);
  visit("stride", geometry.stride);
  visit("dilation", geometry.dilation);
  visit("padding", geometry.padding);
  visit("groups", geometry.groups);
}

template <typename Visit>
void VisitAttributes(Conv2d& op, Visit&& visit) {
  VisitConvAttributes(op, visit);
}

template <typename Visit>
void VisitAttributes(Deconv2d& op, Visit&& visit) {
  VisitConvAttributes(op, visit);
}

template <typename Visit>
void VisitAttributes(MaxPool& op, Visit&& visit) {
  visit("kernel", op.kernel);
  visit("stride", op.stride);
  visit("padding", op.padding);
  visit("ceil", op.ceil);
}

template <typename Visit>
void VisitAttributes(AveragePool& op, Visit&& visit) {
  visit("kernel", op.kernel);
  visit("stride", op.stride);
  visit("padding", op.padding);
  visit("ceil", op.ceil);
  visit("count_padding", op.count_padding);
}

template <typename Visit>
void VisitAttributes(BatchNorm& op, Visit&& visit) {
  visit("epsilon", op.epsilon);
}

template <typename Visit>
void VisitAttributes(LeakyRelu& op, Visit&& visit) {
  visit("slope", op.slope);
}

template <typename Visit>
void VisitAttributes(Scale& op, Visit&& visit) {
  visit("factor", op.factor);
}

template <typename Visit>
void VisitAttributes(Crop& op, Visit&& visit) {
  visit("at", op.at);
}

template <typename Op, typename Visit>
void VisitNormAttributes(Op& op, Visit&& visit) {
  visit("size", op.size);
  visit("alpha", op.alpha);
  visit("beta", op.beta);
  visit("k", op.k);
}

template <typename Visit>
void VisitAttributes(LocalResponseNorm& op, Visit&& visit) {
  VisitNormAttributes(op, visit);
}

template <typename Visit>
void VisitAttributes(Dropout& op, Visit&& visit) {
  visit("rate", op.rate);
}

template <typename Visit>
void VisitAttributes(Cast& op, Visit&& visit) {
  visit("type", op.type);
}

template <typename Visit>
void VisitAttributes(Quantise& op, Visit&& visit) {
  visit("type", op.type);
  visit("scale", op.scale);
  visit("zero_point", op.zero_point);
}

template <typename Visit>
void VisitAttributes(RandomDropout& op, Visit&& visit) {
  visit("rate", op.rate);
  visit("stream", op.stream);
}

template <typename Visit>
void VisitAttributes(Stretch& op, Visit&& visit) {
  visit("at", op.at);
  visit("more", op.more);
}

template <typename Visit>
void VisitAttributes(Normalise& op, Visit&& visit) {
  visit("epsilon", op.epsilon);
}

template <typename Visit>
void VisitAttributes(NormaliseSums& op, Visit&& visit) {
  visit("epsilon", op.epsilon);
}

template <typename Visit>
void VisitAttributes(NormaliseGradient& op, Visit&& visit) {
  visit("epsilon", op.epsilon);
}

template <typename Visit>
void VisitAttributes(BatchNormSums& op, Visit&& visit) {
  visit("epsilon", op.epsilon);
}

template <typename Visit>
void VisitAttributes(BatchNormGradient& op, Visit&& visit) {
  visit("epsilon", op.epsilon);
}

template <typename Op, typename Visit>
void VisitLossAttributes(Op& op, Visit&& visit) {
  visit("ignore_label", op.ignore_label);
  visit("mean", op.mean);
  visit("weight", op.weight);
}

template <typename Visit>
void VisitAttributes(SoftmaxLoss& op, Visit&& visit) {
  VisitLossAttributes(op, visit);
}

template <typename Visit>
void VisitAttributes(SoftmaxLossGradient& op, Visit&& visit) {
  VisitLossAttributes(op, visit);
}

template <typename Visit>
void VisitAttributes(ConvDataGradient& op, Visit&& visit) {
  VisitConvAttributes(op, visit);
}

template <typename Visit>
void VisitAttributes(ConvWeightGradient& op, Visit&& visit) {
  VisitConvAttributes(op, visit);
}

template <typename Visit>
void VisitAttributes(MaxPoolGradient& op, Visit&& visit) {
  visit("kernel", op.kernel);
  visit("stride", op.stride);
  visit("padding", op.padding);
}

template <typename Visit>
void VisitAttributes(AveragePoolGradient& op, Visit&& visit) {
  visit("kernel", op.kernel);
  visit("stride", op.stride);
  visit("padding", op.padding);
  visit("count_padding", op.count_padding);
}

template <typename Visit>
void VisitAttributes(LeakyReluGradient& op, Visit&& visit) {
  visit("slope", op.slope);
}

template <typename Visit>
void VisitAttributes(LocalResponseNormGradient& op, Visit&& visit) {
  VisitNormAttributes(op, visit);
}

template <typename Visit>
void VisitAttributes(SliceChannels& op, Visit&& visit) {
  visit("first", op.first);
  visit("count", op.count);
}

template <typename Visit>
void VisitAttributes(CropGradient& op, Visit&& visit) {
  visit("at", op.at);
}

template <typename Visit>
void VisitAttributes(StretchGradient& op, Visit&& visit) {
  visit("at", op.at);
  visit("more", op.more);
}

/// An operation without fields has no attributes.
template <typename T, typename Visit>
  requires std::is_empty_v<T>
void VisitAttributes(T&, Visit&&) {}

}  // namespace fcn
