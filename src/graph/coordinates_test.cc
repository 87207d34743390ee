#include "graph/coordinates.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "graph/shapes.h"
#include "graph/test_graphs.h"
#include "support/expect_error.h"

namespace fcn {
namespace {

using test::Builder;
using test::ExpectError;
using test::Square;

class Maps {
 public:
  Maps(const Graph& graph, Nhwc input)
      : graph_(graph), maps_(InferCoordinates(graph, InferShapes(graph, std::vector<Nhwc>{input}))) {}
  const CoordinateMap& operator[](const std::string& name) const { return maps_[graph_.Find(name)]; }

 private:
  Graph graph_;
  ByValue<CoordinateMap> maps_;
};

TEST(InferCoordinates, TheReferenceNetworksCropsComeOut) {
  const Graph graph = test::ReferenceFcn8s();
  for (int64_t size : {500, 317}) {
    const Maps maps(graph, {1, size, size + 64, 3});
    const auto crop = [&](const char* x, const char* like) { return CropOffsetOf(maps[x], maps[like]); };
    EXPECT_EQ(crop("score_pool4", "upscore2"), (CropOffset{5, 5}));
    EXPECT_EQ(crop("score_pool3", "upscore_pool4"), (CropOffset{9, 9}));
    EXPECT_EQ(crop("up_score8", "x"), (CropOffset{31, 31}));
    EXPECT_EQ(crop("up_score16", "x"), (CropOffset{27, 27}));
    EXPECT_EQ(crop("up_score32", "x"), (CropOffset{19, 19}));
    for (const char* score : {"score8", "score16", "score32"}) {
      EXPECT_EQ(maps[score].y.scale, 1) << score;
      EXPECT_EQ(maps[score].x.offset, 0) << score;
    }
  }
}

TEST(InferCoordinates, ReceptiveFieldsOfVgg16) {
  const Maps maps(test::ReferenceFcn8s(), {1, 500, 500, 3});
  struct Row {
    const char* name;
    double scale, receptive_field;
  };
  // The published figures for VGG16.
  for (const Row& row :
       {Row{"conv1_1", 1, 3}, Row{"conv1_2", 1, 5}, Row{"pool1", 2, 6}, Row{"conv2_2", 2, 14}, Row{"pool2", 4, 16},
        Row{"conv3_3", 4, 40}, Row{"pool3", 8, 44}, Row{"conv4_3", 8, 92}, Row{"pool4", 16, 100},
        Row{"conv5_3", 16, 196}, Row{"pool5", 32, 212}, Row{"fc6", 32, 404}, Row{"fc7", 32, 404}}) {
    EXPECT_EQ(maps[row.name].y.scale, row.scale) << row.name;
    EXPECT_EQ(maps[row.name].y.receptive_field, row.receptive_field) << row.name;
    EXPECT_EQ(maps[row.name].x, maps[row.name].y) << row.name;
  }
}

TEST(InferCoordinates, OneLayerByHand) {
  ConvGeometry same = Square(3, 2);  // TensorFlow's SAME for even sizes: nothing before, one after
  same.padding = {0, 1, 1, 2};
  same.kernel.w = 5;
  Builder conv(1);
  conv.Conv("y", conv.x, 1, 1, same);
  EXPECT_EQ(Maps(conv.graph, {1, 8, 8, 1})["y"], (CoordinateMap{{2, 1, 3}, {2, 1, 5}}));

  ConvGeometry dilated = Square(3, 1, 4);
  dilated.dilation = {4, 2};
  Builder wide(1);
  wide.Conv("y", wide.x, 1, 1, dilated);
  EXPECT_EQ(Maps(wide.graph, {1, 9, 9, 1})["y"], (CoordinateMap{{1, 0, 9}, {1, -2, 5}}));

  Builder pools(1);
  pools.Node("y", MaxPool{.kernel = {2, 3}, .stride = {2, 2}, .padding = {0, 0, 1, 1}, .ceil = true}, {pools.x});
  pools.Node("z", AveragePool{.kernel = {3, 2}, .stride = {1, 2}, .padding = {}}, {pools.x});
  const Maps pooled(pools.graph, {1, 9, 9, 1});
  EXPECT_EQ(pooled["y"], (CoordinateMap{{2, 0.5, 2}, {2, 0, 3}}));
  EXPECT_EQ(pooled["z"], (CoordinateMap{{1, 1, 3}, {2, 0.5, 2}}));

  Builder up(1);
  up.Deconv("y", up.x, 1, 1, {.kernel = {4, 3}, .stride = {2, 2}, .dilation = {}, .padding = {1, 1, 0, 0}});
  EXPECT_EQ(Maps(up.graph, {1, 5, 5, 1})["y"], (CoordinateMap{{0.5, -0.25, 2.5}, {0.5, -0.5, 2}}));
}

TEST(InferCoordinates, WholeMaps) {
  Builder b(2);
  b.Node("mean", GlobalAveragePool{}, {b.x});
  b.Linear("fc", b.x, 2 * 7 * 10, 3);
  b.Node("back", Resize{}, {b["mean"], b.x});
  const Maps maps(b.graph, {1, 7, 10, 2});
  EXPECT_EQ(maps["mean"], (CoordinateMap{{7, 3, 7}, {10, 4.5, 10}}));
  EXPECT_EQ(maps["fc"], maps["mean"]);
  // A map of one pixel, resized, lies on the grid that it is resized to.
  EXPECT_EQ(maps["back"].y.scale, 1);
  EXPECT_EQ(maps["back"].y.offset, 0);
  EXPECT_NEAR(maps["back"].x.scale, 1, 1e-12);
  EXPECT_NEAR(maps["back"].x.offset, 0, 1e-12);
}

TEST(InferCoordinates, ResizeComposesTheRatioOfSizes) {
  const auto resized = [](int64_t from, int64_t to) {
    Builder b(1);
    const ValueId x = b.Conv("x1", b.x, 1, 1, Square(1, static_cast<int>((to + from - 1) / from)));
    b.Node("y", Resize{}, {x, b.x});
    return Maps(b.graph, {1, to, to, 1})["y"].y;
  };
  EXPECT_EQ(resized(4, 8), (AxisMap{1, -0.5, 4}));  // x1 is 2·i; ½·i − ¼ of it; ¾ of a sample to either side
  EXPECT_EQ(resized(9, 9), (AxisMap{1, 0, 1}));
  Builder down(1);
  down.Node("half", MaxPool{.kernel = {1, 1}, .stride = {3, 2}, .padding = {}}, {down.x});
  down.Node("y", Resize{}, {down.x, down["half"]});
  const Maps maps(down.graph, {1, 9, 8, 1});
  EXPECT_EQ(maps["y"].y, (AxisMap{3, 1, 1}));    // hits the middle of three
  EXPECT_EQ(maps["y"].x, (AxisMap{2, 0.5, 2}));  // between two
}

/// How far from its centre each output of a bilinear resize reads, sample by sample.
double FarthestRead(int64_t from, int64_t to) {
  double farthest = 0;
  for (int64_t i = 0; i < to; i++) {
    // The position times 2·to, so that whether it hits a sample is told exactly.
    const int64_t position = (2 * i + 1) * from - to, whole = 2 * to;
    const int64_t part = ((position % whole) + whole) % whole;
    if (part != 0)
      farthest = std::max(farthest, static_cast<double>(std::max(part, whole - part)) / static_cast<double>(whole));
  }
  return farthest;
}

TEST(InferCoordinates, AResizesReceptiveFieldIsWhatItReads) {
  for (int64_t from = 1; from <= 9; from++)
    for (int64_t to = 1; to <= 9; to++) {
      Builder b(1);
      const int kernel = static_cast<int>(10 - from);
      const ValueId x = b.Node("from", MaxPool{.kernel = {kernel, 1}, .stride = {}, .padding = {}}, {b.x});
      const int other = static_cast<int>(10 - to);
      b.Node("y", Resize{}, {x, b.Node("to", MaxPool{.kernel = {other, 1}, .stride = {}, .padding = {}}, {b.x})});
      EXPECT_NEAR(Maps(b.graph, {1, 9, 1, 1})["y"].y.receptive_field, kernel + 2 * FarthestRead(from, to), 1e-9)
          << from << " to " << to;
    }
}

TEST(InferCoordinates, CropShiftsByItsOffset) {
  Builder b(1);
  b.Node("y", Crop{}, {b.Conv("wide", b.x, 1, 1, Square(1, 1, 4)), b.Conv("narrow", b.x, 1, 1, Square(3))});
  const Maps maps(b.graph, {1, 8, 8, 1});
  EXPECT_EQ(maps["wide"].y, (AxisMap{1, -4, 1}));
  EXPECT_EQ(CropOffsetOf(maps["wide"], maps["narrow"]), (CropOffset{5, 5}));
  EXPECT_EQ(maps["y"].y, (AxisMap{1, 1, 1}));
}

TEST(InferCoordinates, ACropThatSaysWhereItBeginsShiftsByThat) {
  Builder b(1);
  b.Node("y", Crop{.at = {3, 0}},
         {b.Conv("wide", b.x, 1, 1, Square(1, 1, 4)), b.Conv("half", b.x, 1, 1, Square(1, 2))});
  const Maps maps(b.graph, {1, 8, 8, 1});
  EXPECT_EQ(maps["y"].y, (AxisMap{1, -1, 1}));
  EXPECT_EQ(maps["y"].x, (AxisMap{1, -4, 1}));
}

TEST(InferCoordinates, SumsHaveTheMapOfTheSharpestInput) {
  Builder b(1);
  const ValueId wide = b.Conv("wide", b.x, 1, 1, Square(7, 1, 3));
  ConvGeometry shifted = Square(3);
  shifted.padding = {0, 2, 1, 1};
  const ValueId sharp = b.Conv("sharp", b.x, 1, 1, shifted);
  b.Node("sum", Add{}, {wide, sharp});
  b.Node("joined", Concat{}, {sharp, wide, wide});
  const Maps maps(b.graph, {1, 8, 8, 1});
  EXPECT_EQ(maps["sum"].y, (AxisMap{1, 1, 9}));  // centred at 1, and yet seeing -3 to 3
  EXPECT_EQ(maps["sum"].x, (AxisMap{1, 0, 7}));
  EXPECT_EQ(maps["joined"], maps["sum"]);
}

/// Each pixel of a product with a single pixel sees all that this sees, from its own place.
TEST(InferCoordinates, AProductWithAPixelSeesAllOfIt) {
  Builder b(1);
  b.Node("product", Multiply{}, {b.x, b.Node("mean", GlobalAveragePool{}, {b.x})});
  const Maps maps(b.graph, {1, 7, 5, 1});
  EXPECT_EQ(maps["product"].y, (AxisMap{1, 0, 7 + 2 * 3}));
  EXPECT_EQ(maps["product"].x, (AxisMap{1, 0, 5 + 2 * 2}));
}

TEST(InferCoordinates, InputsOfASumSeeTheSamePlace) {
  Builder apart(1);
  ConvGeometry before = Square(1), after = Square(1);
  before.padding = {3, 0, 0, 0}, after.padding = {0, 3, 0, 0};
  apart.Node("sum", Add{}, {apart.Conv("a", apart.x, 1, 1, before), apart.Conv("b", apart.x, 1, 1, after)});
  ExpectError(ErrorCode::kInput, "layer sum (Add): its inputs see different places along y: 1 * i - 3 and 1 * i + 0",
              [&] {
                Maps(apart.graph, {1, 4, 4, 1});
              });
  const auto join = [](ConvGeometry a, ConvGeometry b) {
    Builder two(1);
    two.Node("join", Concat{}, {two.Conv("a", two.x, 1, 1, a), two.Conv("b", two.x, 1, 1, b)});
    return Maps(two.graph, {1, 33, 33, 1})["join"];
  };
  ConvGeometry every_third = Square(1, 3);
  every_third.padding = {0, 16, 0, 16};
  ExpectError(ErrorCode::kInput,
              "layer join (Concat): its inputs see different places along y: 2 * i + 0 and 3 * i + 0",
              [&] { join(Square(1, 2), every_third); });
  // 2 * i and 1 * i + 8 are never more than 8 apart, and the second sees 8.5 to either side.
  EXPECT_EQ(join(Square(1, 2), Square(17)).y, (AxisMap{2, 0, 33}));
}

/// FCNs whose skips are resized to the finer map must pass for every size of image: odd sizes shift the grids.
TEST(InferCoordinates, ResizedSkipsFitAtEverySize) {
  for (bool same : {true, false})
    for (int64_t size = 16; size < 200; size++) {
      Builder b(1);
      ConvGeometry down = Square(3, 2);
      down.padding = {0, 1, 0, 1};
      std::vector<ValueId> levels = {b.x};
      for (int level = 1; level <= 4; level++) {
        const std::string name = "level" + std::to_string(level);
        levels.push_back(same ? b.Conv(name, levels.back(), 1, 1, down)
                              : b.Node(name, MaxPool{.kernel = {2, 2}, .stride = {2, 2}, .padding = {}, .ceil = true},
                                       {levels.back()}));
      }
      ValueId score = levels[4];
      for (size_t level : {3, 2, 1}) {
        const std::string suffix = std::to_string(level);
        score = b.Node("sum" + suffix, Add{}, {b.Node("up" + suffix, Resize{}, {score, levels[level]}), levels[level]});
      }
      b.Node("score", Resize{}, {score, b.x});
      EXPECT_NO_THROW(Maps(b.graph, {1, size, 16, 1})) << size << same;
    }
}

TEST(CropOffsetOf, RefusesGridsThatDoNotMeet) {
  const auto map = [](double scale, double offset) { return CoordinateMap{{scale, offset, 1}, {scale, offset, 1}}; };
  EXPECT_EQ(CropOffsetOf(map(8, 1), map(8, 17)), (CropOffset{2, 2}));
  EXPECT_EQ(CropOffsetOf({{1, -2, 1}, {4, 0, 1}}, {{1, 5, 1}, {4, -8, 1}}), (CropOffset{7, -2}));
  EXPECT_EQ(CropOffsetOf(map(1 / 3., 1 / 3.), map(1 / 3., 8 / 3.)), (CropOffset{7, 7}));  // rounding is forgiven
  ExpectError(ErrorCode::kInput, "grid 8 * i + 1 onto the grid 8 * i + 5", [&] { CropOffsetOf(map(8, 1), map(8, 5)); });
  ExpectError(ErrorCode::kInput, "grid 8 * i + 0 onto the grid 4 * i + 0", [&] { CropOffsetOf(map(8, 0), map(4, 0)); });
  EXPECT_THROW(CropOffsetOf(map(1, 0), map(1, 1e12)), Error);
  EXPECT_THROW(CropOffsetOf(map(INFINITY, 0), map(INFINITY, NAN)), Error);
}

}  // namespace
}  // namespace fcn
