// Weights of classifiers under others' names, with the layers that they are trained with and that are no use after.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "models/import.h"
#include "models/initialise.h"
#include "models/surgery.h"

namespace fcn {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

/// Zeros in half precision, which cost little: only names and shapes matter here.
StoredTensor Zeros(const Shape& shape) {
  static const auto kZeros = std::make_shared<std::vector<uint8_t>>(size_t{4096} * 256 * 36 * 2);
  return {DType::kFloat16, shape, {kZeros->data(), static_cast<size_t>(shape.elements()) * 2}, kZeros};
}

/// A classifier's parameters, whose modules have other names in the file.
ImportSource FileOf(const char* network, const std::map<std::string, std::string>& modules = {}) {
  const ZooEntry& entry = FindModel(network);
  const Graph graph = entry.build(entry.ports(static_cast<int>(entry.classes.size())));
  ImportSource source{.file = "w.pth", .tensors = {}, .architecture = {}, .notes = {}};
  for (const ValueId id : graph.Parameters()) {
    const std::string& name = graph.value(id).name;
    const size_t dot = name.rfind('.');
    const auto other = modules.find(name.substr(0, dot));
    source.tensors[other == modules.end() ? name : other->second + name.substr(dot)] =
        Zeros(graph.value(id).parameter_shape);
  }
  return source;
}

TEST(ClassifierNames, TorchvisionsAlexNet) {
  const ImportSource file = FileOf("alexnet", {{"conv1", "features.0"},
                                               {"conv2", "features.3"},
                                               {"conv3", "features.6"},
                                               {"conv4", "features.8"},
                                               {"conv5", "features.10"},
                                               {"fc6", "classifier.1"},
                                               {"fc7", "classifier.4"},
                                               {"fc8", "classifier.6"}});
  const Imported classifier = ImportWeights(FindModel("alexnet"), file);
  EXPECT_EQ(classifier.report.names, "torchvision");
  EXPECT_THAT(classifier.report.initialised, IsEmpty());
  EXPECT_EQ(classifier.model.input().preprocessing.mean, kTorchvisionPreprocessing.mean);
  EXPECT_EQ(classifier.model.input().preprocessing.crop, 224);
  const Imported fcn = ImportWeights(FindModel("fcn32s-alexnet"), file);
  EXPECT_THAT(fcn.report.ignored, ElementsAre("classifier.6.bias", "classifier.6.weight"));
  EXPECT_THAT(fcn.report.initialised, UnorderedElementsAre("score_fr.weight", "score_fr.bias", "upscore.weight"));
  EXPECT_EQ(fcn.model.weights.at("fc6.weight").shape, (Shape{4096, 256, 6, 6}));
}

TEST(ClassifierNames, GoogLeNetsAuxiliaryHeadsAreLeft) {
  ImportSource torchs = FileOf("googlenet"), caffes = FileOf("caffe-googlenet");
  torchs.tensors["aux1.conv.conv.weight"] = Zeros({128, 512, 1, 1});
  torchs.tensors["aux2.fc2.weight"] = Zeros({1000, 1024});
  caffes.tensors["loss1/conv.weight"] = Zeros({128, 512, 1, 1});
  caffes.tensors["loss2/classifier.weight"] = Zeros({1000, 1024});
  EXPECT_THAT(ImportWeights(FindModel("googlenet"), torchs).report.ignored,
              ElementsAre("aux1.conv.conv.weight", "aux2.fc2.weight"));
  EXPECT_THAT(ImportWeights(FindModel("caffe-googlenet"), caffes).report.ignored,
              ElementsAre("loss1/conv.weight", "loss2/classifier.weight"));
  EXPECT_THAT(ImportWeights(FindModel("fcn32s-googlenet"), torchs).report.initialised,
              ElementsAre("score32.weight", "score32.bias"));
  EXPECT_THAT(ImportWeights(FindModel("fcn32s-caffe-googlenet"), caffes).report.initialised,
              ElementsAre("score32.weight", "score32.bias"));
}

TEST(ClassifierNames, LeNetReadsOneBandAndItsFcnTakesItsScores) {
  const ImportSource file = FileOf("lenet");
  const ModelContents classifier = ImportWeights(FindModel("lenet"), file).model;
  EXPECT_EQ(classifier.graph->value(classifier.graph->inputs()[0]).channels, 1);
  EXPECT_EQ(classifier.input().preprocessing.deviation, PerBand{256});
  EXPECT_EQ(classifier.head().classes.size(), 10u);
  EXPECT_THAT(ImportWeights(FindModel("fcn4s-lenet"), file).report.initialised, ElementsAre("upscore.weight"));
}

TEST(DenseModel, KeepsTheWeightsAndCropsNothing) {
  const ModelContents classifier = ImportWeights(FindModel("caffe-googlenet"), FileOf("caffe-googlenet")).model;
  const ModelContents dense = DenseModel(classifier);
  EXPECT_EQ(dense.weights.at("loss3/classifier.weight").shape, (Shape{1000, 1024, 1, 1}));
  EXPECT_EQ(dense.input().preprocessing.crop, 0);
  EXPECT_EQ(*dense.graph, DenseNetwork(*classifier.graph, classifier.input().preprocessing, classifier.name));
}

}  // namespace
}  // namespace fcn
