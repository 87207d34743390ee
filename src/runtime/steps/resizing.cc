#include "kernels/resize/resize.h"
#include "kernels/tail/tail.h"
#include "runtime/steps/function_step.h"
#include "runtime/steps/make.h"

namespace fcn::steps {
namespace {

Made ResizeSoftmaxLoss(const TailLoss& loss, const StepSite& site) {
  std::vector<Value> class_weights;
  if (loss.class_weights != kNoValue) class_weights.push_back(site.graph.value(loss.class_weights));
  const Nhwc& labels = site.shapes[loss.labels];
  return MakeFunctionStep(
      "resize_softmax_loss", kNotInPlace, FloatBytes(tail::LossScratchFloats(site.input(), labels, site.threads)),
      [op = loss.op](const StepArgs& args, const Context& context) {
        const float* weights = args.packed != nullptr ? args.packed->weights() : nullptr;
        *args.loss.As<float>().data =
            tail::ResizeSoftmaxLoss(args.inputs[0], args.labels, {op.ignore_label, op.mean, weights, op.weight},
                                    args.output, args.scratch_floats(), context);
      },
      std::move(class_weights));
}

}  // namespace

Made Make(const Resize&, const StepSite& site) {
  if (const auto& loss = site.step.tail.Get<TailLoss>()) return ResizeSoftmaxLoss(*loss, site);
  if (site.step.tail.Has<TailArgmax>())
    return MakeFunctionStep("resize_argmax", kNotInPlace,
                            FloatBytes(tail::ArgMaxScratchFloats(site.input(), site.threads)),
                            [](const StepArgs& args, const Context& context) {
                              tail::ResizeArgMax(args.inputs[0], args.output, args.scratch_floats(), context);
                            });
  return MakeFunctionStep("resize", kNotInPlace, FloatBytes(resize::BilinearScratchFloats(site.output(), site.threads)),
                          [](const StepArgs& args, const Context& context) {
                            resize::Bilinear(args.inputs[0], args.output, args.scratch_floats(), context);
                          });
}

}  // namespace fcn::steps
