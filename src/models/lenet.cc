#include "models/lenet.h"

namespace fcn {

Map AddLeNetFeatures(Graph& graph, Map image, int padding) {
  const MaxPool pool{.kernel = {2, 2}, .stride = {2, 2}, .padding = {}, .ceil = true};
  Map x = AddConv(graph, "conv1", "conv1", image, 20, Square(5, 1, padding));
  x = AddOp(graph, "pool1", pool, x);
  x = AddConv(graph, "conv2", "conv2", x, 50, Square(5));
  return AddOp(graph, "pool2", pool, x);
}

Graph LeNetClassifier(const Ports& ports) {
  CheckClassifierPorts(ports);
  Graph graph;
  Map x = AddLeNetFeatures(graph, AddInputs(graph, ports), 0);
  x = AddLinear(graph, "ip1", "ip1", x, x.channels * kLeNetKernel * kLeNetKernel, kLeNetHidden);
  x = AddOp(graph, "relu1", Relu{}, x);
  graph.AddOutput(AddLinear(graph, "ip2", "ip2", x, kLeNetHidden, ports.heads[0].scores).id);
  return graph;
}

}  // namespace fcn
