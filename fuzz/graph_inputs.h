#pragma once

// What the targets of graphs share: inputs of some sizes, and weights out of nothing.

#include <algorithm>
#include <cstring>
#include <numeric>
#include <vector>

#include "base/context.h"
#include "graph/cost.h"
#include "graph/shapes.h"
#include "runtime/weight_source.h"
#include "target.h"
#include "tensor/any_tensor.h"

namespace fcn::fuzz {

/// The shapes of a graph's inputs, all of one size; those that training adds have the one that they must have.
inline std::vector<Nhwc> InputShapes(const Graph& graph, int64_t batch, int64_t height, int64_t width) {
  std::vector<Nhwc> shapes;
  for (const ValueId id : graph.inputs()) {
    const Value& value = graph.value(id);
    shapes.push_back(value.name == "seed" ? Nhwc{1, 1, 1, value.channels} : Nhwc{batch, height, width, value.channels});
  }
  return shapes;
}

/// Numbers from -1 to 1 that are not alike.
inline float SmallNumber(uint64_t i) { return static_cast<float>((i * 2654435761u >> 7) % 2001) / 1000 - 1; }

inline WeightSource SmallWeights() {
  return SourceOf([](const Value& parameter) {
    std::vector<float> values(static_cast<size_t>(parameter.parameter_shape.elements()));
    for (size_t i = 0; i < values.size(); i++) values[i] = SmallNumber(i + parameter.name.size());
    return StoredTensor::FromFloats(parameter.parameter_shape, values);
  });
}

inline Tensor SmallImage(const Nhwc& shape) {
  Tensor tensor(shape);
  for (size_t i = 0; i < tensor.values().size(); i++) tensor.values()[i] = SmallNumber(i + 17);
  return tensor;
}

/// The same of any type; of others than floats, bytes that are not alike.
inline AnyTensor SmallInput(ElementType type, const Nhwc& shape) {
  AnyTensor tensor(type, shape);
  const AnyView view = tensor.view();
  if (type == ElementType::kFloat32)
    std::ranges::copy(SmallImage(shape).values(), view.As<float>().data);
  else
    for (size_t i = 0; i < tensor.bytes().size(); i++) view.data[i] = static_cast<uint8_t>(i * 37 % 251);
  return tensor;
}

inline constexpr int64_t kMostBytes = 8 << 20, kMostMultiplyAdds = 4 << 20;

/// Whether a graph can be run in some milliseconds. Throws as InferShapes and MultiplyAdds do.
inline bool IsSmall(const Graph& graph, const std::vector<Nhwc>& inputs) {
  if (ParameterCount(graph) > kMostBytes / 16) return false;
  const std::vector<Nhwc> shapes = InferShapes(graph, inputs);
  int64_t elements = 0;
  for (const Nhwc& shape : shapes) {
    if (shape.elements() > kMostBytes) return false;
    elements += shape.elements();
  }
  const std::vector<int64_t> costs = MultiplyAdds(graph, shapes);
  for (const int64_t cost : costs)
    if (cost > kMostMultiplyAdds) return false;
  return elements < kMostBytes && std::accumulate(costs.begin(), costs.end(), int64_t{0}) <= kMostMultiplyAdds;
}

inline const Context& OneThread() {
  static const Context context(1);
  return context;
}

/// Whether bits are equal, or both are no number.
inline bool SameValues(std::span<const float> a, std::span<const float> b) {
  return std::ranges::equal(a, b,
                            [](float x, float y) { return std::memcmp(&x, &y, sizeof(x)) == 0 || (x != x && y != y); });
}

inline bool SameValues(const AnyTensor& a, const AnyTensor& b) {
  if (a.type() == ElementType::kFloat32) return SameValues(a.values<float>(), b.values<float>());
  return std::ranges::equal(a.bytes(), b.bytes());
}

}  // namespace fcn::fuzz
