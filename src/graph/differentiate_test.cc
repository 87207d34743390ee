#include "graph/differentiate.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "graph/coordinates.h"
#include "graph/cost.h"
#include "graph/lowered.h"
#include "graph/passes/passes.h"
#include "graph/shapes.h"
#include "graph/test_graphs.h"
#include "graph/text.h"
#include "graph/training_form.h"
#include "support/expect_error.h"

namespace fcn {
namespace {

using test::Builder;
using test::ExpectError;
using test::Square;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

bool All(const Value&) { return true; }

std::vector<ValueId> OneLoss(ValueId loss) { return {loss}; }

auto Named(std::set<std::string> names) {
  return [names = std::move(names)](const Value& value) { return names.contains(value.name); };
}

/// What Differentiate adds to the training form of `network`, as text.
template <typename Wanted>
std::string Added(const Graph& network, Wanted wanted, const TrainingFormOptions& options = {}) {
  const TrainingForm form = MakeTrainingForm(network, options);
  const Graph graph = Differentiate(form.graph, form.losses, wanted).graph;
  EXPECT_EQ(ParseGraph(PrintGraph(graph)), graph);
  const std::string printed = PrintGraph(graph);
  const size_t begin = printed.find("\nd.", printed.find("\nloss = "));
  return begin == std::string::npos ? "" : printed.substr(begin + 1);
}

TEST(Differentiate, AChainByHand) {
  Builder b(3);
  b.Node("relu", Relu{}, {b.Norm("bn", b.Conv("conv", b.x, 3, 4, Square(3, 2, 1)), 4)});
  b.graph.AddOutput(b.Conv("score", b["relu"], 4, 5));
  EXPECT_EQ(Added(b.graph, All),
            "d.score = SoftmaxLossGradient(score, labels)\n"
            "d.score.bias = ChannelSums(d.score)\n"
            "d.score.weight = ConvWeightGradient(d.score, relu)\n"
            "d.relu = ConvDataGradient(d.score, relu, score.weight)\n"
            "d.bn = ReluGradient(d.relu, relu)\n"
            "d.bn.sums = NormaliseSums(d.bn, conv, bn.moments) epsilon=0.001\n"
            "d.conv = NormaliseGradient(d.bn, conv, bn.moments, d.bn.sums, bn.weight) epsilon=0.001\n"
            "d.conv.bias = ChannelSums(d.conv)\n"
            "d.conv.weight = ConvWeightGradient(d.conv, x) kernel=3x3 stride=2x2 padding=1,1,1,1\n"
            "output loss\n"
            "output bn.moments\n"
            "output d.conv.weight\n"
            "output d.conv.bias\n"
            "output d.bn.sums\n"
            "output d.score.weight\n"
            "output d.score.bias\n");
}

TEST(Differentiate, FixedStatistics) {
  Builder b(3);
  b.graph.AddOutput(b.Norm("bn2", b.Norm("bn", b.Conv("conv", b.x, 3, 4), 4), 4));
  EXPECT_EQ(Added(b.graph, Named({"conv.weight", "bn2.weight", "bn.mean"}),
                  {.batch_statistics = false, .class_weights = true}),
            "d.bn2 = SoftmaxLossGradient(bn2, labels, class_weights)\n"
            "d.bn2.sums = BatchNormSums(d.bn2, bn, bn2.mean, bn2.variance) epsilon=0.001\n"
            "d.bn = BatchNormGradient(d.bn2, bn2.weight, bn2.variance) epsilon=0.001\n"
            "d.conv = BatchNormGradient(d.bn, bn.weight, bn.variance) epsilon=0.001\n"
            "d.conv.weight = ConvWeightGradient(d.conv, x)\n"
            "output loss\n"
            "output d.conv.weight\n"
            "output d.bn2.sums\n");
}

TEST(Differentiate, TheRulesOfTheOtherOperations) {
  const std::string text = Added(test::TrainableNetwork(), All);
  for (const char* line :
       {"d.up = CropGradient(d.scores, up, x)\n",
        "d.up.weight = ConvWeightGradient(scaled, d.up) kernel=4x4 stride=2x2\n",
        "d.scaled = Conv2d(d.up, up.weight) kernel=4x4 stride=2x2\n",
        "d.score = Scale(d.scaled) factor=0.5\n",
        "d.dropout+1 = SliceChannels(d.joined) count=8\n",
        "d.spread = SliceChannels(d.joined) first=8 count=5\n",
        "d.gate = SliceChannels(d.joined) first=13 count=8\n",
        "d.dropout+2 = SoftmaxGradient(d.gate, gate)\n",
        "d.dropout+3 = Add(d.dropout+1, d.dropout+2)\n",
        "d.sigmoid = ResizeGradient(d.whole, sigmoid)\n",
        "d.fc = SigmoidGradient(d.sigmoid, sigmoid)\n",
        "d.mix = TanhGradient(d.tanh, tanh)\n",
        "d.average = HardSigmoidGradient(d.sum, hard)\n",
        "d.product = LocalResponseNormGradient(d.response, product) size=3 alpha=2\n",
        "d.bent = Multiply(d.product, swish)\n",
        "d.swish+1 = MultiplyGradient(d.product, bent, swish)\n",
        "d.prelu = LeakyReluGradient(d.bent, prelu) slope=-1.5\n",  // y tells nothing of x
        "d.prelu.slopes = SlopeGradient(d.prelu, leaky)\n",
        "d.leaky = PReluGradient(d.prelu, leaky, prelu.slopes)\n",
        "d.gated = LeakyReluGradient(d.leaky, leaky) slope=2\n",
        "d.swish+2 = Multiply(d.gated, excite)\n",
        "d.excite = MultiplyGradient(d.gated, swish, excite)\n",
        "d.swish = Add(d.swish+3, d.swish+4)\n",
        "d.grouped = HardSwishGradient(d.swish, grouped)\n",
        "d.fc.weight = LinearWeightGradient(d.fc, dropout)\n",
        "d.dropout+4 = LinearDataGradient(d.fc, dropout, fc.weight)\n",
        "d.dropout+6 = GlobalAveragePoolGradient(d.mean, dropout)\n",
        "d.dropout = Add(d.dropout+5, d.dropout+6)\n",
        "d.sum = RandomDropout(d.dropout, seed) rate=0.25\n",
        "d.pool1+1 = AveragePoolGradient(d.average, pool1) kernel=3x3 padding=1,1,1,1 count_padding=false\n",
        "d.pool1+2 = Add(d.sum, d.pool1+1)\n",
        "d.relu2 = ConvDataGradient(d.grouped, relu2, grouped.weight) groups=2\n",
        "d.depthwise = Relu6Gradient(d.relu2, relu2)\n",
        "d.pool1+3 = ConvDataGradient(d.depthwise, pool1, depthwise.weight) kernel=3x3 padding=1,1,1,1 groups=8\n",
        "d.pool1 = Add(d.pool1+2, d.pool1+3)\n",
        "d.relu1 = MaxPoolGradient(d.pool1, relu1) kernel=2x2 stride=2x2\n"})
    EXPECT_THAT(text, HasSubstr(line));
}

TEST(Differentiate, EveryGradientFitsItsParameterAndEveryOtherItsValue) {
  for (bool batch_statistics : {false, true}) {
    const TrainingForm form =
        MakeTrainingForm(test::TrainableNetwork(), {.batch_statistics = batch_statistics, .class_weights = true});
    const Differentiated result = Differentiate(form.graph, form.losses, All);
    const Graph& graph = result.graph;
    const ByValue<Nhwc> shapes = InferShapes(graph, std::vector<Nhwc>{{2, 11, 9, 3}, {1, 1, 1, 1}, {2, 11, 9, 1}});
    const ByValue<CoordinateMap> maps = InferCoordinates(graph, shapes);
    // All but class weights and, where they are parameters, running mean and variance.
    EXPECT_EQ(result.gradients.size(), graph.Parameters().size() - (batch_statistics ? 1 : 3));
    for (const ParameterGradient& gradient : result.gradients) {
      const Value& parameter = graph.value(gradient.parameter);
      const int64_t elements = parameter.parameter_shape.elements();
      const Nhwc& shape = shapes[gradient.gradient];
      const bool is_half = parameter.name.starts_with("bn1.");
      EXPECT_EQ(shape, is_half ? (Nhwc{1, 1, 2, elements}) : (Nhwc{1, 1, 1, elements})) << parameter.name;
      EXPECT_EQ(gradient.offset, parameter.name == "bn1.weight" ? elements : 0) << parameter.name;
      EXPECT_TRUE(std::count(graph.outputs().begin(), graph.outputs().end(), gradient.gradient) == 1);
    }
    int compared = 0;
    for (const Value& value : form.graph.values()) {
      const ValueId of = graph.Find(value.name);
      const ValueId gradient = graph.Find("d." + value.name);
      if (value.kind != ValueKind::kActivation || gradient == kNoValue) continue;
      EXPECT_EQ(shapes[gradient], shapes[of]) << value.name;
      EXPECT_NEAR(maps[gradient].y.scale, maps[of].y.scale, 1e-9) << value.name;
      compared++;
    }
    EXPECT_EQ(compared, 33);  // all but "hard", which has the gradient of "sum"
  }
}

TEST(Differentiate, WhatWasThereStays) {
  const TrainingForm form = MakeTrainingForm(test::TrainableNetwork(), {});
  const Graph graph = Differentiate(form.graph, form.losses, All).graph;
  for (ValueId id = 0; id < form.graph.value_count(); id++) EXPECT_EQ(graph.value(id), form.graph.value(id));
  for (size_t i = 0; i < form.graph.nodes().size(); i++) EXPECT_EQ(graph.nodes()[i], form.graph.nodes()[i]);
  EXPECT_EQ(graph.inputs(), form.graph.inputs());
  for (size_t i = 0; i < form.graph.outputs().size(); i++) EXPECT_EQ(graph.outputs()[i], form.graph.outputs()[i]);
}

TEST(Differentiate, StopsWhereNothingIsWanted) {
  const Graph network = test::TrainableNetwork();
  EXPECT_EQ(Added(network, Named({})), "");
  EXPECT_EQ(Added(network, Named({"class_weights"}), {.class_weights = true}), "");
  EXPECT_EQ(Added(network, Named({"up.weight"})),
            "d.scores = SoftmaxLossGradient(scores, labels)\n"
            "d.up = CropGradient(d.scores, up, x)\n"
            "d.up.weight = ConvWeightGradient(scaled, d.up) kernel=4x4 stride=2x2\n"
            "output loss\noutput bn1.moments\noutput d.up.weight\n");
  // One branch of a concatenation only.
  EXPECT_EQ(Added(network, Named({"mix.bias"})),
            "d.scores = SoftmaxLossGradient(scores, labels)\n"
            "d.up = CropGradient(d.scores, up, x)\n"
            "d.scaled = Conv2d(d.up, up.weight) kernel=4x4 stride=2x2\n"
            "d.score = Scale(d.scaled) factor=0.5\n"
            "d.joined = ConvDataGradient(d.score, joined, score.weight)\n"
            "d.spread = SliceChannels(d.joined) first=8 count=5\n"
            "d.tanh = ResizeGradient(d.spread, tanh)\n"
            "d.mix = TanhGradient(d.tanh, tanh)\n"
            "d.mix.bias = ChannelSums(d.mix)\n"
            "output loss\noutput bn1.moments\noutput d.mix.bias\n");
}

TEST(Differentiate, WhatTheLossDoesNotSeeHasNoGradient) {
  Builder b(3);
  b.Conv("aside", b.x, 3, 4);
  b.graph.AddOutput(b.Conv("score", b.x, 3, 4));
  const TrainingForm form = MakeTrainingForm(b.graph, {});
  const Differentiated result = Differentiate(form.graph, form.losses, Named({"aside.weight", "score.bias"}));
  ASSERT_EQ(result.gradients.size(), 1u);
  EXPECT_EQ(result.graph.value(result.gradients[0].parameter).name, "score.bias");
  // A network that only places another has no gradient either.
  Builder like(3);
  const ValueId grid = like.Conv("grid", like.x, 3, 1, Square(2, 2));
  like.graph.AddOutput(like.Node("small", Resize{}, {like.Conv("score", like.x, 3, 2), grid}));
  EXPECT_EQ(Added(like.graph, Named({"grid.weight", "grid.bias"})), "");
}

TEST(Differentiate, TheGradientsOfSeveralLossesAreAdded) {
  Builder b(3);
  const ValueId trunk = b.Conv("trunk", b.x, 3, 4);
  b.graph.AddOutput(b.Conv("first", trunk, 4, 5));
  b.graph.AddOutput(b.Conv("second", trunk, 4, 2));
  const TrainingForm form = MakeTrainingForm(b.graph, {.heads = {{"a", 2.0f}, {"b", 0.5f}}});
  const std::string text = PrintGraph(Differentiate(form.graph, form.losses, All).graph);
  for (const char* line :
       {"d.first = SoftmaxLossGradient(first, labels.a) weight=2\n",
        "d.second = SoftmaxLossGradient(second, labels.b) weight=0.5\n",
        "d.trunk+1 = ConvDataGradient(d.second, trunk, second.weight)\n",
        "d.trunk+2 = ConvDataGradient(d.first, trunk, first.weight)\n", "d.trunk = Add(d.trunk+1, d.trunk+2)\n"})
    EXPECT_THAT(text, HasSubstr(line));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("d.x")));
  // What only the other loss depends on has no gradient.
  const Differentiated one = Differentiate(form.graph, std::span(form.losses).first(1), All);
  EXPECT_EQ(one.gradients.size(), 4u);
}

