#include <optional>
#include <utility>
#include <vector>

#include "graph/passes/passes.h"
#include "graph/step_reads.h"

namespace fcn {
namespace {

/// The steps that are fused, by index. The last is the gradient of the first by what it resizes, or that of the loss,
/// where the first is a transposed convolution.
struct Chain {
  size_t upsampling, loss, loss_gradient, last;
};

/// Who writes and reads the values of a lowered network.
class Uses {
 public:
  explicit Uses(const Lowered& lowered) : readers_(*lowered.graph), is_output_(*lowered.graph) {
    for (size_t i = 0; i < lowered.steps.size(); i++)
      ForEachRead(lowered.steps[i], [&](ValueId value, ReadOf) { readers_[value].push_back(i); });
    for (const ValueId value : lowered.outputs) is_output_[value] = true;
  }

  /// The steps that read a value, once for each input; none where it is an output as well.
  std::vector<size_t> InsideReaders(ValueId value) const {
    return is_output_[value] ? std::vector<size_t>() : readers_[value];
  }
  bool IsRead(ValueId value) const { return !readers_[value].empty(); }

 private:
  ByValue<std::vector<size_t>> readers_;
  ByValue<bool> is_output_;
};

bool MayBeFirst(const Step& step) {
  Tail tail = step.tail;
  tail.Remove<TailCrop>();
  return tail.empty() && TailSupportOf(step.op).Takes(TailLoss());
}

/// The chain that an upsampling is the first step of.
std::optional<Chain> ChainFrom(const std::vector<Step>& steps, size_t upsampling, const Uses& uses) {
  const Step& first = steps[upsampling];
  if (!MayBeFirst(first)) return {};
  std::vector<size_t> readers = uses.InsideReaders(first.output);
  if (readers.size() != 2) return {};
  if (std::holds_alternative<SoftmaxLossGradient>(steps[readers[0]].op)) std::swap(readers[0], readers[1]);
  const Step &loss = steps[readers[0]], &gradient = steps[readers[1]];
  const auto* op = std::get_if<SoftmaxLoss>(&loss.op);
  const auto* gradient_op = std::get_if<SoftmaxLossGradient>(&gradient.op);
  if (op == nullptr || gradient_op == nullptr || loss.inputs[0] != first.output || loss.inputs != gradient.inputs ||
      uses.IsRead(loss.output) || op->ignore_label != gradient_op->ignore_label || op->mean != gradient_op->mean ||
      op->weight != gradient_op->weight)
    return {};
  if (std::holds_alternative<Deconv2d>(first.op)) return Chain{upsampling, readers[0], readers[1], readers[1]};
  const std::vector<size_t> last = uses.InsideReaders(gradient.output);
  if (last.size() != 1 || !std::holds_alternative<ResizeGradient>(steps[last[0]].op) ||
      steps[last[0]].inputs != std::vector<ValueId>{gradient.output, first.inputs[0]})
    return {};
  return Chain{upsampling, readers[0], readers[1], last[0]};
}

}  // namespace

void FuseLoss(Lowered& lowered) {
  const Uses uses(lowered);
  for (size_t i = 0; i < lowered.steps.size(); i++) {
    const std::optional<Chain> chain = ChainFrom(lowered.steps, i, uses);
    if (!chain) continue;
    const Step loss = std::exchange(lowered.steps[chain->loss], {});
    const ValueId gradient = lowered.steps[chain->last].output;
    lowered.steps[chain->loss_gradient] = {};
    // In the last one's place, so that all that any of them reads is there.
    Step& fused = lowered.steps[chain->last];
    fused = std::exchange(lowered.steps[chain->upsampling], {});
    fused.output = gradient;
    fused.tail.Set(TailLoss{.op = std::get<SoftmaxLoss>(loss.op),
                            .labels = loss.inputs[1],
                            .class_weights = loss.inputs.size() > 2 ? loss.inputs[2] : kNoValue,
                            .loss = loss.output});
  }
  std::erase_if(lowered.steps, [](const Step& step) { return step.output == kNoValue; });
}

}  // namespace fcn
