#include "segment/dense_graph.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/remedies.h"
#include "fcn/error.h"
#include "graph/classifier.h"
#include "graph/shapes.h"
#include "models/zoo.h"
#include "segment/two_classes.h"

namespace fcn {
namespace {

const Node& NodeThatWrites(const Graph& graph, ValueId value) {
  const auto node =
      std::find_if(graph.nodes().begin(), graph.nodes().end(), [&](const Node& n) { return n.output == value; });
  if (node == graph.nodes().end())
    throw Error(ErrorCode::kUnsupported, "the model's output is its input: there is nothing to compute",
                "Take a model that segments or classifies pictures.");
  return *node;
}

ValueId OnlyOutput(const Graph& graph, const std::string& name) {
  if (graph.outputs().size() != 1 || graph.inputs().size() != 1)
    throw Error(ErrorCode::kUnsupported,
                fmt::format("model {} has {} inputs and {} outputs; segmenting needs one of each", name,
                            graph.inputs().size(), graph.outputs().size()),
                "Take a model that segments or classifies pictures.");
  return graph.outputs()[0];
}

bool Fits(const Graph& graph, const Nhwc& input) {
  try {
    InferShapes(graph, std::span(&input, 1));
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

void CheckFillsPicture(const Nhwc& output, const Nhwc& picture, const std::string& name) {
  if (output.h == picture.h && output.w == picture.w) return;
  throw Error(ErrorCode::kInput,
              fmt::format("{} answers a picture of {}x{} pixels with {}x{} scores", name, picture.w, picture.h,
                          output.w, output.h),
              "A model that segments ends with an upsampling to the picture's size: import its weights again.");
}

Graph WithOutputs(Graph network, const DenseOutputs& outputs, const std::string& name, double threshold) {
  const ValueId output = OnlyOutput(network, name);
  network.ClearOutputs();
  const ValueId scores = TwoClassScores(network, output, "two_classes");
  if (outputs.labels) {
    const ValueId decisive = threshold == 0.5 ? scores : TwoClassScores(network, output, "decisive", threshold);
    network.AddOutput(network.AddNode("labels", Argmax{}, {decisive}));
  }
  if (outputs.probabilities) network.AddOutput(network.AddNode("probabilities", Softmax{}, {scores}));
  if (outputs.coarse_probabilities) {
    const Node& last = NodeThatWrites(network, scores);
    const ValueId coarse = std::holds_alternative<Resize>(last.op) ? last.inputs[0] : scores;
    network.AddOutput(network.AddNode("coarse_probabilities", Softmax{}, {coarse}));
  }
  return network;
}

Graph DenseGraph(const PictureNetwork& network, const DenseOutputs& outputs) {
  const Graph& graph = *network.graph;
  return WithOutputs(IsClassifier(graph) ? DenseNetwork(graph, network.preprocessing, network.name) : Graph(graph),
                     outputs, network.name, network.threshold);
}

Graph ClassifierGraph(const PictureNetwork& network) {
  return WithOutputs(*network.graph, {.labels = false, .probabilities = true}, network.name);
}

Nhwc SmallestInput(const Graph& graph, Nhwc wanted) {
  for (int64_t side = 1; side <= 4096; side *= 2) {
    const Nhwc input{wanted.n, std::max(wanted.h, side), std::max(wanted.w, side), wanted.c};
    if (Fits(graph, input)) return input;
  }
  InferShapes(graph, std::span(&wanted, 1));  // says why
  throw Error(ErrorCode::kInternal, "a size that fits was not found", kReportBug);
}

}  // namespace fcn