/// None passes through the score of the other class, which is always 0.
TEST(Differentiate, OfABinaryHead) {
  Builder b(3);
  b.graph.AddOutput(b.Node("scores", Resize{}, {b.Conv("score", b.x, 3, 1, Square(2, 2)), b.x}));
  EXPECT_EQ(Added(b.graph, Named({"score.bias"})),
            "d.two_classes_resized = SoftmaxLossGradient(two_classes_resized, labels)\n"
            "d.two_classes_scores = ResizeGradient(d.two_classes_resized, two_classes_scores)\n"
            "d.score = SliceChannels(d.two_classes_scores) first=1\n"
            "d.score.bias = ChannelSums(d.score)\n"
            "output loss\noutput d.score.bias\n");
}

TEST(Differentiate, OneValueReadTwiceByOneNode) {
  Builder b(3);
  const ValueId conv = b.Conv("conv", b.x, 3, 2);
  b.graph.AddOutput(b.Node("joined", Concat{}, {b.Node("twice", Add{}, {conv, conv}), conv, conv}));
  EXPECT_THAT(Added(b.graph, Named({"conv.bias"})), HasSubstr("d.twice = SliceChannels(d.joined) count=2\n"
                                                              "d.conv+1 = SliceChannels(d.joined) first=2 count=2\n"
                                                              "d.conv+2 = SliceChannels(d.joined) first=4 count=2\n"
                                                              "d.conv+3 = Add(d.conv+1, d.conv+2)\n"
                                                              "d.conv+4 = Add(d.conv+3, d.twice)\n"
                                                              "d.conv = Add(d.conv+4, d.twice)\n"));
}

