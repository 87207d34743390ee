#include "graph/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "graph/test_graphs.h"
#include "support/expect_error.h"

namespace fcn {
namespace {

using test::Builder;
using test::ExpectError;
using test::Square;
using ::testing::ElementsAre;

TEST(Graph, KeepsWhatWasAdded) {
  Builder b(5);
  const ValueId conv = b.Conv("conv", b.x, 5, 7, Square(3));
  b.graph.AddOutput(conv);
  b.graph.AddOutput(b.x);
  EXPECT_THAT(b.graph.inputs(), ElementsAre(b.x));
  EXPECT_THAT(b.graph.outputs(), ElementsAre(conv, b.x));
  EXPECT_THAT(b.graph.Parameters(), ElementsAre(b["conv.weight"], b["conv.bias"]));
  EXPECT_EQ(b.graph.value(b.x), (Value{"x", ValueKind::kInput, 5, {}}));
  EXPECT_EQ(b.graph.value(b["conv.weight"]), (Value{"conv.weight", ValueKind::kParameter, 0, {7, 5, 3, 3}}));
  EXPECT_EQ(b.graph.value(conv), (Value{"conv", ValueKind::kActivation, 0, {}}));
  ASSERT_EQ(b.graph.nodes().size(), 1u);
  EXPECT_EQ(b.graph.nodes()[0], (Node{Conv2d{Square(3)}, {b.x, b["conv.weight"], b["conv.bias"]}, conv}));
  EXPECT_EQ(b.graph.Find("nothing"), kNoValue);
}

TEST(Graph, ComparesAllItsParts) {
  const auto build = [](const char* name, int kernel, bool output) {
    Builder b;
    const ValueId y = b.Node(name, MaxPool{.kernel = {kernel, kernel}, .stride = {}, .padding = {}}, {b.x});
    if (output) b.graph.AddOutput(y);
    return b.graph;
  };
  const Graph graph = build("y", 2, true);
  EXPECT_EQ(graph, build("y", 2, true));
  EXPECT_NE(graph, build("z", 2, true));
  EXPECT_NE(graph, build("y", 3, true));
  EXPECT_NE(graph, build("y", 2, false));
}

TEST(Graph, NamesAreUniqueAndPrintable) {
  Builder b;
  for (const char* name : {"features.0/conv[3]:1", "_fc", "a-b+c#d\"e'{}\\", "input", "output"})
    EXPECT_NE(b.Node(name, Relu{}, {b.x}), kNoValue);
  ExpectError(ErrorCode::kInput, "\"x\" is taken", [&] { b.graph.AddInput("x", 1); });
  ExpectError(ErrorCode::kInput, "\"_fc\" is taken", [&] { b.graph.AddParameter("_fc", {1}); });
  ExpectError(ErrorCode::kInput, "empty name", [&] { b.Node("", Relu{}, {b.x}); });
  for (const char* name : {"a b", "a\tb", "a\n", "a(b", "a)b", "a,b", "a=b", "\x7f", "\x1b[31m", "\xc3\xa9"})
    ExpectError(ErrorCode::kInput, "printable ASCII", [&] { b.Node(name, Relu{}, {b.x}); });
  ExpectError(ErrorCode::kInput, R"("\x1b[31m")", [&] { b.Node("\x1b[31m", Relu{}, {b.x}); });
  ExpectError(ErrorCode::kInput, "cannot have", [&] { b.Node(std::string("nul\0byte", 8), Relu{}, {b.x}); });
}

TEST(Graph, RefusedAdditionsLeaveItAsItWas) {
  Builder b;
  const Graph before = b.graph;
  EXPECT_THROW(b.graph.AddInput("y", 0), Error);
  EXPECT_THROW(b.graph.AddParameter("y", {0}), Error);
  EXPECT_THROW(b.Node("y", Relu{}, {7}), Error);
  EXPECT_THROW(b.Node("y", Dropout{.rate = 2}, {b.x}), Error);
  EXPECT_THROW(b.graph.AddOutput(7), Error);
  EXPECT_THROW(b.graph.AddInput("x", 3), Error);
  EXPECT_EQ(b.graph, before);
}

TEST(Graph, ParametersHavePossibleShapes) {
  Builder b;
  EXPECT_NE(b.graph.AddParameter("scalar", {}), kNoValue);
  EXPECT_NE(b.graph.AddParameter("eight", {1, 2, 1, 2, 1, 2, 1, 2}), kNoValue);
  EXPECT_NE(b.graph.AddParameter("largest", {int64_t{1} << 40}), kNoValue);
  ExpectError(ErrorCode::kInput, "9 dimensions", [&] { b.graph.AddParameter("p", {1, 1, 1, 1, 1, 1, 1, 1, 1}); });
  ExpectError(ErrorCode::kInput, "3x0", [&] { b.graph.AddParameter("p", {3, 0}); });
  ExpectError(ErrorCode::kInput, "-4", [&] { b.graph.AddParameter("p", {-4}); });
  ExpectError(ErrorCode::kInput, "1048577x1048576", [&] { b.graph.AddParameter("p", {1048577, 1048576}); });
  ExpectError(ErrorCode::kInput, "not a possible", [&] { b.graph.AddParameter("p", {INT64_MAX, INT64_MAX}); });
}

TEST(Graph, NodesTakeTheInputsOfTheirOperation) {
  Builder b;
  const ValueId w = b.graph.AddParameter("w", {3, 3, 1, 1}), v = b.graph.AddParameter("v", {3});
  const auto refused = [&](Op op, std::vector<ValueId> inputs, const std::string& part) {
    ExpectError(ErrorCode::kInput, part, [&] { b.Node("node", op, inputs); });
  };
  refused(Conv2d{}, {b.x}, "takes 1 activations followed by 1 to 2 parameters, not these 1 inputs");
  refused(Conv2d{}, {b.x, w, v, v}, "not these 4");
  refused(Conv2d{}, {w, b.x}, "\"node\" (Conv2d)");
  refused(Conv2d{}, {b.x, b.x, w}, "Conv2d");
  refused(Conv2d{}, {b.x, w, b.x}, "Conv2d");
  refused(Relu{}, {}, "takes 1 activations followed by 0 parameters");
  refused(Relu{}, {v}, "Relu");
  refused(BatchNorm{}, {b.x, v, v, v}, "followed by 4 parameters");
  refused(Add{}, {b.x}, "takes 2");
  refused(Add{}, {b.x, b.x, b.x}, "takes 2");
  refused(Concat{}, {}, "takes 1 or more");
  refused(Crop{}, {b.x, v}, "Crop");
  refused(Relu{}, {-1}, "no value -1");
  refused(Relu{}, {99}, "no value 99");
  EXPECT_NE(b.Node("many", Concat{}, std::vector<ValueId>(1000, b.x)), kNoValue);
  ExpectError(ErrorCode::kInput, "parameter w cannot be an output", [&] { b.graph.AddOutput(w); });
  ExpectError(ErrorCode::kInput, "no value -1", [&] { b.graph.AddOutput(kNoValue); });
}

TEST(CheckAttributes, RefusesWhatHasNoMeaning) {
  const auto refused = [](Op op, const std::string& part, ErrorCode code = ErrorCode::kInput) {
    ExpectError(code, part, [&] { CheckAttributes(op); });
  };
  const auto conv = [](auto change) {
    Conv2d op;
    change(op);
    return op;
  };
  refused(conv([](Conv2d& op) { op.kernel.w = 0; }), "kernel of 0");
  refused(conv([](Conv2d& op) { op.kernel.h = kLargestAttribute + 1; }), "1048577");
  refused(conv([](Conv2d& op) { op.stride.h = -1; }), "stride of -1");
  refused(conv([](Conv2d& op) { op.dilation.w = 0; }), "dilation of 0");
  refused(conv([](Conv2d& op) { op.padding.right = -3; }), "padding of -3");
  refused(conv([](Conv2d& op) { op.groups = 0; }), "number of groups of 0");
  // Windows and their dilation are multiplied as ints.
  refused(conv([](Conv2d& op) { op.kernel.w = 1025, op.dilation.w = 1025; }), "window of 1x1049601 pixels");
  EXPECT_NO_THROW(CheckAttributes(conv([](Conv2d& op) { op.kernel.w = 1024, op.dilation.w = 1024; })));
  EXPECT_NO_THROW(CheckAttributes(conv([](Conv2d& op) { op.padding.top = kLargestAttribute; })));
  refused(Deconv2d{{.kernel = {}, .stride = {0, 1}, .dilation = {}, .padding = {}}}, "stride of 0");
  refused(Deconv2d{{.kernel = {}, .stride = {}, .dilation = {2, 1}, .padding = {}}}, "dilation",
          ErrorCode::kUnsupported);
  refused(MaxPool{.kernel = {2, 2}, .stride = {2, 2}, .padding = {2, 0, 0, 0}}, "wholly in the padding of 2,0,0,0");
  refused(AveragePool{.kernel = {3, 2}, .stride = {}, .padding = {0, 0, 0, 2}}, "window of 3x2");
  EXPECT_NO_THROW(CheckAttributes(MaxPool{.kernel = {3, 3}, .stride = {1, 1}, .padding = {2, 2, 2, 2}}));
  refused(BatchNorm{.epsilon = -1}, "epsilon");
  refused(BatchNorm{.epsilon = NAN}, "epsilon");
  refused(Scale{.factor = INFINITY}, "factor");
  refused(Dropout{.rate = 1}, "rate of 1");
  refused(Dropout{.rate = NAN}, "rate");
}

}  // namespace
}  // namespace fcn
