// Passes may not change what is computed: on random graphs, every output's formula is the same before and after.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>

#include "graph/passes/passes.h"
#include "graph/test_graphs.h"
#include "tensor/random.h"

namespace fcn {
namespace {

using test::Builder;

/// Formulas as numbers: equal ones have equal numbers. A dropout is what it drops from, and a + b is b + a.
class Formulas {
 public:
  int Of(const Op& op, std::vector<int> operands) {
    if (std::holds_alternative<Dropout>(op)) return operands[0];
    if (std::holds_alternative<Add>(op)) std::sort(operands.begin(), operands.end());
    return Number(std::string(OpName(op)), std::move(operands));
  }
  int Leaf(ValueId id) { return Number("value", {id}); }

  std::vector<int> OutputsOf(const Lowered& lowered) {
    std::vector<int> formulas;
    formulas.reserve(lowered.graph->values().size());
    for (size_t id = 0; id < lowered.graph->values().size(); id++) formulas.push_back(Leaf(static_cast<ValueId>(id)));
    const auto all = [&](const std::vector<ValueId>& ids) {
      std::vector<int> found;
      found.reserve(ids.size());
      for (ValueId id : ids) found.push_back(formulas[static_cast<size_t>(id)]);
      return found;
    };
    for (const Step& step : lowered.steps) {
      int formula = Of(step.op, all(step.inputs));
      const FusedTail& tail = step.tail;
      if (!tail.batch_norm.empty()) {
        std::vector<int> operands = all(tail.batch_norm);
        operands.insert(operands.begin(), formula);
        formula = Of(BatchNorm{}, operands);
      }
      if (tail.crop) formula = Of(Crop{}, {formula, formulas[static_cast<size_t>(tail.crop->like)]});
      if (tail.residual != kNoValue) formula = Of(Add{}, {formula, formulas[static_cast<size_t>(tail.residual)]});
      if (tail.activation != Activation::kNone)
        formula = Of(tail.activation == Activation::kRelu ? Op(Relu{}) : Op(Relu6{}), {formula});
      if (tail.loss) {
        const FusedLoss& fused = *tail.loss;
        std::vector<ValueId> ids = {fused.labels};
        if (fused.class_weights != kNoValue) ids.push_back(fused.class_weights);
        std::vector<int> operands = all(ids);
        operands.insert(operands.begin(), formula);
        formulas[static_cast<size_t>(fused.loss)] = Of(fused.op, operands);
        formula =
            Of(ResizeGradient{}, {Of(SoftmaxLossGradient{}, operands), formulas[static_cast<size_t>(step.inputs[0])]});
      }
      if (tail.max_pool) formula = Of(MaxPool{}, {formula});
      if (tail.argmax) formula = Of(Argmax{}, {formula});
      formulas[static_cast<size_t>(step.output)] = formula;
    }
    return all(lowered.outputs);
  }

 private:
  int Number(std::string name, std::vector<int> operands) {
    return numbers_.try_emplace({std::move(name), std::move(operands)}, static_cast<int>(numbers_.size()))
        .first->second;
  }

