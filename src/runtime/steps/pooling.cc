#include "kernels/pool/pool.h"
#include "runtime/steps/function_step.h"
#include "runtime/steps/make.h"

namespace fcn::steps {

Made Make(const MaxPool& op, const StepSite&) {
  const pool::Window window{op.kernel, op.stride, op.padding};
  return MakeFunctionStep("max_pool", false, 0, [window](const StepArgs& args, const Context& context) {
    pool::Max(window, args.inputs[0], args.output, context);
  });
}

Made Make(const AveragePool& op, const StepSite&) {
  const pool::Window window{op.kernel, op.stride, op.padding};
  return MakeFunctionStep("average_pool", false, 0,
                          [window, count = op.count_padding](const StepArgs& args, const Context& context) {
                            pool::Average(window, count, args.inputs[0], args.output, context);
                          });
}

Made Make(const GlobalAveragePool&, const StepSite& site) {
  return MakeFunctionStep("global_average", false, pool::GlobalAverageScratchFloats(site.input()),
                          [](const StepArgs& args, const Context& context) {
                            pool::GlobalAverage(args.inputs[0], args.output, args.scratch, context);
                          });
}

}  // namespace fcn::steps
