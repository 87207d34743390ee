#include "models/alexnet.h"

#include <string>

namespace fcn {
namespace {

constexpr MaxPool PoolOf(const AlexNetForm& form) {
  return {.kernel = {3, 3}, .stride = {2, 2}, .padding = {}, .ceil = form.ceil};
}

ConvGeometry Grouped(ConvGeometry geometry, int groups) {
  geometry.groups = groups;
  return geometry;
}

}  // namespace

AlexNetPools AddAlexNetFeatures(Graph& graph, Map image, const AlexNetForm& form, int padding) {
  using Norms = AlexNetForm::Norms;
  const ConvGeometry geometries[] = {Square(11, 4, padding), Grouped(Square(5, 1, 2), form.groups), Square(3, 1, 1),
                                     Grouped(Square(3, 1, 1), form.groups), Grouped(Square(3, 1, 1), form.groups)};
  AlexNetPools pools;
  size_t found = 0;
  Map x = image;
  for (size_t i = 0; i < form.channels.size(); i++) {
    const std::string number = std::to_string(i + 1);
    const bool is_normalised = i < 2;
    x = AddConv(graph, "conv" + number, "conv" + number, x, form.channels[i], geometries[i]);
    x = AddOp(graph, "relu" + number, Relu{}, x);
    if (i == 2 || i == 3) continue;
    if (is_normalised && form.norms == Norms::kBeforePooling) x = AddOp(graph, "norm" + number, LocalResponseNorm{}, x);
    pools[found++] = x = AddOp(graph, "pool" + number, PoolOf(form), x);
    if (is_normalised && form.norms == Norms::kAfterPooling) x = AddOp(graph, "norm" + number, LocalResponseNorm{}, x);
  }
  return pools;
}

Graph AlexNetClassifier(const AlexNetForm& form, const Ports& ports) {
  CheckClassifierPorts(ports);
  Graph graph;
  Map x = AddAlexNetFeatures(graph, AddInputs(graph, ports), form, form.padding).back();
  x = AddLinear(graph, "fc6", "fc6", x, x.channels * kAlexNetKernel * kAlexNetKernel, kAlexNetHidden);
  x = AddOp(graph, "drop6", Dropout{}, AddOp(graph, "relu6", Relu{}, x));
  x = AddLinear(graph, "fc7", "fc7", x, kAlexNetHidden, kAlexNetHidden);
  x = AddOp(graph, "drop7", Dropout{}, AddOp(graph, "relu7", Relu{}, x));
  graph.AddOutput(AddLinear(graph, "fc8", "fc8", x, kAlexNetHidden, ports.heads[0].scores).id);
  return graph;
}

}  // namespace fcn
