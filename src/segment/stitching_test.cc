// Shift-and-stitch: which score belongs to which pixel, and that interlaced scores are those of the rarefied network,
// in which nothing is subsampled and filters have holes.

#include "segment/stitching.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <map>

#include "graph/coordinates.h"
#include "graph/shapes.h"
#include "graph/text.h"
#include "models/initialise.h"
#include "models/zoo.h"
#include "segment/predictor/predictor.h"
#include "support/expect_error.h"

namespace fcn {
namespace {

using test::ExpectError;

/// A network without padding: convolutions and a pooling that subsample by 2 · 2 · 2, and a resize behind.
constexpr char kUnpadded[] =
    "input image channels=3\n"
    "parameter a.weight 8x3x3x3\nparameter a.bias 8\nparameter b.weight 8x8x3x3\nparameter b.bias 8\n"
    "parameter c.weight 16x8x2x2\nparameter c.bias 16\nparameter score.weight 3x16x1x1\nparameter score.bias 3\n"
    "a = Conv2d(image, a.weight, a.bias) kernel=3x3\n"
    "ra = Relu(a)\n"
    "pool = MaxPool(ra) kernel=2x2 stride=2x2\n"
    "b = Conv2d(pool, b.weight, b.bias) kernel=3x3 stride=2x2\n"
    "rb = Relu(b)\n"
    "c = Conv2d(rb, c.weight, c.bias) kernel=2x2 stride=2x2\n"
    "rc = Relu(c)\n"
    "coarse = Conv2d(rc, score.weight, score.bias)\n"
    "score = Resize(coarse, image)\n"
    "output score\n";

/// The network with every stride 1 and as many holes in the filters behind: Shensa's à trous algorithm. Poolings
/// have no holes, so none may come behind a stride.
Graph Rarefied(const Graph& network) {
  Graph graph;
  std::vector<int> holes(static_cast<size_t>(network.value_count()), 1);
  std::vector<ValueId> made(holes.size(), kNoValue);
  size_t next = 0;
  for (ValueId id = 0; id < network.value_count(); id++) {
    const Value& value = network.value(id);
    if (value.kind == ValueKind::kInput) made[static_cast<size_t>(id)] = graph.AddInput(value.name, value.channels);
    if (value.kind == ValueKind::kParameter)
      made[static_cast<size_t>(id)] = graph.AddParameter(value.name, value.parameter_shape);
    if (value.kind != ValueKind::kActivation) continue;
    const Node& node = network.nodes()[next++];
    const int dilation = holes[static_cast<size_t>(node.inputs[0])];
    holes[static_cast<size_t>(id)] = dilation;
    Op op = node.op;
    if (auto* conv = std::get_if<Conv2d>(&op)) {
      holes[static_cast<size_t>(id)] *= conv->stride.h;
      conv->dilation = {conv->dilation.h * dilation, conv->dilation.w * dilation}, conv->stride = {1, 1};
      for (int* side : {&conv->padding.top, &conv->padding.left, &conv->padding.bottom, &conv->padding.right})
        *side *= dilation;
    }
    if (auto* pool = std::get_if<MaxPool>(&op)) {
      EXPECT_EQ(dilation, 1);
      holes[static_cast<size_t>(id)] *= pool->stride.h;
      pool->stride = {1, 1};
    }
    std::vector<ValueId> inputs;
    inputs.reserve(node.inputs.size());
    for (const ValueId input : node.inputs) inputs.push_back(made[static_cast<size_t>(input)]);
    made[static_cast<size_t>(id)] = graph.AddNode(value.name, op, inputs);
  }
  for (const ValueId output : network.outputs()) graph.AddOutput(made[static_cast<size_t>(output)]);
  return graph;
}

WeightSource Weights() {
  return SourceOf([](const Value& value) { return RandomParameter(value.name, value.parameter_shape, 3); });
}

Tensor ScoresOf(const Graph& graph, const Tensor& input, bool winograd = false) {
  const Context context(2);
  CompileOptions options;
  options.winograd = winograd;
  Predictor predictor({"test", std::make_shared<const Graph>(graph), Weights(), Preprocessing{}}, options, context);
  const AnyTensor scores = predictor.Scores(input);
  Tensor copy(scores.shape());
  std::ranges::copy(scores.values<float>(), copy.values().begin());
  return copy;
}

Tensor Picture(int64_t height, int64_t width) {
  Tensor picture({1, height, width, 3});
  RandomImage(5, 1, height, width, 3, picture.values());
  return picture;
}

/// Where the scores lie, along either axis.
AxisMap PlaceOf(const Graph& coarse, const Tensor& picture) {
  const std::vector<Nhwc> shapes = {picture.shape()};
  return InferCoordinates(coarse, InferShapes(coarse, shapes))[coarse.outputs()[0]].y;
}

Tensor Stitched(const Graph& coarse, const Tensor& picture) {
  const Nhwc shape = picture.shape();
  const Stitching stitching(coarse, shape.h, shape.w, "test");
  Tensor scores({1, shape.h, shape.w, 3}), copy(stitching.inputs()[0]);
  std::ranges::fill(scores.values(), NAN);
  for (int64_t shift = 0; shift < stitching.shifts(); shift++) {
    stitching.Shift(shift, picture.view(), copy.view());
    const Tensor part = ScoresOf(coarse, copy);
    stitching.Stitch(shift, part.view(), scores.view());
  }
  return scores;
}

TEST(Stitching, EndsBeforeTheLastUpsampling) {
  const Graph coarse = CoarseNetwork(ParseGraph(kUnpadded));
  EXPECT_EQ(coarse.value(coarse.outputs()[0]).name, "coarse");
  const Graph padded = CoarseNetwork(FindModel("fcn8s-vgg16").build(3));
  EXPECT_EQ(padded.value(padded.outputs()[0]).name, "fuse_pool3");
  EXPECT_EQ(Stitching(padded, 40, 50, "padded").stride(), 8);
  const Graph lite = CoarseNetwork(FindModel("fcn16s-efficientnet-lite0").build(3));
  EXPECT_EQ(Stitching(lite, 61, 83, "lite").shifts(), 256);
  EXPECT_EQ(Stitching(lite, 3, 83, "lite").shifts(), 3 * 16);
}

TEST(Stitching, EveryPixelGetsAScoreOfItsOwn) {
  for (const auto& [height, width] : {std::pair<int64_t, int64_t>{37, 50}, {8, 8}, {1, 3}, {16, 9}}) {
    const Tensor scores = Stitched(CoarseNetwork(ParseGraph(kUnpadded)), Picture(height, width));
    for (const float score : scores.values()) ASSERT_TRUE(std::isfinite(score)) << height << "x" << width;
  }
}

// Without padding the two are one computation: bit for bit where products are summed directly.
TEST(Stitching, IsTheRarefiedNetworkBitForBitWithoutPadding) {
  const Graph coarse = CoarseNetwork(ParseGraph(kUnpadded));
  const Tensor picture = Picture(37, 50);
  const Tensor stitched = Stitched(coarse, picture);
  // A score sees 12 pixels, and its own is the sixth: there are 5 zeros before the picture and 6 behind.
  const AxisMap map = PlaceOf(coarse, picture);
  ASSERT_EQ(map.receptive_field, 12);
  ASSERT_EQ(map.offset, 5.5);
  Tensor wide({1, 37 + 11, 50 + 11, 3});
  std::ranges::fill(wide.values(), 0.0f);
  for (int64_t y = 0; y < 37; y++) std::copy_n(picture.view().at(0, y, 0), 50 * 3, wide.view().at(0, y + 5, 5));
  const Graph rarefied = Rarefied(coarse);
  const Tensor expected = ScoresOf(rarefied, wide);
  ASSERT_EQ(expected.shape(), stitched.shape());
  EXPECT_TRUE(std::ranges::equal(expected.values(), stitched.values()));
  const Tensor by_winograd = ScoresOf(rarefied, wide, true);
  double squares = 0;
  for (const float score : expected.values()) squares += score * score;
  const double deviation = std::sqrt(squares / static_cast<double>(expected.values().size()));
  for (size_t i = 0; i < expected.values().size(); i++)
    ASSERT_NEAR(by_winograd.values()[i], expected.values()[i], 2e-4 * deviation);
}

// With padding they differ where windows reach it: a layer of the rarefied network is padded around the picture, in the
// copies the padding of every layer lies where the copy ends. Farther inside than the receptive field they agree.
TEST(Stitching, PaddingIsFeltAsFarAsAScoreSees) {
  std::string text = kUnpadded;
  for (const char* layer : {"a.bias) kernel=3x3", "b.bias) kernel=3x3 stride=2x2"})
    text.insert(text.find(layer) + std::string_view(layer).size(), " padding=1,1,1,1");
  const Graph coarse = CoarseNetwork(ParseGraph(text));
  const Tensor picture = Picture(60, 60);
  const Tensor stitched = Stitched(coarse, picture);
  const auto field = static_cast<int64_t>(PlaceOf(coarse, picture).receptive_field);
  const Tensor rarefied = ScoresOf(Rarefied(coarse), picture);
  // Of the rarefied map, without those zeros, the first score lies at the pixel `first`: 8 scores cover 64 pixels, and
  // resizing puts the first of them at 3.5.
  constexpr int64_t first = 3;
  int64_t agree = 0, differ = 0;
  for (int64_t y = first; y < 60 && y - first < rarefied.shape().h; y++)
    for (int64_t x = first; x < 60 && x - first < rarefied.shape().w; x++) {
      const bool is_equal = std::equal(stitched.view().at(0, y, x), stitched.view().at(0, y, x) + 3,
                                       rarefied.view().at(0, y - first, x - first));
      const bool is_inside = std::min(y, x) >= field && std::max(y, x) < 60 - field;
      EXPECT_TRUE(is_equal || !is_inside) << y << ", " << x;
      agree += is_equal && is_inside, differ += !is_equal;
    }
  EXPECT_GT(agree, 0);
  EXPECT_GT(differ, 0);
}

/// The pixel of the first score: as far from its copy's beginning as the picture in the copy that is not shifted.
int64_t FirstPlace(const Graph& coarse) {
  constexpr int64_t kSide = 8;
  Tensor picture({1, kSide, kSide, 3});
  std::ranges::fill(picture.values(), 1.0f);
  const Stitching stitching(coarse, kSide, kSide, "test");
  Tensor copy(stitching.inputs()[0]);
  stitching.Shift(0, picture.view(), copy.view());
  int64_t first = 0;
  while (copy.view().at(0, first, first)[0] == 0) first++;
  return first;
}

TEST(Stitching, ScoresLieWhereTheNetworksResizingPutsThem) {
  const std::string same =
      "input image channels=3\nparameter a.weight 3x3x3x3\nparameter b.weight 3x3x3x3\n"
      "a = Conv2d(image, a.weight) kernel=3x3 stride=2x2 padding=0,1,0,1\n"
      "b = Conv2d(a, b.weight) kernel=3x3 stride=2x2 padding=0,1,0,1\n";
  // A score sees most of what is around pixel 3, and is trained for pixels 0 to 3.
  EXPECT_EQ(FirstPlace(CoarseNetwork(ParseGraph(same + "score = Resize(b, image)\noutput score\n"))), 1);
  EXPECT_EQ(FirstPlace(ParseGraph(same + "output b\n")), 3);
  // A map that is smaller than the picture tells nothing by its resizing.
  EXPECT_EQ(FirstPlace(CoarseNetwork(ParseGraph(kUnpadded))), 5);
}

TEST(Stitching, NeedsOneStrideForAll) {
  const std::string uneven =
      "input image channels=3\nparameter a.weight 2x3x2x4\na = Conv2d(image, a.weight) kernel=2x4 stride=2x4\n"
      "score = Resize(a, image)\noutput score\n";
  ExpectError(ErrorCode::kUnsupported, "2 by 4 pixels apart",
              [&] { Stitching(CoarseNetwork(ParseGraph(uneven)), 40, 40, "uneven"); });
  const std::string sparse =
      "input image channels=3\nparameter a.weight 2x3x1x1\na = Conv2d(image, a.weight) kernel=1x1 stride=8192x8192\n"
      "score = Resize(a, image)\noutput score\n";
  ExpectError(ErrorCode::kUnsupported, "8192 by 8192 pixels apart",
              [&] { Stitching(CoarseNetwork(ParseGraph(sparse)), 40, 40, "sparse"); });
}

class StitchedPredictorTest : public testing::Test {
 protected:
  Segmentation Segment(const SegmentRequest& request, int threads, int width = 37, int height = 29,
                       int64_t max_memory = 0) {
    const Context context(threads);
    CompileOptions options;
    options.winograd = false, options.max_memory = max_memory;
    const WeightSource counted = [this, source = Weights()](const Value& parameter) {
      weights_read++;
      return source(parameter);
    };
    Predictor predictor({"test", graph, counted, Preprocessing{}}, options, context);
    Image image;
    image.width = width, image.height = height;
    image.rgb.resize(static_cast<size_t>(width * height * 3));
    for (size_t i = 0; i < image.rgb.size(); i++) image.rgb[i] = static_cast<uint8_t>(i * i % 251);
    return predictor.Segment(image, request);
  }
  int64_t PlannedBytes(int width, int height) {
    const Context context(1);
    CompileOptions options;
    options.winograd = false;
    return Predictor({"test", graph, {}, {}}, options, context).PlannedBytes(width, height, {.shift_and_stitch = true});
  }

