#include "kernels/elementwise/kernels.h"
#include "kernels/resize/kernels.h"
#include "kernels/resize/resize.h"
#include "runtime/steps/function_step.h"
#include "runtime/steps/make.h"

namespace fcn::steps {
namespace {

/// Labels at the output's size, a row at a time: the resized scores of one row are all that exists of them at once.
void ResizeToLabels(TensorView<const float> scores, TensorView<int32_t> labels, float* scratch,
                    const Context& context) {
  const int64_t width = labels.shape.w, channels = scores.shape.c;
  const std::vector<resize::Source> rows = resize::BilinearSources(scores.shape.h, labels.shape.h);
  const std::vector<resize::Source> columns = resize::BilinearSources(scores.shape.w, width);
  const resize::Kernels& resize_kernels = resize::KernelsFor(context.isa());
  const elementwise::Kernels& kernels = elementwise::KernelsFor(context.isa());
  context.Parallel(labels.shape.n * labels.shape.h, [&](int64_t task, int worker) {
    const int64_t n = task / labels.shape.h, y = task % labels.shape.h;
    const resize::Source& row = rows[static_cast<size_t>(y)];
    float* resized = scratch + worker * width * channels;
    resize_kernels.bilinear({.above = scores.at(n, row.i0, 0),
                             .below = scores.at(n, row.i1, 0),
                             .above_weight = row.w0,
                             .below_weight = row.w1,
                             .input_stride = scores.pixel_stride,
                             .columns = columns.data(),
                             .width = width,
                             .channels = channels,
                             .output = resized,
                             .output_stride = channels});
    elementwise::Span span;
    span.pixels = width, span.channels = channels;
    span.a = resized, span.a_stride = channels;
    span.out_stride = labels.pixel_stride;
    kernels.arg_max(span, labels.at(n, y, 0));
  });
}

}  // namespace

Made Make(const Resize&, const StepSite& site) {
  if (!site.step.tail.argmax)
    return MakeFunctionStep("resize", false, 0, [](const StepArgs& args, const Context& context) {
      resize::Bilinear(args.inputs[0], args.output, context);
    });
  const int64_t scratch = site.threads * site.output().w * site.input().c;
  return MakeFunctionStep("resize_argmax", false, scratch, [](const StepArgs& args, const Context& context) {
    ResizeToLabels(args.inputs[0], AsLabels(args.output), args.scratch, context);
  });
}

}  // namespace fcn::steps
