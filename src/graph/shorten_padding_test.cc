#include "graph/shorten_padding.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "graph/coordinates.h"
#include "graph/shapes.h"
#include "graph/test_graphs.h"
#include "graph/text.h"

namespace fcn {
namespace {

using test::Builder;
using test::Square;

TrainingForm FormOf(const Graph& network) { return MakeTrainingForm(network, {}); }

const Node& NodeOf(const Graph& graph, const std::string& name) {
  for (const Node& node : graph.nodes())
    if (graph.value(node.output).name == name) return node;
  throw std::invalid_argument(name);
}

/// FCN-8s with one output.
Graph Vgg() {
  Graph graph = test::ReferenceFcn8s();
  Graph single;
  ByValue<ValueId> made;
  auto node = graph.nodes().begin();
  for (const Value& value : graph.values()) {
    if (value.kind == ValueKind::kInput) made.push_back(single.AddInput(value.name, value.channels, value.type));
    if (value.kind == ValueKind::kParameter) made.push_back(single.AddParameter(value.name, value.parameter_shape));
    if (value.kind != ValueKind::kActivation) continue;
    std::vector<ValueId> inputs;
    for (const ValueId id : node->inputs) inputs.push_back(made[id]);
    made.push_back(single.AddNode(value.name, node->op, inputs));
    node++;
  }
  single.AddOutput(made[graph.outputs()[0]]);
  return single;
}

/// By hand: a value of pool1 sees 6 pixels, the first from either end a zero that conv1_2 adds; so 8 pixels of padding
/// leave one row that sees nothing else. pool2 sees 16 of 20, pool3 44 of 52; pool4 sees 100.
TEST(ShortenPadding, OfVgg16) {
  const TrainingForm form = ShortenPadding(FormOf(Vgg()));
  EXPECT_EQ(std::get<Conv2d>(NodeOf(form.graph, "conv1_1").op).padding, (Padding{8, 8, 8, 8}));
  const auto stretch = [&](const char* name) { return std::get<Stretch>(NodeOf(form.graph, name).op); };
  const auto all = [](int n) { return Padding{n, n, n, n}; };
  EXPECT_EQ(stretch("pool1.stretched"), (Stretch{.at = all(1), .more = all((20 - 8) / 2)}));
  EXPECT_EQ(stretch("pool2.stretched"), (Stretch{.at = all(2), .more = all((52 - 20) / 4)}));
  EXPECT_EQ(stretch("pool3.stretched"), (Stretch{.at = all(3), .more = all((100 - 52) / 8)}));
  EXPECT_EQ(form.graph.Find("pool4.stretched"), kNoValue);
  EXPECT_EQ(NodeOf(form.graph, "conv4_1").inputs[0], form.graph.Find("pool3.stretched"));
  EXPECT_EQ(NodeOf(form.graph, "score_pool3").inputs[0], form.graph.Find("pool3.stretched"));
  EXPECT_EQ(form.graph.value(form.losses[0]).name, "loss");
  EXPECT_EQ(form.graph.outputs(), form.losses);
  EXPECT_EQ(form.graph.value(form.scores[0]).name, "score8");
  EXPECT_EQ(ParseGraph(PrintGraph(form.graph)), form.graph);
}

/// Strides of a model file that multiply to 2⁶⁴ once divided by 0; windows and paddings add up as well.
TEST(ShortenPadding, FiguresDoNotOverflow) {
  constexpr int kFar = kLargestAttribute;
  const auto chain = [](const Op& op, int layers) {
    Builder b;
    ValueId x = b.Conv("conv", b.x, 3, 3, Square(1, 1, 200));
    const ValueId weight = b.graph.AddParameter("weight", {3, 3, 1, 1});
    for (int i = 0; i < layers; i++)
      x = b.Node(fmt::format("layer{}", i), op,
                 std::holds_alternative<Conv2d>(op) ? std::vector{x, weight} : std::vector{x});
    x = b.Node("half", MaxPool{.kernel = {2, 2}, .stride = {2, 2}, .padding = {}, .ceil = false}, {x});
    b.graph.AddOutput(b.Node("scores", Resize{}, {x, b.x}));
    return FormOf(b.graph);
  };
  const Conv2d padded{Square(1, 1, kFar)};
  for (const TrainingForm& form :
       {chain(MaxPool{.kernel = {1, 1}, .stride = {1 << 16, 1 << 16}, .padding = {}, .ceil = false}, 4),
        chain(MaxPool{.kernel = {1, 1}, .stride = {kFar, kFar}, .padding = {}, .ceil = true}, 40),
        chain(MaxPool{.kernel = {kFar, kFar}, .stride = {}, .padding = {}, .ceil = false}, 5000), chain(padded, 5000)})
    EXPECT_EQ(ShortenPadding(form).graph, form.graph);
}

/// Everything from the last stretched value on has the shape and the place that it had.
TEST(ShortenPadding, ShapesAndPlacesStay) {
  const TrainingForm before = FormOf(Vgg()), after = ShortenPadding(before);
  for (int64_t h = 1; h <= 36; h++) {
    const Nhwc image{1, h, 70 - h, 3}, labels{1, h, 70 - h, 1};
    const ByValue<Nhwc> shapes = InferShapes(before.graph, std::vector{image, labels}),
                        shortened = InferShapes(after.graph, std::vector{image, labels});
    const ByValue<CoordinateMap> maps = InferCoordinates(before.graph, shapes),
                                 places = InferCoordinates(after.graph, shortened);
    int compared = 0;
    for (const Node& node : before.graph.nodes()) {
      const std::string& name = before.graph.value(node.output).name;
      if (node.output < before.graph.Find("pool3")) continue;
      const ValueId is = after.graph.Find(name == "pool3" ? name + ".stretched" : name);
      const ValueId was = node.output;
      ASSERT_EQ(shortened[is], shapes[was]) << name << " " << h;
      if (before.graph.outputs()[0] == node.output) continue;
      ASSERT_DOUBLE_EQ(places[is].y.scale, maps[was].y.scale);
      ASSERT_DOUBLE_EQ(places[is].y.offset, maps[was].y.offset) << name << " " << h;
      ASSERT_DOUBLE_EQ(places[is].x.offset, maps[was].x.offset) << name << " " << h;
      compared++;
    }
    EXPECT_GT(compared, 20);
  }
}

TEST(ShortenPadding, LeavesAloneWhatItCannotShorten) {
  const auto unchanged = [](const Graph& network) {
    const TrainingForm form = FormOf(network);
    EXPECT_EQ(ShortenPadding(form).graph, form.graph);
  };
  unchanged(test::TrainableNetwork());  // pads by 1
  const auto wide = [](const auto& add, const ConvGeometry& first = Square(3, 1, 60)) {
    Builder b;
    const ValueId conv = b.Conv("conv", b.x, 3, 4, first);
    const ValueId pool = b.Node("pool", MaxPool{.kernel = {2, 2}, .stride = {2, 2}, .padding = {}}, {add(b, conv)});
    const ValueId score = b.Conv("score", pool, 4, 2, Square(3, 1, 1));
    b.graph.AddOutput(b.Node("scores", Resize{}, {score, b.x}));
    return b.graph;
  };
  const auto nothing = [](Builder&, ValueId conv) { return conv; };
  EXPECT_NE(ShortenPadding(FormOf(wide(nothing))).graph.Find("pool.stretched"), kNoValue);
  unchanged(wide(nothing, Square(3, 1, 17)));  // 15 pixels fewer
  unchanged(wide([](Builder& b, ValueId conv) { return b.Norm("norm", conv, 4); }));
  unchanged(wide([](Builder& b, ValueId conv) { return b.Node("drop", Dropout{}, {conv}); }));
  unchanged(wide([](Builder& b, ValueId conv) {  // the padded map is read twice
    return b.Node("sum", Add{}, {conv, b.Node("relu", Relu{}, {conv})});
  }));
  unchanged(wide([](Builder& b, ValueId conv) {  // a Concat may have any number of inputs, and has two
    return b.Conv("mix", b.Node("both", Concat{}, {conv, b.Node("relu", Relu{}, {conv})}), 8, 4);
  }));
}

}  // namespace
}  // namespace fcn
