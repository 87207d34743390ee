#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/passes/passes.h"
#include "graph/passes/test_net.h"

namespace fcn {
namespace {

using test::Case;
using test::kChannels;
using test::Net;
using test::Square;
using ::testing::ElementsAre;

/// Scores that are resized into a loss, and its gradient, as Differentiate writes it.
struct LossNet : Net {
  explicit LossNet(SoftmaxLossGradient op = {}, bool weighted = false) : labels(Labels()) {
    Conv("coarse", x);
    Node("up", Resize{}, {(*this)["coarse"], x});
    std::vector<ValueId> inputs = {(*this)["up"], labels};
    if (weighted) inputs.push_back(graph.AddParameter("class_weights", {kChannels}));
    Output(Node("loss", SoftmaxLoss{}, inputs));
    Node("d.up", op, inputs);
    Node("d.coarse", ResizeGradient{}, {(*this)["d.up"], (*this)["coarse"]});
    Output(Node("d.conv", ConvWeightGradient{}, {(*this)["d.coarse"], x}));
  }
  ValueId labels;
};

TEST(FuseLoss, IntoTheResize) {
  for (const bool weighted : {false, true}) {
    const LossNet n({}, weighted);
    const Case c = Case(n).Run(FuseLoss);
    EXPECT_THAT(c.Names(), ElementsAre("coarse", "up", "d.conv"));
    EXPECT_EQ(c["up"].output, n["d.coarse"]);
    EXPECT_THAT(c["up"].inputs, ElementsAre(n["coarse"], n.x));
    const TailLoss expected{
        .op = {}, .labels = n.labels, .class_weights = weighted ? n["class_weights"] : kNoValue, .loss = n["loss"]};
    EXPECT_EQ(c["up"].tail.Get<TailLoss>(), expected);
    EXPECT_THAT(c.lowered.outputs, ElementsAre(n["loss"], n["d.conv"]));
  }
}

/// The same with a transposed convolution and a crop.
struct DeconvLossNet : Net {
  DeconvLossNet() : labels(Labels()) {
    Deconv("up", Conv("coarse", x), kChannels, kChannels, Square(4, 2));
    Node("crop", Crop{}, {(*this)["up"], x});
    const std::vector<ValueId> inputs = {(*this)["crop"], labels};
    Output(Node("loss", SoftmaxLoss{}, inputs));
    Node("d.crop", SoftmaxLossGradient{}, inputs);
    Node("d.up", CropGradient{}, {(*this)["d.crop"], (*this)["up"], x});
    Output(Node("d.weight", ConvWeightGradient{Square(4, 2)}, {(*this)["coarse"], (*this)["d.up"]}));
  }
  ValueId labels;
};

/// The whole is still a "like" of the crop's gradient, though no step writes it.
TEST(FuseLoss, IntoTheTransposedConvolution) {
  const DeconvLossNet n;
  const Case c = Case(n).Run(FuseCrop).Run(FuseLoss);
  EXPECT_THAT(c.Names(), ElementsAre("coarse", "up", "d.up", "d.weight"));
  EXPECT_EQ(c["up"].output, n["d.crop"]);
  EXPECT_EQ(c["up"].tail.Get<TailCrop>(), (TailCrop{.whole = n["up"], .like = n.x}));
  EXPECT_EQ(c["up"].tail.Get<TailLoss>(), (TailLoss{.op = {}, .labels = n.labels, .loss = n["loss"]}));
  EXPECT_NO_THROW(Verify(c.lowered));
  DeconvLossNet read;
  read.Output(read["crop"]);
  EXPECT_THAT(Case(read).Run(FuseCrop).Run(FuseLoss).Names(),
              ElementsAre("coarse", "up", "loss", "d.crop", "d.up", "d.weight"));
}

TEST(FuseLoss, OnlyWhereNothingElseIsAtFullResolution) {
  const auto names = [](const LossNet& n) { return Case(n).Run(FuseLoss).Names().size(); };
  LossNet scores, gradient, reader;
  scores.Output(scores["up"]);
  gradient.Output(gradient["d.up"]);
  reader.Output(reader.Node("argmax", Argmax{}, {reader["up"]}));
  EXPECT_EQ(names(scores), 6u);
  EXPECT_EQ(names(gradient), 6u);
  EXPECT_EQ(names(reader), 7u);
  EXPECT_EQ(names(LossNet({.ignore_label = 0})), 6u);
  EXPECT_EQ(names(LossNet({.mean = false})), 6u);
  EXPECT_EQ(names(LossNet({.weight = 2})), 6u);
}

TEST(FuseLoss, TheOthersKeepIt) {
  const LossNet n;
  Case c = Case(n).Run(FuseLoss);
  const std::vector<std::string> names = c.Names();
  for (int round = 0; round < 2; round++) RunPasses(c.lowered);
  EXPECT_EQ(c.Names(), names);
  EXPECT_TRUE(c["up"].tail.Has<TailLoss>());
}

}  // namespace
}  // namespace fcn
