#include "models/efficientnet_lite.h"

#include <algorithm>
#include <cmath>

namespace fcn {
namespace {

constexpr float kEpsilon = 1e-3f;

struct Stage {
  int expansion, channels, repeats, stride, kernel;
};
constexpr Stage kStages[] = {{1, 16, 1, 1, 3},  {6, 24, 2, 2, 3},  {6, 40, 2, 2, 5}, {6, 80, 3, 2, 3},
                             {6, 112, 3, 1, 5}, {6, 192, 4, 2, 5}, {6, 320, 1, 1, 3}};
constexpr int kStemChannels = 32, kHeadChannels = 1280;

/// The nearest multiple of 8, or the next where that is more than a tenth below.
int ScaledChannels(int channels, double width) {
  constexpr int kMultiple = 8;
  const double exact = channels * width;
  const int rounded = std::max(kMultiple, static_cast<int>(exact + kMultiple / 2.0) / kMultiple * kMultiple);
  return rounded < 0.9 * exact ? rounded + kMultiple : rounded;
}

Stage Scaled(const Stage& stage, const EfficientNetLite& member) {
  Stage scaled = stage;
  scaled.channels = ScaledChannels(stage.channels, member.width);
  const bool is_end = &stage == std::begin(kStages) || &stage + 1 == std::end(kStages);
  if (!is_end) scaled.repeats = static_cast<int>(std::ceil(stage.repeats * member.depth));
  return scaled;
}

/// Convolutions with the batch norms behind them, on maps whose side is known for pictures of the member's side.
class Layers {
 public:
  Layers(Graph& graph, int side) : graph_(graph), side_(side) {}

  /// A convolution without bias and its batch norm.
  Map ConvBatchNorm(const std::string& conv, const std::string& norm, Map x, int outputs, int kernel, int stride = 1,
                    int groups = 1) {
    x = AddConv(graph_, conv, conv, x, outputs, Same(kernel, stride, groups), /*bias=*/false);
    side_ = (side_ + stride - 1) / stride;
    return AddBatchNorm(graph_, norm, x, kEpsilon);
  }

  /// An inverted residual: expand (1×1), filter each channel, project (1×1), and add the input where the shape is kept.
  Map Block(const std::string& name, Map input, const Stage& stage, int stride) {
    Map x = input;
    const int middle = input.channels * stage.expansion;
    if (stage.expansion != 1) {
      x = ConvBatchNorm(name + "._expand_conv", name + "._bn0", x, middle, 1);
      x = AddOp(graph_, name + "._relu0", Relu6{}, x);
    }
    x = ConvBatchNorm(name + "._depthwise_conv", name + "._bn1", x, middle, stage.kernel, stride, middle);
    x = AddOp(graph_, name + "._relu1", Relu6{}, x);
    x = ConvBatchNorm(name + "._project_conv", name + "._bn2", x, stage.channels, 1);
    if (stride == 1 && input.channels == stage.channels) x = AddOp(graph_, name + "._add", Add{}, x, input);
    return x;
  }

 private:
  /// TensorFlow's SAME: as much padding as gives ⌈side / stride⌉ outputs, the larger half after.
  ConvGeometry Same(int kernel, int stride, int groups) const {
    const int outputs = (side_ + stride - 1) / stride;
    const int total = std::max((outputs - 1) * stride + kernel - side_, 0), before = total / 2;
    return {.kernel = {kernel, kernel},
            .stride = {stride, stride},
            .dilation = {},
            .padding = {.top = before, .bottom = total - before, .left = before, .right = total - before},
            .groups = groups};
  }

  Graph& graph_;
  int side_;
};

}  // namespace

EfficientNetLiteTaps AddEfficientNetLite(Graph& graph, Map image, const std::string& prefix,
                                         const EfficientNetLite& member) {
  Layers layers(graph, member.side);
  Map x = layers.ConvBatchNorm(prefix + "_conv_stem", prefix + "_bn0", image, kStemChannels, 3, 2);
  x = AddOp(graph, prefix + "_relu0", Relu6{}, x);
  EfficientNetLiteTaps taps;
  size_t found = 0;
  int block = 0;
  for (const Stage& unscaled : kStages) {
    const Stage stage = Scaled(unscaled, member);
    // Each map is taken just before the stage that halves it; the one at stride 2 is of no use here.
    if (stage.stride == 2 && block > 1) taps[found++] = x;
    for (int i = 0; i < stage.repeats; i++, block++)
      x = layers.Block(prefix + "_blocks." + std::to_string(block), x, stage, i == 0 ? stage.stride : 1);
  }
  taps[found] = x;
  return taps;
}

Graph EfficientNetLiteClassifier(const EfficientNetLite& member, const Ports& ports) {
  CheckClassifierPorts(ports);
  Graph graph;
  Map x = AddEfficientNetLite(graph, AddInputs(graph, ports), "", member).back();
  x = AddConv(graph, "_conv_head", "_conv_head", x, kHeadChannels, Square(1), /*bias=*/false);
  x = AddBatchNorm(graph, "_bn1", x, kEpsilon);
  x = AddOp(graph, "_relu1", Relu6{}, x);
  x = AddOp(graph, "_avg_pooling", GlobalAveragePool{}, x);
  x = AddOp(graph, "_dropout", Dropout{member.dropout}, x);
  graph.AddOutput(AddLinear(graph, "_fc", "_fc", x, kHeadChannels, ports.heads[0].scores).id);
  return graph;
}

}  // namespace fcn
