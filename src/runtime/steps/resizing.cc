#include "kernels/resize/resize.h"
#include "kernels/tail/tail.h"
#include "runtime/steps/function_step.h"
#include "runtime/steps/make.h"

namespace fcn::steps {

Made Make(const Resize&, const StepSite& site) {
  if (site.step.tail.argmax)
    return MakeFunctionStep("resize_argmax", false, tail::ArgMaxScratchFloats(site.input(), site.threads),
                            [](const StepArgs& args, const Context& context) {
                              tail::ResizeArgMax(args.inputs[0], AsLabels(args.output), args.scratch, context);
                            });
  return MakeFunctionStep("resize", false, 0, [](const StepArgs& args, const Context& context) {
    resize::Bilinear(args.inputs[0], args.output, context);
  });
}

}  // namespace fcn::steps
