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

namespace {

// Rows of the output that are computed together: enlarging, they lie between few rows of the input, each of which is
// blended along its columns once.
constexpr int64_t kTaskRows = 16;

// What is larger than this is written past the caches: it would not stay there, and what it replaced would be missed.
constexpr int64_t kStreamedFloats = 1 << 20;

int64_t RowFloats(const Nhwc& output) { return (output.w * output.c + 15) / 16 * 16; }

}  // namespace

int64_t BilinearScratchFloats(const Nhwc& output, int threads) { return int64_t{2} * threads * RowFloats(output); }

void Bilinear(TensorView<const float> input, TensorView<float> output, float* scratch, const Context& context) {
  FCN_CHECK(input.shape.n == output.shape.n && input.shape.c == output.shape.c && input.shape.pixels() > 0);
  const std::vector<Source> rows = BilinearSources(input.shape.h, output.shape.h);
  const std::vector<Source> columns = BilinearSources(input.shape.w, output.shape.w);
  const Kernels& kernels = KernelsFor(context.isa());
  const int64_t tasks = (output.shape.h + kTaskRows - 1) / kTaskRows;
  context.Parallel(output.shape.n * tasks, [&](int64_t task, int worker) {
    const int64_t n = task / tasks, first = task % tasks * kTaskRows, end = std::min(first + kTaskRows, output.shape.h);
    float* const memory = scratch + int64_t{2} * worker * RowFloats(output.shape);
    int64_t held[2] = {-1, -1};  // rows of the input: neighbours are never in the same place
    const auto blended = [&](int64_t y) {
      float* row = memory + y % 2 * RowFloats(output.shape);
      if (held[y % 2] != y)
        kernels.blend_columns({.input = input.at(n, y, 0),
                               .input_stride = input.pixel_stride,
                               .columns = columns.data(),
                               .width = output.shape.w,
                               .channels = output.shape.c,
                               .output = row});
      held[y % 2] = y;
      return row;
    };
    for (int64_t y = first; y < end; y++) {
      const Source& row = rows[static_cast<size_t>(y)];
      kernels.blend_rows({.above = blended(row.i0),
                          .below = blended(row.i1),
                          .above_weight = row.w0,
                          .below_weight = row.w1,
                          .width = output.shape.w,
                          .channels = output.shape.c,
                          .output = output.at(n, y, 0),
                          .output_stride = output.pixel_stride,
                          .streamed = output.shape.elements() > kStreamedFloats});
    }
  });
}

}  // namespace fcn::resize
#endif
