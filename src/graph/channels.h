#pragma once

#include <cstdint>

#include "graph/by_value.h"

namespace fcn {

/// The channels of every input and activation: unlike the rest of a shape they follow from the graph alone, from
/// the shapes of its parameters. 0 for gradients of weights, which have no such thing. Only what this needs is checked,
/// InferShapes checks the rest. Throws Error(kInput) that names the node for a weight of too few dimensions and for
/// more than 2⁴⁰ channels.
ByValue<int64_t> InferChannels(const Graph& graph);

}  // namespace fcn
