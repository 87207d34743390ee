#include "models/surgery.h"

#include <fmt/format.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "fcn/error.h"
#include "graph/by_value.h"
#include "graph/classifier.h"
#include "graph/shapes.h"
#include "models/layers.h"

namespace fcn {
namespace {

/// The shape of each Linear's weight as a convolution's, by the weight's id; the others as they are.
ByValue<Shape> ConvolutionalShapes(const Graph& graph, const ByValue<Nhwc>& shapes) {
  ByValue<Shape> result;
  for (const Value& value : graph.values()) result.push_back(value.parameter_shape);
  for (const Node& node : graph.nodes()) {
    if (!std::holds_alternative<Linear>(node.op)) continue;
    const Nhwc& map = shapes[node.inputs[0]];
    const ValueId weight = node.inputs[1];
    const int64_t outputs = graph.value(weight).parameter_shape[0];
    const Shape shape{outputs, map.c, map.h, map.w};
    if (result[weight].rank() == 4 && result[weight] != shape)
      throw Error(ErrorCode::kInput,
                  fmt::format("{}: used by layers whose maps have different sizes ({} and {})",
                              graph.value(weight).name, result[weight].ToString(), shape.ToString()),
                  "Keep the classifier's layers: each such weight is of one layer.");
    result[weight] = shape;
  }
  return result;
}

/// An axis of UpsamplingBetween.
Upsampling AxisUpsampling(const AxisMap& coarse, const AxisMap& fine) {
  const double factor = coarse.scale / fine.scale;
  const double shift = (fine.offset - coarse.offset) / fine.scale;  // in pixels of the fine grid
  const auto is_integer = [](double x) { return std::abs(x - std::round(x)) < 1e-6; };
  // The crop is shift + (kernel − 1) / 2.
  if (factor >= 1 && is_integer(factor)) {
    const int stride = static_cast<int>(std::lround(factor));
    for (const int kernel : {2 * stride, 2 * stride - 1})
      if (is_integer(shift + (kernel - 1) / 2.0)) return {.stride = stride, .kernel = kernel};
  }
  throw Error(ErrorCode::kInput,
              fmt::format("no bilinear kernel brings the grid {}·i + {} onto the grid {}·i + {}", coarse.scale,
                          coarse.offset, fine.scale, fine.offset),
              "resize to the finer map's size instead");
}

/// The values that fully connected layers (behind dropout perhaps) alone read.
ByValue<bool> ReadByLinearAlone(const Graph& graph) {
  ByValue<bool> only_linear(graph, true);
  for (const ValueId output : graph.outputs()) only_linear[output] = false;
  for (auto node = graph.nodes().rbegin(); node != graph.nodes().rend(); node++) {
    const bool passes_on = std::holds_alternative<Dropout>(node->op) && only_linear[node->output];
    if (std::holds_alternative<Linear>(node->op) || passes_on) continue;
    for (const ValueId input : node->inputs) only_linear[input] = false;
  }
  return only_linear;
}

/// Whether a row and a map of rows are the same to an operation: it reads no pixel but the one that it writes.
bool IsOfOnePixel(const Op& op) {
  if (const auto* conv = std::get_if<Conv2d>(&op)) return conv->kernel == Size2{1, 1} && conv->padding == Padding{};
  return !std::holds_alternative<MaxPool>(op) && !std::holds_alternative<AveragePool>(op) &&
         !std::holds_alternative<Resize>(op) && !std::holds_alternative<Crop>(op);
}

/// The rows of which whatever is computed is a row as well, pixel by pixel, up to the outputs.
ByValue<bool> RowsUpToTheScores(const Graph& graph) {
  const ByValue<bool> is_row = RowsOf(graph);
  ByValue<bool> stays = is_row;
  for (auto node = graph.nodes().rbegin(); node != graph.nodes().rend(); node++)
    if (!stays[node->output] || !IsOfOnePixel(node->op))
      for (const ValueId input : node->inputs) stays[input] = false;
  return stays;
}

}  // namespace

Graph Convolutionise(const Graph& classifier, Nhwc nominal_input, const ConvolutioniseOptions& options) {
  const ByValue<Nhwc> shapes = InferShapes(classifier, std::vector<Nhwc>{nominal_input});
  const ByValue<Shape> parameter_shapes = ConvolutionalShapes(classifier, shapes);

  const ByValue<bool> only_linear = ReadByLinearAlone(classifier), slides = RowsUpToTheScores(classifier);
  Graph graph;
  ByValue<ValueId> moved(classifier, kNoValue);
  for (size_t id = 0; id < moved.size(); id++) {
    const Value& value = classifier.values()[id];
    if (value.kind == ValueKind::kInput) moved[id] = graph.AddInput(value.name, value.channels, value.type);
    if (value.kind == ValueKind::kParameter) moved[id] = graph.AddParameter(value.name, parameter_shapes[id]);
  }
  for (const Node& node : classifier.nodes()) {
    std::vector<ValueId> inputs;
    inputs.reserve(node.inputs.size());
    for (const ValueId input : node.inputs) inputs.push_back(moved[input]);
    const bool is_global = std::holds_alternative<GlobalAveragePool>(node.op);
    if (is_global && only_linear[node.output] && options.pooling == GlobalPooling::kLeftOut) {
      moved[node.output] = inputs[0];
      continue;
    }
    Op op = node.op;
    if (is_global && slides[node.output]) {
      const Nhwc& map = shapes[node.inputs[0]];
      op = AveragePool{.kernel = {static_cast<int>(map.h), static_cast<int>(map.w)}, .stride = {1, 1}, .padding = {}};
    }
    if (std::holds_alternative<Linear>(op)) {
      const Shape& weight = parameter_shapes[node.inputs[1]];
      ConvGeometry geometry;
      geometry.kernel = {static_cast<int>(weight[2]), static_cast<int>(weight[3])};
      op = Conv2d{geometry};
    }
    moved[node.output] = graph.AddNode(classifier.value(node.output).name, op, std::move(inputs));
  }
  for (size_t i = 0; i < classifier.outputs().size(); i++) {
    ValueId output = moved[classifier.outputs()[i]];
    if (options.resize_to_input)
      output = graph.AddNode(i == 0 ? "score" : fmt::format("score{}", i), Resize{}, {output, graph.inputs()[0]});
    graph.AddOutput(output);
  }
  return graph;
}

bool IsReshapable(const Shape& from, const Shape& to) {
  if (from.rank() < 1 || to.rank() < 1 || from[0] != to[0] || from.elements() != to.elements()) return false;
  return from == to || from.rank() == 2 || to.rank() == 2;
}

NamedTensors ReshapeWeights(const Graph& graph, const NamedTensors& weights) {
  NamedTensors result;
  for (const ValueId id : graph.Parameters()) {
    const Value& parameter = graph.value(id);
    const auto found = weights.find(parameter.name);
    if (found == weights.end())
      throw Error(ErrorCode::kInput, fmt::format("the weights lack {}", parameter.name),
                  "Take weights of this network: fcn info lists its parameters.");
    StoredTensor tensor = found->second;
    if (tensor.shape != parameter.parameter_shape && !IsReshapable(tensor.shape, parameter.parameter_shape))
      throw Error(ErrorCode::kInput,
                  fmt::format("{} is {} and cannot be viewed as {}", parameter.name, tensor.shape.ToString(),
                              parameter.parameter_shape.ToString()),
                  "Take weights of this network: fcn info lists its parameters.");
    tensor.shape = parameter.parameter_shape;
    result.emplace(parameter.name, std::move(tensor));
  }
  return result;
}

Upsampling UpsamplingBetween(const CoordinateMap& coarse, const CoordinateMap& fine) {
  const Upsampling y = AxisUpsampling(coarse.y, fine.y), x = AxisUpsampling(coarse.x, fine.x);
  if (y.stride != x.stride || y.kernel != x.kernel)
    throw Error(ErrorCode::kInput,
                fmt::format("rows need an upsampling by {} with a kernel of {}, columns by {} with {}", y.stride,
                            y.kernel, x.stride, x.kernel),
                "Take a network that has the same strides in rows and columns.");
  return y;
}

StoredTensor BilinearWeights(int channels, int kernel) {
  FCN_CHECK(channels > 0 && kernel > 0);
  const int factor = (kernel + 1) / 2;
  const float centre = kernel % 2 == 1 ? static_cast<float>(factor - 1) : static_cast<float>(factor) - 0.5f;
  const auto ramp = [&](int i) { return 1.0f - std::abs(static_cast<float>(i) - centre) / static_cast<float>(factor); };
  const Shape shape{channels, channels, kernel, kernel};
  std::vector<float> values(static_cast<size_t>(shape.elements()), 0.0f);
  for (int c = 0; c < channels; c++)
    for (int y = 0; y < kernel; y++)
      for (int x = 0; x < kernel; x++) {
        const size_t row = (static_cast<size_t>(c) * static_cast<size_t>(channels + 1)) * static_cast<size_t>(kernel);
        values[(row + static_cast<size_t>(y)) * static_cast<size_t>(kernel) + static_cast<size_t>(x)] =
            ramp(y) * ramp(x);
      }
  return StoredTensor::FromFloats(shape, values);
}

}  // namespace fcn
