#include "models/vgg16.h"

#include <string>

namespace fcn {

Vgg16Pools AddVgg16Features(Graph& graph, Map image, int first_padding, bool ceil, const std::string& prefix) {
  struct Stage {
    int convolutions, channels;
  };
  constexpr std::array<Stage, 5> kStages = {{{2, 64}, {2, 128}, {3, 256}, {3, 512}, {3, 512}}};
  Vgg16Pools pools;
  Map x = image;
  int module = 0;  // the position in torchvision's features, where ReLU and pooling count as well
  for (size_t stage = 0; stage < kStages.size(); stage++) {
    const std::string number = std::to_string(stage + 1);
    for (int i = 1; i <= kStages[stage].convolutions; i++) {
      const std::string suffix = number + "_" + std::to_string(i);
      x = AddConv(graph, prefix + "conv" + suffix, prefix + "features." + std::to_string(module), x,
                  kStages[stage].channels, Square(3, 1, module == 0 ? first_padding : 1));
      x = AddOp(graph, prefix + "relu" + suffix, Relu{}, x);
      module += 2;
    }
    x = AddOp(graph, prefix + "pool" + number, MaxPool{.kernel = {2, 2}, .stride = {2, 2}, .padding = {}, .ceil = ceil},
              x);
    ++module;
    pools[stage] = x;
  }
  return pools;
}

Graph Vgg16Classifier(const Ports& ports) {
  CheckClassifierPorts(ports);
  Graph graph;
  Map x = AddVgg16Features(graph, AddInputs(graph, ports), 1, false).back();
  x = AddLinear(graph, "fc6", "classifier.0", x, 512 * 7 * 7, 4096);
  x = AddOp(graph, "drop6", Dropout{}, AddOp(graph, "relu6", Relu{}, x));
  x = AddLinear(graph, "fc7", "classifier.3", x, 4096, 4096);
  x = AddOp(graph, "drop7", Dropout{}, AddOp(graph, "relu7", Relu{}, x));
  graph.AddOutput(AddLinear(graph, "fc8", "classifier.6", x, 4096, ports.heads[0].scores).id);
  return graph;
}

}  // namespace fcn