  std::map<std::pair<std::string, std::vector<int>>, int> numbers_;
};

Graph RandomGraph(uint64_t seed) {
  uint64_t drawn = 0;
  const auto below = [&](size_t count) { return static_cast<size_t>(RandomBits(seed, drawn++) % count); };
  constexpr int kChannels = 2;
  Builder b(kChannels);
  std::vector<ValueId> values = {b.x};
  const size_t nodes = 1 + below(24);
  for (size_t i = 0; i < nodes; i++) {
    // Mostly the latest values, so that chains which can be fused are common.
    const auto any = [&] { return values[values.size() - 1 - below(std::min<size_t>(values.size(), 4))]; };
    const std::string name = std::to_string(i);
    switch (below(11)) {
      case 0:
      case 1:
        values.push_back(b.Conv(name, any(), kChannels, kChannels, test::Square(3, 1, 1)));
        break;
      case 2:
        values.push_back(b.Norm(name, any(), kChannels));
        break;
      case 3:
      case 4:
        values.push_back(b.Node(name, Add{}, {any(), any()}));
        break;
      case 5:
        values.push_back(b.Node(name, Dropout{}, {any()}));
        break;
      case 6:
        values.push_back(b.Node(name, below(2) == 0 ? Op(Relu{}) : Op(Relu6{}), {any()}));
        break;
      case 7:
        values.push_back(b.Node(name, Resize{}, {any(), b.x}));
        break;
      case 8:
        values.push_back(b.Node(name, Argmax{}, {any()}));
        break;
      case 9:
        values.push_back(b.Node(name, MaxPool{{2, 2}, {2, 2}, {}, false}, {any()}));
        break;
      default:
        values.push_back(b.Node(name, Softmax{}, {any()}));
    }
  }
  for (size_t i = below(3); i < 3; i++) b.graph.AddOutput(values[below(values.size())]);
  return b.graph;
}

TEST(Passes, KeepWhatIsComputed) {
  const auto& passes = AllPasses();
  std::array<int, 5> fused{};  // batch norms, residuals, activations, argmaxes, poolings
  for (uint64_t seed = 0; seed < 250; seed++) {
    const auto graph = std::make_shared<Graph>(RandomGraph(seed));
    Formulas formulas;
    const std::vector<int> expected = formulas.OutputsOf(Lower(graph));
    for (size_t subset = 0; subset < size_t{1} << passes.size(); subset++) {
      std::vector<std::string> disabled;
      for (size_t i = 0; i < passes.size(); i++)
        if (subset >> i & 1) disabled.emplace_back(passes[i].name);
      Lowered lowered = Lower(graph);
      RunPasses(lowered, disabled);
      ASSERT_EQ(formulas.OutputsOf(lowered), expected) << "seed " << seed << ", subset " << subset;
      for (const Step& step : lowered.steps) {
        fused[0] += !step.tail.batch_norm.empty();
        fused[1] += step.tail.residual != kNoValue;
        fused[2] += step.tail.activation != Activation::kNone;
        fused[3] += step.tail.argmax;
        fused[4] += step.tail.max_pool;
      }
    }
  }
  for (int count : fused) EXPECT_GT(count, 50) << "too few fusions to say anything";
}

TEST(Passes, KeepTheLossOfResizedScores) {
  for (const bool weighted : {false, true}) {
    Builder b(2);
    std::vector<ValueId> inputs = {b.Node("up", Resize{}, {b.Conv("coarse", b.x, 2, 2), b.x}),
                                   b.graph.AddInput("labels", 1)};
    if (weighted) inputs.push_back(b.graph.AddParameter("weights", {2}));
    const SoftmaxLoss op{.ignore_label = 3, .mean = false};
    b.graph.AddOutput(b.Node("loss", op, inputs));
    const ValueId gradient = b.Node("d.up", SoftmaxLossGradient{op.ignore_label, op.mean}, inputs);
    b.graph.AddOutput(b.Node("d.coarse", ResizeGradient{}, {gradient, b["coarse"]}));
    Lowered lowered = Lower(std::make_shared<Graph>(b.graph));
    Formulas formulas;
    const std::vector<int> expected = formulas.OutputsOf(lowered);
    RunPasses(lowered);
    EXPECT_EQ(lowered.steps.size(), 2u);
    EXPECT_EQ(formulas.OutputsOf(lowered), expected);
  }
}

TEST(Passes, KeepTheLabelsOfACroppedTransposedConvolution) {
  Builder b(2);
  b.Node("crop", Crop{},
         {b.Deconv("up", b.Conv("coarse", b.x, 2, 2, test::Square(3, 2)), 2, 2, test::Square(4, 2)), b.x});
  b.graph.AddOutput(b.Node("labels", Argmax{}, {b.Node("relu", Relu{}, {b.Node("sum", Add{}, {b["crop"], b.x})})}));
  Lowered lowered = Lower(std::make_shared<Graph>(b.graph));
  Formulas formulas;
  const std::vector<int> expected = formulas.OutputsOf(lowered);
  RunPasses(lowered);
  EXPECT_EQ(lowered.steps.size(), 2u);
  EXPECT_EQ(formulas.OutputsOf(lowered), expected);
}

TEST(Passes, KeepWhatIsComputedInAnyOrder) {
  std::vector<void (*)(Lowered&)> order = {RemoveDropout, FoldBatchNorm, FuseResidual, FuseActivation,
                                           FuseMaxPool,   FuseArgmax,    FuseLoss};
  std::sort(order.begin(), order.end(), std::less<>());
  do {
    for (uint64_t seed = 1000; seed < 1010; seed++) {
      const auto graph = std::make_shared<Graph>(RandomGraph(seed));
      Formulas formulas;
      const std::vector<int> expected = formulas.OutputsOf(Lower(graph));
      Lowered lowered = Lower(graph);
      for (int round = 0; round < 2; round++)
        for (auto* pass : order) {
          pass(lowered);
          ASSERT_NO_THROW(Verify(lowered)) << seed;
          ASSERT_EQ(formulas.OutputsOf(lowered), expected) << seed;
        }
    }
  } while (std::next_permutation(order.begin(), order.end(), std::less<>()));
}

}  // namespace
}  // namespace fcn
