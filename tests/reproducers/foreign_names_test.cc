// Real checkpoints whose weights have the names of other implementations (pytorch-fcn 81, 131, 145); what else keeps
// them from being taken is in refused_checkpoints_test.cc. Looked at: pytorch-fcn's and Caffe's names, timm's VGG16,
// EfficientNet-lite and ResNet, torchvision's segmentation with and without its auxiliary head, transformers' ResNet;
// each behind prefixes, too.
// Left: detectron2's and mmsegmentation's ResNets are other networks (stride, stem), pytorch-semseg's FCN resizes.
#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "reproducers/imports.h"
#include "tensor/random.h"

namespace fcn {
namespace {

using test::Behind;
using test::ExpectSame;
using test::Renamed;
using test::Source;
using test::WeightsOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Weights are windows into one block of random numbers, so that a network of 134
// million parameters costs little and no two of its tensors are alike.

class Windows {
 public:
  NamedTensors Of(const Graph& graph) const {
    NamedTensors tensors;
    size_t offset = 0;
    for (const ValueId id : graph.Parameters()) {
      const Shape& shape = graph.value(id).parameter_shape;
      const auto bytes = static_cast<size_t>(shape.elements()) * 2;
      tensors[graph.value(id).name] = {DType::kFloat16, shape, std::span(*block_).subspan(offset += 2, bytes), block_};
    }
    return tensors;
  }

