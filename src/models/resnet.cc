#include "models/resnet.h"

#include <utility>

namespace fcn {
namespace {

constexpr float kEpsilon = 1e-5f;
constexpr int kExpansion = 4;  // a block's outputs for each of its inner channels

/// A convolution without bias and its batch norm.
Map AddConvBatchNorm(Graph& graph, const std::string& conv, const std::string& norm, Map x, int outputs,
                     const ConvGeometry& geometry) {
  return AddBatchNorm(graph, norm, AddConv(graph, conv, conv, x, outputs, geometry, /*bias=*/false), kEpsilon);
}

/// A 3×3 convolution that keeps the map's size, or halves it with a stride of 2.
ConvGeometry Spatial(int stride, int dilation) {
  ConvGeometry geometry = Square(3, stride, dilation);
  geometry.dilation = {dilation, dilation};
  return geometry;
}

/// Reduce (1×1), filter (3×3), expand (1×1), and add the input, projected where its shape is another. The projection
/// comes right before the addition, so that its result is young when it is read.
Map AddBottleneck(Graph& graph, const std::string& name, Map input, int inner, int stride, int dilation) {
  Map x = AddConvBatchNorm(graph, name + ".conv1", name + ".bn1", input, inner, Square(1));
  x = AddOp(graph, name + ".relu1", Relu{}, x);
  x = AddConvBatchNorm(graph, name + ".conv2", name + ".bn2", x, inner, Spatial(stride, dilation));
  x = AddOp(graph, name + ".relu2", Relu{}, x);
  Map shortcut = input;
  if (stride != 1 || input.channels != inner * kExpansion)
    shortcut = AddConvBatchNorm(graph, name + ".downsample.0", name + ".downsample.1", input, inner * kExpansion,
                                Square(1, stride));
  x = AddConvBatchNorm(graph, name + ".conv3", name + ".bn3", x, inner * kExpansion, Square(1));
  x = AddOp(graph, name + ".add", Add{}, x, shortcut);
  return AddOp(graph, name + ".relu", Relu{}, x);
}

}  // namespace

ResNetStages AddResNet(Graph& graph, Map image, const std::string& prefix, const ResNetBlocks& blocks, bool dilated) {
  Map x = AddConvBatchNorm(graph, prefix + "conv1", prefix + "bn1", image, 64, Square(7, 2, 3));
  x = AddOp(graph, prefix + "relu", Relu{}, x);
  x = AddOp(graph, prefix + "maxpool", MaxPool{.kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1, 1, 1}}, x);
  ResNetStages stages;
  int inner = 64, dilation = 1;
  for (size_t stage = 0; stage < stages.size(); stage++, inner *= 2) {
    const bool keeps_size = stage == 0 || (dilated && stage >= 2);
    for (int i = 0; i < blocks[stage]; i++) {
      // The first block's taps are as far apart as those of the stage before, as in torchvision.
      const std::string name = prefix + "layer" + std::to_string(stage + 1) + "." + std::to_string(i);
      x = AddBottleneck(graph, name, x, inner, i == 0 && !keeps_size ? 2 : 1, dilation);
      if (i == 0 && stage > 0 && keeps_size) dilation *= 2;
    }
    stages[stage] = x;
  }
  return stages;
}

Graph ResNetClassifier(const ResNetBlocks& blocks, const Ports& ports) {
  CheckClassifierPorts(ports);
  Graph graph;
  Map x = AddResNet(graph, AddInputs(graph, ports), "", blocks, /*dilated=*/false).back();
  x = AddOp(graph, "avgpool", GlobalAveragePool{}, x);
  graph.AddOutput(AddLinear(graph, "fc", "fc", x, x.channels, ports.heads[0].scores).id);
  return graph;
}

}  // namespace fcn
