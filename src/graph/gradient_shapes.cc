#include "graph/shape_rules.h"

// Shapes of the operations that only training uses. What a gradient is given is checked against what the operation
// gives of which it is the gradient.

namespace fcn::shape_rules {
namespace {

void CheckShape(const char* what, const Nhwc& shape, const Nhwc& needed) {
  if (shape != needed) Fail("its {} has the shape {}; {} is needed", what, ToString(shape), ToString(needed));
}

// Two values per channel.
Nhwc PairsOf(int64_t channels) { return {1, 1, 2, channels}; }

// The gradient of a parameter.
Nhwc FlatOf(std::initializer_list<int64_t> dims) {
  int64_t elements = 1;
  for (int64_t dim : dims) {
    if (elements > kMostElements / dim) Fail("the gradient of a weight has more than {} elements", kMostElements);
    elements *= dim;
  }
  return {1, 1, 1, elements};
}

void CheckLabels(const Operands& in) {
  const Nhwc &scores = in.activations[0], &labels = in.activations[1];
  CheckShape("input of labels", labels, {scores.n, scores.h, scores.w, 1});
  if (!in.parameters.empty()) CheckParameter("class weights", *in.parameters[0], {scores.c});
}

// A pooling may have counted its last windows in one way or the other.
Nhwc PoolGradient(const Operands& in, Size2 kernel, Size2 stride, const Padding& padding) {
  const Nhwc &g = in.activations[0], &x = in.activations[1];
  if (const Nhwc floor = WindowsOf(x, kernel, stride, {}, padding, false, x.c); g != floor)
    CheckShape("gradient", g, WindowsOf(x, kernel, stride, {}, padding, true, x.c));
  return x;
}

// Rows or columns of which some are repeated. Two that both are must not be the same, nor lie in the other order.
void CheckRepeated(const char* what, int64_t size, int before, int after) {
  if (int64_t{before} + after + 2 > size)
    Fail("{} {} from one end and {} from the other, of {}, cannot both be repeated", what, before, after, size);
}

void CheckRepeated(const Nhwc& x, const Padding& at, const Padding& more) {
  if (more.top + more.bottom > 0) CheckRepeated("rows", x.h, at.top, at.bottom);
  if (more.left + more.right > 0) CheckRepeated("columns", x.w, at.left, at.right);
}

}  // namespace

Nhwc SameOfBoth(const char* what, const Operands& in) {
  CheckShape(what, in.activations[1], in.activations[0]);
  return in.activations[1];
}

Nhwc ShapeOf(const RandomDropout&, const Operands& in) {
  CheckShape("seed", in.activations[1], {1, 1, 1, 1});
  return in.x();
}

Nhwc ShapeOf(const Stretch& op, const Operands& in) {
  const Nhwc& x = in.x();
  CheckRepeated(x, op.at, op.more);
  return {x.n, x.h + op.more.top + op.more.bottom, x.w + op.more.left + op.more.right, x.c};
}

Nhwc ShapeOf(const BatchMoments&, const Operands& in) { return PairsOf(in.x().c); }

Nhwc ShapeOf(const Normalise&, const Operands& in) {
  CheckShape("input of moments", in.activations[1], PairsOf(in.x().c));
  CheckParameter("weight", *in.parameters[0], {in.x().c});
  CheckParameter("bias", *in.parameters[1], {in.x().c});
  return in.x();
}

Nhwc ShapeOf(const NormaliseSums&, const Operands& in) {
  const Nhwc x = SameOfBoth("input", in);
  CheckShape("input of moments", in.activations[2], PairsOf(x.c));
  return PairsOf(x.c);
}

Nhwc ShapeOf(const NormaliseGradient&, const Operands& in) {
  const Nhwc x = SameOfBoth("input", in);
  CheckShape("input of moments", in.activations[2], PairsOf(x.c));
  CheckShape("input of sums", in.activations[3], PairsOf(x.c));
  CheckParameter("weight", *in.parameters[0], {x.c});
  return x;
}

Nhwc ShapeOf(const BatchNormSums&, const Operands& in) {
  const Nhwc x = SameOfBoth("input", in);
  CheckParameter("mean", *in.parameters[0], {x.c});
  CheckParameter("variance", *in.parameters[1], {x.c});
  return PairsOf(x.c);
}

Nhwc ShapeOf(const BatchNormGradient&, const Operands& in) {
  CheckParameter("weight", *in.parameters[0], {in.x().c});
  CheckParameter("variance", *in.parameters[1], {in.x().c});
  return in.x();
}

Nhwc ShapeOf(const SoftmaxLoss&, const Operands& in) {
  CheckLabels(in);
  return {1, 1, 1, 1};
}

Nhwc ShapeOf(const SoftmaxLossGradient&, const Operands& in) {
  CheckLabels(in);
  return in.x();
}

Nhwc ShapeOf(const ConvDataGradient& op, const Operands& in) {
  const Nhwc &g = in.activations[0], &x = in.activations[1];
  const Shape& weight = *in.parameters[0];
  if (weight.rank() != 4 || x.c % op.groups != 0 || weight[0] % op.groups != 0)
    Fail("a weight of shape {} does not fit {} channels in {} groups", weight.ToString(), x.c, op.groups);
  CheckParameter("weight", weight, {weight[0], x.c / op.groups, op.kernel.h, op.kernel.w});
  CheckShape("gradient", g, WindowsOf(x, op.kernel, op.stride, op.dilation, op.padding, false, weight[0]));
  return x;
}

Nhwc ShapeOf(const ConvWeightGradient& op, const Operands& in) {
  const Nhwc &g = in.activations[0], &x = in.activations[1];
  if (x.c % op.groups != 0 || g.c % op.groups != 0)
    Fail("{} and {} channels cannot be cut into {} groups", x.c, g.c, op.groups);
  CheckShape("gradient", g, WindowsOf(x, op.kernel, op.stride, op.dilation, op.padding, false, g.c));
  return FlatOf({g.c, x.c / op.groups, op.kernel.h, op.kernel.w});
}

Nhwc ShapeOf(const ChannelSums&, const Operands& in) { return {1, 1, 1, in.x().c}; }

Nhwc ShapeOf(const MultiplyGradient&, const Operands& in) {
  const Nhwc& like = in.activations[2];
  CheckFactor(SameOfBoth("input", in), like);
  return like;
}

Nhwc ShapeOf(const LinearDataGradient&, const Operands& in) {
  const Nhwc &g = in.activations[0], &x = in.activations[1];
  const Shape& weight = *in.parameters[0];
  if (weight.rank() != 2) Fail("its weight of shape {} is no matrix", weight.ToString());
  CheckParameter("weight", weight, {weight[0], x.h * x.w * x.c});
  CheckShape("gradient", g, {x.n, 1, 1, weight[0]});
  return x;
}

Nhwc ShapeOf(const LinearWeightGradient&, const Operands& in) {
  const Nhwc &g = in.activations[0], &x = in.activations[1];
  CheckShape("gradient", g, {x.n, 1, 1, g.c});
  return FlatOf({g.c, x.h * x.w * x.c});
}

Nhwc ShapeOf(const MaxPoolGradient& op, const Operands& in) {
  return PoolGradient(in, op.kernel, op.stride, op.padding);
}
Nhwc ShapeOf(const AveragePoolGradient& op, const Operands& in) {
  return PoolGradient(in, op.kernel, op.stride, op.padding);
}

Nhwc ShapeOf(const GlobalAveragePoolGradient&, const Operands& in) {
  const Nhwc& x = in.activations[1];
  CheckShape("gradient", in.activations[0], {x.n, 1, 1, x.c});
  return x;
}

Nhwc ShapeOf(const LeakyReluGradient&, const Operands& in) { return SameOfBoth("activation", in); }
Nhwc ShapeOf(const PReluGradient&, const Operands& in) {
  CheckParameter("slopes", *in.parameters[0], {in.x().c});
  return SameOfBoth("activation", in);
}
Nhwc ShapeOf(const SlopeGradient&, const Operands& in) { return {1, 1, 1, SameOfBoth("activation", in).c}; }
Nhwc ShapeOf(const LocalResponseNormGradient&, const Operands& in) { return SameOfBoth("activation", in); }
Nhwc ShapeOf(const SoftmaxGradient&, const Operands& in) { return SameOfBoth("activation", in); }

Nhwc ShapeOf(const CropGradient&, const Operands& in) {
  const Nhwc &x = in.activations[1], &like = in.activations[2];
  CheckShape("gradient", in.activations[0], {x.n, like.h, like.w, x.c});
  return x;
}

Nhwc ShapeOf(const ResizeGradient&, const Operands& in) {
  const Nhwc &g = in.activations[0], &x = in.activations[1];
  CheckShape("gradient", g, {x.n, g.h, g.w, x.c});
  return x;
}

Nhwc ShapeOf(const StretchGradient& op, const Operands& in) {
  const Nhwc& g = in.x();
  const Nhwc x{g.n, g.h - op.more.top - op.more.bottom, g.w - op.more.left - op.more.right, g.c};
  if (x.h < 1 || x.w < 1) Fail("nothing of {} is left without its repetitions", ToString(g));
  CheckRepeated(x, op.at, op.more);
  return x;
}

}  // namespace fcn::shape_rules
