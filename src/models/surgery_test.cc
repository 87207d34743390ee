// From a classifier to a dense predictor, and the generator of weights.

#include "models/surgery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "fcn/error.h"
#include "graph/cost.h"
#include "graph/shapes.h"
#include "models/alexnet.h"
#include "models/efficientnet_lite.h"
#include "models/googlenet.h"
#include "models/initialise.h"
#include "models/vgg16.h"

namespace fcn {
namespace {

Nhwc OutputShape(const Graph& graph, Nhwc input) {
  return InferShapes(graph, std::vector<Nhwc>{input})[graph.outputs()[0]];
}

const Shape& ShapeOf(const Graph& graph, const std::string& parameter) {
  return graph.value(graph.Find(parameter)).parameter_shape;
}

template <typename T>
int Count(const Graph& graph) {
  int count = 0;
  for (const Node& node : graph.nodes()) count += std::holds_alternative<T>(node.op) ? 1 : 0;
  return count;
}

TEST(Convolutionise, VggsFullyConnectedLayersBecomeConvolutions) {
  const Graph classifier = Vgg16Classifier(10);
  const Graph dense = Convolutionise(classifier, {1, 224, 224, 3});
  EXPECT_EQ(ShapeOf(dense, "classifier.0.weight"), (Shape{4096, 512, 7, 7}));
  EXPECT_EQ(ShapeOf(dense, "classifier.3.weight"), (Shape{4096, 4096, 1, 1}));
  EXPECT_EQ(ShapeOf(dense, "classifier.6.weight"), (Shape{10, 4096, 1, 1}));
  EXPECT_EQ(Count<Linear>(dense), 0);
  EXPECT_EQ(ParameterCount(dense), ParameterCount(classifier));
  EXPECT_EQ(OutputShape(dense, {1, 224, 224, 3}), (Nhwc{1, 1, 1, 10}));
  EXPECT_EQ(OutputShape(dense, {1, 320, 480, 3}), (Nhwc{1, 4, 9, 10}));
  EXPECT_THROW(OutputShape(dense, {1, 200, 200, 3}), Error);
}

TEST(Convolutionise, LitesPoolIsRemoved) {
  const Graph dense = Convolutionise(EfficientNetLiteClassifier(kEfficientNetLite0, 10), {1, 224, 224, 3});
  EXPECT_EQ(Count<GlobalAveragePool>(dense), 0);
  EXPECT_EQ(ShapeOf(dense, "_fc.weight"), (Shape{10, 1280, 1, 1}));
  EXPECT_EQ(OutputShape(dense, {2, 320, 480, 3}), (Nhwc{2, 10, 15, 10}));
}

TEST(Convolutionise, ResizesToTheImage) {
  const Graph dense =
      Convolutionise(EfficientNetLiteClassifier(kEfficientNetLite0, 10), {1, 224, 224, 3}, {.resize_to_input = true});
  EXPECT_EQ(OutputShape(dense, {1, 37, 401, 3}), (Nhwc{1, 37, 401, 10}));
}

TEST(Convolutionise, APoolSlidesWhereItIsAResultOrFeedsSomethingElse) {
  Graph graph;
  const Map image = AddImage(graph);
  const Map pooled = AddOp(graph, "pooled", GlobalAveragePool{}, image);
  graph.AddOutput(AddLinear(graph, "fc", "fc", pooled, 3, 2).id);
  graph.AddOutput(AddOp(graph, "relu", Relu{}, pooled).id);
  const Graph dense = Convolutionise(graph, {1, 8, 8, 3});
  EXPECT_EQ(Count<GlobalAveragePool>(dense), 0);
  EXPECT_EQ(Count<AveragePool>(dense), 1);
  EXPECT_EQ(OutputShape(dense, {1, 9, 12, 3}), (Nhwc{1, 2, 5, 2}));

  Graph output;
  const Map mean = AddOp(output, "mean", GlobalAveragePool{}, AddImage(output));
  output.AddOutput(AddLinear(output, "fc", "fc", mean, 3, 2).id);
  output.AddOutput(mean.id);
  EXPECT_EQ(OutputShape(Convolutionise(output, {1, 8, 8, 3}), {1, 9, 12, 3}), (Nhwc{1, 2, 5, 2}));
}

TEST(Convolutionise, APoolSlidesWhereThatIsAsked) {
  const Graph classifier = EfficientNetLiteClassifier(kEfficientNetLite1, 10);
  const Graph dense = Convolutionise(classifier, {1, 240, 240, 3}, {.pooling = GlobalPooling::kSliding});
  EXPECT_EQ(Count<AveragePool>(dense), 1);
  EXPECT_EQ(OutputShape(dense, {1, 240, 240, 3}), (Nhwc{1, 1, 1, 10}));
  EXPECT_EQ(OutputShape(dense, {1, 320, 480, 3}), (Nhwc{1, 3, 8, 10}));
}

TEST(Convolutionise, APoolInsideStays) {
  Graph graph;
  const Map image = AddImage(graph);
  const Map mean = AddOp(graph, "mean", GlobalAveragePool{}, image);
  const Map excited = AddOp(graph, "excited", Multiply{}, image, AddOp(graph, "gate", Sigmoid{}, mean));
  const Map pooled = AddOp(graph, "pooled", GlobalAveragePool{}, excited);
  graph.AddOutput(AddLinear(graph, "fc", "fc", pooled, 3, 2).id);
  EXPECT_EQ(Count<GlobalAveragePool>(Convolutionise(graph, {1, 8, 8, 3})), 1);
}

TEST(Convolutionise, GoogLeNetsLastPoolingSlidesOrIsLeftOut) {
  const Graph torchs = GoogLeNetClassifier(GoogLeNetForm::kTorchvision, 10);
  EXPECT_EQ(OutputShape(Convolutionise(torchs, {1, 224, 224, 3}), {1, 320, 480, 3}), (Nhwc{1, 10, 15, 10}));
  const Graph caffes = Convolutionise(GoogLeNetClassifier(GoogLeNetForm::kCaffe, 10), {1, 224, 224, 3});
  EXPECT_EQ(OutputShape(caffes, {1, 320, 480, 3}), (Nhwc{1, 4, 9, 10}));
}

TEST(Convolutionise, AlexNetScoresA500PixelsPictureAtTenTimesTenPlaces) {  // section 4.1 of the paper
  const Graph dense = Convolutionise(AlexNetClassifier(kCaffeNet, 1000), {1, 227, 227, 3});
  EXPECT_EQ(ShapeOf(dense, "fc6.weight"), (Shape{4096, 256, 6, 6}));
  EXPECT_EQ(OutputShape(dense, {1, 500, 500, 3}), (Nhwc{1, 10, 10, 1000}));
}

TEST(Convolutionise, RefusesAnInputThatDoesNotFit) {
  EXPECT_THROW(Convolutionise(Vgg16Classifier(10), {1, 256, 256, 3}), Error);
}

TEST(ReshapeWeights, KeepsBytesAndNamesWhatIsWrong) {
  const Graph classifier = EfficientNetLiteClassifier(kEfficientNetLite0, 10);
  const Graph dense = Convolutionise(classifier, {1, 224, 224, 3});
  NamedTensors weights = RandomWeights(classifier, 3);
  const NamedTensors reshaped = ReshapeWeights(dense, weights);
  EXPECT_EQ(reshaped.at("_fc.weight").shape, (Shape{10, 1280, 1, 1}));
  EXPECT_EQ(reshaped.at("_fc.weight").bytes.data(), weights.at("_fc.weight").bytes.data());
  EXPECT_EQ(reshaped.size(), weights.size());

  weights.at("_fc.weight").shape = Shape{1280, 10};
  EXPECT_THROW(ReshapeWeights(dense, weights), Error);
  weights.erase("_fc.weight");
  EXPECT_THROW(ReshapeWeights(dense, weights), Error);
}

TEST(IsReshapable, FlatWeightsAndConvolutionsOfTheSameOutputs) {
  EXPECT_TRUE(IsReshapable({4096, 25088}, {4096, 512, 7, 7}));
  EXPECT_TRUE(IsReshapable({4096, 512, 7, 7}, {4096, 25088}));
  EXPECT_TRUE(IsReshapable({8}, {8}));
  EXPECT_FALSE(IsReshapable({25088, 4096}, {4096, 512, 7, 7}));
  EXPECT_FALSE(IsReshapable({8, 4, 3, 3}, {8, 9, 2, 2}));
  EXPECT_FALSE(IsReshapable({8, 6, 2, 3}, {8, 6, 3, 2}));
  EXPECT_FALSE(IsReshapable({}, {1}));
}

TEST(UpsamplingBetween, ChoosesTheKernelThatMakesTheCropAnInteger) {
  const auto map = [](double scale, double offset) {
    return CoordinateMap{{.scale = scale, .offset = offset}, {.scale = scale, .offset = offset}};
  };
  // A pool of 2 shifts by half a sample of the finer grid; a pool of 3 with padding 1 does not.
  const Upsampling even = UpsamplingBetween(map(2, 0.5), map(1, 0)), odd = UpsamplingBetween(map(2, 0), map(1, 0));
  EXPECT_EQ(even.stride, 2);
  EXPECT_EQ(even.kernel, 4);
  EXPECT_EQ(odd.stride, 2);
  EXPECT_EQ(odd.kernel, 3);
  EXPECT_EQ(UpsamplingBetween(map(32, 12.5), map(1, 0)).kernel, 64);
  EXPECT_EQ(UpsamplingBetween(map(32, 12), map(1, 0)).kernel, 63);
  EXPECT_THROW(UpsamplingBetween(map(2, 0.25), map(1, 0)), Error);
  EXPECT_THROW(UpsamplingBetween(map(3, 0), map(2, 0)), Error);
  EXPECT_THROW(UpsamplingBetween(map(1, 0), map(2, 0)), Error);
  EXPECT_THROW(UpsamplingBetween({{.scale = 2, .offset = 0}, {.scale = 2, .offset = 0.5}}, map(1, 0)), Error);
}

TEST(BilinearWeights, InterpolateBetweenNeighbours) {
  EXPECT_THAT(BilinearWeights(1, 3).ToFloats(),
              ::testing::ElementsAre(0.25f, 0.5f, 0.25f, 0.5f, 1.0f, 0.5f, 0.25f, 0.5f, 0.25f));
  for (const int kernel : {4, 7, 8, 15, 16, 64}) {
    const int factor = (kernel + 1) / 2;
    const StoredTensor weights = BilinearWeights(3, kernel);
    ASSERT_EQ(weights.shape, (Shape{3, 3, kernel, kernel}));
    const std::vector<float> values = weights.ToFloats();
    const auto at = [&](int in, int out, int y, int x) {
      return values[static_cast<size_t>(((in * 3 + out) * kernel + y) * kernel + x)];
    };
    for (int in = 0; in < 3; in++)
      for (int out = 0; out < 3; out++)
        for (int y = 0; y < factor; y++)
          for (int x = 0; x < factor; x++) {
            // What the taps that meet in one output pixel sum to: a constant stays a constant.
            float sum = 0;
            for (int i = y; i < kernel; i += factor)
              for (int j = x; j < kernel; j += factor) sum += at(in, out, i, j);
            ASSERT_NEAR(sum, in == out ? 1.0f : 0.0f, 1e-6f) << kernel << " " << y << " " << x;
          }
  }
}

TEST(RandomWeights, DependOnNameAndSeedAndKeepActivationsTheirSize) {
  const Graph graph = Vgg16Classifier(10);
  const StoredTensor weight = RandomParameter("features.2.weight", {64, 64, 3, 3}, 1);
  const std::vector<float> values = weight.ToFloats();
  double squares = 0;
  for (const float value : values) squares += static_cast<double>(value) * value;
  EXPECT_NEAR(squares / static_cast<double>(values.size()) * 64 * 9, 2.0, 0.05);  // He et al.: variance 2 / fan_in
  EXPECT_NE(RandomParameter("features.2.weight", {64, 64, 3, 3}, 2).ToFloats(), values);
  EXPECT_NE(RandomParameter("features.5.weight", {64, 64, 3, 3}, 1).ToFloats(), values);
  EXPECT_EQ(RandomParameter("features.2.weight", {64, 64, 3, 3}, 1).ToFloats(), values);
  for (const float value : RandomParameter("_bn0.running_var", {999}, 1).ToFloats()) {
    EXPECT_GE(value, 0.5f);
    EXPECT_LE(value, 1.5f);
  }
}

TEST(RandomWeights, AreExactlyTheGraphsParameters) {
  const Graph graph = EfficientNetLiteClassifier(kEfficientNetLite0, 3);
  const NamedTensors weights = RandomWeights(graph, 1);
  EXPECT_EQ(weights.size(), graph.Parameters().size());
  for (const auto& [name, tensor] : weights) EXPECT_EQ(tensor.shape, ShapeOf(graph, name)) << name;
}

TEST(RandomImage, StaysWithinItsAmplitude) {
  std::vector<float> image(21 * 17 * 3);
  RandomImage(5, 100.0f, 21, 17, 3, image);
  double squares = 0;
  for (const float value : image) {
    ASSERT_LE(std::abs(value), 100.0f);
    squares += static_cast<double>(value) * value;
  }
  EXPECT_GT(squares / static_cast<double>(image.size()), 30.0 * 30.0);
}

}  // namespace
}  // namespace fcn
