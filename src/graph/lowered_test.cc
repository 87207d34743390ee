#include "graph/lowered.h"

#include <gtest/gtest.h>

#include "graph/test_graphs.h"
#include "support/expect_error.h"

namespace fcn {
namespace {

using test::Builder;
using test::ExpectError;

/// x → conv → bn → relu, and their sum; outputs the sum.
Builder Sample() {
  Builder b(4);
  b.Node("relu", Relu{}, {b.Norm("bn", b.Conv("conv", b.x, 4, 4), 4)});
  b.graph.AddOutput(b.Node("sum", Add{}, {b["relu"], b["conv"]}));
  return b;
}

Lowered LowerSample() { return Lower(std::make_shared<Graph>(Sample().graph)); }

TEST(Lower, OneStepPerNode) {
  const Builder b = Sample();
  const Lowered lowered = LowerSample();
  ASSERT_EQ(lowered.steps.size(), 4u);
  for (size_t i = 0; i < 4; i++) {
    const Node& node = b.graph.nodes()[i];
    EXPECT_EQ(lowered.steps[i].name, b.graph.value(node.output).name);
    EXPECT_EQ(lowered.steps[i].op, node.op);
    EXPECT_EQ(lowered.steps[i].inputs, node.inputs);
    EXPECT_EQ(lowered.steps[i].output, node.output);
    EXPECT_TRUE(lowered.steps[i].tail.empty());
  }
  EXPECT_EQ(lowered.outputs, b.graph.outputs());
  EXPECT_NO_THROW(Verify(lowered));
}

TEST(Lower, WhatNoOutputNeedsIsNoStep) {
  Builder b = Sample();
  b.Node("unread", Relu{}, {b.Node("read_by_it", Relu{}, {b["sum"]})});
  const ValueId like = b.Node("only_its_size_is_read", MaxPool{{2, 2}, {2, 2}, {}}, {b["conv"]});
  b.graph.AddOutput(b.Node("resized", Resize{}, {b["sum"], like}));
  const Lowered lowered = Lower(std::make_shared<Graph>(b.graph));
  ASSERT_EQ(lowered.steps.size(), 5u);
  EXPECT_EQ(lowered.steps.back().name, "resized");
  EXPECT_NO_THROW(Verify(lowered));
}

TEST(Lower, OutputsMayBeInputs) {
  auto graph = std::make_shared<Graph>();
  graph->AddOutput(graph->AddInput("x", 1));
  EXPECT_NO_THROW(Verify(Lower(graph)));
}

TEST(Verify, FindsWrongTypes) {
  Builder b(4);
  b.Node("labels", Argmax{}, {b.Conv("conv", b.x, 4, 4)});
  b.graph.AddOutput(b.Node("relu", Relu{}, {b["conv"]}));
  b.graph.AddOutput(b["labels"]);
  const auto broken = [&](const std::string& part, auto change) {
    Lowered lowered = Lower(std::make_shared<Graph>(b.graph));
    EXPECT_NO_THROW(Verify(lowered));
    change(lowered);
    ExpectError(ErrorCode::kInternal, part, [&] { Verify(lowered); });
  };
  enum { kConv, kLabels, kRelu };
  broken("step labels (Relu) writes values of another type", [](Lowered& l) { l.steps[kLabels].op = Relu{}; });
  broken("step relu (Argmax) writes values of another type", [](Lowered& l) { l.steps[kRelu].op = Argmax{}; });
  broken("step relu (Relu) reads another type: its input \"labels\" is int32",
         [&](Lowered& l) { l.steps[kRelu].inputs = {b["labels"]}; });
}

TEST(Verify, FindsWhatIsBroken) {
  const Builder b = Sample();
  const auto broken = [](const std::string& part, auto change) {
    Lowered lowered = LowerSample();
    change(lowered);
    ExpectError(ErrorCode::kInternal, part, [&] { Verify(lowered); });
  };
  enum { kConv, kNorm, kRelu, kSum };
  broken("step bn (BatchNorm) reads conv before", [](Lowered& l) { std::swap(l.steps[kConv], l.steps[kNorm]); });
  broken("reads relu before", [](Lowered& l) { l.steps.erase(l.steps.begin() + kRelu); });
  broken("no step writes the output sum", [](Lowered& l) { l.steps.pop_back(); });
  broken("writes conv a second time", [](Lowered& l) { l.steps[kNorm].output = l.steps[kConv].output; });
  broken("no activation", [&](Lowered& l) { l.steps[kNorm].output = b.x; });
  broken("no activation", [&](Lowered& l) { l.steps[kNorm].output = b["conv.weight"]; });
  broken("writes value -1", [](Lowered& l) { l.steps[kNorm].output = kNoValue; });
  broken("writes value 999", [](Lowered& l) { l.steps[kNorm].output = 999; });
  broken("value -7, which does not exist", [](Lowered& l) { l.steps[kRelu].inputs[0] = -7; });
  broken("value 999, which does not exist", [](Lowered& l) { l.steps[kRelu].inputs[0] = 999; });
  broken("step conv (Conv2d) reads relu before", [&](Lowered& l) { l.steps[kConv].tail.Set(TailResidual{b["relu"]}); });
  broken("reads conv before", [&](Lowered& l) { l.steps[kConv].tail.Set(TailResidual{b["conv"]}); });
  const TailBatchNorm norm{.parameters = {b["bn.weight"], b["bn.bias"], b["bn.mean"], b["bn.variance"]}};
  broken("batch norm of activations", [&](Lowered& l) {
    l.steps[kConv].tail.Set(TailBatchNorm{.parameters = {b["bn.weight"], b["bn.bias"], b["bn.mean"], b.x}});
  });
  const auto not_computed = [&](int step, const auto& option) {
    broken("tail that it cannot compute", [&](Lowered& l) { l.steps[static_cast<size_t>(step)].tail.Set(option); });
  };
  not_computed(kSum, norm);
  not_computed(kSum, TailResidual{b.x});
  not_computed(kRelu, TailActivation{Activation::kRelu6});
  not_computed(kConv, TailArgmax());
  not_computed(kSum, TailLoss{.op = {}, .labels = b.x, .class_weights = kNoValue, .loss = b["conv"]});
  broken("tail that it cannot compute", [](Lowered& l) {
    l.steps[kConv].tail = {TailActivation{Activation::kHardSwish}, TailMaxPool()};
  });
  broken("reads value -1, which does not exist", [&](Lowered& l) { l.steps[kSum].tail.Set(TailLoss()); });
  const auto part = [](const Lowered& l, ValueId output) {
    Step step = l.steps[kConv];
    step.output = output;
    return step;
  };
  broken("step bn (BatchNorm) runs others", [&](Lowered& l) { l.steps[kNorm].before = {part(l, b["bn"])}; });
  broken("is not in a chain", [&](Lowered& l) { l.steps[kConv].before = {part(l, b["bn"]), part(l, b["relu"])}; });
  broken("is more than a sum in a chain", [&](Lowered& l) {
    l.steps[kConv].before = {part(l, b["bn"])};
    l.steps[kConv].before[0].tail.Set(TailMaxPool());
  });
  broken("is no clamp in a chain", [&](Lowered& l) {
    l.steps[kConv].before = {part(l, b["bn"])};
    l.steps[kConv].tail.Set(TailActivation{Activation::kTanh});
  });
  broken("is no clamp in a chain", [&](Lowered& l) {
    l.steps[kConv].before = {part(l, b["bn"])};
    l.steps[kConv].before[0].tail.Set(TailActivation{Activation::kTanh});
  });
  broken("writes what another step writes", [&](Lowered& l) { l.steps[kConv].before = {part(l, b.x)}; });
  broken("the output conv.weight", [&](Lowered& l) { l.outputs = {b["conv.weight"]}; });
  broken("value -1, which does not exist", [](Lowered& l) { l.outputs.push_back(kNoValue); });
}

TEST(Lowered, AChainTakesNoFunctionButClamps) {
  Step step = LowerSample().steps.front();  // a convolution
  EXPECT_TRUE(CanTake(step, TailActivation{Activation::kTanh}));
  step.before = {step};
  EXPECT_FALSE(CanTake(step, TailActivation{Activation::kTanh}));
  EXPECT_TRUE(CanTake(step, TailActivation{Activation::kRelu6}));
}

TEST(Verify, AcceptsEveryTailThatIsSupported) {
  const Builder b = Sample();
  Lowered lowered = LowerSample();
  lowered.steps[0].tail = {
      TailBatchNorm{.parameters = {b["bn.weight"], b["bn.bias"], b["bn.mean"], b["bn.variance"]}, .epsilon = 1e-3f},
      TailResidual{b.x}, TailActivation{Activation::kRelu6}};
  lowered.steps[3].tail.Set(TailActivation{Activation::kRelu});
  EXPECT_NO_THROW(Verify(lowered));
}

}  // namespace
}  // namespace fcn
