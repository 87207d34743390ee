#include "models/efficientnet_lite.h"

namespace fcn {
namespace {

constexpr float kEpsilon = 1e-3f;

struct Stage {
  int expansion, channels, repeats, stride, kernel;
};
constexpr Stage kStages[] = {{1, 16, 1, 1, 3},  {6, 24, 2, 2, 3},  {6, 40, 2, 2, 5}, {6, 80, 3, 2, 3},
                             {6, 112, 3, 1, 5}, {6, 192, 4, 2, 5}, {6, 320, 1, 1, 3}};
constexpr int kHeadChannels = 1280;

/// TensorFlow's SAME for sizes that the stride divides: kernel − stride in all, the larger half after.
ConvGeometry SameForEven(int kernel, int stride, int groups) {
  const int total = kernel - stride, before = total / 2;
  return {.kernel = {kernel, kernel},
          .stride = {stride, stride},
          .dilation = {},
          .padding = {.top = before, .bottom = total - before, .left = before, .right = total - before},
          .groups = groups};
}

/// A convolution without bias and its batch norm.
Map AddConvBatchNorm(Graph& graph, const std::string& conv, const std::string& norm, Map x, int outputs, int kernel,
                     int stride = 1, int groups = 1) {
  x = AddConv(graph, conv, conv, x, outputs, SameForEven(kernel, stride, groups), /*bias=*/false);
  return AddBatchNorm(graph, norm, x, kEpsilon);
}

/// An inverted residual: expand (1×1), filter each channel, project (1×1), and add the input where the shape is kept.
Map AddBlock(Graph& graph, const std::string& name, Map input, const Stage& stage, int stride) {
  Map x = input;
  const int middle = input.channels * stage.expansion;
  if (stage.expansion != 1) {
    x = AddConvBatchNorm(graph, name + "._expand_conv", name + "._bn0", x, middle, 1);
    x = AddOp(graph, name + "._relu0", Relu6{}, x);
  }
  x = AddConvBatchNorm(graph, name + "._depthwise_conv", name + "._bn1", x, middle, stage.kernel, stride, middle);
  x = AddOp(graph, name + "._relu1", Relu6{}, x);
  x = AddConvBatchNorm(graph, name + "._project_conv", name + "._bn2", x, stage.channels, 1);
  if (stride == 1 && input.channels == stage.channels) x = AddOp(graph, name + "._add", Add{}, x, input);
  return x;
}

}  // namespace

EfficientNetLite0Taps AddEfficientNetLite0(Graph& graph, Map image, const std::string& prefix) {
  Map x = AddConvBatchNorm(graph, prefix + "_conv_stem", prefix + "_bn0", image, 32, 3, 2);
  x = AddOp(graph, prefix + "_relu0", Relu6{}, x);
  EfficientNetLite0Taps taps;
  size_t found = 0;
  int block = 0;
  for (const Stage& stage : kStages) {
    // Each map is taken just before the stage that halves it; the one at stride 2 is of no use here.
    if (stage.stride == 2 && block > 1) taps[found++] = x;
    for (int i = 0; i < stage.repeats; i++, block++)
      x = AddBlock(graph, prefix + "_blocks." + std::to_string(block), x, stage, i == 0 ? stage.stride : 1);
  }
  taps[found] = x;
  return taps;
}

Graph EfficientNetLite0Classifier(const Ports& ports) {
  CheckClassifierPorts(ports);
  Graph graph;
  Map x = AddEfficientNetLite0(graph, AddInputs(graph, ports), "").back();
  x = AddConvBatchNorm(graph, "_conv_head", "_bn1", x, kHeadChannels, 1);
  x = AddOp(graph, "_relu1", Relu6{}, x);
  x = AddOp(graph, "_avg_pooling", GlobalAveragePool{}, x);
  x = AddOp(graph, "_dropout", Dropout{0.2f}, x);
  graph.AddOutput(AddLinear(graph, "_fc", "_fc", x, kHeadChannels, ports.heads[0].scores).id);
  return graph;
}

}  // namespace fcn
