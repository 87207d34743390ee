#pragma once

#include <span>

#include "graph/by_value.h"

namespace fcn {

/// The shape of every value, for inputs of these shapes (one per graph.inputs(), channels as declared).
/// Parameters have no entry of meaning. Windows are counted as torch counts them: with ceil, a last window that begins
/// past the image and its padding before is dropped. Throws Error(kInput) that names the node and says the figures
/// where shapes do not fit: a window larger than the padded image, an Add of different shapes, a weight of another
/// shape than the op needs, a Crop that reaches outside or whose offset is no integer, more than 2⁴⁰ elements,
/// or more than 2⁵⁶ multiply-adds of a layer (cost.h).
ByValue<Nhwc> InferShapes(const Graph& graph, std::span<const Nhwc> inputs);

}  // namespace fcn