TEST(Differentiate, SharedParametersAreAdded) {
  Builder b(3);
  const ValueId weight = b.graph.AddParameter("w", {3, 3, 1, 1});
  std::vector<ValueId> norm;
  for (const char* name : {"bn.weight", "bn.bias", "bn.mean", "bn.variance"})
    norm.push_back(b.graph.AddParameter(name, {3}));
  const auto block = [&](const std::string& number, ValueId x) {
    return b.Node("bn" + number, BatchNorm{},
                  {b.Node("conv" + number, Conv2d{}, {x, weight}), norm[0], norm[1], norm[2], norm[3]});
  };
  b.graph.AddOutput(block("2", block("1", b.x)));
  const TrainingForm form = MakeTrainingForm(b.graph, {});
  const Differentiated result = Differentiate(form.graph, form.losses, All);
  const auto id = [&](const char* name) { return result.graph.Find(name); };
  EXPECT_THAT(PrintGraph(result.graph), HasSubstr("d.bn.bias = Add(d.bn2.sums, d.bn1.sums)\n"));
  EXPECT_THAT(PrintGraph(result.graph), HasSubstr("d.w = Add(d.w+1, d.w+2)\n"));
  EXPECT_THAT(result.gradients, ElementsAre(ParameterGradient{id("w"), id("d.w"), 0},
                                            ParameterGradient{id("bn.weight"), id("d.bn.bias"), 3},
                                            ParameterGradient{id("bn.bias"), id("d.bn.bias"), 0}));
  EXPECT_EQ(result.graph.outputs().size(), 1u + 2 + 2);
}

