// Passes may not change what is computed: on random graphs, every output's formula is the same before and after.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "graph/passes/passes.h"
#include "graph/test_graphs.h"
#include "tensor/random.h"

namespace fcn {
namespace {

using test::Builder;

const std::vector<Op>& Functions() {
  static const std::vector<Op> functions = [] {
    std::vector<Op> all = test::EveryFunction();
    all.emplace_back(LeakyRelu{});
    return all;
  }();
  return functions;
}

template <typename... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <typename... F>
Overloaded(F...) -> Overloaded<F...>;

/// Formulas as numbers: equal ones have equal numbers. A dropout is what it drops from, and a + b is b + a.
class Formulas {
 public:
  int Of(const Op& op, std::vector<int> operands) {
    if (std::holds_alternative<Dropout>(op)) return operands[0];
    if (std::holds_alternative<Add>(op)) std::sort(operands.begin(), operands.end());
    return Number(std::string(OpName(op)), std::move(operands));
  }
  int Leaf(ValueId id) { return Number("value", {id}); }

  /// The first network must be as it was lowered: what a "like" is, of which only shape and place matter, is taken from
  /// there, since the value need not exist any more.
  std::vector<int> OutputsOf(const Lowered& lowered) {
    ByValue<int> formulas(*lowered.graph);
    for (ValueId id = 0; id < lowered.graph->value_count(); id++) formulas[id] = Leaf(id);
    const auto all = [&](const std::vector<ValueId>& ids) {
      std::vector<int> found;
      found.reserve(ids.size());
      for (ValueId id : ids) found.push_back(formulas[id]);
      return found;
    };
    std::map<int, int> noted;  // what the pooling pools that left the note
    std::set<int> positive_notes;
    for (const Step& step : lowered.steps) {
      std::vector<int> operands = all(step.inputs);
      for (auto i = static_cast<size_t>(ActivationsRead(step)); i < operands.size() && !likes_.empty(); i++)
        operands[i] = likes_[step.inputs[i]];
      if (const auto& mask = step.tail.Get<TailMask>()) operands = Unmasked(mask->function, std::move(operands));
      if (std::holds_alternative<MaxPool>(step.op) && step.note >= 0) noted[step.note] = operands[0];
      if (std::holds_alternative<MaxPoolGradient>(step.op) && step.note >= 0) operands[1] = noted.at(step.note);
      int formula = Of(step.op, operands);
      if (step.tail.Has<TailPositiveOnly>()) positive_notes.insert(step.note);
      if (std::holds_alternative<MaxPoolGradient>(step.op) && positive_notes.contains(step.note))
        formula = Of(ReluGradient{}, {formula, operands[1]});
      const auto behind = [&](const std::vector<ValueId>& ids) {
        std::vector<int> with = all(ids);
        with.insert(with.begin(), formula);
        return with;
      };
      step.tail.ForEach(Overloaded{
          [](const TailMask&) {},
          [&](const TailBatchNorm& norm) {
            formula = Of(BatchNorm{}, behind({norm.parameters.begin(), norm.parameters.end()}));
          },
          [&](const TailCrop& crop) {
            formula = Of(Crop{}, {formula, likes_[crop.like]});
          },
          [&](const TailResidual& residual) { formula = Of(Add{}, behind({residual.value})); },
          [&](const TailActivation& activation) {
            formula = activation.slopes != kNoValue
                          ? Of(PRelu{}, behind({activation.slopes}))
                          : Of(*std::ranges::find(Functions(), Activation(activation), FunctionOf), {formula});
          },
          [&](const TailMaxPool&) { formula = Of(MaxPool{}, {formula}); },
          [&](const TailArgmax&) { formula = Of(Argmax{}, {formula}); },
          [&](const TailLoss& loss) {
            std::vector<ValueId> ids = {loss.labels};
            if (loss.class_weights != kNoValue) ids.push_back(loss.class_weights);
            const std::vector<int> scored = behind(ids);
            formulas[loss.loss] = Of(loss.op, scored);
            formula = Of(SoftmaxLossGradient{}, scored);
            if (std::holds_alternative<Resize>(step.op)) formula = Of(ResizeGradient{}, {formula, operands[0]});
          },
          [](const TailPositiveOnly&) {}});
      formulas[step.output] = formula;
    }
    if (likes_.empty()) likes_ = formulas;
    return all(lowered.outputs);
  }

