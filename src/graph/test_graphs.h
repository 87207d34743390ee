#pragma once

// What the tests of this folder build graphs from.

#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "support/graph_builder.h"

namespace fcn::test {

/// Every function of one number without parameters as an operation, or every gradient of one.
template <typename... T>
std::vector<Op> Each(std::type_identity<std::variant<T...>>) {
  return {T{}...};
}
inline std::vector<Op> EveryFunction() { return Each(std::type_identity<OfEveryFunction<Pointwise>>()); }
inline std::vector<Op> EveryFunctionGradient() {
  return Each(std::type_identity<OfEveryFunction<PointwiseGradient>>());
}

/// Every operation, with no attribute at its default where it has any.
inline std::vector<Op> EveryOp() {
  const ConvGeometry geometry{
      .kernel = {3, 5}, .stride = {2, 1}, .dilation = {4, 7}, .padding = {1, 2, 0, 100}, .groups = 2};
  ConvGeometry undilated = geometry;
  undilated.dilation = {};
  std::vector<Op> ops = {
      Conv2d{geometry},
      Deconv2d{undilated},
      Linear{},
      MaxPool{.kernel = {3, 4}, .stride = {2, 3}, .padding = {1, 2, 3, 0}, .ceil = true},
      AveragePool{.kernel = {3, 4}, .stride = {2, 3}, .padding = {1, 2, 3, 0}, .ceil = true, .count_padding = false},
      GlobalAveragePool{},
      LeakyRelu{.slope = -0.25f},
      PRelu{},
      BatchNorm{.epsilon = 1e-3f},
      Add{},
      Multiply{},
      Scale{.factor = -0.017f},
      Concat{},
      Crop{.at = {2, 3}},
      SliceChannels{.first = 5, .count = 7},
      Resize{},
      LocalResponseNorm{.size = 3, .alpha = 0.5f, .beta = 0.5f, .k = 2},
      Softmax{},
      Argmax{},
      Dropout{.rate = 0.2f},
      Cast{.type = ElementType::kBFloat16},
      Quantise{.type = ElementType::kUint8, .scale = 0.25f, .zero_point = 7},
      Dequantise{},
      RandomDropout{.rate = 0.2f, .stream = 3},
      Stretch{.at = {3, 2, 1, 0}, .more = {7, 0, 5, 4}},
      BatchMoments{},
      Normalise{.epsilon = 1e-3f},
      NormaliseSums{.epsilon = 1e-3f},
      NormaliseGradient{.epsilon = 1e-3f},
      BatchNormSums{.epsilon = 1e-3f},
      BatchNormGradient{.epsilon = 1e-3f},
      SoftmaxLoss{.ignore_label = -1, .mean = false, .weight = 0.5f},
      SoftmaxLossGradient{.ignore_label = -1, .mean = false, .weight = 0.5f},
      ConvDataGradient{geometry},
      ConvWeightGradient{geometry},
      ChannelSums{},
      MultiplyGradient{},
      LinearDataGradient{},
      LinearWeightGradient{},
      MaxPoolGradient{.kernel = {3, 4}, .stride = {2, 3}, .padding = {1, 2, 3, 0}},
      AveragePoolGradient{.kernel = {3, 4}, .stride = {2, 3}, .padding = {1, 2, 3, 0}, .count_padding = false},
      GlobalAveragePoolGradient{},
      LeakyReluGradient{.slope = -0.25f},
      PReluGradient{},
      SlopeGradient{},
      LocalResponseNormGradient{.size = 3, .alpha = 0.5f, .beta = 0.5f, .k = 2},
      SoftmaxGradient{},
      CropGradient{.at = {2, 3}},
      ResizeGradient{},
      StretchGradient{.at = {3, 2, 1, 0}, .more = {7, 0, 5, 4}}};
  for (const auto& more : {EveryFunction(), EveryFunctionGradient()}) ops.insert(ops.end(), more.begin(), more.end());
  return ops;
}

/// A small network with every operation that gradients pass through, for images of 11×9 pixels: parameters of every
/// kind, values that are read several times, grouped and depthwise convolutions, windows that overlap or reach past the
/// end, a crop. The scores, "scores", are of the image's size.
inline Graph TrainableNetwork(int classes = 3) {
  Builder b;
  b.Node("relu1", Relu{}, {b.Norm("bn1", b.Conv("conv1", b.x, 3, 8, Square(3, 1, 1)), 8)});
  b.Node("pool1", MaxPool{.kernel = {2, 2}, .stride = {2, 2}, .padding = {}, .ceil = true}, {b["relu1"]});
  b.Node("relu2", Relu6{}, {b.Conv("depthwise", b["pool1"], 8, 8, Square(3, 1, 1, 1, 8))});
  b.Node("swish", HardSwish{}, {b.Conv("grouped", b["relu2"], 8, 4, Square(1, 1, 0, 1, 2))});
  b.Node(
      "average",
      AveragePool{.kernel = {3, 3}, .stride = {1, 1}, .padding = {1, 1, 1, 1}, .ceil = false, .count_padding = false},
      {b["pool1"]});
  b.Node("sum", Add{}, {b.Node("hard", HardSigmoid{}, {b["average"]}), b["pool1"]});
  b.Node("dropout", Dropout{.rate = 0.25f}, {b["sum"]});
  b.Conv("mix", b.Node("mean", GlobalAveragePool{}, {b["dropout"]}), 8, 5);
  b.Node("spread", Resize{}, {b.Node("tanh", Tanh{}, {b["mix"]}), b["dropout"]});
  b.Node("sigmoid", Sigmoid{}, {b.Linear("fc", b["dropout"], 6 * 5 * 8, 2)});
  b.Node("whole", Resize{}, {b["sigmoid"], b["dropout"]});
  b.Node("gate", Softmax{}, {b["dropout"]});
  b.Conv("squeeze", b.Node("pooled", GlobalAveragePool{}, {b["swish"]}), 4, 4);
  b.Node("gated", Multiply{}, {b["swish"], b.Node("excite", HardSigmoid{}, {b["squeeze"]})});
  b.Node("leaky", LeakyRelu{.slope = 2}, {b["gated"]});
  b.Node("prelu", PRelu{}, {b["leaky"], b.graph.AddParameter("prelu.slopes", {4})});
  b.Node("bent", LeakyRelu{.slope = -1.5f}, {b["prelu"]});
  b.Node("product", Multiply{}, {b["bent"], b["swish"]});
  b.Node("response", LocalResponseNorm{.size = 3, .alpha = 2}, {b["product"]});
  b.Node("joined", Concat{}, {b["dropout"], b["spread"], b["gate"], b["response"], b["whole"]});
  b.Node("scaled", Scale{.factor = 0.5f}, {b.Conv("score", b["joined"], 8 + 5 + 8 + 4 + 2, classes)});
  b.Deconv("up", b["scaled"], classes, classes, Square(4, 2));
  b.graph.AddOutput(b.Node("scores", Crop{}, {b["up"], b.x}));
  return b.graph;
}

/// The published FCN-8s: VGG16 with 100 pixels of padding, transposed convolutions, crops. "score16" and "score32" are
/// what FCN-16s and FCN-32s would give; all three are outputs.
inline Graph ReferenceFcn8s(int classes = 21) {
  Builder b;
  ValueId x = b.x;
  int channels = 3, padding = 100;
  for (int stage = 1; stage <= 5; stage++) {
    const int width = stage < 5 ? 32 << stage : 512;
    for (int i = 1; i <= (stage < 3 ? 2 : 3); i++) {
      const std::string suffix = std::to_string(stage) + "_" + std::to_string(i);
      x = b.Node("relu" + suffix, Relu{}, {b.Conv("conv" + suffix, x, channels, width, Square(3, 1, padding))});
      channels = width, padding = 1;
    }
    x = b.Node("pool" + std::to_string(stage), MaxPool{.kernel = {2, 2}, .stride = {2, 2}, .padding = {}, .ceil = true},
               {x});
  }
  x = b.Conv("fc6", x, 512, 4096, Square(7));
  x = b.Conv("fc7", x, 4096, 4096);
  x = b.Conv("score_fr", x, 4096, classes);
  const ValueId coarse = x;
  struct Skip {
    const char *up, *pool;
    int channels;
  };
  for (const Skip& skip : {Skip{"upscore2", "pool4", 512}, Skip{"upscore_pool4", "pool3", 256}}) {
    const std::string pool = skip.pool;
    x = b.Deconv(skip.up, x, classes, classes, Square(4, 2));
    const ValueId score = b.Conv("score_" + pool, b[pool], skip.channels, classes);
    x = b.Node("fuse_" + pool, Add{}, {x, b.Node("crop_" + pool, Crop{}, {score, x})});
  }
  const auto finish = [&](const std::string& name, ValueId from, int factor) {
    const ValueId up = b.Deconv("up_" + name, from, classes, classes, Square(2 * factor, factor));
    b.graph.AddOutput(b.Node(name, Crop{}, {up, b.x}));
  };
  finish("score8", x, 8);
  finish("score16", b["fuse_pool4"], 16);
  finish("score32", coarse, 32);
  return b.graph;
}

}  // namespace fcn::test
