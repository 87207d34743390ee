#include <fmt/format.h>
#include <gtest/gtest.h>

#include <limits>

#include "graph/coordinates.h"
#include "graph/cost.h"
#include "graph/lowered.h"
#include "graph/shapes.h"
#include "graph/test_graphs.h"
#include "support/expect_error.h"

namespace fcn {
namespace {

using test::ExpectError;
using test::Square;

/// What the rules say of a graph of one operation that reads inputs of these shapes and parameters of those.
struct Rules {
  Nhwc shape;
  CoordinateMap map;
  int64_t multiply_adds = 0;
};
Rules RulesOf(const Op& op, const std::vector<Nhwc>& inputs, const std::vector<Shape>& parameters = {}) {
  Graph graph;
  std::vector<ValueId> ids;
  const bool reads_labels = std::holds_alternative<SoftmaxLoss>(op) || std::holds_alternative<SoftmaxLossGradient>(op);
  const ValueType second = reads_labels                                ? ElementType::kInt32
                           : std::holds_alternative<RandomDropout>(op) ? ElementType::kUint64
                                                                       : ElementType::kFloat32;
  for (size_t i = 0; i < inputs.size(); i++)
    ids.push_back(graph.AddInput(fmt::format("x{}", i), static_cast<int>(inputs[i].c), i == 1 ? second : ValueType()));
  for (size_t i = 0; i < parameters.size(); i++)
    ids.push_back(graph.AddParameter(fmt::format("p{}", i), parameters[i]));
  const ValueId y = graph.AddNode("y", op, ids);
  const ByValue<Nhwc> shapes = InferShapes(graph, inputs);
  return {
      .shape = shapes[y], .map = InferCoordinates(graph, shapes)[y], .multiply_adds = MultiplyAdds(graph, shapes)[0]};
}
Nhwc ShapeOf(const Op& op, const std::vector<Nhwc>& inputs, const std::vector<Shape>& parameters = {}) {
  return RulesOf(op, inputs, parameters).shape;
}

constexpr Nhwc kX{2, 7, 5, 12}, kMoments{1, 1, 2, 12};

TEST(GradientShapes, TrainingForms) {
  EXPECT_EQ(ShapeOf(RandomDropout{}, {kX, {1, 1, 1, 1}}), kX);
  EXPECT_EQ(ShapeOf(Stretch{.at = {3, 2, 1, 0}, .more = {1, 2, 3, 4}}, {kX}), (Nhwc{2, 10, 12, 12}));
  EXPECT_EQ(ShapeOf(BatchMoments{}, {kX}), kMoments);
  EXPECT_EQ(ShapeOf(Normalise{}, {kX, kMoments}, {{12}, {12}}), kX);
  EXPECT_EQ(ShapeOf(NormaliseSums{}, {kX, kX, kMoments}), kMoments);
  EXPECT_EQ(ShapeOf(NormaliseGradient{}, {kX, kX, kMoments, kMoments}, {{12}}), kX);
  EXPECT_EQ(ShapeOf(BatchNormSums{}, {kX, kX}, {{12}, {12}}), kMoments);
  EXPECT_EQ(ShapeOf(BatchNormGradient{}, {kX}, {{12}, {12}}), kX);
  EXPECT_EQ(ShapeOf(SoftmaxLoss{}, {kX, {2, 7, 5, 1}}), (Nhwc{1, 1, 1, 1}));
  EXPECT_EQ(ShapeOf(SoftmaxLoss{}, {kX, {2, 7, 5, 1}}, {{12}}), (Nhwc{1, 1, 1, 1}));
  EXPECT_EQ(ShapeOf(SoftmaxLossGradient{}, {kX, {2, 7, 5, 1}}, {{12}}), kX);
}

TEST(GradientShapes, Gradients) {
  const ConvGeometry conv{.kernel = {3, 2}, .stride = {2, 1}, .dilation = {1, 3}, .padding = {1, 0, 2, 1}, .groups = 4};
  const Nhwc g{2, 3, 5, 8};
  EXPECT_EQ(ShapeOf(ConvDataGradient{conv}, {g, kX}, {{8, 3, 3, 2}}), kX);
  EXPECT_EQ(ShapeOf(ConvWeightGradient{conv}, {g, kX}), (Nhwc{1, 1, 1, 8 * 3 * 3 * 2}));
  EXPECT_EQ(ShapeOf(ChannelSums{}, {kX}), (Nhwc{1, 1, 1, 12}));
  EXPECT_EQ(ShapeOf(LinearDataGradient{}, {{2, 1, 1, 10}, kX}, {{10, 7 * 5 * 12}}), kX);
  EXPECT_EQ(ShapeOf(LinearWeightGradient{}, {{2, 1, 1, 10}, kX}), (Nhwc{1, 1, 1, 10 * 7 * 5 * 12}));
  for (int64_t positions : {3, 4}) {  // 7 pixels, by 2: without and with ceil
    EXPECT_EQ(ShapeOf(MaxPoolGradient{.kernel = {2, 1}, .stride = {2, 1}, .padding = {}}, {{2, positions, 5, 12}, kX}),
              kX);
    EXPECT_EQ(
        ShapeOf(AveragePoolGradient{.kernel = {2, 1}, .stride = {2, 1}, .padding = {}}, {{2, positions, 5, 12}, kX}),
        kX);
  }
  EXPECT_EQ(ShapeOf(GlobalAveragePoolGradient{}, {{2, 1, 1, 12}, kX}), kX);
  EXPECT_EQ(ShapeOf(PReluGradient{}, {kX, kX}, {{12}}), kX);
  EXPECT_EQ(ShapeOf(SlopeGradient{}, {kX, kX}), (Nhwc{1, 1, 1, 12}));
  for (const Nhwc& factor : {kX, Nhwc{2, 1, 1, 12}}) EXPECT_EQ(ShapeOf(MultiplyGradient{}, {kX, kX, factor}), factor);
  for (const Op& op : {Op(ReluGradient{}), Op(HardSwishGradient{}), Op(LeakyReluGradient{}),
                       Op(LocalResponseNormGradient{}), Op(SoftmaxGradient{})})
    EXPECT_EQ(ShapeOf(op, {kX, kX}), kX) << OpName(op);
  EXPECT_EQ(ShapeOf(SliceChannels{.first = 5, .count = 7}, {kX}), (Nhwc{2, 7, 5, 7}));
  EXPECT_EQ(ShapeOf(CropGradient{}, {{2, 4, 5, 12}, kX, {2, 4, 5, 1}}), kX);
  EXPECT_EQ(ShapeOf(ResizeGradient{}, {{2, 20, 1, 12}, kX}), kX);
  EXPECT_EQ(ShapeOf(StretchGradient{.at = {3, 2, 1, 0}, .more = {1, 2, 3, 4}}, {{2, 10, 12, 12}}), kX);
}

TEST(GradientShapes, ErrorsNameTheLayerAndTheFigures) {
  const auto refused = [](const char* part, const Op& op, const std::vector<Nhwc>& inputs,
                          const std::vector<Shape>& parameters = {}) {
    ExpectError(ErrorCode::kInput, part, [&] { ShapeOf(op, inputs, parameters); });
  };
  const Nhwc other{2, 7, 4, 12}, half{1, 1, 1, 12};
  refused("layer y (RandomDropout): its seed has the shape 2x1x1x1; 1x1x1x1 is needed", RandomDropout{},
          {kX, {2, 1, 1, 1}});
  refused("its input of moments has the shape 1x1x1x12; 1x1x2x12", Normalise{}, {kX, half}, {{12}, {12}});
  refused("its weight has the shape 11; 12", Normalise{}, {kX, kMoments}, {{11}, {12}});
  refused("its bias has the shape 11; 12", Normalise{}, {kX, kMoments}, {{12}, {11}});
  refused("its input has the shape 2x7x4x12; 2x7x5x12", NormaliseSums{}, {kX, other, kMoments});
  refused("its input of moments", NormaliseSums{}, {kX, kX, half});
  refused("its input has", NormaliseGradient{}, {kX, other, kMoments, kMoments}, {{12}});
  refused("its input of moments", NormaliseGradient{}, {kX, kX, half, kMoments}, {{12}});
  refused("its input of sums", NormaliseGradient{}, {kX, kX, kMoments, half}, {{12}});
  refused("its weight", NormaliseGradient{}, {kX, kX, kMoments, kMoments}, {{3}});
  refused("its input has", BatchNormSums{}, {kX, other}, {{12}, {12}});
  refused("its mean", BatchNormSums{}, {kX, kX}, {{3}, {12}});
  refused("its variance", BatchNormSums{}, {kX, kX}, {{12}, {3}});
  refused("its weight", BatchNormGradient{}, {kX}, {{3}, {12}});
  refused("its variance", BatchNormGradient{}, {kX}, {{12}, {3}});
  for (const Op& op : {Op(SoftmaxLoss{}), Op(SoftmaxLossGradient{})}) {
    refused("its input of labels has the shape 2x7x4x1; 2x7x5x1", op, {kX, {2, 7, 4, 1}});
    refused("its input of labels", op, {kX, {2, 7, 5, 2}});
    refused("its class weights", op, {kX, {2, 7, 5, 1}}, {{11}});
  }
  const Nhwc g{2, 5, 3, 8};
  refused("layer y (ConvDataGradient): its gradient has the shape 2x5x3x8; 2x7x5x8", ConvDataGradient{Square(3, 1, 1)},
          {g, kX}, {{8, 12, 3, 3}});
  refused("its weight has the shape 8x12x3x1", ConvDataGradient{Square(3)}, {g, kX}, {{8, 12, 3, 1}});
  refused("does not fit 12 channels in 5 groups", ConvDataGradient{Square(3, 1, 0, 1, 5)}, {g, kX}, {{8, 12, 3, 3}});
  refused("of shape 8x12 does not fit", ConvDataGradient{Square(3)}, {g, kX}, {{8, 12}});
  refused("window covers 9 pixels", ConvDataGradient{Square(9)}, {g, kX}, {{8, 12, 9, 9}});
  refused("its gradient has the shape 2x5x3x8; 2x3x2x8", ConvWeightGradient{Square(3, 2)}, {g, kX});
  refused("12 and 8 channels cannot be cut into 3 groups", ConvWeightGradient{Square(3, 1, 0, 1, 3)}, {g, kX});
  refused("12 and 8 channels cannot be cut into 8 groups", ConvWeightGradient{Square(3, 1, 0, 1, 8)}, {g, kX});
  refused("gradient of a weight has more than", ConvWeightGradient{Square((1 << 15) + 1, 1, 1 << 14)},
          {{1, 1, 1, 1 << 20}, {1, 1, 1, 1 << 20}});
  refused("no matrix", LinearDataGradient{}, {{2, 1, 1, 10}, kX}, {{10}});
  refused("its weight has the shape 10x12; 10x420", LinearDataGradient{}, {{2, 1, 1, 10}, kX}, {{10, 12}});
  refused("its gradient has the shape 1x1x1x10; 2x1x1x10", LinearDataGradient{}, {{1, 1, 1, 10}, kX}, {{10, 420}});
  refused("its gradient has the shape 2x1x2x10; 2x1x1x10", LinearWeightGradient{}, {{2, 1, 2, 10}, kX});
  refused("gradient of a weight has more than", LinearWeightGradient{},
          {{1, 1, 1, 1 << 30}, {1, 1 << 10, 1 << 10, 1 << 10}});
  refused("its gradient has the shape 2x5x5x12; 2x4x5x12",
          MaxPoolGradient{.kernel = {2, 1}, .stride = {2, 1}, .padding = {}}, {{2, 5, 5, 12}, kX});
  refused("its gradient", AveragePoolGradient{.kernel = {2, 1}, .stride = {2, 1}, .padding = {}}, {{2, 4, 5, 11}, kX});
  refused("its gradient", GlobalAveragePoolGradient{}, {{2, 1, 1, 11}, kX});
  refused("its slopes has the shape 11; 12", PReluGradient{}, {kX, kX}, {{11}});
  refused("its input has", MultiplyGradient{}, {kX, other, kX});
  refused("2x7x5x12 cannot be multiplied by 1x1x1x12", MultiplyGradient{}, {kX, kX, half});
  refused("its activation", PReluGradient{}, {kX, other}, {{12}});
  for (const Op& op : {Op(ReluGradient{}), Op(HardSwishGradient{}), Op(LeakyReluGradient{}), Op(SlopeGradient{}),
                       Op(SoftmaxGradient{})})
    refused("its activation has the shape 2x7x4x12; 2x7x5x12", op, {kX, other});
  refused("channels 5 to 12 of 12 do not exist", SliceChannels{.first = 5, .count = 8}, {kX});
  refused("its gradient has the shape 2x4x4x12; 2x4x5x12", CropGradient{}, {{2, 4, 4, 12}, kX, {2, 4, 5, 1}});
  refused("layer y (CropGradient) takes rows 0 to 7 and columns 0 to 4 of 7x5 pixels", CropGradient{},
          {{2, 8, 5, 12}, kX, {2, 8, 5, 1}});
  refused("its gradient has the shape 1x7x5x12; 2x7x5x12", ResizeGradient{}, {{1, 7, 5, 12}, kX});
  refused("layer y (Stretch): rows 3 from one end and 3 from the other, of 7, cannot both be repeated",
          Stretch{.at = {3, 3, 0, 0}, .more = {1, 0, 0, 0}}, {kX});
  refused("columns 2 from one end and 2 from the other, of 5,",
          StretchGradient{.at = {0, 0, 2, 2}, .more = {0, 0, 0, 1}}, {{2, 7, 6, 12}});
  refused("nothing of 2x7x5x12 is left", StretchGradient{.at = {}, .more = {4, 3, 0, 0}}, {kX});
}

TEST(GradientOps, AttributesThatCannotBe) {
  const auto refused = [](const char* part, const Op& op) {
    ExpectError(ErrorCode::kInput, part, [&] { CheckAttributes(op); });
  };
  refused("dropout rate of 1", RandomDropout{.rate = 1});
  refused("stream of -1", RandomDropout{.rate = 0.5f, .stream = -1});
  for (const Op& op :
       {Op(Normalise{.epsilon = -1}), Op(NormaliseSums{.epsilon = -1}), Op(NormaliseGradient{.epsilon = -1}),
        Op(BatchNormSums{.epsilon = -1}), Op(BatchNormGradient{.epsilon = -1})})
    refused("epsilon cannot be -1", op);
  refused("kernel of 0", ConvDataGradient{Square(0)});
  refused("stride of 0", ConvWeightGradient{Square(1, 0)});
  refused("wholly in the padding", MaxPoolGradient{.kernel = {1, 1}, .stride = {}, .padding = {1, 0, 0, 0}});
  refused("kernel of 0", AveragePoolGradient{.kernel = {0, 1}, .stride = {}, .padding = {}});
  refused("slope cannot be inf", LeakyReluGradient{.slope = std::numeric_limits<float>::infinity()});
  refused("size of 0", LocalResponseNormGradient{.size = 0});
  refused("size 4 is not possible", LocalResponseNormGradient{.size = 4});
  refused("size 65 is not possible", LocalResponseNorm{.size = 65});
  refused("cannot have alpha -1, beta 0.75 and k 1", LocalResponseNorm{.alpha = -1});
  refused("cannot have alpha 0.0001, beta 0 and k 1", LocalResponseNorm{.beta = 0});
  refused("cannot have alpha 0.0001, beta 0.75 and k 0", LocalResponseNorm{.k = 0});
  refused("first channel of -1", SliceChannels{.first = -1, .count = 1});
  refused("number of channels of 0", SliceChannels{.first = 0, .count = 0});
  refused("row or column of -1", Stretch{.at = {0, 0, 0, -1}, .more = {}});
  refused("repetitions of -2", StretchGradient{.at = {}, .more = {-2, 0, 0, 0}});
}

TEST(GradientOps, CostIsThatOfTheForwardPass) {
  const Nhwc x{2, 8, 8, 12}, g{2, 3, 3, 6}, flat{2, 1, 1, 10};
  const ConvGeometry conv = Square(3, 2, 0, 1, 2);
  const int64_t forward = RulesOf(Conv2d{conv}, {x}, {{6, 6, 3, 3}}).multiply_adds;
  EXPECT_EQ(forward, 6 * 6 * 9 * 18);
  EXPECT_EQ(RulesOf(ConvDataGradient{conv}, {g, x}, {{6, 6, 3, 3}}).multiply_adds, forward);
  EXPECT_EQ(RulesOf(ConvWeightGradient{conv}, {g, x}).multiply_adds, forward);
  EXPECT_EQ(RulesOf(LinearDataGradient{}, {flat, x}, {{10, 768}}).multiply_adds, 2 * 7680);
  EXPECT_EQ(RulesOf(LinearWeightGradient{}, {flat, x}).multiply_adds, 2 * 7680);
  EXPECT_EQ(RulesOf(ChannelSums{}, {x}).multiply_adds, 0);
}

/// A gradient lies where the activation does by which it is the gradient.
TEST(GradientOps, Places) {
  // The two inputs, of equal shapes, lie at different places.
  const auto place = [](const Op& op, const std::vector<Shape>& parameters = {}, int likes = 1) {
    test::Builder b(4);
    const ValueId first = b.Conv("first", b.x, 4, 4, Square(3, 1, 1));
    const ValueId second = b.Conv("second", b.x, 4, 4, Square(1));
    std::vector<ValueId> inputs = {first};
    for (int i = 0; i < likes; i++) inputs.push_back(second);
    for (size_t i = 0; i < parameters.size(); i++)
      inputs.push_back(b.graph.AddParameter(fmt::format("p{}", i), parameters[i]));
    const ValueId y = b.Node("y", op, inputs);
    const ByValue<CoordinateMap> maps =
        InferCoordinates(b.graph, InferShapes(b.graph, std::vector<Nhwc>{{1, 6, 6, 4}}));
    return maps[y].y.receptive_field;
  };
  EXPECT_EQ(place(ConvDataGradient{Square(3, 1, 1)}, {{4, 4, 3, 3}}), 1);
  EXPECT_EQ(place(MaxPoolGradient{}), 1);
  EXPECT_EQ(place(AveragePoolGradient{}), 1);
  EXPECT_EQ(place(ReluGradient{}), 1);
  EXPECT_EQ(place(Relu6Gradient{}), 1);
  EXPECT_EQ(place(SigmoidGradient{}), 1);
  EXPECT_EQ(place(LeakyReluGradient{}), 1);
  EXPECT_EQ(place(PReluGradient{}, {{4}}), 1);
  EXPECT_EQ(place(SlopeGradient{}), 1);
  EXPECT_EQ(place(LocalResponseNormGradient{}), 1);
  EXPECT_EQ(place(SoftmaxGradient{}), 1);
  EXPECT_EQ(place(ResizeGradient{}), 1);
  EXPECT_EQ(place(CropGradient{}, {}, 2), 1);
  EXPECT_EQ(place(MultiplyGradient{}, {}, 2), 1);
  EXPECT_EQ(place(BatchNormGradient{}, {{4}, {4}}, 0), 3);
  EXPECT_EQ(place(SliceChannels{.first = 1, .count = 2}, {}, 0), 3);
  EXPECT_EQ(place(Stretch{.at = {}, .more = {1, 1, 1, 1}}, {}, 0), 3);
  EXPECT_EQ(place(StretchGradient{.at = {}, .more = {1, 1, 1, 1}}, {}, 0), 3);
  // Sums have no place.
  EXPECT_EQ(place(ChannelSums{}, {}, 0), 1);
  EXPECT_EQ(place(BatchMoments{}, {}, 0), 1);
  EXPECT_EQ(place(ConvWeightGradient{Square(3, 1, 1)}), 1);
}

TEST(GradientOps, WhatTheyRead) {
  for (const Op& op : test::EveryOp()) {
    const bool has_like =
        std::holds_alternative<Crop>(op) || std::holds_alternative<Resize>(op) ||
        std::holds_alternative<ConvDataGradient>(op) || std::holds_alternative<LinearDataGradient>(op) ||
        std::holds_alternative<AveragePoolGradient>(op) || std::holds_alternative<GlobalAveragePoolGradient>(op) ||
        std::holds_alternative<CropGradient>(op) || std::holds_alternative<ResizeGradient>(op);
    if (std::holds_alternative<MultiplyGradient>(op)) {
      EXPECT_EQ(ActivationsRead(op), 2);
      continue;
    }
    EXPECT_EQ(ActivationsRead(op), has_like ? 1 : InputsOf(op).max_activations) << OpName(op);
  }
}

TEST(GradientOps, Tails) {
  const TailActivation clamps{Activation::kRelu6}, function{Activation::kHardSwish};
  EXPECT_TRUE(TailSupportOf(ConvDataGradient{}).Takes(TailResidual()));
  EXPECT_FALSE(TailSupportOf(ConvDataGradient{}).Takes(clamps));
  EXPECT_TRUE(TailSupportOf(Normalise{}).Takes(clamps) && !TailSupportOf(Normalise{}).Takes(function));
  EXPECT_TRUE(TailSupportOf(Multiply{}).Takes(clamps) && TailSupportOf(Multiply{}).Takes(function));
  EXPECT_TRUE(TailSupportOf(NormaliseSums{}).Takes(TailMask()) && TailSupportOf(NormaliseGradient{}).Takes(TailMask()));
}

}  // namespace
}  // namespace fcn