  const std::shared_ptr<const Graph> graph = std::make_shared<const Graph>(ParseGraph(kUnpadded));
  std::atomic<int> weights_read = 0;
};

TEST_F(StitchedPredictorTest, LabelsAndProbabilitiesAreThoseOfTheStitchedScores) {
  SegmentRequest request{.probabilities = true, .heat_classes = {{1}}, .shift_and_stitch = true};
  const Segmentation result = Segment(request, 2);
  ASSERT_EQ(result.labels().size(), 37u * 29u);
  for (size_t i = 0; i < result.labels().size(); i++) {
    const auto begin = result.probabilities().begin() + static_cast<std::ptrdiff_t>(3 * i);
    EXPECT_EQ(result.labels()[i], std::max_element(begin, begin + 3) - begin);
    EXPECT_NEAR(begin[0] + begin[1] + begin[2], 1, 1e-5);
    EXPECT_NEAR(result.heat()[i], begin[1], 1e-6);
  }
  request.shift_and_stitch = false;
  EXPECT_NE(Segment(request, 2).probabilities(), result.probabilities());
}

TEST_F(StitchedPredictorTest, ThreadsChangeNothing) {
  const SegmentRequest request{.probabilities = true, .shift_and_stitch = true};
  const Segmentation one = Segment(request, 1), three = Segment(request, 3);
  EXPECT_EQ(one.labels(), three.labels());
  EXPECT_EQ(one.probabilities(), three.probabilities());
}

TEST_F(StitchedPredictorTest, WhatIsPlannedIsEnoughAndHasTheCollectedScores) {
  const int64_t bytes = PlannedBytes(61, 47);
  const int64_t pixels = 61 * 47, scores = 3, colours = 3;
  EXPECT_GE(bytes, pixels * int64_t{sizeof(float)} * (scores + 2 * colours)) << "the picture and its copy, too";
  const SegmentRequest request{.shift_and_stitch = true};
  EXPECT_EQ(Segment(request, 1, 61, 47, bytes).labels().size(), static_cast<size_t>(pixels));
  weights_read = 0;
  ExpectError(ErrorCode::kMemory, "the limit is", [&] { Segment(request, 1, 61, 47, bytes - 1); });
  EXPECT_EQ(weights_read, 0) << "it was refused too late";
  const SegmentRequest more{.probabilities = true, .shift_and_stitch = true};
  ExpectError(ErrorCode::kMemory, "the limit is", [&] { Segment(more, 1, 61, 47, bytes); });
}

TEST_F(StitchedPredictorTest, NamesASizeThatFits) {
  const SegmentRequest request{.shift_and_stitch = true};
  const int64_t limit = PlannedBytes(300, 200);
  try {
    Segment(request, 1, 600, 400, limit);
    FAIL() << "it was computed";
  } catch (const Error& error) {
    int width = 0, height = 0;
    ASSERT_EQ(std::sscanf(error.hint().c_str(), "Use an image of at most %dx%d", &width, &height), 2) << error.hint();
    EXPECT_GE(width, 250) << "nearly the largest";
    EXPECT_NEAR(1.5, double{1} * width / height, 0.02);
    EXPECT_LE(PlannedBytes(width, height), limit);
  }
}

TEST_F(StitchedPredictorTest, ACancelledRequestEnds) {
  CancellationToken token;
  token.Cancel();
  ExpectError(ErrorCode::kCancelled, "", [&] { Segment({.cancellation = &token, .shift_and_stitch = true}, 1); });
}

}  // namespace
}  // namespace fcn