TEST(Differentiate, NamesThatAreTaken) {
  Builder b(3);
  b.graph.AddOutput(b.Conv("score", b.Conv("d.score", b.Conv("conv", b.x, 3, 3), 3, 3), 3, 3));
  const std::string text = Added(b.graph, All);
  EXPECT_THAT(text, HasSubstr("d.score+1 = SoftmaxLossGradient(score, labels)\n"));
  EXPECT_THAT(text, HasSubstr("d.score.weight+1 = ConvWeightGradient(d.score+1, d.score)\n"));
  EXPECT_THAT(text, HasSubstr("d.d.score = ConvDataGradient(d.score+1, d.score, score.weight)\n"));
}

TEST(Differentiate, Refusals) {
  const auto refused = [](const char* part, const Graph& graph) {
    ExpectError(ErrorCode::kUnsupported, part, [&] { Differentiate(graph, OneLoss(graph.Find("loss")), All); });
  };
  const auto with_loss = [](Builder& b, ValueId scores) {
    b.Node("loss", SoftmaxLoss{}, {scores, b.Labels()});
    return b.graph;
  };
  Builder slice(3);
  refused("layer part (SliceChannels) cannot be trained through: it has no gradient",
          with_loss(slice, slice.Node("part", SliceChannels{}, {slice.Conv("conv", slice.x, 3, 3)})));
  Builder cast(3);
  const ValueId half = cast.Node("half", Cast{ElementType::kBFloat16}, {cast.Conv("conv", cast.x, 3, 3)});
  refused("layer back (Cast) cannot be trained through", with_loss(cast, cast.Node("back", Cast{}, {half})));
  Builder losses(3);
  const ValueId first =
      losses.Node("first", SoftmaxLoss{}, {losses.Conv("conv", losses.x, 3, 3), losses.Labels("others")});
  refused("layer first (SoftmaxLoss) cannot be trained through: it is not the loss", with_loss(losses, first));
  Builder moments(3);
  const ValueId weight = moments.graph.AddParameter("w", {3}), bias = moments.graph.AddParameter("b", {3});
  const ValueId of_x = moments.Node("moments", BatchMoments{}, {moments.x});
  const ValueId conv = moments.Conv("conv", moments.x, 3, 3);
  refused("layer bn (Normalise) cannot be trained through: its moments",
          with_loss(moments, moments.Node("bn", Normalise{}, {conv, of_x, weight, bias})));
  Builder shared(3);
  const ValueId b = shared.graph.AddParameter("b", {3});
  const ValueId norm = shared.Node("bn", Normalise{}, {shared.x, shared.Node("m", BatchMoments{}, {shared.x}), b, b});
  refused("layer bn (Normalise) cannot be trained through: it shares a parameter", with_loss(shared, norm));

  // Nothing has to pass where nothing is wanted.
  Builder frozen(3);
  frozen.Conv("head", frozen.Node("part", SliceChannels{}, {frozen.Conv("conv", frozen.x, 3, 3)}), 1, 3);
  const Graph graph = with_loss(frozen, frozen["head"]);
  EXPECT_EQ(Differentiate(graph, OneLoss(graph.Find("loss")), Named({"head.weight"})).gradients.size(), 1u);
  for (ValueId id : {graph.Find("conv"), graph.Find("x"), graph.Find("conv.weight"), -1, 999})
    ExpectError(ErrorCode::kInput, "is not the output of a SoftmaxLoss",
                [&] { Differentiate(graph, OneLoss(id), All); });
}

