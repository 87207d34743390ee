#include "graph/passes/passes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/passes/test_net.h"
#include "support/expect_error.h"

namespace fcn {
namespace {

using test::Builder;
using test::Case;
using test::ExpectError;
using test::kChannels;
using test::Net;
using test::Square;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(RemoveDropout, ReadersReadItsInput) {
  Net n;
  const ValueId conv = n.Conv("conv", n.x);
  const ValueId chain = n.Node("d2", Dropout{}, {n.Node("d1", Dropout{}, {conv})});
  n.Output(n.Add("sum", chain, n["d1"]));
  n.Output(chain);
  n.Output(n.Node("d3", Dropout{}, {n.x}));
  const Case c = Case(n).Run(RemoveDropout);
  EXPECT_THAT(c.Names(), ElementsAre("conv", "sum"));
  EXPECT_THAT(c["sum"].inputs, ElementsAre(conv, conv));
  EXPECT_THAT(c.lowered.outputs, ElementsAre(n["sum"], conv, n.x));
}

TEST(RemoveDropout, LetsTheOthersSeeThroughIt) {
  Net n;
  n.Output(n.Relu("relu", n.Node("drop", Dropout{}, {n.Conv("conv", n.x)})));
  EXPECT_THAT(Case(n).Run(FuseActivation).Names(), ElementsAre("conv", "drop", "relu"));
  EXPECT_THAT(Case(n).Run(RemoveDropout).Run(FuseActivation).Names(), ElementsAre("conv"));
}

TEST(FoldBatchNorm, IntoConvolutionsAndLinear) {
  Net n;
  n.Norm("bn", n.Conv("conv", n.x));
  n.Output(n.Builder::Norm("bn2", n.Linear("fc", n["bn"], kChannels, 7), 7));
  const Case c = Case(n).Run(FoldBatchNorm);
  EXPECT_THAT(c.Names(), ElementsAre("conv", "fc"));
  const TailBatchNorm expected{.parameters = {n["bn.weight"], n["bn.bias"], n["bn.mean"], n["bn.variance"]},
                               .epsilon = 1e-3f};
  EXPECT_EQ(c["conv"].tail, Tail(expected));
  EXPECT_EQ(c["conv"].output, n["bn"]);
  EXPECT_EQ(c["conv"].op, Op(Conv2d{}));
  EXPECT_THAT(c["fc"].inputs, ElementsAre(n["bn"], n["fc.weight"]));
  EXPECT_TRUE(c["fc"].tail.Has<TailBatchNorm>());
}

TEST(FoldBatchNorm, NotWhereTheSumIsReadOrIsNoSum) {
  Net read_twice;
  read_twice.Norm("bn", read_twice.Conv("conv", read_twice.x));
  read_twice.Output(read_twice.Add("sum", read_twice["bn"], read_twice["conv"]));
  EXPECT_THAT(Case(read_twice).Run(FoldBatchNorm).Names(), ElementsAre("conv", "bn", "sum"));

  Net output;
  output.Output(output.Norm("bn", output.Conv("conv", output.x)));
  output.Output(output["conv"]);
  EXPECT_THAT(Case(output).Run(FoldBatchNorm).Names(), ElementsAre("conv", "bn"));

  Net others;
  others.Norm("bn1", others.x);                                                                // of an input
  others.Norm("bn2", others.Relu("relu", others["bn1"]));                                      // of an activation
  others.Norm("bn3", others.Deconv("up", others["bn2"], kChannels, kChannels, Square(2, 2)));  // of an upsampling
  others.Output(others["bn3"]);
  EXPECT_THAT(Case(others).Run(FoldBatchNorm).Names(), ElementsAre("bn1", "relu", "bn2", "up", "bn3"));
}

TEST(FoldBatchNorm, OnlyTheFirstOfTwo) {
  Net n;
  n.Output(n.Norm("bn2", n.Norm("bn1", n.Conv("conv", n.x))));
  EXPECT_THAT(Case(n).Run(FoldBatchNorm).Names(), ElementsAre("conv", "bn2"));
}

TEST(FoldBatchNorm, NotBehindWhatWasFusedBefore) {
  Net n;
  n.Output(n.Norm("bn", n.Relu("relu", n.Conv("conv", n.x))));
  EXPECT_THAT(Case(n).Run(FuseActivation).Run(FoldBatchNorm).Names(), ElementsAre("conv", "bn"));
  Net m;
  m.Output(m.Norm("bn", m.Add("sum", m.Conv("conv", m.x), m.x)));
  EXPECT_THAT(Case(m).Run(FuseResidual).Run(FoldBatchNorm).Names(), ElementsAre("conv", "bn"));
}

TEST(FuseResidual, EitherInput) {
  for (bool swap : {false, true}) {
    Net n;
    const ValueId conv = n.Conv("conv", n.x);
    n.Output(swap ? n.Add("sum", n.x, conv) : n.Add("sum", conv, n.x));
    const Case c = Case(n).Run(FuseResidual);
    EXPECT_THAT(c.Names(), ElementsAre("conv"));
    EXPECT_EQ(c["conv"].tail.Get<TailResidual>(), TailResidual{n.x});
    EXPECT_EQ(c["conv"].output, n["sum"]);
  }
}

TEST(FuseResidual, MovesToTheAdditionsPlace) {
  Net n;
  const ValueId conv = n.Conv("conv", n.x);
  const ValueId pool = n.Node("pool", MaxPool{}, {n.x});
  n.Relu("relu", pool);
  n.Output(n.Add("sum", conv, n["relu"]));
  n.Output(n.Relu("after", n["sum"]));
  const Case c = Case(n).Run(FuseResidual);
  EXPECT_THAT(c.Names(), ElementsAre("pool", "relu", "conv", "after"));
  EXPECT_EQ(c["conv"].tail.Get<TailResidual>(), TailResidual{n["relu"]});
}

TEST(FuseResidual, OfTwoConvolutionsTheLaterTakesIt) {
  for (bool swap : {false, true}) {
    Net n;
    const ValueId first = n.Conv("first", n.x), second = n.Conv("second", n.x);
    n.Output(swap ? n.Add("sum", second, first) : n.Add("sum", first, second));
    const Case c = Case(n).Run(FuseResidual);
    EXPECT_THAT(c.Names(), ElementsAre("first", "second"));
    EXPECT_TRUE(c["first"].tail.empty());
    EXPECT_EQ(c["second"].tail.Get<TailResidual>(), TailResidual{first});
    EXPECT_EQ(c["second"].output, n["sum"]);
  }
}

TEST(FuseResidual, ChainsOfAdditions) {
  Net n;
  ValueId x = n.Conv("a", n.x);
  for (const char* name : {"b", "c", "d"}) x = n.Add(std::string("sum_") + name, x, n.Conv(name, n.x));
  n.Output(x);
  const Case c = Case(n).Run(FuseResidual);
  EXPECT_THAT(c.Names(), ElementsAre("a", "b", "c", "d"));
  EXPECT_EQ(c["b"].tail.Get<TailResidual>(), TailResidual{n["a"]});
  EXPECT_EQ(c["c"].tail.Get<TailResidual>(), TailResidual{n["sum_b"]});
  EXPECT_EQ(c["d"].tail.Get<TailResidual>(), TailResidual{n["sum_c"]});
}

TEST(FuseResidual, AConvolutionTakesOnlyOne) {
  Net n;
  n.Output(n.Add("sum2", n.Add("sum1", n.Conv("conv", n.x), n.x), n.x));
  const Case c = Case(n).Run(FuseResidual);
  EXPECT_THAT(c.Names(), ElementsAre("conv", "sum2"));
  EXPECT_THAT(c["sum2"].inputs, ElementsAre(n["sum1"], n.x));
}

TEST(FuseResidual, AValueAddedToItselfStays) {
  Net n;
  const ValueId conv = n.Conv("conv", n.x);
  n.Output(n.Add("sum", conv, conv));
  const Case c = Case(n).Run(FuseResidual);
  EXPECT_THAT(c.Names(), ElementsAre("conv", "sum"));
  EXPECT_THAT(c["sum"].inputs, ElementsAre(conv, conv));
}

TEST(FuseResidual, NotBehindAnActivation) {
  Net n;
  n.Output(n.Add("sum", n.Relu("relu", n.Conv("conv", n.x)), n.x));
  EXPECT_THAT(Case(n).Run(FuseResidual).Names(), ElementsAre("conv", "relu", "sum"));
  EXPECT_THAT(Case(n).Run(FuseActivation).Run(FuseResidual).Names(), ElementsAre("conv", "sum"));
}

TEST(FuseResidual, BehindABatchNormThatWasFolded) {
  Net n;
  n.Output(n.Add("sum", n.x, n.Norm("bn", n.Conv("conv", n.x))));
  EXPECT_THAT(Case(n).Run(FuseResidual).Names(), ElementsAre("conv", "bn", "sum"));
  const Case c = Case(n).Run(FoldBatchNorm).Run(FuseResidual);
  EXPECT_THAT(c.Names(), ElementsAre("conv"));
  EXPECT_EQ(c["conv"].tail.Get<TailResidual>(), TailResidual{n.x});
  EXPECT_TRUE(c["conv"].tail.Has<TailBatchNorm>());
}

TEST(FuseResidual, NotWhereTheSumIsReadElsewhere) {
  Net output;
  output.Output(output.Add("sum", output.Conv("conv", output.x), output.x));
  output.Output(output["conv"]);
  EXPECT_THAT(Case(output).Run(FuseResidual).Names(), ElementsAre("conv", "sum"));

  Net reader;
  reader.Relu("relu", reader.Conv("conv", reader.x));
  reader.Output(reader.Add("sum", reader["conv"], reader["relu"]));
  EXPECT_THAT(Case(reader).Run(FuseResidual).Names(), ElementsAre("conv", "relu", "sum"));
}

TEST(FuseResidual, KeepsAnAdditionsActivation) {
  Net n;
  n.Output(n.Relu("relu", n.Add("sum", n.Conv("conv", n.x), n.x)));
  const Case c = Case(n).Run(FuseActivation).Run(FuseResidual);
  EXPECT_THAT(c.Names(), ElementsAre("conv"));
  EXPECT_EQ(c["conv"].tail, (Tail{TailResidual{n.x}, TailActivation{Activation::kRelu}}));
  EXPECT_EQ(c["conv"].output, n["relu"]);
}

TEST(FuseResidual, IntoTransposedConvolutionsToo) {
  Net n;
  const ValueId up = n.Deconv("up", n.x, kChannels, kChannels, Square(2, 2));
  n.Output(n.Add("sum", up, n.Node("crop", Crop{}, {n.Conv("skip", n.x), up})));
  EXPECT_THAT(Case(n).Run(FuseResidual).Names(), ElementsAre("up", "skip", "crop", "sum"));  // the crop reads it too
  Net m;
  m.Output(m.Add("sum", m.Deconv("up", m.x, kChannels, kChannels, Square(2, 2)), m.Node("wide", Resize{}, {m.x, m.x})));
  EXPECT_THAT(Case(m).Run(FuseResidual).Names(), ElementsAre("wide", "up"));
}

TEST(FuseActivation, IntoEveryStepThatSupportsOne) {
  Net n;
  n.Relu("r1", n.Conv("conv", n.x));
  n.Node("r2", Relu6{}, {n.Add("sum", n["r1"], n.x)});
  n.Relu("r3", n.Deconv("up", n["r2"], kChannels, kChannels, Square(2, 2)));
  n.Relu("r4", n.Norm("bn", n["r3"]));
  n.Output(n.Node("r5", Relu6{}, {n.Linear("fc", n["r4"], kChannels, 7)}));
  const Case c = Case(n).Run(FuseActivation);
  EXPECT_THAT(c.Names(), ElementsAre("conv", "sum", "up", "bn", "fc"));
  EXPECT_EQ(ActivationOf(c["conv"].tail), Activation::kRelu);
  EXPECT_EQ(ActivationOf(c["sum"].tail), Activation::kRelu6);
  EXPECT_EQ(ActivationOf(c["up"].tail), Activation::kRelu);
  EXPECT_EQ(ActivationOf(c["bn"].tail), Activation::kRelu);
  EXPECT_EQ(ActivationOf(c["fc"].tail), Activation::kRelu6);
  EXPECT_EQ(c["fc"].output, n["r5"]);
  EXPECT_THAT(c["sum"].inputs, ElementsAre(n["r1"], n.x));
}

TEST(FuseActivation, OfAnyKindWhereSumsAreStored) {
  Net n;
  n.Node("f1", HardSwish{}, {n.Conv("conv", n.x)});
  n.Node("f2", Sigmoid{}, {n.Add("sum", n["f1"], n.x)});
  n.Node("f3", Tanh{}, {n.Deconv("up", n["f2"], kChannels, kChannels, Square(2, 2))});
  n.Node("f4", HardSigmoid{}, {n.Norm("bn", n["f3"])});
  n.Output(n.Node("f5", Tanh{}, {n.Linear("fc", n["f4"], kChannels, 7)}));
  const Case c = Case(n).Run(FuseActivation);
  EXPECT_THAT(c.Names(), ElementsAre("conv", "sum", "up", "f3", "bn", "fc"));
  EXPECT_EQ(ActivationOf(c["conv"].tail), Activation::kHardSwish);
  EXPECT_EQ(ActivationOf(c["sum"].tail), Activation::kSigmoid);
  EXPECT_EQ(ActivationOf(c["bn"].tail), Activation::kHardSigmoid);
  EXPECT_EQ(ActivationOf(c["fc"].tail), Activation::kTanh);
}

TEST(FuseActivation, WithItsSlopes) {
  Net n;
  n.Node("f1", LeakyRelu{.slope = 0.2f}, {n.Conv("conv", n.x)});
  const ValueId slopes = n.graph.AddParameter("slopes", {kChannels});
  n.Output(n.Node("f2", PRelu{}, {n.Add("sum", n.Conv("second", n["f1"]), n.x), slopes}));
  const Case c = Case(n).Run(FuseActivation).Run(FuseResidual);
  EXPECT_THAT(c.Names(), ElementsAre("conv", "second"));
  EXPECT_EQ(ActivationOf(c["conv"].tail), (TailActivation{Activation::kLeakyRelu, 0.2f, kNoValue}));
  EXPECT_EQ(ActivationOf(c["second"].tail), (TailActivation{Activation::kLeakyRelu, 0, slopes}));
}

TEST(FuseActivation, NotASecondOneNorBehindOtherSteps) {
  Net n;
  n.Node("r2", Relu6{}, {n.Relu("r1", n.Conv("conv", n.x))});
  n.Output(n.Relu("r3", n.Node("pool", MaxPool{}, {n["r2"]})));
  n.Output(n.Relu("r4", n.x));
  EXPECT_THAT(Case(n).Run(FuseActivation).Names(), ElementsAre("conv", "r2", "pool", "r3", "r4"));
}

TEST(FuseActivation, NotWhereWhatComesBetweenIsRead) {
  Net reader;
  reader.Relu("relu", reader.Conv("conv", reader.x));
  reader.Output(reader.Add("sum", reader["relu"], reader["conv"]));
  EXPECT_THAT(Case(reader).Run(FuseActivation).Names(), ElementsAre("conv", "relu", "sum"));
  Net output;
  output.Output(output.Conv("conv", output.x));
  output.Output(output.Relu("relu", output["conv"]));
  EXPECT_THAT(Case(output).Run(FuseActivation).Names(), ElementsAre("conv", "relu"));
  Net residual;  // the residual of another step is a reader too
  residual.Conv("b", residual.x);
  residual.Output(residual.Add("sum", residual["b"], residual.Conv("a", residual.x)));
  residual.Output(residual.Relu("relu", residual["b"]));
  EXPECT_THAT(Case(residual).Run(FuseResidual).Run(FuseActivation).Names(), ElementsAre("b", "a", "relu"));
}

TEST(FuseArgmax, IntoAResizeThatNothingElseReads) {
  Net n;
  const ValueId up = n.Node("up", Resize{}, {n.Conv("score", n.x), n.x});
  n.Output(n.Node("labels", Argmax{}, {up}));
  const Case c = Case(n).Run(FuseArgmax);
  EXPECT_THAT(c.Names(), ElementsAre("score", "up"));
  EXPECT_EQ(c["up"].tail, Tail(TailArgmax()));
  EXPECT_EQ(c["up"].output, n["labels"]);
  n.Output(up);  // the scores are wanted as well
  EXPECT_THAT(Case(n).Run(FuseArgmax).Names(), ElementsAre("score", "up", "labels"));
}

TEST(FuseArgmax, NotIntoOtherSteps) {
  Net n;
  n.Output(n.Node("labels", Argmax{}, {n.Conv("score", n.x)}));
  n.Output(n.Node("of_input", Argmax{}, {n.x}));
  EXPECT_THAT(Case(n).Run(FuseArgmax).Names(), ElementsAre("score", "labels", "of_input"));
}

/// An inverted residual block of EfficientNet-lite: three steps are left of nine.
TEST(RunPasses, ABlockOfThreeConvolutions) {
  Net n;
  ValueId x = n.Node("relu1", Relu6{}, {n.Norm("bn1", n.Conv("expand", n.x))});
  x = n.Node("relu2", Relu6{}, {n.Norm("bn2", n.Conv("depthwise", x))});
  x = n.Norm("bn3", n.Conv("project", x));
  n.Output(n.Node("drop", Dropout{}, {n.Add("sum", x, n.x)}));
  Case c(n);
  const std::vector<PassTiming> timings = RunPasses(c.lowered);
  EXPECT_THAT(c.Names(), ElementsAre("expand", "depthwise", "project"));
  EXPECT_EQ(c["project"].tail.Get<TailResidual>(), TailResidual{n.x});
  EXPECT_EQ(ActivationOf(c["project"].tail), Activation::kNone);
  EXPECT_THAT(c.lowered.outputs, ElementsAre(n["sum"]));
  ASSERT_EQ(timings.size(), AllPasses().size());
  for (size_t i = 0; i < timings.size(); i++) {
    EXPECT_EQ(timings[i].name, AllPasses()[i].name);
    EXPECT_GE(timings[i].milliseconds, 0);
  }
}

TEST(RunPasses, SkipsWhatIsDisabled) {
  Net n;
  n.Output(n.Node("drop", Dropout{}, {n.Relu("relu", n.Norm("bn", n.Conv("conv", n.x)))}));
  const auto names = [&](const std::vector<std::string>& disabled) {
    Case c(n);
    EXPECT_EQ(RunPasses(c.lowered, disabled).size(), AllPasses().size() - disabled.size());
    return c.Names();
  };
  EXPECT_THAT(names({}), ElementsAre("conv"));
  EXPECT_THAT(names({"fold-batch-norm"}), ElementsAre("conv", "bn"));
  EXPECT_THAT(names({"fuse-activation"}), ElementsAre("conv", "relu"));
  EXPECT_THAT(names({"remove-dropout", "fuse-residual"}), ElementsAre("conv", "drop"));
  EXPECT_THAT(names({"remove-dropout", "fold-batch-norm", "fuse-residual", "fuse-activation"}),
              ElementsAre("conv", "bn", "relu", "drop"));
}

TEST(RunPasses, RefusesNamesThatAreNoPass) {
  Net n;
  n.Output(n.Conv("conv", n.x));
  Case c(n);
  ExpectError(ErrorCode::kUsage, "there is no pass \"fuse-everything\"",
              [&] { RunPasses(c.lowered, {"fuse-everything"}); });
  ExpectError(ErrorCode::kUsage,
              "remove-dropout, fold-batch-norm, fuse-crop, fuse-residual, fuse-activation, fuse-max-pool, "
              "fuse-bottleneck, fuse-argmax, fuse-activation-gradient, fuse-loss",
              [&] { RunPasses(c.lowered, {""}); });
}

TEST(RunPasses, VerifiesWhatItIsGiven) {
  Net n;
  n.Output(n.Conv("conv", n.x));
  Case c(n);
  c.lowered.outputs = {n["conv.weight"]};
  ExpectError(ErrorCode::kInternal, "conv.weight", [&] { RunPasses(c.lowered); });
}

TEST(RunPasses, AGraphOfNothing) {
  Lowered lowered = Lower(std::make_shared<Graph>());
  RunPasses(lowered);
  EXPECT_THAT(lowered.steps, IsEmpty());
}

}  // namespace
}  // namespace fcn
