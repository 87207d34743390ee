#include "graph/text.h"

#include <gtest/gtest.h>

#include <set>

#include "graph/attributes.h"
#include "graph/test_graphs.h"
#include "support/expect_error.h"

namespace fcn {
namespace {

using test::Builder;
using test::EveryOp;
using test::ExpectError;

/// A graph of one node, with as many inputs as the operation takes.
Graph OneNode(const Op& op, bool most_parameters) {
  Builder b;
  const OpInputs inputs = InputsOf(op);
  std::vector<ValueId> ids = b.ActivationsFor(op, b.x);
  for (int i = 0; i < (most_parameters ? inputs.max_parameters : inputs.min_parameters); i++)
    ids.push_back(b.graph.AddParameter("p." + std::to_string(i), {2, i + 1}));
  b.graph.AddOutput(b.Node("y", op, ids));
  return b.graph;
}

TEST(Text, EveryOperationComesBack) {
  std::set<size_t> seen;
  for (const Op& op : EveryOp()) {
    seen.insert(op.index());
    for (bool most : {false, true}) {
      const Graph graph = OneNode(op, most);
      EXPECT_EQ(ParseGraph(PrintGraph(graph)), graph) << PrintGraph(graph);
    }
  }
  EXPECT_EQ(seen.size(), std::variant_size_v<Op>) << "an operation is missing above";
}

TEST(Text, EveryAttributeIsNamedAndComesBack) {
  for (const Op& op : EveryOp()) {
    const std::string text = PrintGraph(OneNode(op, false));
    std::visit(
        [&](auto alternative) {
          VisitAttributes(alternative, [&](const char* name, auto&) {
            // A transposed convolution has no dilation but the default.
            const bool changed = std::string(name) != "dilation" || !std::holds_alternative<Deconv2d>(op);
            EXPECT_EQ(text.find(std::string(" ") + name + "=") != std::string::npos, changed) << name << " in " << text;
          });
        },
        op);
  }
}

TEST(Text, DefaultsAreLeftOut) {
  Builder b;
  b.Conv("conv", b.x, 3, 8);
  b.Node("pool", AveragePool{}, {b["conv"]});
  b.graph.AddOutput(b["pool"]);
  EXPECT_EQ(PrintGraph(b.graph),
            "input x channels=3\n"
            "parameter conv.weight 8x3x1x1\n"
            "parameter conv.bias 8\n"
            "conv = Conv2d(x, conv.weight, conv.bias)\n"
            "pool = AveragePool(conv)\n"
            "output pool\n");
}

TEST(Text, ReadsAsItWasWritten) {
  const std::string text =
      "input image channels=3\n"
      "parameter features.0.weight 64x3x3x3\n"
      "parameter scalar.0 scalar\n"
      "conv1_1 = Conv2d(image, features.0.weight) kernel=3x3 stride=2x1 dilation=1x2 padding=100,99,0,1 groups=1\n"
      "bn = Scale(conv1_1) factor=0.1\n"
      "output conv1_1\n"
      "output bn\n";
  const Graph graph = ParseGraph(text);
  const Op conv = Conv2d{{.kernel = {3, 3},
                          .stride = {2, 1},
                          .dilation = {1, 2},
                          .padding = {.top = 100, .bottom = 99, .left = 0, .right = 1}}};
  ASSERT_EQ(graph.nodes().size(), 2u);
  EXPECT_EQ(graph.nodes()[0].op, conv);
  EXPECT_EQ(graph.nodes()[1].op, Op(Scale{.factor = 0.1f}));
  EXPECT_EQ(graph.outputs(), (std::vector<ValueId>{graph.Find("conv1_1"), graph.Find("bn")}));
  EXPECT_EQ(graph.value(graph.Find("scalar.0")).parameter_shape, Shape());
}

TEST(Text, SpacesAndEmptyLinesDoNotMatter) {
  EXPECT_EQ(
      ParseGraph(
          "\n  input\tx   channels = 3 \r\n\r\n\r\ny=Add( x ,x )\r\nz = MaxPool (y)kernel= 2x2 ceil=true\noutput z"),
      ParseGraph("input x channels=3\ny = Add(x, x)\nz = MaxPool(y) kernel=2x2 ceil=true\noutput z\n"));
  EXPECT_EQ(ParseGraph(""), Graph());
  EXPECT_EQ(ParseGraph("\n \n"), Graph());
}

TEST(Text, WordsOfTheFormAreNamesToo) {
  Builder b;
  for (const char* name : {"input", "output", "parameter", "Relu", "scalar", "channels", "3x3"})
    b.graph.AddOutput(b.Node(name, Relu{}, {static_cast<ValueId>(b.graph.values().size()) - 1}));
  EXPECT_EQ(ParseGraph(PrintGraph(b.graph)), b.graph) << PrintGraph(b.graph);
}

TEST(Text, InputsSayTheirTypeWhereTheyAreNotFloat32) {
  const std::string text =
      "input image channels=3\n"
      "input labels channels=1 type=int32\n"
      "input bytes channels=3 type=uint8 scale=0.25 zero_point=128\n"
      "input halves channels=2 type=bfloat16\n";
  const Graph graph = ParseGraph(text);
  EXPECT_EQ(graph.value(graph.Find("image")).type, ValueType());
  EXPECT_EQ(graph.value(graph.Find("labels")).type, ValueType(ElementType::kInt32));
  EXPECT_EQ(graph.value(graph.Find("bytes")).type, ValueType(ElementType::kUint8, 0.25f, 128));
  EXPECT_EQ(graph.value(graph.Find("halves")).type, ValueType(ElementType::kBFloat16));
  EXPECT_EQ(PrintGraph(graph), text);
  EXPECT_EQ(ParseGraph("input x channels=1 type=float32\n"), ParseGraph("input x channels=1\n"));
}

TEST(Text, AWholeNetworkComesBack) {
  const Graph graph = test::ReferenceFcn8s();
  EXPECT_EQ(ParseGraph(PrintGraph(graph)), graph);
}

TEST(Text, FloatsComeBackExactly) {
  for (float factor : {0.1f, 1e-30f, -1e30f, 1.17549435e-38f, 1e-45f, 16777217.f, 0.333333343f, 3.40282347e38f, 0.f}) {
    const Graph graph = OneNode(Scale{.factor = factor}, false);
    EXPECT_EQ(ParseGraph(PrintGraph(graph)), graph) << factor;
  }
}

struct Malformed {
  const char *line, *part;
};
// Each after "input x channels=3" and "parameter w 4x3x1x1".
constexpr Malformed kMalformed[] = {
    {"garbage", "a name is missing before \"\""},
    {"garbage in", "a line cannot begin with \"garbage\""},
    {"Input y channels=3", "cannot begin with \"Input\""},
    {"=", "a word is missing"},
    {"= Relu(x)", "a word is missing before \"= Relu(x)\""},
    {"(", "a word is missing"},
    {"y", "a name is missing"},
    {"y =", "an operation is missing"},
    {"y = (x)", "an operation is missing before \"(x)\""},
    {"y = Relu", "'(' is missing"},
    {"y = Relu x", "'(' is missing before \"x\""},
    {"y = Relu(", "an input is missing"},
    {"y = Relu()", "takes 1 activations"},
    {"y = Relu(x", "',' is missing"},
    {"y = Relu(x,", "an input is missing"},
    {"y = Relu(x,)", "an input is missing before \")\""},
    {"y = Relu(,x)", "an input is missing"},
    {"y = Relu(x x)", "',' is missing"},
    {"y = Relu(x))", "an attribute's name is missing before \")\""},
    {"y = Relu(x) x", "'=' is missing"},
    {"y = Relu(x) rate=1", "there is no attribute \"rate\" here"},
    {"y = Relu(y)", "there is no value \"y\" before this line"},
    {"y = Relu(nowhere)", "no value \"nowhere\""},
    {"y = Relu(x, x)", "not these 2 inputs"},
    {"y = Relu(w)", "not these 1 inputs"},
    {"y = relu(x)", "there is no operation \"relu\""},
    {"y = Gelu(x)", "there is no operation \"Gelu\""},
    {"x = Relu(x)", "\"x\" is taken twice"},
    {"w = Relu(x)", "\"w\" is taken twice"},
    {"y = Conv2d(x)", "1 to 2 parameters"},
    {"y = Conv2d(w, x)", "Conv2d"},
    {"y = Conv2d(x, w) kernel=3", "kernel cannot be \"3\""},
    {"y = Conv2d(x, w) kernel=3x", "kernel cannot be \"3x\""},
    {"y = Conv2d(x, w) kernel=x3", "kernel cannot be"},
    {"y = Conv2d(x, w) kernel=3x3x3", "kernel cannot be"},
    {"y = Conv2d(x, w) kernel=3,3", "kernel cannot be"},
    {"y = Conv2d(x, w) kernel=+3x3", "kernel cannot be"},
    {"y = Conv2d(x, w) kernel=3.5x3", "kernel cannot be"},
    {"y = Conv2d(x, w) kernel=99999999999x1", "kernel cannot be"},
    {"y = Conv2d(x, w) kernel=0x1", "a kernel of 0"},
    {"y = Conv2d(x, w) kernel=-1x1", "a kernel of -1"},
    {"y = Conv2d(x, w) kernel=2147483647x1", "a kernel of 2147483647"},
    {"y = Conv2d(x, w) kernel=", "kernel cannot be \"\""},
    {"y = Conv2d(x, w) kernel", "'=' is missing"},
    {"y = Conv2d(x, w) kernel=1x1 kernel=1x1", "\"kernel\" is given twice"},
    {"y = Conv2d(x, w) padding=1,2,3", "padding cannot be \"1,2,3\""},
    {"y = Conv2d(x, w) padding=1,2,3,4,5", "padding cannot be"},
    {"y = Conv2d(x, w) padding=1, 2, 3, 4", "'=' is missing before \", 3, 4\""},
    {"y = Conv2d(x, w) groups=two", "groups cannot be \"two\""},
    {"y = Conv2d(x, w) groups=0", "groups of 0"},
    {"y = Conv2d(x, w) ceil=true", "no attribute \"ceil\""},
    {"y = MaxPool(x) ceil=1", "ceil cannot be \"1\""},
    {"y = MaxPool(x) ceil=True", "ceil cannot be"},
    {"y = MaxPool(x) kernel=2x2 padding=2,0,0,0", "wholly in the padding"},
    {"y = Dropout(x) rate=1", "dropout rate of 1"},
    {"y = Dropout(x) rate=nan", "dropout rate"},
    {"y = Dropout(x) rate=0.5f", "rate cannot be \"0.5f\""},
    {"y = Scale(x) factor=inf", "factor cannot be inf"},
    {"y = Scale(x) factor=1e99", "factor cannot be \"1e99\""},
    {"input y", "channels=NUMBER"},
    {"input y channels", "'=' is missing"},
    {"input y channels=", "channels cannot be \"\""},
    {"input y channels=three", "channels cannot be \"three\""},
    {"input y channels=0", "cannot have 0 channels"},
    {"input y channels=-5", "cannot have -5 channels"},
    {"input y channels=3 size=4", "an input has no attribute \"size\""},
    {"input y type=int32", "channels=NUMBER"},
    {"input y channels=3 type=int", "type cannot be \"int\""},
    {"input y channels=3 type=float64", "type cannot be \"float64\""},
    {"input y channels=3 type=int8 scale=-1", "a scale cannot be -1"},
    {"input y channels=3 type=int8 scale=1e-31", "a scale cannot be 1e-31"},
    {"input y channels=3 type=int8 scale=inf", "a scale cannot be inf"},
    {"input y channels=3 type=int8 scale=1 zero_point=128", "a zero point of 128 is not in [-128, 127]"},
    {"input y channels=3 type=uint8 scale=1 zero_point=-1", "a zero point of -1 is not in [0, 255]"},
    {"input y channels=3 type=int8 zero_point=1", "a scale cannot be 0"},
    {"input y channels=3 type=int32 scale=1", "int32 cannot be quantised"},
    {"input y channels=3 scale=1", "float32 cannot be quantised"},
    {"y = Cast(x) type=int64", "type cannot be \"int64\""},
    {"y = Cast(x) type=uint64", "a Cast to uint64"},
    {"y = Quantise(x) type=int32", "int32 cannot be quantised"},
    {"y = Quantise(x) scale=0", "a scale cannot be 0"},
    {"y = Quantise(x) zero_point=-129", "a zero point of -129 is not in [-128, 127]"},
    {"y = Dequantise(x)", "a quantised value is needed"},
    {"input y z channels=3", "'=' is missing"},
    {"input x channels=3", "\"x\" is taken twice"},
    {"parameter p", "\"\" is no shape"},
    {"parameter p 3x", "\"3x\" is no shape"},
    {"parameter p x3", "is no shape"},
    {"parameter p 3xx3", "is no shape"},
    {"parameter p 3X3", "is no shape"},
    {"parameter p 3x3 4", "\"4\" does not belong here"},
    {"parameter p 99999999999999999999", "is no shape"},
    {"parameter p 0", "cannot have the shape 0"},
    {"parameter p -3", "cannot have the shape -3"},
    {"parameter p 4294967296x4294967296x4294967296", "shape"},
    {"parameter p 1x1x1x1x1x1x1x1x1", "9 dimensions"},
    {"parameter w 3", "\"w\" is taken twice"},
    {"output", "a name is missing"},
    {"output y", "no value \"y\""},
    {"output w", "cannot be an output"},
    {"output x x", "\"x\" does not belong here"},
    {"y\x01 = Relu(x)", R"(the name "y\x01")"},
    {"\x1b[2J = Relu(x)", R"(the name "\x1b[2J")"},
    {"caf\xc3\xa9 = Relu(x)", "printable ASCII"},
    {"y = \xff\xfe(x)", R"(no operation "\xff\xfe")"},
    {"# a comment", "cannot begin with \"#\""},
};

TEST(Text, MalformedLinesAreNamed) {
  const std::string head = "input x channels=3\nparameter w 4x3x1x1\n";
  ASSERT_NO_THROW(ParseGraph(head));
  for (const auto& [line, part] : kMalformed) {
    SCOPED_TRACE(line);
    ExpectError(ErrorCode::kInput, part, [&] { ParseGraph(head + line + "\n"); });
    ExpectError(ErrorCode::kInput, "line 3 of the graph: ", [&] { ParseGraph(head + line); });
  }
  ExpectError(ErrorCode::kUnsupported, "line 3", [&] { ParseGraph(head + "y = Deconv2d(x, w) dilation=2x2"); });
  ExpectError(ErrorCode::kInput, "line 1", [] { ParseGraph(std::string("\0\0\0", 3)); });
  ExpectError(ErrorCode::kInput, "line 2", [] { ParseGraph(std::string("input x channels=3\ny = Relu(x)\0", 31)); });
}

TEST(Text, LongLinesAndManyLinesAreAnsweredShortly) {
  const std::string name(1 << 20, 'n');
  try {
    ParseGraph("output " + name);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_LT(std::string(error.what()).size(), 300u);
  }
  EXPECT_NO_THROW(ParseGraph(std::string(10000, '\n')));
  ExpectError(ErrorCode::kInput, "at most 10000 lines", [] { ParseGraph(std::string(10001, '\n')); });
  const auto joined = [](int inputs) {
    std::string text = "input x channels=1\ny = Concat(x";
    for (int i = 1; i < inputs; i++) text += ",x";
    return text + ")\n";
  };
  EXPECT_NO_THROW(ParseGraph(joined(20000)));
  ExpectError(ErrorCode::kInput, "at most 20000 inputs in all", [&] { ParseGraph(joined(20001)); });
}

/// Whatever one wrong byte makes of a graph, it is refused with an error about the input or is a graph that prints.
TEST(Text, EveryMutationIsRefusedOrAGraph) {
  for (const Op& op : EveryOp()) {
    const std::string text = PrintGraph(OneNode(op, true));
    for (size_t at = 0; at <= text.size(); at++) {
      std::vector<std::string> mutants = {text.substr(0, at)};
      for (char c : {' ', '\n', '=', '(', ',', '9', '\0', '\xff'}) {
        if (at < text.size()) mutants.push_back(text.substr(0, at) + c + text.substr(at + 1));
        mutants.push_back(text.substr(0, at) + c + text.substr(at));
      }
      for (const std::string& mutant : mutants) {
        try {
          const Graph graph = ParseGraph(mutant);
          EXPECT_EQ(ParseGraph(PrintGraph(graph)), graph) << mutant;
        } catch (const Error& error) {
          EXPECT_TRUE(error.code() == ErrorCode::kInput || error.code() == ErrorCode::kUnsupported) << error.what();
        }
      }
    }
  }
}

}  // namespace
}  // namespace fcn
