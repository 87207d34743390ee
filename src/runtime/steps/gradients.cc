// The gradients that need no parameters, apart from those of convolutions.

#include "kernels/elementwise/elementwise.h"
#include "kernels/elementwise/gradient.h"
#include "kernels/elementwise/stretch.h"
#include "kernels/pool/gradient.h"
#include "kernels/resize/gradient.h"
#include "runtime/steps/function_step.h"
#include "runtime/steps/make.h"

namespace fcn::steps {
namespace {

/// The gradient of a max pooling that left its winners.
class NotedMaxPoolGradient final : public StepKernel {
 public:
  NotedMaxPoolGradient(const pool::Window& window, const StepSite& site)
      : window_(window), winners_(site.input().elements()) {}

  std::string name() const override { return "max_pool_noted_gradient"; }
  int64_t note_bytes() const override { return winners_; }
  void Run(const StepArgs& args, const Context& context) const override {
    pool::MaxGradientOfWinners(window_, args.inputs[0], args.note, args.output, context);
  }

 private:
  pool::Window window_;
  int64_t winners_;
};

}  // namespace

Made Make(const SoftmaxGradient&, const StepSite&) {
  return MakeFunctionStep("softmax_gradient", kInPlace, 0, [](const StepArgs& args, const Context& context) {
    elementwise::SoftmaxGradient(args.inputs[0], args.inputs[1], args.output, context);
  });
}

Made Make(const ChannelSums&, const StepSite& site) {
  return MakeFunctionStep("channel_sums", kNotInPlace, FloatBytes(elementwise::ChannelSumsScratchFloats(site.input())),
                          [](const StepArgs& args, const Context& context) {
                            elementwise::ChannelSums(args.inputs[0], args.output.As<float>().data,
                                                     args.scratch_floats(), context);
                          });
}

Made Make(const MultiplyGradient&, const StepSite& site) {
  if (site.output() == site.input())
    return MakeFunctionStep("multiply_gradient", kInPlaceOfEither, 0, [](const StepArgs& args, const Context& context) {
      elementwise::Multiply(args.inputs[0], args.inputs[1], Activation::kNone, args.output, context);
    });
  return MakeFunctionStep("product_sums", kNotInPlace, FloatBytes(elementwise::ProductSumsScratchFloats(site.input())),
                          [](const StepArgs& args, const Context& context) {
                            elementwise::ProductSums(args.inputs[0], args.inputs[1], args.output.As<float>().data,
                                                     args.scratch_floats(), context);
                          });
}

Made Make(const SlopeGradient&, const StepSite& site) {
  return MakeFunctionStep("slope_gradient", kNotInPlace,
                          FloatBytes(elementwise::ChannelSumsScratchFloats(site.input())),
                          [](const StepArgs& args, const Context& context) {
                            elementwise::SlopeGradient(args.inputs[0], args.inputs[1], args.output.As<float>().data,
                                                       args.scratch_floats(), context);
                          });
}

Made Make(const MaxPoolGradient& op, const StepSite& site) {
  const pool::Window window{op.kernel, op.stride, op.padding};
  if (site.step.note >= 0) return std::make_unique<NotedMaxPoolGradient>(window, site);
  return MakeFunctionStep("max_pool_gradient", kNotInPlace, 0, [window](const StepArgs& args, const Context& context) {
    pool::MaxGradient(window, args.inputs[0], args.inputs[1], args.output, context);
  });
}

Made Make(const AveragePoolGradient& op, const StepSite&) {
  const pool::Window window{op.kernel, op.stride, op.padding};
  return MakeFunctionStep("average_pool_gradient", kNotInPlace, 0,
                          [window, count = op.count_padding](const StepArgs& args, const Context& context) {
                            pool::AverageGradient(window, count, args.inputs[0], args.output, context);
                          });
}

Made Make(const GlobalAveragePoolGradient&, const StepSite&) {
  return MakeFunctionStep("global_average_gradient", kNotInPlace, 0, [](const StepArgs& args, const Context& context) {
    pool::GlobalAverageGradient(args.inputs[0], args.output, context);
  });
}

Made Make(const CropGradient& op, const StepSite& site) {
  const auto& inputs = site.step.inputs;
  const CropOffset offset = CropOffsetOf(op.at, site.coordinates[inputs[1]], site.coordinates[inputs[2]]);
  return MakeFunctionStep("crop_gradient", kNotInPlace, 0, [offset](const StepArgs& args, const Context& context) {
    elementwise::CropGradient(args.inputs[0], offset.top, offset.left, args.output, context);
  });
}

Made Make(const ResizeGradient&, const StepSite&) {
  return MakeFunctionStep("resize_gradient", kNotInPlace, 0, [](const StepArgs& args, const Context& context) {
    resize::BilinearGradient(args.inputs[0], args.output, context);
  });
}

Made Make(const StretchGradient& op, const StepSite&) {
  return MakeFunctionStep("stretch_gradient", kNotInPlace, 0, [op](const StepArgs& args, const Context& context) {
    elementwise::StretchGradient(args.inputs[0], op.at, op.more, args.output, context);
  });
}

}  // namespace fcn::steps
