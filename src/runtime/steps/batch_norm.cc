#include "kernels/batch_norm/batch_norm.h"

#include <cmath>
#include <optional>

#include "graph/step_reads.h"
#include "kernels/elementwise/elementwise.h"
#include "runtime/steps/function_step.h"
#include "runtime/steps/make.h"

namespace fcn::steps {
namespace {

std::vector<Value> ParametersOf(const StepSite& site) {
  std::vector<Value> parameters;
  ForEachRead(site.step, [&](ValueId id, ReadOf kind) {
    if (kind == ReadOf::kParameter) parameters.push_back(site.graph.value(id));
  });
  return parameters;
}

// Weight and bias are the last two of the step's parameters where it has a mask.
batch_norm::Mask MaskOf(const std::optional<TailMask>& mask, const StepArgs& args) {
  if (!mask) return {};
  const float* weight = args.packed->weights();
  return {mask->function, weight, weight + args.inputs[0].shape.c};
}

}  // namespace

Made Make(const BatchMoments&, const StepSite& site) {
  return MakeFunctionStep("batch_moments", kNotInPlace, FloatBytes(batch_norm::ScratchFloats(site.input())),
                          [](const StepArgs& args, const Context& context) {
                            batch_norm::Moments(args.inputs[0], args.output.As<float>().data, args.scratch_floats(),
                                                context);
                          });
}

Made Make(const Normalise& op, const StepSite& site) {
  return MakeFunctionStep(
      "normalise", kInPlace, 0,
      [epsilon = op.epsilon, activation = ActivationOf(site.step.tail)](const StepArgs& args, const Context& context) {
        const float* weight = args.packed->weights();
        batch_norm::Normalise(args.inputs[0], args.inputs[1].As<const float>().data, weight,
                              weight + args.output.shape.c, epsilon, activation, args.output, context);
      },
      ParametersOf(site));
}

Made Make(const NormaliseSums& op, const StepSite& site) {
  return MakeFunctionStep(
      "normalise_sums", kNotInPlace, FloatBytes(batch_norm::ScratchFloats(site.input())),
      [epsilon = op.epsilon, mask = site.step.tail.Get<TailMask>()](const StepArgs& args, const Context& context) {
        batch_norm::Sums(args.inputs[0], args.inputs[1], args.inputs[2].As<const float>().data, epsilon,
                         MaskOf(mask, args), args.output.As<float>().data, args.scratch_floats(), context);
      },
      ParametersOf(site));
}

Made Make(const NormaliseGradient& op, const StepSite& site) {
  return MakeFunctionStep(
      "normalise_gradient", kInPlace, 0,
      [epsilon = op.epsilon, mask = site.step.tail.Get<TailMask>()](const StepArgs& args, const Context& context) {
        batch_norm::Gradient(args.inputs[0], args.inputs[1], args.inputs[2].As<const float>().data,
                             args.inputs[3].As<const float>().data, args.packed->weights(), epsilon, MaskOf(mask, args),
                             args.output, context);
      },
      ParametersOf(site));
}

// The running mean and variance, one after the other, are what Sums takes as moments.
Made Make(const BatchNormSums& op, const StepSite& site) {
  return MakeFunctionStep(
      "batch_norm_sums", kNotInPlace, FloatBytes(batch_norm::ScratchFloats(site.input())),
      [epsilon = op.epsilon](const StepArgs& args, const Context& context) {
        batch_norm::Sums(args.inputs[0], args.inputs[1], args.packed->weights(), epsilon, {},
                         args.output.As<float>().data, args.scratch_floats(), context);
      },
      ParametersOf(site));
}

Made Make(const BatchNormGradient& op, const StepSite& site) {
  return MakeFunctionStep(
      "batch_norm_gradient", kInPlace, FloatBytes(2 * site.output().c),
      [epsilon = op.epsilon](const StepArgs& args, const Context& context) {
        const int64_t channels = args.output.shape.c;
        const float *weight = args.packed->weights(), *variance = weight + channels;
        float *scale = args.scratch_floats(), *shift = scale + channels;
        for (int64_t c = 0; c < channels; c++) {
          scale[c] = static_cast<float>(double{weight[c]} / std::sqrt(double{variance[c]} + double{epsilon}));
          shift[c] = 0;
        }
        elementwise::ScaleShift(args.inputs[0], scale, shift, Activation::kNone, args.output, context);
      },
      ParametersOf(site));
}

}  // namespace fcn::steps
