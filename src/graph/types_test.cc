#include "graph/types.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "graph/test_graphs.h"
#include "graph/text.h"
#include "support/expect_error.h"

namespace fcn {
namespace {

using test::Builder;
using test::EveryOp;
using test::ExpectError;

ValueType TypeOf(const Builder& b, const std::string& name) { return b.graph.value(b[name]).type; }

TEST(Types, FollowFromTheOperation) {
  for (const Op& op : EveryOp()) {
    Builder b;
    std::vector<ValueId> inputs = b.ActivationsFor(op, b.x);
    for (int i = 0; i < InputsOf(op).min_parameters; i++)
      inputs.push_back(b.graph.AddParameter("p" + std::to_string(i), {1}));
    b.Node("y", op, inputs);
    ValueType expected;
    if (std::holds_alternative<Argmax>(op)) expected = ElementType::kInt32;
    if (std::holds_alternative<Cast>(op)) expected = ElementType::kBFloat16;
    if (std::holds_alternative<Quantise>(op)) expected = {ElementType::kUint8, 0.25f, 7};
    EXPECT_EQ(TypeOf(b, "y"), expected) << OpName(op);
  }
}

/// Each operation that is given something else than it reads refuses it, and names what it was.
TEST(Types, WrongOnesAreRefused) {
  for (const Op& op : EveryOp()) {
    Builder right;
    const std::vector<ValueId> wanted = right.ActivationsFor(op, right.x);
    for (size_t i = 0; i < std::min(wanted.size(), static_cast<size_t>(ActivationsRead(op))); i++) {
      Builder b;
      std::vector<ValueId> inputs = b.ActivationsFor(op, b.x);
      inputs[i] = b.graph.AddInput("odd", 1, ElementType::kUint16);
      for (int p = 0; p < InputsOf(op).min_parameters; p++)
        inputs.push_back(b.graph.AddParameter("p" + std::to_string(p), {1}));
      ExpectError(ErrorCode::kInput, "its input \"odd\" is uint16", [&] { b.Node("y", op, inputs); });
    }
  }
}

TEST(Types, ALikeMayHaveAny) {
  Builder b;
  const ValueId labels = b.Labels();
  EXPECT_EQ(b.graph.value(b.Node("up", Resize{}, {b.x, labels})).type, ValueType());
  EXPECT_EQ(b.graph.value(b.Node("part", Crop{}, {b.x, labels})).type, ValueType());
}

TEST(Types, AModelFileIsToldWhereAndWhat) {
  const auto refused = [](const std::string& line, const std::string& part) {
    const std::string text = "input x channels=3\ninput t channels=3 type=int32\nparameter w 4x3x1x1\n";
    ExpectError(ErrorCode::kInput, part, [&] { ParseGraph(text + "labels = Argmax(x)\n" + line + "\n"); });
  };
  refused("y = Conv2d(labels, w)",
          "line 5 of the graph: layer \"y\" (Conv2d): its input \"labels\" is int32; float32 is needed");
  refused("y = Add(x, t)", "layer \"y\" (Add): its input \"t\" is int32; float32 is needed");
  refused("y = SoftmaxLoss(x, x)", "layer \"y\" (SoftmaxLoss): its input \"x\" is float32; int32 is needed");
  refused("y = RandomDropout(x, t)", "layer \"y\" (RandomDropout): its input \"t\" is int32; uint64 is needed");
}

TEST(Types, ACastIsFromFloatOrToIt) {
  Builder b;
  constexpr ElementType kNumbers[] = {ElementType::kFloat32, ElementType::kBFloat16, ElementType::kInt8,
                                      ElementType::kUint8,   ElementType::kInt32,    ElementType::kUint16};
  for (const ElementType type : kNumbers) {
    const std::string name(ElementName(type));
    b.Node(name, Cast{type}, {b.x});
    b.Node(name + "_back", Cast{}, {b[name]});
    EXPECT_EQ(TypeOf(b, name), ValueType(type));
    EXPECT_EQ(TypeOf(b, name + "_back"), ValueType());
  }
  b.Node("quantised", Quantise{}, {b.x});
  const ValueId seed = b.graph.AddInput("seed", 1, ElementType::kUint64);
  const auto refused = [&](const Op& op, ValueId input, const std::string& part) {
    ExpectError(ErrorCode::kInput, part, [&] { b.Node("y", op, {input}); });
  };
  refused(Cast{ElementType::kInt8}, b["int32"],
          "layer \"y\" (Cast): its input \"int32\" is int32, which cannot become int8");
  refused(Cast{}, b["quantised"], "its input \"quantised\" is int8 scale=1 zero_point=0, which cannot become float32");
  refused(Cast{}, seed, "is uint64, which cannot become float32");
  refused(Cast{ElementType::kUint64}, b.x, "a Cast to uint64");
}

TEST(Types, QuantisedOnesKeepTheirScale) {
  Builder b;
  b.Node("q", Quantise{.type = ElementType::kUint8, .scale = 0.5f, .zero_point = 128}, {b.x});
  EXPECT_EQ(TypeOf(b, "q"), ValueType(ElementType::kUint8, 0.5f, 128));
  EXPECT_EQ(TypeOf(b, "q"), b.graph.value(b.graph.AddInput("as_input", 3, {ElementType::kUint8, 0.5f, 128})).type);
  b.Node("back", Dequantise{}, {b["q"]});
  EXPECT_EQ(TypeOf(b, "back"), ValueType());
  const auto refused = [&](const Op& op, ValueId input, const std::string& part) {
    ExpectError(ErrorCode::kInput, part, [&] { b.Node("y", op, {input}); });
  };
  refused(Dequantise{}, b.x, "its input \"x\" is float32; a quantised value is needed");
  refused(Quantise{}, b["q"], "its input \"q\" is uint8 scale=0.5 zero_point=128; float32 is needed");
  refused(Quantise{.scale = 0}, b.x, "a scale cannot be 0");
  refused(Quantise{.scale = 3e38f}, b.x, "a scale cannot be 3e+38: it must be from 1e-30 to 1e+30");
  refused(Quantise{.type = ElementType::kUint16}, b.x, "uint16 cannot be quantised");
  refused(Quantise{.zero_point = 128}, b.x, "a zero point of 128 is not in [-128, 127]");
  refused(Conv2d{}, b["q"], "takes 1 activations");
  refused(Relu{}, b["q"], "its input \"q\" is uint8");
}

TEST(Types, QuantisedOnesHaveAScale) {
  Builder b;
  EXPECT_NE(b.graph.AddInput("signed", 1, {ElementType::kInt8, 0.5f, -128}), kNoValue);
  EXPECT_NE(b.graph.AddInput("unsigned", 1, {ElementType::kUint8, kLeastScale, 255}), kNoValue);
  EXPECT_NE(b.graph.AddInput("large", 1, {ElementType::kInt8, kMostScale, 0}), kNoValue);
  EXPECT_EQ(ToString(b.graph.value(b["signed"]).type), "int8 scale=0.5 zero_point=-128");
  const auto refused = [&](const ValueType& type, const std::string& part) {
    ExpectError(ErrorCode::kInput, part, [&] { b.graph.AddInput("other", 1, type); });
  };
  refused({ElementType::kUint16, 0.5f, 0}, "uint16 cannot be quantised: int8 and uint8 can");
  refused({ElementType::kInt8, -1, 0}, "a scale cannot be -1");
  refused({ElementType::kInt8, NAN, 0}, "a scale cannot be nan");
  refused({ElementType::kInt8, INFINITY, 0}, "a scale cannot be inf");
  refused({ElementType::kInt8, 1, 128}, "a zero point of 128 is not in [-128, 127]");
  refused({ElementType::kUint8, 1, -1}, "a zero point of -1 is not in [0, 255]");
  ExpectError(ErrorCode::kInput, "\"signed\" is int8 scale=0.5 zero_point=-128; float32",
              [&] { b.Node("y", Relu{}, {b["signed"]}); });
}

}  // namespace
}  // namespace fcn