 private:
  static std::shared_ptr<std::vector<uint8_t>> MakeBlock() {
    auto block = std::make_shared<std::vector<uint8_t>>(size_t{25088} * 4096 * 2 + 4096);
    for (size_t i = 0; i < block->size(); i++) (*block)[i] = static_cast<uint8_t>(RandomBits(1, i) & 0x3f);  // finite
    return block;
  }
  std::shared_ptr<std::vector<uint8_t>> block_ = MakeBlock();
};

/// Imports a network's weights under its own names and others, behind prefixes too: the same model.
Imported ExpectForeignNames(const Windows& windows, const std::string& network, int classes, const std::string& whose,
                            const std::function<std::string(const std::string&)>& rename,
                            const std::optional<Preprocessing>& preprocessing) {
  const ZooEntry& entry = FindModel(network);
  const NamedTensors tensors = windows.Of(entry.build(classes));
  ImportOptions options;
  options.preprocessing = preprocessing;
  const Imported plain = ImportWeights(entry, Source(tensors), options);
  Imported imported;
  for (const char* prefix : {"", "module._orig_mod.", "state_dict.model."}) {
    SCOPED_TRACE(network + " behind " + prefix);
    imported = ImportWeights(entry, Source(Behind(prefix, Renamed(tensors, rename))));
    ExpectSame(imported.model, plain.model);
    EXPECT_EQ(imported.report.names, whose);
    EXPECT_THAT(imported.report.initialised, IsEmpty());
    EXPECT_THAT(imported.report.ignored, IsEmpty());
  }
  return imported;
}

std::string PytorchFcnsName(const std::string& name) {
  static const std::map<std::string, std::string> kModules = {
      {"features.0", "conv1_1"},  {"features.2", "conv1_2"},  {"features.5", "conv2_1"},  {"features.7", "conv2_2"},
      {"features.10", "conv3_1"}, {"features.12", "conv3_2"}, {"features.14", "conv3_3"}, {"features.17", "conv4_1"},
      {"features.19", "conv4_2"}, {"features.21", "conv4_3"}, {"features.24", "conv5_1"}, {"features.26", "conv5_2"},
      {"features.28", "conv5_3"}, {"classifier.0", "fc6"},    {"classifier.3", "fc7"}};
  const size_t dot = name.rfind('.');
  const auto found = kModules.find(name.substr(0, dot));
  return found == kModules.end() ? name : found->second + name.substr(dot);
}

TEST(ForeignNames, PytorchFcns) {
  const Windows windows;
  for (const char* network : {"fcn32s-vgg16", "fcn16s-vgg16", "fcn8s-vgg16", "fcn8s-vgg16-unpadded"})
    ExpectForeignNames(windows, network, 21, "pytorch-fcn", PytorchFcnsName, kCaffePreprocessing);

  // Its FCN8sAtOnce scales what the finer scores read.
  const ZooEntry& entry = FindModel("fcn8s-vgg16");
  const NamedTensors tensors = windows.Of(entry.build(21));
  const NamedTensors renamed = Renamed(tensors, PytorchFcnsName);
  EXPECT_THAT(ImportWeights(entry, Source(renamed)).report.notes, ElementsAre(HasSubstr("--architecture FCN8sAtOnce")));
  EXPECT_THAT(ImportWeights(entry, Source(renamed, "FCN8s")).report.notes, IsEmpty());
  const NamedTensors scaled = ImportWeights(entry, Source(renamed, "FCN8sAtOnce")).model.weights;
  const auto ratio = [&](const std::string& name) {
    return scaled.at(name).ToFloats()[1000] / tensors.at(name).ToFloats()[1000];
  };
  EXPECT_NEAR(ratio("score_pool4.weight"), 0.01, 1e-6);
  EXPECT_NEAR(ratio("score_pool3.weight"), 0.0001, 1e-8);
  EXPECT_EQ(ratio("score_fr.weight"), 1);
}

TEST(ForeignNames, TimmsVgg16) {
  ExpectForeignNames(
      Windows(), "vgg16", 1000, "timm",
      [](const std::string& name) {
        if (name.starts_with("classifier.0")) return "pre_logits.fc1" + name.substr(12);
        if (name.starts_with("classifier.3")) return "pre_logits.fc2" + name.substr(12);
        return name.starts_with("classifier.6") ? "head.fc" + name.substr(12) : name;
      },
      kTorchvisionPreprocessing);
}

/// timm's names of EfficientNet-lite0, as its state dict lists them.
std::string TimmsName(const std::string& name) {
  static const std::map<int, std::string> kBlocks = {
      {0, "0.0"}, {1, "1.0"}, {2, "1.1"},  {3, "2.0"},  {4, "2.1"},  {5, "3.0"},  {6, "3.1"},  {7, "3.2"},
      {8, "4.0"}, {9, "4.1"}, {10, "4.2"}, {11, "5.0"}, {12, "5.1"}, {13, "5.2"}, {14, "5.3"}, {15, "6.0"}};
  static const std::map<std::string, std::string> kInside = {{"_expand_conv", "conv_pw"},    {"_bn0", "bn1"},
                                                             {"_depthwise_conv", "conv_dw"}, {"_bn1", "bn2"},
                                                             {"_project_conv", "conv_pwl"},  {"_bn2", "bn3"}};
  static const std::map<std::string, std::string> kFirst = {
      {"_depthwise_conv", "conv_dw"}, {"_bn1", "bn1"}, {"_project_conv", "conv_pw"}, {"_bn2", "bn2"}};
  static const std::map<std::string, std::string> kOutside = {{"_conv_stem", "conv_stem"},
                                                              {"_bn0", "bn1"},
                                                              {"_conv_head", "conv_head"},
                                                              {"_bn1", "bn2"},
                                                              {"_fc", "classifier"}};
  const size_t last = name.rfind('.');
  if (!name.starts_with("_blocks.")) return kOutside.at(name.substr(0, last)) + name.substr(last);
  const size_t dot = name.find('.', 8);
  const int block = std::stoi(name.substr(8));
  const std::string layer = name.substr(dot + 1, last - dot - 1);
  return "blocks." + kBlocks.at(block) + "." + (block == 0 ? kFirst : kInside).at(layer) + name.substr(last);
}

TEST(ForeignNames, TimmsEfficientNetLite0) {
  const Imported imported = ExpectForeignNames(Windows(), "efficientnet-lite0", 1000, "timm", TimmsName, [] {
    Preprocessing p = kTensorflowPreprocessing;
    return p;
  }());
  EXPECT_THAT(imported.report.notes, ElementsAre(HasSubstr("tf_efficientnet_lite0")));
  // And as the classifier that an FCN is made from.
  const NamedTensors classifier = WeightsOf("efficientnet-lite0", 1000);
  const ZooEntry& entry = FindModel("fcn8s-efficientnet-lite0");
  const Imported foreign = ImportWeights(entry, Source(Behind("encoder.", Renamed(classifier, TimmsName))));
  ImportOptions options;
  options.preprocessing = kTensorflowPreprocessing;
  ExpectSame(foreign.model, ImportWeights(entry, Source(classifier), options).model);
}

TEST(ForeignNames, ResNets) {
  const Windows windows;
  // timm's are torchvision's; those of transformers are not.
  for (const char* network : {"resnet50", "resnet101"}) {
    ExpectForeignNames(
        windows, network, 1000, "", [](const std::string& name) { return name; }, std::nullopt);
    ExpectForeignNames(
        windows, network, 1000, "transformers",
        [](const std::string& name) {
          const size_t last = name.rfind('.');
          const std::string end = name.substr(last);
          if (name.starts_with("fc.")) return "classifier.1" + end;
          if (name.starts_with("conv1.")) return "resnet.embedder.embedder.convolution" + end;
          if (name.starts_with("bn1.")) return "resnet.embedder.embedder.normalization" + end;
          const size_t dot = name.find('.', 7);
          const std::string layer = name.substr(dot + 1, last - dot - 1);
          const auto in_block = [&](const std::string& part) {
            return fmt::format("resnet.encoder.stages.{}.layers.{}.{}{}", name[5] - '1', name.substr(7, dot - 7), part,
                               end);
          };
          if (layer == "downsample.0") return in_block("shortcut.convolution");
          if (layer == "downsample.1") return in_block("shortcut.normalization");
          return in_block(fmt::format("layer.{}.{}", layer.back() - '1',
                                      layer.starts_with("conv") ? "convolution" : "normalization"));
        },
        std::nullopt);
  }
}

TEST(ForeignNames, TorchvisionsHeads) {
  // Of all versions: with the auxiliary head or without, with the counters of batch norm or, from before 0.4, without.
  const ZooEntry& entry = FindModel("fcn_resnet50");
  const NamedTensors tensors = Windows().Of(entry.build(21));
  const ModelContents plain = ImportWeights(entry, Source(tensors)).model;
  for (const bool auxiliary : {false, true}) {
    for (const bool counters : {false, true}) {
      NamedTensors file = tensors;
      if (auxiliary)
        for (const auto& [name, shape] : {std::pair<const char*, Shape>{"aux_classifier.0.weight", {256, 1024, 3, 3}},
                                          {"aux_classifier.1.weight", {256}},
                                          {"aux_classifier.4.weight", {21, 256, 1, 1}},
                                          {"aux_classifier.4.bias", {21}}})
          file[name] = RandomParameter(name, shape, 1);
      if (counters) file["backbone.bn1.num_batches_tracked"] = {DType::kInt64, {}, {}, nullptr};
      const Imported imported = ImportWeights(entry, Source(Behind("model.module.", file)));
      ExpectSame(imported.model, plain);
      EXPECT_EQ(imported.report.ignored.size(), file.size() - tensors.size());
    }
  }
}

}  // namespace
}  // namespace fcn
