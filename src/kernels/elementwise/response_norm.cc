#include "kernels/elementwise/response_norm.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/elementwise/response_norm.cc"
#include "hwy/foreach_target.h"
#include "kernels/elementwise/response_norm-inl.h"

#if HWY_ONCE
#include "base/check.h"
#include "kernels/simd/dispatch.h"

FCN_DEFINE_KERNELS_FOR(elementwise::ResponseNormKernels, elementwise::ResponseNormKernelsFor, MakeResponseNormKernels)

namespace fcn::elementwise {
namespace {

void RunRows(const ResponseNorm& norm, void (*kernel)(const ResponseNorm&, const Span&), TensorView<const float> a,
             TensorView<const float> b, TensorView<float> output, const Context& context) {
  FCN_CHECK(a.shape == output.shape && b.shape == output.shape && norm.size % 2 == 1 && norm.size <= kLargestNorm);
  const Nhwc& shape = output.shape;
  context.Parallel(shape.n * shape.h, [&](int64_t row, int) {
    const int64_t n = row / shape.h, y = row % shape.h;
    Span span{.pixels = shape.w, .channels = shape.c};
    span.a = a.at(n, y, 0), span.a_stride = a.pixel_stride;
    span.b = b.at(n, y, 0), span.b_stride = b.pixel_stride;
    span.out = output.at(n, y, 0), span.out_stride = output.pixel_stride;
    kernel(norm, span);
  });
}

}  // namespace

void LocalResponseNorm(const ResponseNorm& norm, TensorView<const float> input, TensorView<float> output,
                       const Context& context) {
  RunRows(norm, ResponseNormKernelsFor(context.isa()).norm, input, input, output, context);
}

void LocalResponseNormGradient(const ResponseNorm& norm, TensorView<const float> g, TensorView<const float> x,
                               TensorView<float> output, const Context& context) {
  RunRows(norm, ResponseNormKernelsFor(context.isa()).gradient, g, x, output, context);
}

}  // namespace fcn::elementwise
#endif