/// An operation that reads parameters' results has a gradient by each of them, or says that it has none.
TEST(Differentiate, EveryOperationHasARuleOrRefuses) {
  std::set<std::string_view> refusing;
  for (const Op& op : test::EveryOp()) {
    Builder b(12);
    const ValueId x = b.Conv("conv", b.x, 12, 12);
    const OpInputs counts = InputsOf(op);
    std::vector<ValueId> inputs = b.ActivationsFor(op, x);
    if (std::holds_alternative<Normalise>(op)) inputs[1] = b.Node("moments", BatchMoments{}, {x});
    for (int i = 0; i < counts.min_parameters; i++)
      inputs.push_back(b.graph.AddParameter(fmt::format("p{}", i), {12, 1, 3, 5}));
    const ValueId y = b.Node("y", op, inputs);
    // No loss is of anything but floats, and none comes from anything else.
    if (b.graph.value(y).type != ValueType() || b.graph.value(inputs[0]).type != ValueType()) continue;
    const ValueId loss = b.Node("loss", SoftmaxLoss{}, {y, b.Labels()});
    try {
      const Differentiated result = Differentiate(b.graph, OneLoss(loss), All);
      std::set<std::string> names;
      for (const ParameterGradient& gradient : result.gradients)
        names.insert(result.graph.value(gradient.parameter).name);
      EXPECT_TRUE(names.contains("conv.weight") && names.contains("conv.bias")) << OpName(op);
      const int learnt = std::holds_alternative<BatchNorm>(op) ? 2 : counts.min_parameters;
      EXPECT_EQ(names.size(), 2u + static_cast<size_t>(learnt)) << OpName(op);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUnsupported) << error.what();
      EXPECT_THAT(error.message(), HasSubstr(fmt::format("layer y ({})", OpName(op))));
      refusing.insert(OpName(op));
    }
  }
  // What only computes gradients or moments, and a loss that is not the last.
  EXPECT_EQ(refusing.size(), 31u);
  for (std::string_view name : refusing)
    EXPECT_TRUE(name == "BatchMoments" || name == "SoftmaxLoss" || name == "ChannelSums" || name == "SliceChannels" ||
                name.ends_with("Gradient") || name.ends_with("Sums"))
        << name;
}

