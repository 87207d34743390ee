#include "kernels/pool/gradient.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/pool/gradient.cc"
#include "hwy/foreach_target.h"
#include "kernels/pool/gradient-inl.h"

#if HWY_ONCE
#include "base/check.h"
#include "kernels/simd/dispatch.h"

FCN_DEFINE_KERNELS_FOR(pool::GradientKernels, pool::GradientKernelsFor, MakeGradientKernels)

namespace fcn::pool {
namespace {

// Rows of windows that begin in a band. Where windows overlap, those that reach into the next band are computed for
// both, so bands should not be too thin.
constexpr int64_t kBandWindows = 4;

/// Cuts the output into bands of rows: each belongs to one task, which runs all windows that reach it, so that every
/// pixel adds what its windows give in their order. Bands begin where windows do: none that do not overlap is split.
void RunBands(const Window& window, TensorView<const float> g, TensorView<const float> image, Band whole,
              TensorView<float> output, void (*kernel)(const Band&), const Context& context) {
  const Nhwc& out = output.shape;
  FCN_CHECK(g.shape.n == out.n && g.shape.c == out.c);
  const int64_t stride = window.stride.h, step = kBandWindows * stride;
  const int64_t bands = (out.h + window.padding.top + step - 1) / step;
  whole.window = &window;
  whole.channels = out.c;
  whole.g_width = g.shape.w;
  whole.g_row_stride = g.row_stride();
  whole.g_stride = g.pixel_stride;
  whole.image_row_stride = image.row_stride();
  whole.image_stride = image.pixel_stride;
  whole.height = out.h;
  whole.width = out.w;
  whole.output_row_stride = output.row_stride();
  whole.output_stride = output.pixel_stride;
  context.Parallel(out.n * bands, [&](int64_t task, int) {
    const int64_t n = task / bands, index = task % bands;
    Band band = whole;
    band.g = g.at(n, 0, 0);
    if (image.data != nullptr) band.image = image.at(n, 0, 0);
    if (whole.winners != nullptr) band.winners = whole.winners + n * g.shape.h * g.shape.w * g.shape.c;
    band.output = output.at(n, 0, 0);
    // In rows of the padded image, window y covers [y · stride, y · stride + kernel).
    const int64_t begin = index * step;
    band.row_begin = std::clamp<int64_t>(begin - window.padding.top, 0, out.h);
    band.row_end = std::clamp<int64_t>(begin + step - window.padding.top, 0, out.h);
    band.window_begin = std::max<int64_t>(0, (begin - window.kernel.h) / stride + (begin < window.kernel.h ? 0 : 1));
    band.window_end = std::min(g.shape.h, (index + 1) * kBandWindows);
    kernel(band);
  });
}

}  // namespace

void MaxGradient(const Window& window, TensorView<const float> g, TensorView<const float> input,
                 TensorView<float> output, const Context& context) {
  FCN_CHECK(input.shape == output.shape);
  RunBands(window, g, input, {}, output, GradientKernelsFor(context.isa()).max, context);
}

void MaxGradientOfWinners(const Window& window, TensorView<const float> g, const uint8_t* winners,
                          TensorView<float> output, const Context& context) {
  Band band{};
  band.winners = winners;
  RunBands(window, g, {}, band, output, GradientKernelsFor(context.isa()).max_of_winners, context);
}

void AverageGradient(const Window& window, bool count_padding, TensorView<const float> g, TensorView<float> output,
                     const Context& context) {
  Band band{};
  band.count_padding = count_padding;
  RunBands(window, g, {}, band, output, GradientKernelsFor(context.isa()).average, context);
}

void GlobalAverageGradient(TensorView<const float> g, TensorView<float> output, const Context& context) {
  const Nhwc& out = output.shape;
  FCN_CHECK(g.shape == (Nhwc{out.n, 1, 1, out.c}));
  const GradientKernels& kernels = GradientKernelsFor(context.isa());
  context.Parallel(out.n * out.h, [&](int64_t row, int) {
    kernels.spread(g.at(row / out.h, 0, 0), static_cast<float>(out.h * out.w), out.c, output.at(0, row, 0), out.w,
                   output.pixel_stride);
  });
}

}  // namespace fcn::pool
#endif
