#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "graph/graph.h"

namespace fcn {

/// Where the gradient of the losses by a parameter lies: as many floats as the parameter has elements, in its own
/// order.
struct ParameterGradient {
  ValueId parameter = kNoValue;
  ValueId gradient = kNoValue;
  int64_t offset = 0;  ///< floats from the beginning of the gradient's values
  bool operator==(const ParameterGradient&) const = default;
};

struct Differentiated {
  Graph graph;
  std::vector<ParameterGradient> gradients;  ///< in the order of graph.Parameters()
};

/// The graph with the operations that compute the gradients of the sum of `losses` by the parameters that are `wanted`:
/// reverse-mode differentiation, by one rule per operation. Ids, names and outputs stay; the new outputs come after the
/// old, each value once, in the order of `gradients`. Only what leads from a loss to a wanted parameter is
/// differentiated. A parameter on which no loss depends has no gradient, and neither have running statistics and class
/// weights, even if wanted.
///
/// The gradient by a value NAME is "d.NAME". Where NAME is read several times, its gradient is the sum of "d.NAME+1",
/// "d.NAME+2", …, added as soon as two are there, from the last reader to the first. Operations that hand
/// gradients on as they are (Add) give no new value. A layer's gradients by its
/// parameters come before that by its input, so that what they read need not be kept for long.
///
/// Throws Error(kInput) unless each loss is the output of a SoftmaxLoss, and what InferChannels throws;
/// Error(kUnsupported) that names the layer where a gradient would have to pass an operation that has none (Argmax,
/// another loss, gradients themselves), through Normalise with moments that are not its input's, or where layers of
/// different kinds share a parameter.
Differentiated Differentiate(const Graph& graph, std::span<const ValueId> losses,
                             const std::function<bool(const Value&)>& wanted);

}  // namespace fcn
