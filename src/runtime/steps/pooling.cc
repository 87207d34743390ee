#include "kernels/pool/pool.h"
#include "runtime/steps/function_step.h"
#include "runtime/steps/make.h"

namespace fcn::steps {

namespace {

/// A max pooling that leaves its winners for its gradient.
class NotingMaxPool final : public StepKernel {
 public:
  NotingMaxPool(const pool::Window& window, const StepSite& site)
      : window_(window), positive_only_(site.step.tail.Has<TailPositiveOnly>()), winners_(site.output().elements()) {}

  std::string name() const override { return "max_pool_noting"; }
  int64_t note_bytes() const override { return winners_; }
  void Run(const StepArgs& args, const Context& context) const override {
    pool::MaxWithWinners(window_, positive_only_, args.inputs[0], args.output, args.note, context);
  }

 private:
  pool::Window window_;
  bool positive_only_;
  int64_t winners_;
};

}  // namespace

Made Make(const MaxPool& op, const StepSite& site) {
  const pool::Window window{op.kernel, op.stride, op.padding};
  if (site.step.note >= 0) return std::make_unique<NotingMaxPool>(window, site);
  return MakeFunctionStep("max_pool", kNotInPlace, 0, [window](const StepArgs& args, const Context& context) {
    pool::Max(window, args.inputs[0], args.output, context);
  });
}

Made Make(const AveragePool& op, const StepSite&) {
  const pool::Window window{op.kernel, op.stride, op.padding};
  return MakeFunctionStep("average_pool", kNotInPlace, 0,
                          [window, count = op.count_padding](const StepArgs& args, const Context& context) {
                            pool::Average(window, count, args.inputs[0], args.output, context);
                          });
}

Made Make(const GlobalAveragePool&, const StepSite& site) {
  return MakeFunctionStep("global_average", kNotInPlace, FloatBytes(pool::GlobalAverageScratchFloats(site.input())),
                          [](const StepArgs& args, const Context& context) {
                            pool::GlobalAverage(args.inputs[0], args.output, args.scratch_floats(), context);
                          });
}

}  // namespace fcn::steps
