#include "segment/dense_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/remedies.h"
#include "fcn/error.h"
#include "graph/classifier.h"
#include "graph/shapes.h"
#include "graph/two_classes.h"
#include "models/zoo.h"

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

bool Fits(const Graph& graph, const std::vector<Nhwc>& inputs) {
  try {
    InferShapes(graph, inputs);
    return true;
  } catch (const Error&) {
    return false;
  }
}

/// Adds what is wanted of a head whose scores are `output`. Names of new nodes end with `ending`.
void AddOutputs(Graph& network, ValueId output, const DenseOutputs& wanted, double threshold,
                const std::string& ending) {
  if (wanted == DenseOutputs{false, false, false}) return;
  const ValueId scores = TwoClassScores(network, output, "two_classes" + ending);
  if (wanted.labels) {
    const ValueId decisive =
        threshold == 0.5 ? scores : TwoClassScores(network, output, "decisive" + ending, threshold);
    network.AddOutput(network.AddNode("labels" + ending, Argmax{}, {decisive}));
  }
  if (wanted.probabilities) network.AddOutput(network.AddNode("probabilities" + ending, Softmax{}, {scores}));
  if (wanted.coarse_probabilities) {
    const Node& last = NodeThatWrites(network, scores);
    const ValueId coarse = std::holds_alternative<Resize>(last.op) ? last.inputs[0] : scores;
    network.AddOutput(network.AddNode("coarse_probabilities" + ending, Softmax{}, {coarse}));
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

Graph WithOutputs(Graph network, std::span<const DenseOutputs> wanted, std::span<const PictureHead> heads) {
  const std::vector<ValueId> outputs = network.outputs();
  network.ClearOutputs();
  for (size_t i = 0; i < wanted.size(); i++)
    AddOutputs(network, outputs[i], wanted[i], heads[i].threshold, i == 0 ? "" : fmt::format(".{}", i));
  return network;
}

Graph WithOutputs(Graph network, const DenseOutputs& wanted) {
  const PictureHead head;
  return WithOutputs(std::move(network), std::span(&wanted, 1), std::span(&head, 1));
}

Graph PictureGraph(const PictureNetwork& network) {
  const Graph& graph = *network.graph;
  return IsClassifier(graph) ? DenseNetwork(graph, network.inputs[0].preprocessing, network.name) : graph;
}

Graph DenseGraph(const PictureNetwork& network, std::span<const DenseOutputs> wanted) {
  return WithOutputs(PictureGraph(network), wanted, network.heads);
}

Graph ClassifierGraph(const PictureNetwork& network) {
  return WithOutputs(*network.graph, {.labels = false, .probabilities = true});
}

std::vector<Nhwc> PictureShapes(const Graph& graph, int64_t pictures, int64_t height, int64_t width) {
  std::vector<Nhwc> shapes;
  for (const ValueId input : graph.inputs()) shapes.push_back({pictures, height, width, graph.value(input).channels});
  return shapes;
}

std::vector<Nhwc> SmallestInputs(const Graph& graph, int64_t pictures, int64_t height, int64_t width) {
  for (int64_t side = 1; side <= 4096; side *= 2) {
    std::vector<Nhwc> inputs = PictureShapes(graph, pictures, std::max(height, side), std::max(width, side));
    if (Fits(graph, inputs)) return inputs;
  }
  InferShapes(graph, PictureShapes(graph, pictures, height, width));  // says why
  throw Error(ErrorCode::kInternal, "a size that fits was not found", kReportBug);
}

}  // namespace fcn
