#include "models/zoo.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include "base/check.h"
#include "fcn/error.h"
#include "fcn/text.h"
#include "graph/classifier.h"
#include "graph/shapes.h"
#include "models/binary.h"
#include "models/class_names.h"
#include "models/efficientnet_lite.h"
#include "models/fcn.h"
#include "models/first_layer.h"
#include "models/lenet.h"
#include "models/resnet.h"
#include "models/surgery.h"
#include "models/vgg16.h"

namespace fcn {
namespace {

constexpr Preprocessing Cropped(Preprocessing p, int shorter_side, int crop) {
  p.shorter_side = shorter_side, p.crop = crop;
  return p;
}

constexpr Preprocessing kTorchvisionFcn = kTorchvisionPreprocessing, kCaffe = kCaffePreprocessing,
                        kLite = kLitePreprocessing, kTorchvision = Cropped(kTorchvisionFcn, 256, 224);
/// Of the 69 images of a VOC subset with more than a quarter of cat pixels, 55 have a cat as best class with a shorter
/// side of 224, 54 where 224×224 pixels are cut without resizing, 56 with 256: no difference that 69 images can show,
/// so the rule is the one that keeps the most of the picture.
constexpr Preprocessing kLite0Classifier = Cropped(kLite, 224, 224), kLite1Classifier = Cropped(kLite, 240, 240),
                        kLite2Classifier = Cropped(kLite, 260, 260);
constexpr Preprocessing kCaffeNetClassifier = Cropped(kCaffe, 256, 227);
/// bvlc_googlenet's mean is of three round numbers.
constexpr Preprocessing kCaffeGoogLeNet = {.order = Preprocessing::Order::kBgr, .mean = {104, 117, 123}},
                        kCaffeGoogLeNetClassifier = Cropped(kCaffeGoogLeNet, 256, 224);
/// torchvision's weights of GoogLeNet are TensorFlow's (its transform_input).
constexpr Preprocessing kTensorflow = kTensorflowPreprocessing, kGoogLeNetClassifier = Cropped(kTensorflow, 256, 224);
/// Of MNIST's pictures, as Caffe's example scales them.
constexpr Preprocessing kDigits = {.order = Preprocessing::Order::kBands, .mean = {0}, .deviation = {256}},
                        kDigitsClassifier = Cropped(kDigits, kLeNetSide, kLeNetSide);

template <int kStride>
Graph BuildVgg16Fcn(const Ports& ports) {
  return Vgg16Fcn(kStride, ports);
}
template <int kStride>
Graph BuildVgg16FcnUnpadded(const Ports& ports) {
  return Vgg16FcnUnpadded(kStride, ports);
}

template <const EfficientNetLite& kMember>
Graph BuildEfficientNetLite(const Ports& ports) {
  return EfficientNetLiteClassifier(kMember, ports);
}
template <const EfficientNetLite& kMember, int kStride>
Graph BuildEfficientNetLiteFcn(const Ports& ports) {
  return EfficientNetLiteFcn(kMember, kStride, ports);
}

template <const AlexNetForm& kForm>
Graph BuildAlexNet(const Ports& ports) {
  return AlexNetClassifier(kForm, ports);
}
template <const AlexNetForm& kForm, int kStride>
Graph BuildAlexNetFcn(const Ports& ports) {
  return AlexNetFcn(kForm, kStride, ports);
}

template <GoogLeNetForm kForm>
Graph BuildGoogLeNet(const Ports& ports) {
  return GoogLeNetClassifier(kForm, ports);
}
template <GoogLeNetForm kForm, int kStride>
Graph BuildGoogLeNetFcn(const Ports& ports) {
  return GoogLeNetFcn(kForm, kStride, ports);
}

template <const EfficientNetLite& kMember, int kStride>
Graph BuildEfficientNetLiteLateFusion(const Ports& ports) {
  return EfficientNetLiteLateFusion(kMember, kStride, ports);
}

template <const ResNetBlocks& kBlocks>
Graph BuildResNet(const Ports& ports) {
  return ResNetClassifier(kBlocks, ports);
}
template <const ResNetBlocks& kBlocks, int kStride>
Graph BuildResNetFcn(const Ports& ports) {
  return ResNetFcn(kBlocks, kStride, ports);
}
template <const ResNetBlocks& kBlocks>
Graph BuildDilatedResNetFcn(const Ports& ports) {
  return DilatedResNetFcn(kBlocks, ports);
}

const ZooEntry kZoo[] = {
    {"vgg16", "VGG16, an ImageNet classifier (torchvision's form)", Vgg16Classifier, kTorchvision, kImageNetClasses,
     ""},
    {"efficientnet-lite0", "EfficientNet-lite0, a small ImageNet classifier", BuildEfficientNetLite<kEfficientNetLite0>,
     kLite0Classifier, kImageNetClasses, ""},
    {"efficientnet-lite1", "EfficientNet-lite1: lite0, a tenth deeper", BuildEfficientNetLite<kEfficientNetLite1>,
     kLite1Classifier, kImageNetClasses, ""},
    {"efficientnet-lite2", "EfficientNet-lite2: lite0, a tenth wider and a fifth deeper",
     BuildEfficientNetLite<kEfficientNetLite2>, kLite2Classifier, kImageNetClasses, ""},
    {"resnet50", "ResNet-50, an ImageNet classifier (torchvision's form)", BuildResNet<kResNet50>, kTorchvision,
     kImageNetClasses, ""},
    {"resnet101", "ResNet-101, an ImageNet classifier (torchvision's form)", BuildResNet<kResNet101>, kTorchvision,
     kImageNetClasses, ""},
    {"lenet", "LeNet, a classifier of digits in one band (Caffe's form)", LeNetClassifier, kDigitsClassifier,
     kDigitClasses, "", "", 1},
    {"alexnet", "AlexNet, an ImageNet classifier (torchvision's form)", BuildAlexNet<kTorchvisionAlexNet>, kTorchvision,
     kImageNetClasses, ""},
    {"caffenet", "CaffeNet, an ImageNet classifier (Caffe's reference form of AlexNet)", BuildAlexNet<kCaffeNet>,
     kCaffeNetClassifier, kImageNetClasses, ""},
    {"caffe-alexnet", "AlexNet, an ImageNet classifier (Caffe's form)", BuildAlexNet<kCaffeAlexNet>,
     kCaffeNetClassifier, kImageNetClasses, ""},
    {"googlenet", "GoogLeNet, an ImageNet classifier (torchvision's form)", BuildGoogLeNet<GoogLeNetForm::kTorchvision>,
     kGoogLeNetClassifier, kImageNetClasses, ""},
    {"caffe-googlenet", "GoogLeNet, an ImageNet classifier (Caffe's form)", BuildGoogLeNet<GoogLeNetForm::kCaffe>,
     kCaffeGoogLeNetClassifier, kImageNetClasses, ""},
    {"fcn32s-vgg16", "FCN-32s on VGG16, the paper's form", BuildVgg16Fcn<32>, kCaffe, kVocClasses, ""},
    {"fcn16s-vgg16", "FCN-16s on VGG16, the paper's form", BuildVgg16Fcn<16>, kCaffe, kVocClasses, ""},
    {"fcn8s-vgg16", "FCN-8s on VGG16, the paper's form", BuildVgg16Fcn<8>, kCaffe, kVocClasses, ""},
    {"fcn4s-vgg16", "FCN-4s on VGG16: the paper's form carried on to pool2", BuildVgg16Fcn<4>, kCaffe, kVocClasses, ""},
    {"fcn2s-vgg16", "FCN-2s on VGG16: the paper's form carried on to pool1", BuildVgg16Fcn<2>, kCaffe, kVocClasses, ""},
    {"fcn32s-vgg16-late-fusion", "FCN-32s with a VGG16 for each input, whose scores are averaged: the paper's fusion",
     Vgg16LateFusion, kCaffe, kVocClasses, ""},
    {"fcn32s-vgg16-unpadded", "FCN-32s on VGG16, resizing instead of padding and crops", BuildVgg16FcnUnpadded<32>,
     kCaffe, kVocClasses, ""},
    {"fcn16s-vgg16-unpadded", "FCN-16s on VGG16, resizing instead of padding and crops", BuildVgg16FcnUnpadded<16>,
     kCaffe, kVocClasses, ""},
    {"fcn8s-vgg16-unpadded", "FCN-8s on VGG16, resizing instead of padding and crops", BuildVgg16FcnUnpadded<8>, kCaffe,
     kVocClasses, ""},
    {"fcn4s-vgg16-unpadded", "FCN-4s on VGG16, resizing instead of padding and crops", BuildVgg16FcnUnpadded<4>, kCaffe,
     kVocClasses, ""},
    {"fcn2s-vgg16-unpadded", "FCN-2s on VGG16, resizing instead of padding and crops", BuildVgg16FcnUnpadded<2>, kCaffe,
     kVocClasses, ""},
    {"fcn32s-efficientnet-lite0", "FCN-32s on EfficientNet-lite0", BuildEfficientNetLiteFcn<kEfficientNetLite0, 32>,
     kLite, kVocClasses, "backbone."},
    {"fcn16s-efficientnet-lite0", "FCN-16s on EfficientNet-lite0", BuildEfficientNetLiteFcn<kEfficientNetLite0, 16>,
     kLite, kVocClasses, "backbone."},
    {"fcn8s-efficientnet-lite0", "FCN-8s on EfficientNet-lite0: small and fast",
     BuildEfficientNetLiteFcn<kEfficientNetLite0, 8>, kLite, kVocClasses, "backbone."},
    {"fcn4s-efficientnet-lite0", "FCN-4s on EfficientNet-lite0: finer outlines",
     BuildEfficientNetLiteFcn<kEfficientNetLite0, 4>, kLite, kVocClasses, "backbone."},
    {"fcn32s-efficientnet-lite1", "FCN-32s on EfficientNet-lite1", BuildEfficientNetLiteFcn<kEfficientNetLite1, 32>,
     kLite, kVocClasses, "backbone."},
    {"fcn16s-efficientnet-lite1", "FCN-16s on EfficientNet-lite1", BuildEfficientNetLiteFcn<kEfficientNetLite1, 16>,
     kLite, kVocClasses, "backbone."},
    {"fcn8s-efficientnet-lite1", "FCN-8s on EfficientNet-lite1", BuildEfficientNetLiteFcn<kEfficientNetLite1, 8>, kLite,
     kVocClasses, "backbone."},
    {"fcn4s-efficientnet-lite1", "FCN-4s on EfficientNet-lite1", BuildEfficientNetLiteFcn<kEfficientNetLite1, 4>, kLite,
     kVocClasses, "backbone."},
    {"fcn32s-efficientnet-lite2", "FCN-32s on EfficientNet-lite2", BuildEfficientNetLiteFcn<kEfficientNetLite2, 32>,
     kLite, kVocClasses, "backbone."},
    {"fcn16s-efficientnet-lite2", "FCN-16s on EfficientNet-lite2", BuildEfficientNetLiteFcn<kEfficientNetLite2, 16>,
     kLite, kVocClasses, "backbone."},
    {"fcn8s-efficientnet-lite2", "FCN-8s on EfficientNet-lite2", BuildEfficientNetLiteFcn<kEfficientNetLite2, 8>, kLite,
     kVocClasses, "backbone."},
    {"fcn4s-efficientnet-lite2", "FCN-4s on EfficientNet-lite2", BuildEfficientNetLiteFcn<kEfficientNetLite2, 4>, kLite,
     kVocClasses, "backbone."},
    {"fcn8s-efficientnet-lite0-late-fusion", "FCN-8s with an EfficientNet-lite0 for each input, scores averaged",
     BuildEfficientNetLiteLateFusion<kEfficientNetLite0, 8>, kLite, kVocClasses, "backbone."},
    {"fcn_resnet50", "torchvision's FCN on ResNet-50, dilated: stride 8 throughout", BuildDilatedResNetFcn<kResNet50>,
     kTorchvisionFcn, kVocClasses, "backbone.", "classifier."},
    {"fcn_resnet101", "torchvision's FCN on ResNet-101, dilated: stride 8 throughout",
     BuildDilatedResNetFcn<kResNet101>, kTorchvisionFcn, kVocClasses, "backbone.", "classifier."},
    {"fcn32s-resnet50", "FCN-32s on ResNet-50", BuildResNetFcn<kResNet50, 32>, kTorchvisionFcn, kVocClasses,
     "backbone."},
    {"fcn16s-resnet50", "FCN-16s on ResNet-50", BuildResNetFcn<kResNet50, 16>, kTorchvisionFcn, kVocClasses,
     "backbone."},
    {"fcn8s-resnet50", "FCN-8s on ResNet-50", BuildResNetFcn<kResNet50, 8>, kTorchvisionFcn, kVocClasses, "backbone."},
    {"fcn8s-resnet101", "FCN-8s on ResNet-101", BuildResNetFcn<kResNet101, 8>, kTorchvisionFcn, kVocClasses,
     "backbone."},
    {"fcn4s-lenet", "LeNet on pictures of digits, a score at every fourth pixel", LeNetFcn, kDigits, kDigitClasses, "",
     "", 1},
    {"fcn32s-alexnet", "FCN-32s on AlexNet (torchvision's form)", BuildAlexNetFcn<kTorchvisionAlexNet, 32>,
     kTorchvisionFcn, kVocClasses, ""},
    {"fcn16s-alexnet", "FCN-16s on AlexNet (torchvision's form)", BuildAlexNetFcn<kTorchvisionAlexNet, 16>,
     kTorchvisionFcn, kVocClasses, ""},
    {"fcn8s-alexnet", "FCN-8s on AlexNet (torchvision's form)", BuildAlexNetFcn<kTorchvisionAlexNet, 8>,
     kTorchvisionFcn, kVocClasses, ""},
    {"fcn32s-caffenet", "FCN-32s on CaffeNet, the paper's form on AlexNet", BuildAlexNetFcn<kCaffeNet, 32>, kCaffe,
     kVocClasses, ""},
    {"fcn16s-caffenet", "FCN-16s on CaffeNet", BuildAlexNetFcn<kCaffeNet, 16>, kCaffe, kVocClasses, ""},
    {"fcn8s-caffenet", "FCN-8s on CaffeNet", BuildAlexNetFcn<kCaffeNet, 8>, kCaffe, kVocClasses, ""},
    {"fcn32s-caffe-alexnet", "FCN-32s on AlexNet (Caffe's form)", BuildAlexNetFcn<kCaffeAlexNet, 32>, kCaffe,
     kVocClasses, ""},
    {"fcn32s-googlenet", "FCN-32s on GoogLeNet (torchvision's form)",
     BuildGoogLeNetFcn<GoogLeNetForm::kTorchvision, 32>, kTensorflow, kVocClasses, "backbone."},
    {"fcn16s-googlenet", "FCN-16s on GoogLeNet (torchvision's form)",
     BuildGoogLeNetFcn<GoogLeNetForm::kTorchvision, 16>, kTensorflow, kVocClasses, "backbone."},
    {"fcn8s-googlenet", "FCN-8s on GoogLeNet (torchvision's form)", BuildGoogLeNetFcn<GoogLeNetForm::kTorchvision, 8>,
     kTensorflow, kVocClasses, "backbone."},
    {"fcn4s-googlenet", "FCN-4s on GoogLeNet (torchvision's form)", BuildGoogLeNetFcn<GoogLeNetForm::kTorchvision, 4>,
     kTensorflow, kVocClasses, "backbone."},
    {"fcn32s-caffe-googlenet", "FCN-32s on GoogLeNet (Caffe's form)", BuildGoogLeNetFcn<GoogLeNetForm::kCaffe, 32>,
     kCaffeGoogLeNet, kVocClasses, ""},
    {"fcn16s-caffe-googlenet", "FCN-16s on GoogLeNet (Caffe's form)", BuildGoogLeNetFcn<GoogLeNetForm::kCaffe, 16>,
     kCaffeGoogLeNet, kVocClasses, ""},
    {"fcn8s-caffe-googlenet", "FCN-8s on GoogLeNet (Caffe's form)", BuildGoogLeNetFcn<GoogLeNetForm::kCaffe, 8>,
     kCaffeGoogLeNet, kVocClasses, ""},
    {"fcn4s-caffe-googlenet", "FCN-4s on GoogLeNet (Caffe's form)", BuildGoogLeNetFcn<GoogLeNetForm::kCaffe, 4>,
     kCaffeGoogLeNet, kVocClasses, ""},
};

}  // namespace

std::span<const ZooEntry> Zoo() { return kZoo; }

const ZooEntry& FindModel(std::string_view name) {
  for (const ZooEntry& entry : kZoo)
    if (entry.name == name) return entry;
  std::vector<std::string> names;
  for (const ZooEntry& entry : kZoo) names.emplace_back(entry.name);
  const std::string nearest = NearestName(name, names);
  const std::string all = fmt::format("There are: {}.", fmt::join(names, ", "));
  throw Error(ErrorCode::kUsage, fmt::format("there is no network called {}", Quoted(name)),
              nearest.empty() ? all : fmt::format("Did you mean {}? {}", nearest, all));
}

ModelContents MakeModel(const ZooEntry& entry, NamedTensors weights, std::vector<std::string> classes) {
  if (classes.empty()) classes = entry.class_names();
  const auto scores = static_cast<int>(classes.size());
  return MakeModel(entry, entry.ports(scores), std::move(weights), {HeadRole{.classes = std::move(classes)}});
}

ModelContents NetworkFor(const ZooEntry& entry, const Ports& ports, std::vector<HeadRole> heads) {
  FCN_CHECK(heads.size() == ports.heads.size());
  ModelContents model;
  model.name = entry.name;
  model.graph = std::make_shared<const Graph>(entry.build(ports));
  model.heads = std::move(heads);
  model.inputs.resize(ports.inputs.size());
  for (size_t i = 0; i < ports.heads.size(); i++) {
    const std::string& name = ports.heads[i].name;
    model.heads[i].name = name.empty() && ports.are_named() ? std::string(kUnnamedHead) : name;
  }
  for (size_t i = 0; i < ports.inputs.size(); i++) {
    const auto& [name, channels] = ports.inputs[i];
    InputRole& input = model.inputs[i];
    if (ports.are_named()) input.name = name;
    const bool is_usual = static_cast<size_t>(channels) == entry.preprocessing.mean.size();
    input.preprocessing = channels == kColourBands ? entry.colour_preprocessing()
                          : is_usual               ? entry.preprocessing
                                                   : PlainBands(channels);
    input.preprocessing.shorter_side = entry.preprocessing.shorter_side;
    input.preprocessing.crop = entry.preprocessing.crop;
  }
  NameBothClasses(model);
  return model;
}

ModelContents MakeModel(const ZooEntry& entry, const Ports& ports, NamedTensors weights, std::vector<HeadRole> heads) {
  ModelContents model = NetworkFor(entry, ports, std::move(heads));
  CheckWeights(*model.graph, weights, model.name);
  model.weights = std::move(weights);
  return model;
}

Preprocessing PlainBands(int bands) {
  Preprocessing plain;
  plain.order = Preprocessing::Order::kBands;
  const std::vector<float> zeros(static_cast<size_t>(bands)), ones(zeros.size(), 1.0f);
  plain.mean = PerBand(zeros), plain.deviation = PerBand(ones);
  plain.least = 0, plain.most = 1;
  return plain;
}

void CheckForm(const ZooEntry& entry, const NetworkForm& form) {
  if (form == NetworkForm{}) return;
  const auto build = [&](const NetworkForm& of) {
    Ports ports = 2;
    ports.form = of;
    return entry.build(ports);
  };
  const auto fail = [&](const std::string& what, const std::string& hint) {
    throw Error(ErrorCode::kUsage, fmt::format("{} {}", entry.name, what), hint);
  };
  constexpr double kOther = 0.5;
  constexpr int64_t kNominalSide = 224;
  if (form.upsampling != UpsamplingMethod::kUsual &&
      std::ranges::none_of(build({.upsampling = UpsamplingMethod::kLearned}).nodes(),
                           [](const Node& node) { return std::holds_alternative<Deconv2d>(node.op); }))
    fail("has no upsampling that could be another", "Leave upsampling out, or take another network: fcn info.");
  constexpr double kLeastSkipScale = 1e-6;  // whose powers are numbers in float32, and what is divided by them
  if (!(form.skip_scale >= kLeastSkipScale && form.skip_scale <= 1))
    fail(fmt::format("cannot scale skips by {}", form.skip_scale),
         fmt::format("skip_scale is {} at least, and 1 at most.", kLeastSkipScale));
  if (form.skip_scale != 1 && build({.skip_scale = kOther}) == build({}))
    fail("has no skips whose inputs could be scaled", "Leave skip_scale out, or take a finer network: fcn info.");
  if (form.fc_channels < 0 || form.fc_channels > kMostFcChannels)
    fail(fmt::format("cannot have fc6 and fc7 of {} channels", form.fc_channels),
         fmt::format("fc_channels is at most {}; 0 is the network's own.", kMostFcChannels));
  if (form.fc_channels > 0 && build({.fc_channels = 1}) == build({}))
    fail("has no fc6 and fc7 whose channels could be chosen",
         "Leave fc_channels out: FCNs on VGG16 and AlexNet have them.");
  const Graph graph = build(form);
  try {
    InferShapes(graph, std::vector<Nhwc>{{1, kNominalSide, kNominalSide, 3}});
  } catch (const Error& error) {
    fail(fmt::format("cannot be built so: {}", error.message()), error.hint());
  }
}

Preprocessing ZooEntry::colour_preprocessing() const {
  Preprocessing colour = preprocessing;
  if (colour.is_colour()) return colour;
  const float mean = colour.mean[0], deviation = colour.deviation[0];
  colour.order = Preprocessing::Order::kRgb;
  colour.mean = {mean, mean, mean}, colour.deviation = {deviation, deviation, deviation};
  return colour;
}

bool ZooEntry::is_classifier() const { return IsClassifier(build(1)); }

int ClassifierSide(const Preprocessing& preprocessing) {
  constexpr int kUsualSide = 224;
  return preprocessing.crop > 0 ? preprocessing.crop : kUsualSide;
}

Graph DenseNetwork(const Graph& classifier, const Preprocessing& preprocessing, const std::string& name, int width,
                   int height, GlobalPooling pooling) {
  if (!IsClassifier(classifier))
    throw Error(ErrorCode::kInput, fmt::format("{} is not a classifier", name),
                "It gives a score for each pixel as it is.");
  const int side = ClassifierSide(preprocessing);
  const Nhwc nominal{1, height > 0 ? height : side, width > 0 ? width : side,
                     classifier.value(classifier.inputs()[0]).channels};
  return Convolutionise(classifier, nominal, {.pooling = pooling, .resize_to_input = true});
}

ModelContents DenseModel(const ModelContents& classifier, int width, int height, GlobalPooling pooling) {
  ModelContents model = classifier;
  model.graph = std::make_shared<const Graph>(
      DenseNetwork(*classifier.graph, classifier.input().preprocessing, classifier.name, width, height, pooling));
  model.weights = ReshapeWeights(*model.graph, classifier.weights);
  model.input().preprocessing = Cropped(classifier.input().preprocessing, 0, 0);
  model.golden.clear(), model.precisions.clear();  // they were of the classifier's answers
  return model;
}

}  // namespace fcn
