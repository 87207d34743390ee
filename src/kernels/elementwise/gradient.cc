#include "kernels/elementwise/gradient.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/elementwise/gradient.cc"
#include "hwy/foreach_target.h"
#include "kernels/elementwise/gradient-inl.h"

#if HWY_ONCE
#include "base/check.h"
#include "kernels/elementwise/run.h"
#include "kernels/simd/dispatch.h"

FCN_DEFINE_KERNELS_FOR(elementwise::GradientKernels, elementwise::GradientKernelsFor, MakeGradientKernels)

namespace fcn::elementwise {
namespace {

// Few enough that sums in float32 stay accurate, and so many that their sums are little beside them.
constexpr int64_t kBlockPixels = 256;
// Channels of a task that adds the sums of blocks: a cache line.
constexpr int64_t kTaskChannels = 16;

int64_t Blocks(const Nhwc& shape) { return (shape.pixels() + kBlockPixels - 1) / kBlockPixels; }

Span GradientSpan(TensorView<const float> g, TensorView<const float> y, TensorView<float> output) {
  FCN_CHECK(g.shape == y.shape);
  Span span = SpanOf(g, output);
  span.b = y.data;
  span.b_stride = y.pixel_stride;
  return span;
}

/// Copies `count` pixels of g to `out`, or zeros where g is null.
void Copy(const float* g, int64_t g_stride, int64_t count, int64_t channels, float* out, int64_t out_stride) {
  const bool dense = out_stride == channels && (g == nullptr || g_stride == channels);
  const int64_t pieces = dense ? 1 : count;
  const size_t bytes = sizeof(float) * static_cast<size_t>(dense ? count * channels : channels);
  if (count == 0 || bytes == 0) return;
  for (int64_t p = 0; p < pieces; p++) {
    if (g == nullptr) {
      std::memset(out + p * out_stride, 0, bytes);
    } else {
      std::memcpy(out + p * out_stride, g + p * g_stride, bytes);
    }
  }
}

/// The kernel's sums over all pixels, in blocks of a fixed number that are added in order, in double. b may be none.
void SumBlocks(void (*kernel)(const Span&, float*), TensorView<const float> a, TensorView<const float> b, float* sums,
               float* scratch, const Context& context) {
  FCN_CHECK(b.data == nullptr || a.shape == b.shape);
  const int64_t channels = a.shape.c, pixels = a.shape.pixels(), blocks = Blocks(a.shape);
  context.Parallel(blocks, [&](int64_t block, int) {
    const int64_t begin = block * kBlockPixels;
    Span span{.pixels = std::min(kBlockPixels, pixels - begin), .channels = channels};
    span.a = a.data + begin * a.pixel_stride, span.a_stride = a.pixel_stride;
    if (b.data != nullptr) span.b = b.data + begin * b.pixel_stride, span.b_stride = b.pixel_stride;
    kernel(span, scratch + block * channels);
  });
  context.Parallel((channels + kTaskChannels - 1) / kTaskChannels, [&](int64_t task, int) {
    const int64_t begin = task * kTaskChannels, end = std::min(channels, begin + kTaskChannels);
    double total[kTaskChannels] = {};
    for (int64_t block = 0; block < blocks; block++)
      for (int64_t c = begin; c < end; c++) total[c - begin] += scratch[block * channels + c];
    for (int64_t c = begin; c < end; c++) sums[c] = static_cast<float>(total[c - begin]);
  });
}

}  // namespace

void ActivationGradient(Activation activation, TensorView<const float> g, TensorView<const float> y,
                        TensorView<float> output, const Context& context, const float* slopes) {
  Span span = GradientSpan(g, y, output);
  span.activation = activation, span.slopes = slopes;
  Run(span, slopes == nullptr && g.contiguous() && y.contiguous() && output.contiguous(),
      GradientKernelsFor(context.isa()).activation, context);
}

void SoftmaxGradient(TensorView<const float> g, TensorView<const float> y, TensorView<float> output,
                     const Context& context) {
  Run(GradientSpan(g, y, output), false, GradientKernelsFor(context.isa()).softmax, context);
}

int64_t ChannelSumsScratchFloats(const Nhwc& input) { return Blocks(input) * input.c; }

void ChannelSums(TensorView<const float> input, float* sums, float* scratch, const Context& context) {
  SumBlocks(GradientKernelsFor(context.isa()).channel_sums, input, {}, sums, scratch, context);
}

int64_t ProductSumsScratchFloats(const Nhwc& input) { return Blocks({1, input.h, input.w, input.c}) * input.c; }

void ProductSums(TensorView<const float> a, TensorView<const float> b, float* sums, float* scratch,
                 const Context& context) {
  FCN_CHECK(a.shape == b.shape);
  const Nhwc image{1, a.shape.h, a.shape.w, a.shape.c};
  for (int64_t n = 0; n < a.shape.n; n++)
    SumBlocks(GradientKernelsFor(context.isa()).product_sums, {a.at(n, 0, 0), image, a.pixel_stride},
              {b.at(n, 0, 0), image, b.pixel_stride}, sums + n * image.c, scratch, context);
}

void SlopeGradient(TensorView<const float> g, TensorView<const float> x, float* sums, float* scratch,
                   const Context& context) {
  SumBlocks(GradientKernelsFor(context.isa()).slope_sums, g, x, sums, scratch, context);
}

void CropGradient(TensorView<const float> g, int64_t top, int64_t left, TensorView<float> output,
                  const Context& context) {
  const Nhwc& out = output.shape;
  FCN_CHECK(g.shape.n == out.n && g.shape.c == out.c && top >= 0 && left >= 0 && top + g.shape.h <= out.h &&
            left + g.shape.w <= out.w);
  context.Parallel(out.n * out.h, [&](int64_t task, int) {
    const int64_t n = task / out.h, y = task % out.h, right = left + g.shape.w;
    const auto copy = [&](const float* from, int64_t begin, int64_t end) {
      Copy(from, g.pixel_stride, end - begin, out.c, output.at(n, y, begin), output.pixel_stride);
    };
    if (y < top || y >= top + g.shape.h) {
      copy(nullptr, 0, out.w);
    } else {
      copy(nullptr, 0, left);
      copy(g.at(n, y - top, 0), left, right);
      copy(nullptr, right, out.w);
    }
  });
}

void Dropout(TensorView<const float> input, uint64_t seed, float rate, TensorView<float> output,
             const Context& context) {
  FCN_CHECK(rate >= 0 && rate < 1);
  const auto threshold = static_cast<uint64_t>(std::ldexp(static_cast<double>(rate), 64));
  Span span = SpanOf(input, output);
  span.factor = 1 - rate;
  const int64_t channels = span.channels;
  const auto& dropout = GradientKernelsFor(context.isa()).dropout;
  Run(
      span, input.contiguous() && output.contiguous(),
      [&](const Span& part, int64_t first) { dropout(part, seed, static_cast<uint64_t>(first * channels), threshold); },
      context);
}

}  // namespace fcn::elementwise
#endif
