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

/// What FCNs upsample by and crop.
struct CroppedNet : Net {
  CroppedNet() {
    Deconv("up", Conv("coarse", x), kChannels, kChannels, Square(4, 2));
    Node("crop", Crop{}, {(*this)["up"], x});
  }
};

TEST(FuseCrop, IntoATransposedConvolutionAndTheRestBehindIt) {
  CroppedNet n;
  n.Output(n.Node("labels", Argmax{}, {n.Add("sum", n["crop"], n.x)}));
  const Case cropped = Case(n).Run(FuseCrop);
  EXPECT_THAT(cropped.Names(), ElementsAre("coarse", "up", "sum", "labels"));
  EXPECT_EQ(cropped["up"].output, n["crop"]);
  EXPECT_EQ(cropped["up"].tail.Get<TailCrop>(), (TailCrop{.whole = n["up"], .like = n.x}));
  const Case c = Case(n).Run(FuseCrop).Run(FuseResidual).Run(FuseArgmax);
  EXPECT_THAT(c.Names(), ElementsAre("coarse", "up"));
  EXPECT_EQ(c["up"].output, n["labels"]);
  EXPECT_EQ(c["up"].tail.Get<TailResidual>(), TailResidual{n.x});
  EXPECT_TRUE(c["up"].tail.Has<TailArgmax>() && c["up"].tail.Has<TailCrop>());
}

TEST(FuseCrop, NotWhereTheWholeIsReadOrHasATail) {
  CroppedNet read;
  read.Output(read["crop"]);
  read.Output(read["up"]);
  EXPECT_THAT(Case(read).Run(FuseCrop).Names(), ElementsAre("coarse", "up", "crop"));
  Net relu;
  relu.Relu("relu", relu.Deconv("up", relu.x, kChannels, kChannels, Square(4, 2)));
  relu.Output(relu.Node("crop", Crop{}, {relu["relu"], relu.x}));
  EXPECT_THAT(Case(relu).Run(FuseActivation).Run(FuseCrop).Names(), ElementsAre("up", "crop"));
  Net conv;
  conv.Output(conv.Node("crop", Crop{}, {conv.Conv("conv", conv.x), conv.x}));
  EXPECT_THAT(Case(conv).Run(FuseCrop).Names(), ElementsAre("conv", "crop"));
}

}  // namespace
}  // namespace fcn
