#include "graph/training_form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/channels.h"
#include "graph/shapes.h"
#include "graph/test_graphs.h"
#include "graph/text.h"
#include "support/expect_error.h"

namespace fcn {
namespace {

using test::Builder;
using test::ExpectError;
using ::testing::ElementsAre;

/// x → conv → bn → drop1 → drop2 → score.
Graph Network() {
  Builder b(3);
  b.Norm("bn", b.Conv("conv", b.x, 3, 4), 4);
  b.Node("drop1", Dropout{.rate = 0.25f}, {b["bn"]});
  b.Node("drop2", Dropout{}, {b["drop1"]});
  b.graph.AddOutput(b.Conv("score", b["drop2"], 4, 5));
  return b.graph;
}

TEST(MakeTrainingForm, ReplacesWhatTrainsDifferently) {
  const TrainingForm form = MakeTrainingForm(Network(), {});
  EXPECT_EQ(PrintGraph(form.graph),
            "input x channels=3\n"
            "input seed channels=1 type=uint64\n"
            "parameter conv.weight 4x3x1x1\n"
            "parameter conv.bias 4\n"
            "conv = Conv2d(x, conv.weight, conv.bias)\n"
            "parameter bn.weight 4\n"
            "parameter bn.bias 4\n"
            "bn.moments = BatchMoments(conv)\n"
            "bn = Normalise(conv, bn.moments, bn.weight, bn.bias) epsilon=0.001\n"
            "drop1 = RandomDropout(bn, seed) rate=0.25\n"
            "drop2 = RandomDropout(drop1, seed) stream=1\n"
            "parameter score.weight 5x4x1x1\n"
            "parameter score.bias 5\n"
            "score = Conv2d(drop2, score.weight, score.bias)\n"
            "input labels channels=1 type=int32\n"
            "loss = SoftmaxLoss(score, labels)\n"
            "output loss\n"
            "output bn.moments\n");
  EXPECT_EQ(form.losses[0], form.graph.Find("loss"));
  EXPECT_EQ(form.scores[0], form.graph.Find("score"));
  ASSERT_EQ(form.moments.size(), 1u);
  EXPECT_EQ(form.moments[0].moments, form.graph.Find("bn.moments"));
  EXPECT_EQ(form.moments[0].running_mean, "bn.mean");
  EXPECT_EQ(form.moments[0].running_variance, "bn.variance");
  EXPECT_EQ(ParseGraph(PrintGraph(form.graph)), form.graph);
}

TEST(MakeTrainingForm, EveryOptionTurnedRound) {
  const TrainingForm form = MakeTrainingForm(
      Network(),
      {.batch_statistics = false, .dropout = false, .ignore_label = -1, .mean_loss = false, .class_weights = true});
  EXPECT_EQ(PrintGraph(form.graph),
            "input x channels=3\n"
            "parameter conv.weight 4x3x1x1\n"
            "parameter conv.bias 4\n"
            "conv = Conv2d(x, conv.weight, conv.bias)\n"
            "parameter bn.weight 4\n"
            "parameter bn.bias 4\n"
            "parameter bn.mean 4\n"
            "parameter bn.variance 4\n"
            "bn = BatchNorm(conv, bn.weight, bn.bias, bn.mean, bn.variance) epsilon=0.001\n"
            "parameter score.weight 5x4x1x1\n"
            "parameter score.bias 5\n"
            "score = Conv2d(bn, score.weight, score.bias)\n"
            "input labels channels=1 type=int32\n"
            "parameter class_weights 5\n"
            "loss = SoftmaxLoss(score, labels, class_weights) ignore_label=-1 mean=false\n"
            "output loss\n");
  EXPECT_TRUE(form.moments.empty());
}

TEST(MakeTrainingForm, ShapesFitTogether) {
  const TrainingForm form = MakeTrainingForm(test::TrainableNetwork(), {});
  const ByValue<Nhwc> shapes = InferShapes(form.graph, std::vector<Nhwc>{{2, 11, 9, 3}, {1, 1, 1, 1}, {2, 11, 9, 1}});
  EXPECT_EQ(shapes[form.losses[0]], (Nhwc{1, 1, 1, 1}));
  EXPECT_EQ(shapes[form.scores[0]], (Nhwc{2, 11, 9, 3}));
  EXPECT_EQ(shapes[form.moments[0].moments], (Nhwc{1, 1, 2, 8}));
}

TEST(MakeTrainingForm, ADropoutThatIsLeftOutMayBeTheOutput) {
  Builder b;
  b.graph.AddOutput(b.Node("drop", Dropout{}, {b.Conv("conv", b.x, 3, 4)}));
  const TrainingForm form = MakeTrainingForm(b.graph, {.dropout = false});
  EXPECT_EQ(form.graph.value(form.scores[0]).name, "conv");
  EXPECT_THAT(form.graph.inputs(), ElementsAre(form.graph.Find("x"), form.graph.Find("labels")));
}

TEST(MakeTrainingForm, StatisticsThatSomethingElseReadsStay) {
  Builder b(4);
  b.Norm("bn", b.x, 4);
  b.graph.AddOutput(
      b.Node("again", BatchNorm{}, {b["bn"], b["bn.mean"], b["bn.bias"], b["bn.mean"], b["bn.variance"]}));
  const TrainingForm form = MakeTrainingForm(b.graph, {});
  EXPECT_NE(form.graph.Find("bn.mean"), kNoValue);
  EXPECT_EQ(form.graph.Find("bn.variance"), kNoValue);
  EXPECT_EQ(form.moments.size(), 2u);
}

TEST(MakeTrainingForm, ALossForEachHead) {
  Builder b(3);
  const ValueId depth = b.graph.AddInput("depth", 1);
  b.Node("drop", Dropout{}, {b.Node("both", Concat{}, {b.x, depth})});
  b.graph.AddOutput(b.Conv("score", b["drop"], 4, 5));
  b.graph.AddOutput(b.Conv("heads.geometry.score", b["drop"], 4, 2));
  const TrainingFormOptions options{.class_weights = true, .heads = {{"class"}, {"geometry", 0.5f}}};
  const TrainingForm form = MakeTrainingForm(b.graph, options);
  EXPECT_EQ(PrintGraph(form.graph),
            "input x channels=3\n"
            "input seed channels=1 type=uint64\n"
            "input depth channels=1\n"
            "both = Concat(x, depth)\n"
            "drop = RandomDropout(both, seed)\n"
            "parameter score.weight 5x4x1x1\n"
            "parameter score.bias 5\n"
            "score = Conv2d(drop, score.weight, score.bias)\n"
            "parameter heads.geometry.score.weight 2x4x1x1\n"
            "parameter heads.geometry.score.bias 2\n"
            "heads.geometry.score = Conv2d(drop, heads.geometry.score.weight, heads.geometry.score.bias)\n"
            "input labels.class channels=1 type=int32\n"
            "parameter class_weights.class 5\n"
            "loss.class = SoftmaxLoss(score, labels.class, class_weights.class)\n"
            "input labels.geometry channels=1 type=int32\n"
            "parameter class_weights.geometry 2\n"
            "loss.geometry = SoftmaxLoss(heads.geometry.score, labels.geometry, class_weights.geometry) weight=0.5\n"
            "output loss.class\n"
            "output loss.geometry\n");
  EXPECT_EQ(form.seed, form.graph.Find("seed"));
  EXPECT_THAT(form.losses, ElementsAre(form.graph.Find("loss.class"), form.graph.Find("loss.geometry")));
  EXPECT_THAT(form.scores, ElementsAre(form.graph.Find("score"), form.graph.Find("heads.geometry.score")));
  ExpectError(ErrorCode::kInput, "\"labels.a\" is taken", [&] {
    MakeTrainingForm(b.graph, {.heads = {{"a"}, {"a"}}});
  });
  ExpectError(ErrorCode::kInput, "a loss's weight cannot be -1", [&] {
    MakeTrainingForm(b.graph, {.heads = {{"a"}, {"b", -1.0f}}});
  });
}

/// The network's own resizing of one score is read by nobody any more.
TEST(MakeTrainingForm, TwoScoresForAHeadOfOne) {
  Builder b(3);
  b.graph.AddOutput(b.Node("scores", Resize{}, {b.Conv("score", b.x, 3, 1, test::Square(2, 2)), b.x}));
  const TrainingForm form = MakeTrainingForm(b.graph, {.class_weights = true});
  const std::string text = PrintGraph(form.graph);
  EXPECT_EQ(text.substr(text.find("input labels")),
            "input labels channels=1 type=int32\n"
            "two_classes_one = Softmax(score)\n"
            "two_classes_threshold = Scale(two_classes_one) factor=0\n"
            "two_classes_scores = Concat(two_classes_threshold, score)\n"
            "two_classes_resized = Resize(two_classes_scores, x)\n"
            "parameter class_weights 2\n"
            "loss = SoftmaxLoss(two_classes_resized, labels, class_weights)\n"
            "output loss\n");
  EXPECT_EQ(form.scores[0], form.graph.Find("scores"));
}

TEST(MakeTrainingForm, RefusesOtherNetworks) {
  const auto refused = [](const char* part, auto change) {
    Builder b(4);
    change(b);
    ExpectError(ErrorCode::kInput, part, [&] { MakeTrainingForm(b.graph, {.class_weights = true}); });
  };
  refused("without inputs or outputs", [](Builder&) {});
  refused("2 outputs cannot be trained with losses of 1 heads", [](Builder& b) {
    b.graph.AddOutput(b.x);
    b.graph.AddOutput(b.x);
  });
  refused("\"loss\" is taken", [](Builder& b) { b.graph.AddOutput(b.Node("loss", Relu{}, {b.x})); });
  refused("\"labels\" is taken", [](Builder& b) { b.graph.AddOutput(b.Node("labels", Relu{}, {b.x})); });
  refused("layer up (Deconv2d): a weight of shape 4 has too few dimensions", [](Builder& b) {
    b.graph.AddOutput(b.Node("up", Deconv2d{}, {b.x, b.graph.AddParameter("w", {4})}));
  });
}

TEST(InferChannels, AgreesWithInferShapes) {
  for (const Graph& graph : {test::TrainableNetwork(), test::ReferenceFcn8s()}) {
    const Nhwc image = graph.Find("fc") == kNoValue ? Nhwc{1, 320, 320, 3} : Nhwc{1, 11, 9, 3};
    const ByValue<Nhwc> shapes = InferShapes(graph, std::vector<Nhwc>{image});
    const ByValue<int64_t> channels = InferChannels(graph);
    for (ValueId id = 0; id < graph.value_count(); id++) {
      if (graph.value(id).kind == ValueKind::kParameter) continue;
      EXPECT_EQ(channels[id], shapes[id].c) << graph.value(id).name;
    }
  }
}

TEST(InferChannels, RefusesMoreThanCanBe) {
  Builder b;
  const ValueId weight = b.graph.AddParameter("w", {3, int64_t{1} << 38, 1, 1});
  b.Node("up", Deconv2d{test::Square(1, 1, 0, 1, 1 << 20)}, {b.x, weight});
  ExpectError(ErrorCode::kInput, "layer up (Deconv2d): it has more than", [&] { InferChannels(b.graph); });
  Builder joins;
  const ValueId part =
      joins.Node("part", Conv2d{}, {joins.x, joins.graph.AddParameter("w", {int64_t{1} << 39, 1, 1, 1})});
  joins.Node("joined", Concat{}, {part, part, part});
  ExpectError(ErrorCode::kInput, "layer joined (Concat): it has more than", [&] { InferChannels(joins.graph); });
}

}  // namespace
}  // namespace fcn
