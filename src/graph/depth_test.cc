#include "graph/depth.h"

#include <gtest/gtest.h>

#include "graph/shapes.h"
#include "graph/test_graphs.h"

namespace fcn {
namespace {

using test::Builder;
using test::Square;

CoarsestMap CoarsestAt(const Graph& graph, int64_t side) {
  const ByValue<Nhwc> shapes =
      InferShapes(graph, std::vector<Nhwc>{{1, side, side, graph.value(graph.inputs()[0]).channels}});
  return CoarsestMapOf(graph, InferCoordinates(graph, shapes));
}

TEST(WeightedLayers, TheLongestPathCounts) {
  Builder b(4);
  b.Conv("short", b.x, 4, 6);
  b.Conv("long3", b.Node("relu", Relu{}, {b.Conv("long2", b.Conv("long1", b.x, 4, 5), 5, 5)}), 5, 6);
  b.graph.AddOutput(b["short"]);
  EXPECT_EQ(WeightedLayers(b.graph), 1);
  b.graph.AddOutput(b.Node("sum", Add{}, {b["short"], b["long3"]}));
  EXPECT_EQ(WeightedLayers(b.graph), 3);
}

TEST(WeightedLayers, UpsamplingAndWhatOnlyLendsItsSizeDoNot) {
  Builder b(4);
  const ValueId up = b.Deconv("up", b.Conv("coarse", b.x, 4, 6, Square(2, 2)), 6, 6, Square(2, 2));
  b.Conv("deep2", b.Conv("deep1", b.x, 4, 4), 4, 4);
  b.graph.AddOutput(b.Node("cropped", Crop{}, {up, b["deep2"]}));
  EXPECT_EQ(WeightedLayers(b.graph), 1);
}

TEST(WeightedLayers, ThePapersNetwork) { EXPECT_EQ(WeightedLayers(test::ReferenceFcn8s()), 16); }

TEST(CoarsestMap, ThePapersNetwork) {
  const CoarsestMap map = CoarsestAt(test::ReferenceFcn8s(), 500);
  EXPECT_EQ(map.stride, 32);
  EXPECT_EQ(map.receptive_field, 404);  // Table 1
}

TEST(CoarsestMap, RowsHaveNoStride) {
  Builder b(3);
  b.Node("pool", MaxPool{.kernel = {2, 2}, .stride = {2, 2}, .padding = {}},
         {b.Conv("conv", b.x, 3, 4, Square(3, 1, 1))});
  b.graph.AddOutput(b.Linear("fc", b["pool"], 4 * 4 * 4, 5));
  const CoarsestMap map = CoarsestAt(b.graph, 8);
  EXPECT_EQ(map.stride, 2);
  EXPECT_EQ(map.receptive_field, 4 + 3 * 2);
}

}  // namespace
}  // namespace fcn
