// What runs in training alone and is no gradient of something else: the loss and dropout.

#include "kernels/elementwise/gradient.h"
#include "kernels/elementwise/stretch.h"
#include "kernels/loss/loss.h"
#include "runtime/steps/function_step.h"
#include "runtime/steps/make.h"
#include "tensor/random.h"

namespace fcn::steps {
namespace {

std::vector<Value> ClassWeights(const StepSite& site) {
  if (site.step.inputs.size() < 3) return {};
  return {site.graph.value(site.step.inputs[2])};
}

template <typename Loss>
loss::Options OptionsFor(const Loss& op, const StepArgs& args) {
  return {op.ignore_label, op.mean, args.packed != nullptr ? args.packed->weights() : nullptr, op.weight};
}

}  // namespace

Made Make(const SoftmaxLoss& op, const StepSite& site) {
  return MakeFunctionStep(
      "softmax_loss", kNotInPlace, FloatBytes(loss::ScratchFloats(site.input())),
      [op](const StepArgs& args, const Context& context) {
        *args.output.As<float>().data =
            loss::SoftmaxLoss(args.inputs[0], args.inputs[1], OptionsFor(op, args), args.scratch_floats(), context);
      },
      ClassWeights(site));
}

Made Make(const SoftmaxLossGradient& op, const StepSite& site) {
  return MakeFunctionStep(
      "softmax_loss_gradient", kInPlace, FloatBytes(loss::ScratchFloats(site.input())),
      [op](const StepArgs& args, const Context& context) {
        loss::SoftmaxLossGradient(args.inputs[0], args.inputs[1], OptionsFor(op, args), args.output,
                                  args.scratch_floats(), context);
      },
      ClassWeights(site));
}

Made Make(const RandomDropout& op, const StepSite&) {
  return MakeFunctionStep("random_dropout", kInPlace, 0, [op](const StepArgs& args, const Context& context) {
    const uint64_t seed = *args.inputs[1].As<const uint64_t>().data;
    elementwise::Dropout(args.inputs[0], RandomBits(seed, static_cast<uint64_t>(op.stream)), op.rate, args.output,
                         context);
  });
}

Made Make(const Stretch& op, const StepSite&) {
  return MakeFunctionStep("stretch", kNotInPlace, 0, [op](const StepArgs& args, const Context& context) {
    elementwise::Stretch(args.inputs[0], op.at, op.more, args.output, context);
  });
}

}  // namespace fcn::steps
