// The networks: what they are made of, their shapes and where their crops lie.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "fcn/error.h"
#include "graph/coordinates.h"
#include "graph/cost.h"
#include "graph/depth.h"
#include "graph/shapes.h"
#include "graph/text.h"
#include "models/efficientnet_lite.h"
#include "models/fcn.h"
#include "models/initialise.h"
#include "models/resnet.h"
#include "models/vgg16.h"
#include "models/zoo.h"

namespace fcn {
namespace {

using ::testing::ElementsAre;

Nhwc OutputShape(const Graph& graph, int64_t height, int64_t width, int64_t batch = 1) {
  return InferShapes(graph, std::vector<Nhwc>{{batch, height, width, 3}})[graph.outputs()[0]];
}

Nhwc ShapeOf(const Graph& graph, const std::string& name, int64_t height, int64_t width) {
  return InferShapes(graph, std::vector<Nhwc>{{1, height, width, 3}})[static_cast<size_t>(graph.Find(name))];
}

/// The offsets of all crops, in the order in which they are computed.
std::vector<int> Crops(const Graph& graph, int64_t height, int64_t width) {
  const ByValue<Nhwc> shapes = InferShapes(graph, std::vector<Nhwc>{{1, height, width, 3}});
  const ByValue<CoordinateMap> maps = InferCoordinates(graph, shapes);
  std::vector<int> crops;
  for (const Node& node : graph.nodes()) {
    if (!std::holds_alternative<Crop>(node.op)) continue;
    const CropOffset offset = CropOffsetOf(maps[node.inputs[0]], maps[node.inputs[1]]);
    EXPECT_EQ(offset.top, offset.left);
    crops.push_back(offset.top);
  }
  return crops;
}

TEST(Networks, HaveTorchsNumberOfParameters) {
  EXPECT_EQ(ParameterCount(Vgg16Classifier(1000)), 138'357'544);
  // torch counts batch norm's running mean and variance as buffers, not as parameters
  const auto count = [](const Graph& graph) {
    int64_t statistics = 0;
    for (const ValueId id : graph.Parameters())
      if (graph.value(id).name.find(".running_") != std::string::npos)
        statistics += graph.value(id).parameter_shape.elements();
    return ParameterCount(graph) - statistics;
  };
  EXPECT_EQ(count(EfficientNetLiteClassifier(kEfficientNetLite0, 1000)), 4'652'008);
  EXPECT_EQ(count(EfficientNetLiteClassifier(kEfficientNetLite1, 1000)), 5'416'680);
  EXPECT_EQ(count(EfficientNetLiteClassifier(kEfficientNetLite2, 1000)), 6'092'072);
  EXPECT_EQ(ParameterCount(AlexNetClassifier(kTorchvisionAlexNet, 1000)), 61'100'840);
  EXPECT_EQ(ParameterCount(AlexNetClassifier(kCaffeNet, 1000)), 60'965'224);
  EXPECT_EQ(count(GoogLeNetClassifier(GoogLeNetForm::kTorchvision, 1000)), 6'624'904);
  EXPECT_EQ(ParameterCount(GoogLeNetClassifier(GoogLeNetForm::kCaffe, 1000)), 6'998'552);
  EXPECT_EQ(ParameterCount(FindModel("lenet").build(FindModel("lenet").ports(10))), 431'080);
  EXPECT_EQ(count(ResNetClassifier(kResNet50, 1000)), 25'557'032);
  EXPECT_EQ(count(ResNetClassifier(kResNet101, 1000)), 44'549'160);
}

TEST(Networks, ClassifiersGiveOneRowOfScores) {
  EXPECT_EQ(OutputShape(Vgg16Classifier(10), 224, 224, 3), (Nhwc{3, 1, 1, 10}));
  EXPECT_THROW(OutputShape(Vgg16Classifier(10), 256, 256), Error);
  for (const int64_t side : {32, 33, 224, 500})
    EXPECT_EQ(OutputShape(EfficientNetLiteClassifier(kEfficientNetLite0, 7), side, side + 3), (Nhwc{1, 1, 1, 7}))
        << side;
}

TEST(Networks, FcnsGiveScoresForEveryPixel) {
  for (const ZooEntry& entry : Zoo()) {
    if (entry.is_classifier()) continue;
    const Graph graph = entry.build(5);
    // The last pooling of Caffe's GoogLeNet has a window of three pixels at stride 16.
    const int64_t least = entry.name.ends_with("caffe-googlenet") ? 49 : 33;
    for (const auto& [height, width] :
         {std::pair<int64_t, int64_t>{64, 64}, {61, 83}, {97, 131}, {500, 375}, {least, 257}})
      EXPECT_EQ(OutputShape(graph, height, width), (Nhwc{1, height, width, 5}))
          << entry.name << " " << height << "x" << width;
  }
}

TEST(Networks, SmallestImages) {
  // The padded form takes a single pixel. The others need one sample left after five halvings, as in torch; the
  // segmenter pads smaller images.
  for (const char* name : {"fcn32s-vgg16", "fcn16s-vgg16", "fcn8s-vgg16", "fcn4s-vgg16", "fcn2s-vgg16"})
    EXPECT_EQ(OutputShape(FindModel(name).build(2), 1, 1), (Nhwc{1, 1, 1, 2})) << name;
  const Graph lite0 = EfficientNetLiteFcn(kEfficientNetLite0, 8, 2), vgg16 = Vgg16FcnUnpadded(8, 2);
  EXPECT_EQ(OutputShape(lite0, 32, 32), (Nhwc{1, 32, 32, 2}));
  EXPECT_THROW(OutputShape(lite0, 31, 32), Error);
  EXPECT_EQ(OutputShape(vgg16, 32, 32), (Nhwc{1, 32, 32, 2}));
}

TEST(Networks, CropsFollowFromTheCoordinates) {
  for (const auto& [height, width] : {std::pair<int64_t, int64_t>{500, 500}, {61, 83}, {1, 7}}) {
    EXPECT_THAT(Crops(Vgg16Fcn(8, 21), height, width), ElementsAre(5, 9, 31));
    EXPECT_THAT(Crops(Vgg16Fcn(16, 21), height, width), ElementsAre(5, 27));
    EXPECT_THAT(Crops(Vgg16Fcn(32, 21), height, width), ElementsAre(19));
    EXPECT_THAT(Crops(Vgg16Fcn(4, 21), height, width), ElementsAre(5, 9, 17, 33));
    EXPECT_THAT(Crops(Vgg16Fcn(2, 21), height, width), ElementsAre(5, 9, 17, 33, 34));
  }
}

TEST(Networks, AlexNetsCropsAreThePapersForWhateverSize) {
  EXPECT_THAT(Crops(AlexNetFcn(kCaffeNet, 32, 21), 500, 500), ElementsAre(18));
  EXPECT_THAT(Crops(AlexNetFcn(kCaffeNet, 16, 21), 500, 500), ElementsAre(5, 18));
  EXPECT_THAT(Crops(AlexNetFcn(kTorchvisionAlexNet, 8, 21), 500, 500), ElementsAre(5, 10, 18));
  EXPECT_THAT(Crops(LeNetFcn(10), 28, 28), ElementsAre(4));
  // What is upsampled reaches to the end of the picture.
  for (int64_t size = 1; size <= 140; size++) {
    EXPECT_EQ(OutputShape(AlexNetFcn(kTorchvisionAlexNet, 8, 2), size, size), (Nhwc{1, size, size, 2})) << size;
    EXPECT_EQ(OutputShape(LeNetFcn(2), size, size), (Nhwc{1, size, size, 2})) << size;
  }
}

// Table 1 of the paper: GoogLeNet's receptive field is that of its classifier, whose last pooling the FCN has not.
TEST(Networks, TableOne) {
  struct Row {
    const char* network;
    int layers;
    double millions, stride, receptive_field;
  };
  for (const Row& row : {Row{"fcn32s-caffenet", 8, 57, 32, 355},
                         {"fcn32s-vgg16", 16, 134, 32, 404},
                         {"fcn32s-caffe-googlenet", 22, 6, 32, 715}}) {
    const Graph graph = FindModel(row.network).build(21);
    const ByValue<Nhwc> shapes = InferShapes(graph, std::vector<Nhwc>{{1, 500, 500, 3}});
    const CoarsestMap coarsest = CoarsestMapOf(graph, InferCoordinates(graph, shapes));
    EXPECT_EQ(WeightedLayers(graph), row.layers) << row.network;
    int64_t upsampling = 0;
    for (const ValueId id : graph.Parameters())
      if (IsUpsamplingParameter(graph.value(id).name)) upsampling += graph.value(id).parameter_shape.elements();
    EXPECT_NEAR(static_cast<double>(ParameterCount(graph) - upsampling) / 1e6, row.millions, 0.5) << row.network;
    EXPECT_EQ(coarsest.stride, row.stride) << row.network;
    EXPECT_EQ(coarsest.receptive_field, row.receptive_field) << row.network;
  }
  const Graph classifier = GoogLeNetClassifier(GoogLeNetForm::kCaffe, 1000);
  const ByValue<Nhwc> shapes = InferShapes(classifier, std::vector<Nhwc>{{1, 224, 224, 3}});
  EXPECT_EQ(CoarsestMapOf(classifier, InferCoordinates(classifier, shapes)).receptive_field, 907);
}

TEST(Networks, ReferenceMapsHaveThePapersSizes) {
  const Graph graph = Vgg16Fcn(8, 21);
  EXPECT_EQ(ShapeOf(graph, "conv1_1", 500, 500), (Nhwc{1, 698, 698, 64}));
  EXPECT_EQ(ShapeOf(graph, "score_fr", 500, 500), (Nhwc{1, 16, 16, 21}));
  EXPECT_EQ(ShapeOf(graph, "upscore2", 500, 500), (Nhwc{1, 34, 34, 21}));
  EXPECT_EQ(ShapeOf(graph, "upscore8", 500, 500), (Nhwc{1, 568, 568, 21}));
}

TEST(Networks, UnpaddedKeepsTheStrides) {
  const Graph graph = Vgg16FcnUnpadded(8, 21);
  EXPECT_EQ(ShapeOf(graph, "score_fr", 320, 480), (Nhwc{1, 10, 15, 21}));
  EXPECT_EQ(ShapeOf(graph, "fuse_score_pool3", 320, 480), (Nhwc{1, 40, 60, 21}));
}

TEST(Networks, LiteScoresLieAtTheirStrides) {
  const Graph graph = EfficientNetLiteFcn(kEfficientNetLite0, 4, 3);
  EXPECT_EQ(ShapeOf(graph, "score32", 96, 128), (Nhwc{1, 3, 4, 3}));
  EXPECT_EQ(ShapeOf(graph, "score16", 96, 128), (Nhwc{1, 6, 8, 3}));
  EXPECT_EQ(ShapeOf(graph, "score8", 96, 128), (Nhwc{1, 12, 16, 3}));
  EXPECT_EQ(ShapeOf(graph, "score4", 96, 128), (Nhwc{1, 24, 32, 3}));
  EXPECT_EQ(graph.Find("score2"), kNoValue);
  EXPECT_EQ(EfficientNetLiteFcn(kEfficientNetLite0, 8, 3).Find("score4"), kNoValue);
}

TEST(Networks, DilatedResNetsKeepStrideEight) {
  const Graph graph = DilatedResNetFcn(kResNet50, 21), strided = ResNetFcn(kResNet50, 8, 21);
  EXPECT_EQ(ShapeOf(graph, "backbone.layer1.2.relu", 500, 500), (Nhwc{1, 125, 125, 256}));
  EXPECT_EQ(ShapeOf(graph, "backbone.layer2.3.relu", 500, 500), (Nhwc{1, 63, 63, 512}));
  EXPECT_EQ(ShapeOf(graph, "backbone.layer4.2.relu", 500, 500), (Nhwc{1, 63, 63, 2048}));
  EXPECT_EQ(ShapeOf(graph, "classifier.4", 500, 500), (Nhwc{1, 63, 63, 21}));
  EXPECT_EQ(ShapeOf(strided, "backbone.layer4.2.relu", 500, 500), (Nhwc{1, 16, 16, 2048}));
  // The first block of a stage has the distance of the stage before.
  std::map<std::string, int> dilations;
  for (const Node& node : graph.nodes())
    if (const auto* conv = std::get_if<Conv2d>(&node.op)) dilations[graph.value(node.output).name] = conv->dilation.h;
  EXPECT_EQ(dilations["backbone.layer3.0.conv2"], 1);
  EXPECT_EQ(dilations["backbone.layer3.5.conv2"], 2);
  EXPECT_EQ(dilations["backbone.layer4.0.conv2"], 2);
  EXPECT_EQ(dilations["backbone.layer4.1.conv2"], 4);
}

TEST(Networks, EveryGraphSurvivesItsText) {
  for (const ZooEntry& entry : Zoo()) {
    const Graph graph = entry.build(4);
    EXPECT_EQ(ParseGraph(PrintGraph(graph)), graph) << entry.name;
  }
}

TEST(Networks, RefuseWhatDoesNotExist) {
  for (const int stride : {0, 1, 2, 12, 64, -8}) {
    if (stride != 2) {
      EXPECT_THROW(Vgg16Fcn(stride, 21), Error) << stride;
      EXPECT_THROW(Vgg16FcnUnpadded(stride, 21), Error) << stride;
    }
    EXPECT_THROW(EfficientNetLiteFcn(kEfficientNetLite0, stride, 21), Error) << stride;
    EXPECT_THROW(ResNetFcn(kResNet50, stride, 21), Error) << stride;
  }
  EXPECT_THROW(Vgg16Fcn(8, 0), Error);
  EXPECT_THROW(DilatedResNetFcn(kResNet50, 0), Error);
}

TEST(Zoo, NamesAreUniqueAndFound) {
  std::map<std::string_view, int> seen;
  for (const ZooEntry& entry : Zoo()) {
    EXPECT_EQ(++seen[entry.name], 1) << entry.name;
    EXPECT_EQ(&FindModel(entry.name), &entry);
    EXPECT_FALSE(entry.description.empty());
    const bool is_of_digits = entry.name.ends_with("-lenet") || entry.name == "lenet";
    EXPECT_EQ(entry.classes.size(), is_of_digits ? 10u : entry.is_classifier() ? 1000u : 21u) << entry.name;
  }
  EXPECT_EQ(seen.size(), 58u);
}

TEST(Zoo, SuggestsTheNearestName) {
  const auto hint = [](const char* name) {
    try {
      FindModel(name);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage);
      return error.hint();
    }
    return std::string("found");
  };
  EXPECT_THAT(hint("fcn8-vgg16"), ::testing::StartsWith("Did you mean fcn8s-vgg16?"));
  EXPECT_THAT(hint("efficientnet_lite0"), ::testing::StartsWith("Did you mean efficientnet-lite0?"));
  EXPECT_THAT(hint("qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq"), ::testing::StartsWith("There are: vgg16, "));
  EXPECT_THAT(hint(""), ::testing::StartsWith("There are: vgg16, "));
}

TEST(Zoo, CatsAndDogsAreWhereImageNetHasThem) {
  const std::span<const std::string_view> names = FindModel("efficientnet-lite0").classes;
  EXPECT_EQ(names[281], "tabby");
  EXPECT_EQ(names[285], "Egyptian cat");
  EXPECT_EQ(names[151], "Chihuahua");
  EXPECT_EQ(names[999], "toilet tissue");
  EXPECT_EQ(FindModel("fcn8s-vgg16").classes[8], "cat");
  EXPECT_EQ(FindModel("fcn8s-vgg16").classes[20], "tv/monitor");
}

}  // namespace
}  // namespace fcn
