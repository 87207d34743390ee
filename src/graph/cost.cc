#include "graph/cost.h"

#include <fmt/format.h>

#include "fcn/error.h"

namespace fcn {
namespace {

struct Sizes {
  Nhwc x, output;
  int64_t weights;  // elements of the first parameter
};

// Two days' work of a fast processor. What is counted from such a layer, padding and all, stays below 2⁶³.
constexpr int64_t kMostMultiplyAdds = int64_t{1} << 56;

int64_t Product(int64_t a, int64_t b) {
  if (b > 0 && a > kMostMultiplyAdds / b)
    throw Error(ErrorCode::kInput, fmt::format("{} x {} multiply-adds are too many", a, b),
                "Choose a smaller picture or batch (--size, --batch-size).");
  return a * b;
}

// Only sums over channels are counted.
template <typename T>
int64_t CostOf(const T&, const Sizes&) {
  return 0;
}
int64_t CostOf(const Conv2d&, const Sizes& sizes) { return Product(sizes.weights, sizes.output.pixels()); }
int64_t CostOf(const Deconv2d&, const Sizes& sizes) { return Product(sizes.weights, sizes.x.pixels()); }
int64_t CostOf(const Linear&, const Sizes& sizes) { return Product(sizes.weights, sizes.output.pixels()); }
int64_t CostOf(const ConvDataGradient&, const Sizes& sizes) { return Product(sizes.weights, sizes.x.pixels()); }
int64_t CostOf(const ConvWeightGradient&, const Sizes& sizes) {
  return Product(sizes.output.elements(), sizes.x.pixels());
}
int64_t CostOf(const LinearDataGradient&, const Sizes& sizes) { return Product(sizes.weights, sizes.x.pixels()); }
int64_t CostOf(const LinearWeightGradient&, const Sizes& sizes) {
  return Product(sizes.output.elements(), sizes.x.pixels());
}

}  // namespace

std::vector<int64_t> MultiplyAdds(const Graph& graph, const ByValue<Nhwc>& shapes) {
  std::vector<int64_t> counts;
  counts.reserve(graph.nodes().size());
  for (const Node& node : graph.nodes()) {
    Sizes sizes{.x = shapes[node.inputs[0]], .output = shapes[node.output], .weights = 0};
    if (const OpInputs inputs = InputsOf(node.op); inputs.min_parameters > 0) {
      const ValueId weight = node.inputs[static_cast<size_t>(inputs.max_activations)];
      sizes.weights = graph.value(weight).parameter_shape.elements();
    }
    try {
      counts.push_back(std::visit([&](const auto& op) { return CostOf(op, sizes); }, node.op));
    } catch (const Error& error) {
      throw Error(error.code(), fmt::format("layer {}: {}", graph.value(node.output).name, error.message()),
                  error.hint());
    }
  }
  return counts;
}

int64_t ParameterCount(const Graph& graph) {
  int64_t count = 0;
  for (ValueId id : graph.Parameters()) count += graph.value(id).parameter_shape.elements();
  return count;
}

}  // namespace fcn