/// Each gradient costs as much as the layer itself, but that by the image, which nobody needs.
TEST(Differentiate, TrainingCostsThreeTimesTheNetwork) {
  Graph network = test::ReferenceFcn8s();
  const ValueId scores = network.outputs()[0];
  network.ClearOutputs();
  network.AddOutput(scores);
  const TrainingForm form = MakeTrainingForm(network, {});
  const Graph graph = Differentiate(form.graph, form.losses, All).graph;
  for (int64_t size : {65, 317, 500}) {
    const auto cost = [](const Graph& of, const std::vector<Nhwc>& inputs) {
      const std::vector<int64_t> counts = MultiplyAdds(of, InferShapes(of, inputs));
      return std::accumulate(counts.begin(), counts.end(), int64_t{0});
    };
    const Nhwc image{1, size, size + 64, 3}, labels{1, size, size + 64, 1};
    const int64_t first_layer = (size + 198) * (size + 262) * 64 * 27;
    // The coarser scores are in the graph but not in the loss.
    const ByValue<Nhwc> shapes = InferShapes(form.graph, std::vector<Nhwc>{image, labels});
    const int64_t aside = 21 * 21 *
                          (32 * 32 * shapes[form.graph.Find("fuse_pool4")].pixels() +
                           64 * 64 * shapes[form.graph.Find("score_fr")].pixels());
    EXPECT_EQ(cost(graph, {image, labels}), 3 * cost(network, {image}) - 2 * aside - first_layer) << size;
  }
}

TEST(Differentiate, PassesKeepTheGradients) {
  for (bool batch_statistics : {false, true}) {
    const TrainingForm form = MakeTrainingForm(test::TrainableNetwork(), {.batch_statistics = batch_statistics});
    auto graph = std::make_shared<Graph>(Differentiate(form.graph, form.losses, All).graph);
    Lowered lowered = Lower(graph);
    EXPECT_NO_THROW(RunPasses(lowered));  // verifies after each
    EXPECT_EQ(lowered.outputs, graph->outputs());
    EXPECT_LT(lowered.steps.size(), graph->nodes().size());
  }
}

}  // namespace
}  // namespace fcn
