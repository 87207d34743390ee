#include "kernels/elementwise/elementwise.h"
#include "runtime/steps/function_step.h"
#include "runtime/steps/make.h"

namespace fcn::steps {

Made Make(const Concat&, const StepSite&) {
  return MakeFunctionStep("concat", kNotInPlace, 0, [](const StepArgs& args, const Context& context) {
    int64_t first_channel = 0;
    const TensorView<float> output = args.output;
    for (const ConstAnyView& input : args.inputs) {
      elementwise::Crop(input, 0, 0, output.Channels(first_channel, input.shape.c), context);
      first_channel += input.shape.c;
    }
  });
}

Made Make(const Crop& op, const StepSite& site) {
  const auto& inputs = site.step.inputs;
  const CropOffset offset = CropOffsetOf(op.at, site.coordinates[inputs[0]], site.coordinates[inputs[1]]);
  return MakeFunctionStep("crop", kNotInPlace, 0, [offset](const StepArgs& args, const Context& context) {
    elementwise::Crop(args.inputs[0], offset.top, offset.left, args.output, context);
  });
}

Made Make(const SliceChannels& op, const StepSite&) {
  return MakeFunctionStep("slice_channels", kNotInPlace, 0,
                          [first = op.first](const StepArgs& args, const Context& context) {
                            elementwise::Crop(args.inputs[0].As<const float>().Channels(first, args.output.shape.c), 0,
                                              0, args.output, context);
                          });
}

}  // namespace fcn::steps
