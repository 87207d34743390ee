#include "graph/cost.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "graph/shapes.h"
#include "graph/test_graphs.h"
#include "support/expect_error.h"

namespace fcn {
namespace {

using test::Builder;
using test::Square;
using ::testing::ElementsAre;

TEST(MultiplyAdds, OneLayerByHand) {
  Builder b(4);
  const ValueId conv = b.Conv("conv", b.x, 4, 6, Square(3, 2, 1, 1, 2));  // 5×4 outputs of 6 channels, 2·9 each
  const ValueId up = b.Deconv("up", conv, 6, 8, Square(4, 2, 1, 1, 2));   // 20 inputs of 6 channels, 4·16 each
  const ValueId pool = b.Node("pool", GlobalAveragePool{}, {b.Norm("bn", up, 8)});
  b.Linear("fc", b.Node("relu", Relu{}, {pool}), 8, 10);
  const ByValue<Nhwc> shapes = InferShapes(b.graph, std::vector<Nhwc>{{2, 9, 8, 4}});
  EXPECT_THAT(MultiplyAdds(b.graph, shapes), ElementsAre(2 * 20 * 6 * 18, 2 * 20 * 6 * 64, 0, 0, 0, 2 * 80));
  EXPECT_EQ(ParameterCount(b.graph), 6 * 18 + 6 + 6 * 64 + 4 * 8 + 80);
}

TEST(MultiplyAdds, TheReferenceNetworkAt500) {
  const Graph graph = test::ReferenceFcn8s();
  const ByValue<Nhwc> shapes = InferShapes(graph, std::vector<Nhwc>{{1, 500, 500, 3}});
  const std::vector<int64_t> counts = MultiplyAdds(graph, shapes);
  const auto count = [&](const char* name) {
    for (size_t i = 0; i < counts.size(); i++)
      if (graph.nodes()[i].output == graph.Find(name)) return counts[i];
    return int64_t{-1};
  };
  EXPECT_EQ(count("conv1_1"), int64_t{698} * 698 * 64 * 27);
  EXPECT_EQ(count("fc6"), int64_t{16} * 16 * 4096 * 512 * 49);
  EXPECT_EQ(count("up_score8"), int64_t{70} * 70 * 21 * 21 * 256);
  EXPECT_EQ(count("pool1"), 0);
  // The yardstick's figure for the whole network, less the two coarser scores that only this graph has.
  const int64_t total =
      std::accumulate(counts.begin(), counts.end(), int64_t{0}) - count("up_score16") - count("up_score32");
  EXPECT_NEAR(static_cast<double>(total), 181e9, 1e9);
}

TEST(MultiplyAdds, RefusesMoreThanCanBeCounted) {
  const auto shapes_with = [](int64_t outputs) {
    Builder b(1 << 20);
    b.Conv("huge", b.x, 1 << 20, outputs);
    return InferShapes(b.graph, std::vector<Nhwc>{{1, 1 << 10, 1 << 10, 1 << 20}});  // 2⁴⁰ values, 2²⁰ pixels
  };
  EXPECT_NO_THROW(shapes_with(1 << 16));
  test::ExpectError(ErrorCode::kInput, "layer huge", [&] { shapes_with((1 << 16) + 1); });
}

}  // namespace
}  // namespace fcn
