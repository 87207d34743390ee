#include "evaluate/evaluate.h"

#include <fmt/format.h>

#include <memory>

#include "fcn/error.h"
#include "graph/shapes.h"
#include "runtime/program_cache.h"
#include "segment/dense_graph.h"
#include "segment/preprocess.h"

namespace fcn {
namespace {

/// The network with labels in place of its scores.
std::shared_ptr<const Graph> LabelGraph(const Graph& network) {
  if (network.inputs().size() != 1 || network.outputs().size() != 1)
    throw Error(ErrorCode::kUnsupported, fmt::format("a network with {} inputs and {} outputs cannot be evaluated",
                                                     network.inputs().size(), network.outputs().size()));
  Graph graph = network;
  const ValueId scores = graph.outputs()[0];
  graph.ClearOutputs();
  graph.AddOutput(graph.AddNode("labels", Argmax{}, {scores}));
  return std::make_shared<const Graph>(std::move(graph));
}

void CheckClasses(const Graph& network, const Nhwc& input, int64_t classes) {
  const Nhwc scores = InferShapes(network, std::span(&input, 1))[static_cast<size_t>(network.outputs()[0])];
  if (scores.c == classes) return;
  throw Error(ErrorCode::kUsage, fmt::format("the network tells {} classes apart, the data set {}", scores.c, classes),
              "Choose the data set's classes with --classes.");
}

}  // namespace

void EvaluatePictures(const Graph& network, const WeightSource& weights, const Preprocessing& preprocessing,
                      const Dataset& dataset, const CompileOptions& options, const Context& context,
                      FunctionRef<void(size_t i, const ConfusionMatrix& matrix)> picture) {
  const std::shared_ptr<const Graph> graph = LabelGraph(network);
  const auto classes = static_cast<int64_t>(dataset.classes().size());
  ProgramCache programs(weights, options, context);
  std::vector<uint16_t> prediction;
  for (size_t i = 0; i < dataset.size(); i++) {
    context.ThrowIfCancelled();
    const Sample sample = dataset.Get(i);
    const int64_t width = sample.image.width, height = sample.image.height;
    const Nhwc size = SmallestInput(*graph, {1, height, width, 3});
    CheckClasses(network, size, classes);
    const Tensor input = NetworkInput(sample.image, size, preprocessing, context);
    const TensorView<const float> view = input.view();
    const std::vector<Tensor> outputs = programs.Run(graph, std::span(&view, 1));
    const auto* labels = reinterpret_cast<const int32_t*>(outputs[0].data());
    prediction.clear();
    for (int64_t y = 0; y < height; y++)
      for (int64_t x = 0; x < width; x++) prediction.push_back(static_cast<uint16_t>(labels[y * size.w + x]));
    ConfusionMatrix matrix(static_cast<int>(classes));
    matrix.Add(sample.labels.labels, prediction, kIgnoredLabel);
    picture(i, matrix);
  }
}

ConfusionMatrix EvaluateModel(const Graph& network, const WeightSource& weights, const Preprocessing& preprocessing,
                              const Dataset& dataset, const CompileOptions& options, const Context& context,
                              FunctionRef<void(size_t done)> progress) {
  ConfusionMatrix whole(static_cast<int>(dataset.classes().size()));
  EvaluatePictures(network, weights, preprocessing, dataset, options, context,
                   [&](size_t i, const ConfusionMatrix& matrix) {
                     whole.Merge(matrix);
                     progress(i + 1);
                   });
  return whole;
}

}  // namespace fcn
