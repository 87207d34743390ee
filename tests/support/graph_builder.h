#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "graph/graph.h"
#include "support/square.h"

namespace fcn::test {

/// A graph with one input, "x", and functions that add layers with their parameters.
class Builder {
 public:
  explicit Builder(int channels = 3) : x(graph.AddInput("x", channels)) {}

  ValueId Conv(const std::string& name, ValueId from, int inputs, int outputs, ConvGeometry geometry = {},
               bool biased = true) {
    const ConvGeometry& g = geometry;
    std::vector<ValueId> ids = {
        from, graph.AddParameter(name + ".weight", {outputs, inputs / g.groups, g.kernel.h, g.kernel.w})};
    if (biased) ids.push_back(graph.AddParameter(name + ".bias", {outputs}));
    return graph.AddNode(name, Conv2d{g}, ids);
  }
  ValueId Deconv(const std::string& name, ValueId from, int inputs, int outputs, ConvGeometry geometry) {
    const ValueId weight =
        graph.AddParameter(name + ".weight", {inputs, outputs / geometry.groups, geometry.kernel.h, geometry.kernel.w});
    return graph.AddNode(name, Deconv2d{geometry}, {from, weight});
  }
  ValueId Norm(const std::string& name, ValueId from, int channels) {
    std::vector<ValueId> inputs = {from};
    for (const char* suffix : {".weight", ".bias", ".mean", ".variance"})
      inputs.push_back(graph.AddParameter(name + suffix, {channels}));
    return graph.AddNode(name, BatchNorm{.epsilon = 1e-3f}, inputs);
  }
  ValueId Linear(const std::string& name, ValueId from, int inputs, int outputs) {
    return graph.AddNode(name, fcn::Linear{}, {from, graph.AddParameter(name + ".weight", {outputs, inputs})});
  }
  ValueId Node(const std::string& name, Op op, std::vector<ValueId> inputs) {
    return graph.AddNode(name, op, std::move(inputs));
  }
  ValueId Labels(const std::string& name = "labels") { return graph.AddInput(name, 1, ElementType::kInt32); }
  /// As many activations as an operation takes at least: one value again and again, and where the operation needs
  /// something else than floats, inputs of the graph.
  std::vector<ValueId> ActivationsFor(const Op& op, ValueId from) {
    std::vector<ValueId> ids(static_cast<size_t>(InputsOf(op).min_activations), from);
    if (std::holds_alternative<SoftmaxLoss>(op) || std::holds_alternative<SoftmaxLossGradient>(op))
      ids[1] = Labels("labels_read");
    if (std::holds_alternative<Dequantise>(op)) ids[0] = graph.AddInput("q", 1, {ElementType::kInt8, 0.5f, 3});
    if (std::holds_alternative<RandomDropout>(op)) ids[1] = graph.AddInput("seed", 1, ElementType::kUint64);
    return ids;
  }
  ValueId operator[](const std::string& name) const { return graph.Find(name); }

  Graph graph;
  ValueId x;
};

}  // namespace fcn::test
