#include "models/googlenet.h"

#include <span>
#include <utility>
#include <vector>

namespace fcn {
namespace {

/// The channels of an inception module's convolutions.
struct Inception {
  const char* name;  ///< "3a"
  int one, reduce_three, three, reduce_five, five, projection;
};
constexpr Inception kThird[] = {{"3a", 64, 96, 128, 16, 32, 32}, {"3b", 128, 128, 192, 32, 96, 64}},
                    kFourth[] = {{"4a", 192, 96, 208, 16, 48, 64},
                                 {"4b", 160, 112, 224, 24, 64, 64},
                                 {"4c", 128, 128, 256, 24, 64, 64},
                                 {"4d", 112, 144, 288, 32, 64, 64},
                                 {"4e", 256, 160, 320, 32, 128, 128}},
                    kFifth[] = {{"5a", 256, 160, 320, 32, 128, 128}, {"5b", 384, 192, 384, 48, 128, 128}};

MaxPool Pool(int kernel, int stride, int padding = 0) {
  return {.kernel = {kernel, kernel},
          .stride = {stride, stride},
          .padding = {padding, padding, padding, padding},
          .ceil = true};
}

class Builder {
 public:
  Builder(Graph& graph, std::string prefix, GoogLeNetForm form)
      : graph_(graph), prefix_(std::move(prefix)), is_caffes_(form == GoogLeNetForm::kCaffe) {}

  /// A convolution and its ReLU. Caffe's name is a block's and a layer's: "conv1" and "7x7_s2".
  Map Conv(const std::string& block, const std::string& layer, const std::string& torchs, Map x, int outputs,
           const ConvGeometry& geometry) {
    if (is_caffes_) {
      const std::string name = prefix_ + block + "/" + layer;
      return AddOp(graph_, prefix_ + block + "/relu_" + layer, Relu{},
                   AddConv(graph_, name, name, x, outputs, geometry));
    }
    constexpr float kNormEpsilon = 1e-3f;
    const std::string name = prefix_ + torchs;
    x = AddConv(graph_, name + ".conv", name + ".conv", x, outputs, geometry, /*bias=*/false);
    return AddOp(graph_, name + ".relu", Relu{}, AddBatchNorm(graph_, name + ".bn", x, kNormEpsilon));
  }

  /// A max pooling between stages, its number counted from 1.
  Map Pooling(int number, int kernel, Map x) {
    const std::string caffes = "pool" + std::to_string(number) + "/3x3_s2", torchs = "maxpool" + std::to_string(number);
    return AddOp(graph_, Name(caffes, torchs), Pool(kernel, 2), x);
  }

  /// Of Caffe's form alone.
  Map Norm(const std::string& name, Map x) {
    return is_caffes_ ? AddOp(graph_, prefix_ + name, LocalResponseNorm{}, x) : x;
  }

  Map Modules(std::span<const Inception> modules, Map x) {
    for (const Inception& module : modules) x = Module(module, x);
    return x;
  }

  /// The last of the poolings has a window of 3 in Caffe's form and of 2 in torchvision's.
  int last_pooling() const { return is_caffes_ ? 3 : 2; }

 private:
  std::string Name(const std::string& caffes, const std::string& torchs) const {
    return prefix_ + (is_caffes_ ? caffes : torchs);
  }

  /// Four branches, whose channels are joined. torchvision's third has a window of 3 where the paper has 5.
  Map Module(const Inception& it, Map x) {
    const std::string block = std::string("inception_") + it.name, torchs = std::string("inception") + it.name;
    const auto conv = [&](const char* layer, const char* branch, Map from, int outputs, const ConvGeometry& geometry) {
      return Conv(block, layer, torchs + ".branch" + branch, from, outputs, geometry);
    };
    const int five = is_caffes_ ? 5 : 3;
    const Map one = conv("1x1", "1", x, it.one, Square(1));
    Map three = conv("3x3_reduce", "2.0", x, it.reduce_three, Square(1));
    three = conv("3x3", "2.1", three, it.three, Square(3, 1, 1));
    Map fifth = conv("5x5_reduce", "3.0", x, it.reduce_five, Square(1));
    fifth = conv("5x5", "3.1", fifth, it.five, Square(five, 1, five / 2));
    Map pooled = AddOp(graph_, Name(block + "/pool", torchs + ".branch4.0"), Pool(3, 1, 1), x);
    pooled = conv("pool_proj", "4.1", pooled, it.projection, Square(1));
    const std::vector<ValueId> branches = {one.id, three.id, fifth.id, pooled.id};
    return {graph_.AddNode(Name(block + "/output", torchs), Concat{}, branches),
            one.channels + three.channels + fifth.channels + pooled.channels};
  }

  Graph& graph_;
  std::string prefix_;
  bool is_caffes_;
};

}  // namespace

GoogLeNetTaps AddGoogLeNet(Graph& graph, Map image, const std::string& prefix, GoogLeNetForm form) {
  Builder builder(graph, prefix, form);
  GoogLeNetTaps taps;
  Map x = builder.Conv("conv1", "7x7_s2", "conv1", image, 64, Square(7, 2, 3));
  x = builder.Norm("pool1/norm1", builder.Pooling(1, 3, x));
  x = builder.Conv("conv2", "3x3_reduce", "conv2", x, 64, Square(1));
  x = builder.Conv("conv2", "3x3", "conv3", x, 192, Square(3, 1, 1));
  taps[0] = x = builder.Norm("conv2/norm2", x);
  taps[1] = x = builder.Modules(kThird, builder.Pooling(2, 3, x));
  taps[2] = x = builder.Modules(kFourth, builder.Pooling(3, 3, x));
  taps[3] = builder.Modules(kFifth, builder.Pooling(4, builder.last_pooling(), x));
  return taps;
}

Graph GoogLeNetClassifier(GoogLeNetForm form, const Ports& ports) {
  CheckClassifierPorts(ports);
  const int scores = ports.heads[0].scores;
  Graph graph;
  Map x = AddGoogLeNet(graph, AddInputs(graph, ports), "", form).back();
  if (form == GoogLeNetForm::kCaffe) {
    x = AddOp(graph, "pool5/7x7_s1", AveragePool{.kernel = {7, 7}, .stride = {1, 1}, .padding = {}}, x);
    x = AddOp(graph, "pool5/drop_7x7_s1", Dropout{0.4f}, x);
    graph.AddOutput(AddLinear(graph, "loss3/classifier", "loss3/classifier", x, x.channels, scores).id);
  } else {
    x = AddOp(graph, "avgpool", GlobalAveragePool{}, x);
    x = AddOp(graph, "dropout", Dropout{0.2f}, x);
    graph.AddOutput(AddLinear(graph, "fc", "fc", x, x.channels, scores).id);
  }
  return graph;
}

}  // namespace fcn