 private:
  /// What a NormaliseSums or NormaliseGradient with this mask would read without it: its last operands, the weight and
  /// the bias, are there to compute the activation again, whose gradient its first operand then is.
  std::vector<int> Unmasked(Activation mask, std::vector<int> operands) {
    const bool relu = mask == Activation::kRelu;
    const size_t count = operands.size();
    const int normal = Of(Normalise{}, {operands[1], operands[2], operands[count - 2], operands[count - 1]});
    const int activation = Of(relu ? Op(Relu{}) : Op(Relu6{}), {normal});
    operands[0] = Of(relu ? Op(ReluGradient{}) : Op(Relu6Gradient{}), {operands[0], activation});
    operands.resize(count == 5 ? 3 : 5);  // x, moments; the gradient has sums and weight as well
    return operands;
  }

  int Number(std::string name, std::vector<int> operands) {
    return numbers_.try_emplace({std::move(name), std::move(operands)}, static_cast<int>(numbers_.size()))
        .first->second;
  }

  ByValue<int> likes_;
  std::map<std::pair<std::string, std::vector<int>>, int> numbers_;
};

Graph RandomGraph(uint64_t seed) {
  uint64_t drawn = 0;
  const auto below = [&](size_t count) { return static_cast<size_t>(RandomBits(seed, drawn++) % count); };
  constexpr int kChannels = 2;
  Builder b(kChannels);
  const ValueId labels = b.Labels();
  std::vector<ValueId> values = {b.x};
  const size_t nodes = 1 + below(24);
  for (size_t i = 0; i < nodes; i++) {
    // Mostly the latest values, so that chains which can be fused are common.
    const auto any = [&] { return values[values.size() - 1 - below(std::min<size_t>(values.size(), 4))]; };
    const std::string name = std::to_string(i);
    const auto add = [&](const std::string& suffix, const Op& op, const std::vector<ValueId>& inputs) {
      values.push_back(b.Node(name + suffix, op, inputs));
      return values.back();
    };
    switch (below(16)) {
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
      case 14:
        values.push_back(b.Node(name, Multiply{}, {any(), any()}));
        break;
      case 5:
        values.push_back(b.Node(name, Dropout{}, {any()}));
        break;
      case 6:
        if (below(8) == 0)
          add("", PRelu{}, {any(), b.graph.AddParameter(name + ".slopes", {kChannels})});
        else
          add("", Functions()[below(Functions().size())], {any()});
        break;
      case 7:
        values.push_back(b.Node(name, Resize{}, {any(), b.x}));
        break;
      case 8:
        b.graph.AddOutput(b.Node(name, Argmax{}, {any()}));  // nothing computes with labels
        break;
      case 9:
        values.push_back(b.Node(name, MaxPool{{2, 2}, {2, 2}, {}, false}, {any()}));
        break;
      case 10:
        values.push_back(b.Deconv(name, any(), kChannels, kChannels, test::Square(4, 2)));
        if (below(4) == 0) add("_relu", Relu{}, {values.back()});
        if (below(4) > 0) add("_crop", Crop{}, {values.back(), any()});
        break;
      case 11: {  // a loss and its gradient
        const ValueId from = any();
        const bool resize = below(2) == 0;
        ValueId scores =
            resize ? add("_up", Resize{}, {from, b.x}) : b.Deconv(name, from, kChannels, kChannels, test::Square(4, 2));
        if (!resize && below(2) == 0) scores = add("_crop", Crop{}, {scores, b.x});
        std::vector<ValueId> inputs = {scores, labels};
        if (below(2) == 0) inputs.push_back(b.graph.AddParameter(name + ".weights", {kChannels}));
        add("_loss", SoftmaxLoss{}, inputs);
        const ValueId gradient = add("_d_scores", SoftmaxLossGradient{}, inputs);
        if (resize) add("_d_from", ResizeGradient{}, {gradient, from});
        break;
      }
      case 12: {  // a max pooling and its gradient, and that of an activation before
        const ValueId map = below(4) > 0 ? add("_relu", Relu{}, {any()}) : any();
        const MaxPool pool{{2, 2}, {2, 2}, {}, true};
        const ValueId pooled = add("_pool", pool, {below(4) > 0 ? map : any()});
        const ValueId gradient = add("_d_pool", MaxPoolGradient{pool.kernel, pool.stride, pool.padding},
                                     {add("_g", Scale{}, {pooled}), map});
        add("_d_relu", ReluGradient{}, {gradient, below(4) > 0 ? map : any()});
        break;
      }
      case 13: {  // a normalisation over the batch with its activation, and the gradients of both
        const ValueId from = any(), moments = add("_moments", BatchMoments{}, {from});
        const ValueId weight = b.graph.AddParameter(name + ".weight", {kChannels}),
                      bias = b.graph.AddParameter(name + ".bias", {kChannels});
        const ValueId normal = add("_normal", Normalise{}, {from, moments, weight, bias});
        const bool relu = below(2) == 0;
        const ValueId active = add("_active", relu ? Op(Relu{}) : Op(Relu6{}), {normal});
        const bool as_forward = below(4) > 0;
        const ValueId gradient =
            add("_d_active", relu == as_forward ? Op(ReluGradient{}) : Op(Relu6Gradient{}), {any(), active});
        const ValueId sums = add("_sums", NormaliseSums{}, {gradient, from, moments});
        add("_d_from", NormaliseGradient{}, {gradient, from, moments, sums, weight});
        break;
      }
      default:
        values.push_back(b.Node(name, Softmax{}, {any()}));
    }
  }
  for (size_t i = below(3); i < 3; i++) b.graph.AddOutput(values[below(values.size())]);
  return b.graph;
}

TEST(Passes, KeepWhatIsComputed) {
  const auto& passes = AllPasses();
  // Batch norms, residuals, activations, argmaxes, poolings, crops, losses, activations' gradients, and notes of
  // poolings with and without one.
  std::array<int, 10> fused{};
  for (uint64_t seed = 0; seed < 120; seed++) {
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
        const Tail& tail = step.tail;
        fused[0] += tail.Has<TailBatchNorm>();
        fused[1] += tail.Has<TailResidual>();
        fused[2] += tail.Has<TailActivation>();
        fused[3] += tail.Has<TailArgmax>();
        fused[4] += tail.Has<TailMaxPool>();
        fused[5] += tail.Has<TailCrop>();
        fused[6] += tail.Has<TailLoss>();
        fused[7] += tail.Has<TailMask>();
        fused[8] += tail.Has<TailPositiveOnly>();
        fused[9] += step.note >= 0 && !tail.Has<TailPositiveOnly>();
      }
    }
  }
  for (int count : fused) EXPECT_GT(count, 50) << "too few fusions to say anything";
}

