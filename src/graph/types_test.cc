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
    const ValueType expected = std::holds_alternative<Argmax>(op) ? ElementType::kInt32 : ElementType::kFloat32;
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

TEST(Types, QuantisedOnesHaveAScale) {
  Builder b;
  EXPECT_NE(b.graph.AddInput("signed", 1, {ElementType::kInt8, 0.5f, -128}), kNoValue);
  EXPECT_NE(b.graph.AddInput("unsigned", 1, {ElementType::kUint8, kLeastScale, 255}), kNoValue);
  EXPECT_EQ(ToString(b.graph.value(b["signed"]).type), "int8 scale=0.5 zero_point=-128");
  const auto refused = [&](const ValueType& type, const std::string& part) {
    ExpectError(ErrorCode::kInput, part, [&] { b.graph.AddInput("other", 1, type); });
  };
  refused({ElementType::kUint16, 0.5f, 0}, "uint16 cannot be quantised: int8 and uint8 can");
  refused({ElementType::kInt8, -1, 0}, "a scale cannot be -1");
  refused({ElementType::kInt8, NAN, 0}, "a scale cannot be nan");
  refused({ElementType::kInt8, 1, 128}, "a zero point of 128 is not in [-128, 127]");
  refused({ElementType::kUint8, 1, -1}, "a zero point of -1 is not in [0, 255]");
  ExpectError(ErrorCode::kInput, "\"signed\" is int8 scale=0.5 zero_point=-128; float32",
              [&] { b.Node("y", Relu{}, {b["signed"]}); });
}

}  // namespace
}  // namespace fcn
