#include "kernels/pool/pool.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/pool/pool.cc"
#include "hwy/foreach_target.h"
#include "kernels/pool/pool-inl.h"

#if HWY_ONCE
#include "base/check.h"
#include "kernels/simd/dispatch.h"
#include "kernels/simd/taps.h"

FCN_DEFINE_KERNELS_FOR(pool::Kernels, pool::KernelsFor, MakeKernels)

namespace fcn::pool {
namespace {

void Run(const Window& window, bool count_padding, TensorView<const float> input, TensorView<float> output,
         void (*kernel)(const Row&), const Context& context, uint8_t* winners = nullptr, bool positive_only = false) {
  FCN_CHECK(input.shape.n == output.shape.n && input.shape.c == output.shape.c);
  context.Parallel(output.shape.n * output.shape.h, [&](int64_t task, int) {
    const int64_t n = task / output.shape.h, y = task % output.shape.h;
    const int64_t top = y * window.stride.h - window.padding.top;
    const auto [tap_begin, tap_end] = TapsInside(top, window.kernel.h, 1, input.shape.h);
    const int64_t padded_end = input.shape.h + window.padding.bottom;
    kernel({.window = &window,
            .channels = input.shape.c,
            .image = input.at(n, 0, 0),
            .image_width = input.shape.w,
            .image_row_stride = input.row_stride(),
            .image_pixel_stride = input.pixel_stride,
            .top = top,
            .tap_begin = tap_begin,
            .tap_end = tap_end,
            .counted_rows =
                count_padding ? std::min<int64_t>(top + window.kernel.h, padded_end) - top : tap_end - tap_begin,
            .count_padding = count_padding,
            .output = output.at(n, y, 0),
            .width = output.shape.w,
            .output_stride = output.pixel_stride,
            .winners = winners == nullptr ? nullptr : winners + task * output.shape.w * output.shape.c,
            .positive_only = positive_only});
  });
}

int64_t Blocks(const Nhwc& shape) { return (shape.h * shape.w + kGlobalAveragePixels - 1) / kGlobalAveragePixels; }

}  // namespace

void Max(const Window& window, TensorView<const float> input, TensorView<float> output, const Context& context) {
  Run(window, false, input, output, KernelsFor(context.isa()).max, context);
}

void MaxWithWinners(const Window& window, bool positive_only, TensorView<const float> input, TensorView<float> output,
                    uint8_t* winners, const Context& context) {
  FCN_CHECK(window.kernel.h * window.kernel.w <= kNoWinner);
  Run(window, false, input, output, KernelsFor(context.isa()).max_with_winners, context, winners, positive_only);
}

void Average(const Window& window, bool count_padding, TensorView<const float> input, TensorView<float> output,
             const Context& context) {
  Run(window, count_padding, input, output, KernelsFor(context.isa()).average, context);
}

int64_t GlobalAverageScratchFloats(const Nhwc& input) { return input.n * Blocks(input) * input.c; }

void GlobalAverage(TensorView<const float> input, TensorView<float> output, float* scratch, const Context& context) {
  const Nhwc& in = input.shape;
  FCN_CHECK(output.shape == (Nhwc{in.n, 1, 1, in.c}));
  const Kernels& kernels = KernelsFor(context.isa());
  const int64_t blocks = Blocks(in), pixels = in.h * in.w;
  context.Parallel(in.n * blocks, [&](int64_t task, int) {
    const int64_t begin = task % blocks * kGlobalAveragePixels;
    const float* first = input.at(task / blocks, 0, 0) + begin * input.pixel_stride;
    kernels.mean(first, std::min(kGlobalAveragePixels, pixels - begin), input.pixel_stride, in.c, 1.0f,
                 scratch + task * in.c);
  });
  context.Parallel(in.n, [&](int64_t n, int) {
    kernels.mean(scratch + n * blocks * in.c, blocks, in.c, in.c, static_cast<float>(pixels), output.at(n, 0, 0));
  });
}

}  // namespace fcn::pool
#endif
