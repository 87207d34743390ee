#include "graph/shapes.h"

#include <fmt/format.h>

#include <algorithm>

#include "fcn/error.h"
#include "graph/coordinates.h"
#include "graph/cost.h"
#include "graph/shape_rules.h"

namespace fcn {

using namespace shape_rules;  // NOLINT(google-build-using-namespace)

namespace {

void CheckBias(const Operands& in, int64_t channels) {
  if (in.parameters.size() > 1) CheckParameter("bias", *in.parameters[1], {channels});
}

template <typename T>
  requires IsOfKind<T, OpKind::kPointwise>
Nhwc ShapeOf(const T&, const Operands& in) {
  return in.x();
}

Nhwc ShapeOf(const Conv2d& op, const Operands& in) {
  const Shape& weight = *in.parameters[0];
  if (weight.rank() != 4 || in.x().c % op.groups != 0 || weight[0] % op.groups != 0)
    Fail("a weight of shape {} does not fit {} channels in {} groups", weight.ToString(), in.x().c, op.groups);
  CheckParameter("weight", weight, {weight[0], in.x().c / op.groups, op.kernel.h, op.kernel.w});
  CheckBias(in, weight[0]);
  return WindowsOf(in.x(), op.kernel, op.stride, op.dilation, op.padding, false, weight[0]);
}

int64_t DeconvolvedSize(int64_t size, int64_t kernel, int64_t stride, int64_t before, int64_t after) {
  const int64_t whole = (size - 1) * stride + kernel;
  if (whole <= before + after) Fail("its padding of {}+{} leaves nothing of {} pixels", before, after, whole);
  return whole - before - after;
}

Nhwc ShapeOf(const Deconv2d& op, const Operands& in) {
  const Nhwc& x = in.x();
  const Shape& weight = *in.parameters[0];
  if (weight.rank() != 4 || x.c % op.groups != 0)
    Fail("a weight of shape {} does not fit {} channels in {} groups", weight.ToString(), x.c, op.groups);
  CheckParameter("weight", weight, {x.c, weight[1], op.kernel.h, op.kernel.w});
  if (weight[1] > kMostElements / op.groups) Fail("a weight of shape {} is too large", weight.ToString());
  const int64_t channels = weight[1] * op.groups;
  CheckBias(in, channels);
  return {x.n, DeconvolvedSize(x.h, op.kernel.h, op.stride.h, op.padding.top, op.padding.bottom),
          DeconvolvedSize(x.w, op.kernel.w, op.stride.w, op.padding.left, op.padding.right), channels};
}

Nhwc ShapeOf(const Linear&, const Operands& in) {
  const Nhwc& x = in.x();
  const Shape& weight = *in.parameters[0];
  if (weight.rank() != 2 || weight[1] != x.h * x.w * x.c)
    throw Error(ErrorCode::kInput,
                fmt::format("its weight of shape {} does not fit a map of {}x{} pixels and {} channels",
                            weight.ToString(), x.h, x.w, x.c),
                "A fully connected layer works at one image size only; its fully convolutional form works at any.");
  CheckBias(in, weight[0]);
  return {x.n, 1, 1, weight[0]};
}

Nhwc ShapeOf(const MaxPool& op, const Operands& in) {
  return WindowsOf(in.x(), op.kernel, op.stride, {1, 1}, op.padding, op.ceil, in.x().c);
}
Nhwc ShapeOf(const AveragePool& op, const Operands& in) {
  return WindowsOf(in.x(), op.kernel, op.stride, {1, 1}, op.padding, op.ceil, in.x().c);
}
Nhwc ShapeOf(const GlobalAveragePool&, const Operands& in) { return {in.x().n, 1, 1, in.x().c}; }

Nhwc ShapeOf(const BatchNorm&, const Operands& in) {
  constexpr const char* kNames[] = {"weight", "bias", "mean", "variance"};
  for (size_t i = 0; i < in.parameters.size(); i++) CheckParameter(kNames[i], *in.parameters[i], {in.x().c});
  return in.x();
}

Nhwc ShapeOf(const PRelu&, const Operands& in) {
  CheckParameter("slopes", *in.parameters[0], {in.x().c});
  return in.x();
}

Nhwc ShapeOf(const Add&, const Operands& in) {
  if (in.activations[0] != in.activations[1])
    Fail("{} and {} cannot be added", ToString(in.activations[0]), ToString(in.activations[1]));
  return in.x();
}

Nhwc ShapeOf(const Multiply&, const Operands& in) {
  CheckFactor(in.x(), in.activations[1]);
  return in.x();
}

Nhwc ShapeOf(const Concat&, const Operands& in) {
  Nhwc joined = in.x();
  joined.c = 0;
  for (const Nhwc& part : in.activations) {
    if (part.n != joined.n || part.h != joined.h || part.w != joined.w)
      Fail("the channels of {} and {} cannot be joined", ToString(in.x()), ToString(part));
    if (part.c > kMostElements - joined.c) Fail("more than {} channels are joined", kMostElements);
    joined.c += part.c;
  }
  return joined;
}

Nhwc ShapeOf(const Crop&, const Operands& in) { return {in.x().n, in.like().h, in.like().w, in.x().c}; }
Nhwc ShapeOf(const SliceChannels& op, const Operands& in) {
  const Nhwc& x = in.x();
  if (int64_t{op.first} + op.count > x.c)
    Fail("channels {} to {} of {} do not exist", op.first, int64_t{op.first} + op.count - 1, x.c);
  return {x.n, x.h, x.w, op.count};
}
Nhwc ShapeOf(const Resize&, const Operands& in) { return {in.x().n, in.like().h, in.like().w, in.x().c}; }
Nhwc ShapeOf(const Argmax&, const Operands& in) { return {in.x().n, in.x().h, in.x().w, 1}; }

// Each dimension is at least 1 and the product at most kMostElements, without overflow on the way.
void CheckSize(const Nhwc& shape) {
  int64_t room = kMostElements;
  for (int64_t dim : {shape.n, shape.h, shape.w, shape.c}) {
    if (dim < 1) Fail("{} is not a possible shape", ToString(shape));
    if (dim > room) Fail("{} has more than {} elements", ToString(shape), kMostElements);
    room /= dim;
  }
}

Operands OperandsOf(const Graph& graph, const Node& node, const ByValue<Nhwc>& shapes) {
  Operands operands;
  for (ValueId id : node.inputs) {
    if (graph.value(id).kind == ValueKind::kParameter)
      operands.parameters.push_back(&graph.value(id).parameter_shape);
    else
      operands.activations.push_back(shapes[id]);
  }
  return operands;
}

// Where a crop lies follows from the maps, and the map of a resized value from shapes: so crops come last.
void CheckCrops(const Graph& graph, const ByValue<Nhwc>& shapes) {
  const auto is_crop = [](const Node& node) {
    return std::holds_alternative<Crop>(node.op) || std::holds_alternative<CropGradient>(node.op);
  };
  if (std::none_of(graph.nodes().begin(), graph.nodes().end(), is_crop)) return;
  const ByValue<CoordinateMap> maps = InferCoordinates(graph, shapes);
  for (const Node& node : graph.nodes()) {
    if (!is_crop(node)) continue;
    const auto* crop = std::get_if<Crop>(&node.op);
    const size_t first = crop == nullptr ? 1 : 0;
    const ValueId x = node.inputs[first], like = node.inputs[first + 1];
    const Size2 at = crop == nullptr ? std::get<CropGradient>(node.op).at : crop->at;
    const CropOffset begin = CropOffsetOf(at, maps[x], maps[like]);
    const int64_t bottom = begin.top + shapes[like].h, right = begin.left + shapes[like].w;
    if (begin.top < 0 || begin.left < 0 || bottom > shapes[x].h || right > shapes[x].w)
      Fail("layer {} ({}) takes rows {} to {} and columns {} to {} of {}x{} pixels", graph.value(node.output).name,
           OpName(node.op), begin.top, bottom - 1, begin.left, right - 1, shapes[x].h, shapes[x].w);
  }
}

}  // namespace

ByValue<Nhwc> InferShapes(const Graph& graph, std::span<const Nhwc> inputs) {
  if (inputs.size() != graph.inputs().size())
    Fail("the graph has {} inputs, not {}", graph.inputs().size(), inputs.size());
  ByValue<Nhwc> shapes(graph, {0, 0, 0, 0});
  for (size_t i = 0; i < inputs.size(); i++) {
    const Value& value = graph.value(graph.inputs()[i]);
    CheckSize(inputs[i]);
    if (inputs[i].c != value.channels)
      Fail("input {} has {} channels; the graph needs {}", value.name, inputs[i].c, value.channels);
    shapes[graph.inputs()[i]] = inputs[i];
  }
  for (const Node& node : graph.nodes()) {
    const Operands operands = OperandsOf(graph, node, shapes);
    Nhwc& shape = shapes[node.output];
    try {
      shape = std::visit([&](const auto& op) { return ShapeOf(op, operands); }, node.op);
      CheckSize(shape);
    } catch (const Error& error) {
      throw Error(error.code(),
                  fmt::format("layer {} ({}): {}", graph.value(node.output).name, OpName(node.op), error.message()),
                  error.hint());
    }
  }
  MultiplyAdds(graph, shapes);  // refuses more than can be counted
  CheckCrops(graph, shapes);
  return shapes;
}

}  // namespace fcn
