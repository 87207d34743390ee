#include "kernels/resize/resize.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/resize/resize.cc"
#include "hwy/foreach_target.h"
#include "kernels/resize/resize-inl.h"

#if HWY_ONCE
#include "base/check.h"
#include "kernels/simd/dispatch.h"

FCN_DEFINE_KERNELS_FOR(resize::Kernels, resize::KernelsFor, MakeKernels)

namespace fcn::resize {

std::vector<Source> BilinearSources(int64_t in, int64_t out) {
  const float scale = static_cast<float>(in) / static_cast<float>(out);
  std::vector<Source> sources(static_cast<size_t>(out));
  for (int64_t i = 0; i < out; i++) {
    const float position = std::max(0.0f, scale * (static_cast<float>(i) + 0.5f) - 0.5f);
    Source& source = sources[static_cast<size_t>(i)];
    source.i0 = std::min(static_cast<int64_t>(position), in - 1);
    source.i1 = std::min(source.i0 + 1, in - 1);
    source.w1 = std::clamp(position - static_cast<float>(source.i0), 0.0f, 1.0f);
    source.w0 = 1.0f - source.w1;
  }
  return sources;
}

void Bilinear(TensorView<const float> input, TensorView<float> output, const Context& context) {
  FCN_CHECK(input.shape.n == output.shape.n && input.shape.c == output.shape.c && input.shape.pixels() > 0);
  const std::vector<Source> rows = BilinearSources(input.shape.h, output.shape.h);
  const std::vector<Source> columns = BilinearSources(input.shape.w, output.shape.w);
  const Kernels& kernels = KernelsFor(context.isa());
  context.Parallel(output.shape.n * output.shape.h, [&](int64_t task, int) {
    const int64_t n = task / output.shape.h, y = task % output.shape.h;
    const Source& row = rows[static_cast<size_t>(y)];
    kernels.bilinear({.above = input.at(n, row.i0, 0),
                      .below = input.at(n, row.i1, 0),
                      .above_weight = row.w0,
                      .below_weight = row.w1,
                      .input_stride = input.pixel_stride,
                      .columns = columns.data(),
                      .width = output.shape.w,
                      .channels = output.shape.c,
                      .output = output.at(n, y, 0),
                      .output_stride = output.pixel_stride});
  });
}

}  // namespace fcn::resize
#endif
