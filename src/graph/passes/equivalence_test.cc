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
      if (tail.residual != kNoValue) formula = Of(Add{}, {formula, formulas[static_cast<size_t>(tail.residual)]});
      if (tail.activation != Activation::kNone)
        formula = Of(tail.activation == Activation::kRelu ? Op(Relu{}) : Op(Relu6{}), {formula});
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
    switch (below(10)) {
      case 0:
      case 1:
        values.push_back(b.Conv(name, any(), kChannels, kChannels));
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
      default:
        values.push_back(b.Node(name, Softmax{}, {any()}));
    }
  }
  for (size_t i = below(3); i < 3; i++) b.graph.AddOutput(values[below(values.size())]);
  return b.graph;
}

TEST(Passes, KeepWhatIsComputed) {
  const auto& passes = AllPasses();
  std::array<int, 4> fused{};  // batch norms, residuals, activations, argmaxes
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
      }
    }
  }
  for (int count : fused) EXPECT_GT(count, 50) << "too few fusions to say anything";
}

TEST(Passes, KeepWhatIsComputedInAnyOrder) {
  std::vector<void (*)(Lowered&)> order = {RemoveDropout, FoldBatchNorm, FuseResidual, FuseActivation, FuseArgmax};
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
