#include "models/layers.h"

#include <utility>

#include "base/check.h"

namespace fcn {

ConvGeometry Square(int kernel, int stride, int padding) {
  return {.kernel = {kernel, kernel},
          .stride = {stride, stride},
          .dilation = {},
          .padding = {padding, padding, padding, padding},
          .groups = 1};
}

Map AddImage(Graph& graph, int channels) { return {graph.AddInput("image", channels), channels}; }

Map AddInputs(Graph& graph, const Ports& ports) {
  CheckPorts(ports);
  std::vector<ValueId> inputs;
  inputs.reserve(ports.inputs.size());
  for (const InputPort& input : ports.inputs) inputs.push_back(graph.AddInput(input.name, input.channels));
  if (inputs.size() == 1) return {inputs[0], ports.channels()};
  const std::string together = graph.Find("inputs") == kNoValue ? "inputs" : "all_inputs";
  return {graph.AddNode(together, Concat{}, inputs), ports.channels()};
}

void AddHeads(Graph& graph, const Ports& ports, FunctionRef<Map(const std::string& prefix, int scores)> add_scores,
              FunctionRef<Map(const std::string& prefix, Map coarse)> add_upsampling) {
  std::vector<Map> coarse;
  for (size_t i = 0; i < ports.heads.size(); i++)
    coarse.push_back(add_scores(HeadPrefix(ports, i), ports.heads[i].scores));
  for (size_t i = 0; i < ports.heads.size(); i++) graph.AddOutput(add_upsampling(HeadPrefix(ports, i), coarse[i]).id);
}

Map PictureOf(const Graph& graph) {
  const ValueId first = graph.inputs()[0];
  return {first, graph.value(first).channels};
}

Map AddConv(Graph& graph, const std::string& node, const std::string& module, Map x, int outputs,
            const ConvGeometry& geometry, bool bias) {
  FCN_CHECK(x.channels % geometry.groups == 0 && outputs % geometry.groups == 0);
  std::vector<ValueId> inputs = {x.id, graph.AddParameter(module + ".weight", {outputs, x.channels / geometry.groups,
                                                                               geometry.kernel.h, geometry.kernel.w})};
  if (bias) inputs.push_back(graph.AddParameter(module + ".bias", {outputs}));
  return {graph.AddNode(node, Conv2d{geometry}, std::move(inputs)), outputs};
}

Map AddUpsampling(Graph& graph, const std::string& module, Map x, int kernel, int stride) {
  const ValueId weight = graph.AddParameter(module + ".weight", {x.channels, x.channels, kernel, kernel});
  return {graph.AddNode(module, Deconv2d{Square(kernel, stride)}, {x.id, weight}), x.channels};
}

Map AddLinear(Graph& graph, const std::string& node, const std::string& module, Map x, int flattened, int outputs) {
  const ValueId weight = graph.AddParameter(module + ".weight", {outputs, flattened});
  const ValueId bias = graph.AddParameter(module + ".bias", {outputs});
  return {graph.AddNode(node, Linear{}, {x.id, weight, bias}), outputs};
}

Map AddBatchNorm(Graph& graph, const std::string& module, Map x, float epsilon) {
  std::vector<ValueId> inputs = {x.id};
  for (const char* vector : {".weight", ".bias", ".running_mean", ".running_var"})
    inputs.push_back(graph.AddParameter(module + vector, {x.channels}));
  return {graph.AddNode(module, BatchNorm{epsilon}, std::move(inputs)), x.channels};
}

Map AddOp(Graph& graph, const std::string& node, Op op, Map x) { return {graph.AddNode(node, op, {x.id}), x.channels}; }

Map AddOp(Graph& graph, const std::string& node, Op op, Map x, Map other) {
  return {graph.AddNode(node, op, {x.id, other.id}), x.channels};
}

}  // namespace fcn