TEST(Passes, KeepTheLossOfResizedScores) {
  for (const bool weighted : {false, true}) {
    Builder b(2);
    std::vector<ValueId> inputs = {b.Node("up", Resize{}, {b.Conv("coarse", b.x, 2, 2), b.x}), b.Labels()};
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
  std::vector<Pass> order = AllPasses();
  for (uint64_t shuffle = 0; shuffle < 1000; shuffle++) {
    for (size_t i = order.size() - 1; i > 0; i--) std::swap(order[i], order[RandomBits(shuffle, i) % (i + 1)]);
    for (uint64_t seed = 1000 + 20 * shuffle; seed < 1020 + 20 * shuffle; seed++) {
      const auto graph = std::make_shared<Graph>(RandomGraph(seed));
      Formulas formulas;
      const std::vector<int> expected = formulas.OutputsOf(Lower(graph));
      Lowered lowered = Lower(graph);
      for (int round = 0; round < 2; round++)
        for (const Pass& pass : order) {
          pass.run(lowered);
          ASSERT_NO_THROW(Verify(lowered)) << pass.name << ", seed " << seed << ", order " << shuffle;
          ASSERT_EQ(formulas.OutputsOf(lowered), expected) << pass.name << ", seed " << seed << ", order " << shuffle;
        }
    }
  }
}

}  // namespace
}  // namespace fcn
