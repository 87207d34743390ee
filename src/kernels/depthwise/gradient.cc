#include "kernels/depthwise/gradient.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/depthwise/gradient.cc"
#include "hwy/foreach_target.h"
#include "kernels/depthwise/gradient-inl.h"

#if HWY_ONCE
#include "base/check.h"
#include "kernels/depthwise/depthwise.h"
#include "kernels/simd/dispatch.h"

FCN_DEFINE_KERNELS_FOR(depthwise::GradientKernels, depthwise::GradientKernelsFor, MakeGradientKernels)

namespace fcn::depthwise {
namespace {

int64_t PaddedChannels(int64_t channels, Isa isa) {
  const int64_t lanes = GradientKernelsFor(isa).lanes;
  return (channels + lanes - 1) / lanes * lanes;
}

int64_t Taps(const ConvProblem& problem) { return int64_t{problem.geometry.kernel.h} * problem.geometry.kernel.w; }

bool HasStride(const ConvProblem& problem) { return problem.geometry.stride != Size2{1, 1}; }

// Without a stride, the gradient by the input is a depthwise convolution of the gradient by the kernel turned by half a
// circle. Padding may be negative: then a rim of the gradient is cut off.
ConvProblem Mirrored(const ConvProblem& problem) {
  ConvProblem mirrored = {problem.geometry, problem.output, problem.input};
  const ConvGeometry& g = problem.geometry;
  const int reach_h = g.dilation.h * (g.kernel.h - 1), reach_w = g.dilation.w * (g.kernel.w - 1);
  mirrored.geometry.padding = {reach_h - g.padding.top, reach_h - g.padding.bottom, reach_w - g.padding.left,
                               reach_w - g.padding.right};
  return mirrored;
}

// Rows of the output, over all images, whose products are added up in one part: about a thousand pixels. A part is
// computed a chunk of channels at a time, so that the rows that windows share stay in the second cache.
constexpr int64_t kPixelsPerBand = 1024, kChannelsPerChunk = 128;

int64_t RowsPerBand(const ConvProblem& problem) {
  return std::max<int64_t>(1, kPixelsPerBand / std::max<int64_t>(1, problem.output.w));
}

int64_t Bands(const ConvProblem& problem) {
  const int64_t rows = problem.output.n * problem.output.h, band = RowsPerBand(problem);
  return (rows + band - 1) / band;
}

}  // namespace

int64_t GradientPackedFloats(const ConvProblem& problem, Isa isa) {
  return Taps(problem) * PaddedChannels(problem.output.c, isa);
}

void GradientPack(const ConvProblem& problem, Isa isa, const float* weight, const float* scale, const Context& context,
                  float* packed) {
  const int64_t channels = problem.output.c, padded = PaddedChannels(channels, isa), taps = Taps(problem);
  context.Parallel(taps, [&](int64_t tap, int) {
    float* row = packed + (HasStride(problem) ? tap : taps - 1 - tap) * padded;
    for (int64_t c = 0; c < channels; c++) row[c] = weight[c * taps + tap] * (scale != nullptr ? scale[c] : 1.0f);
    std::fill(row + channels, row + padded, 0.0f);
  });
}

int64_t DataScratchFloats(const ConvProblem& problem, Isa isa, int threads) {
  return HasStride(problem) ? 0 : ScratchFloats(Mirrored(problem), isa, threads);
}

void RunData(const ConvProblem& problem, TensorView<const float> gradient, const float* packed,
             const Epilogue& epilogue, TensorView<float> output, float* scratch, const Context& context) {
  FCN_CHECK(Supports(problem) && gradient.shape == problem.output && output.shape == problem.input);
  const TensorView<const float> residual = epilogue.residual;
  if (!HasStride(problem)) {
    Epilogue residual_only;
    residual_only.residual = residual;
    return Run(Mirrored(problem), gradient, packed, residual_only, output, scratch, context);
  }
  const GradientKernels& kernels = GradientKernelsFor(context.isa());
  context.Parallel(output.shape.n * output.shape.h, [&](int64_t task, int) {
    const int64_t n = task / output.shape.h, y = task % output.shape.h;
    kernels.data({.geometry = problem.geometry,
                  .channels = output.shape.c,
                  .padded_channels = PaddedChannels(output.shape.c, context.isa()),
                  .gradient = gradient.at(n, 0, 0),
                  .gradient_height = gradient.shape.h,
                  .gradient_width = gradient.shape.w,
                  .gradient_row_stride = gradient.row_stride(),
                  .gradient_pixel_stride = gradient.pixel_stride,
                  .weights = packed,
                  .residual = residual.data != nullptr ? residual.at(n, y, 0) : nullptr,
                  .residual_stride = residual.pixel_stride,
                  .y = y,
                  .output = output.at(n, y, 0),
                  .width = output.shape.w,
                  .output_stride = output.pixel_stride});
  });
}

int64_t WeightScratchFloats(const ConvProblem& problem, Isa isa, int) {
  return Bands(problem) * Taps(problem) * PaddedChannels(problem.output.c, isa);
}

void RunWeight(const ConvProblem& problem, TensorView<const float> gradient, TensorView<const float> input,
               float* output, float* scratch, const Context& context) {
  FCN_CHECK(Supports(problem) && gradient.shape == problem.output && input.shape == problem.input);
  const GradientKernels& kernels = GradientKernelsFor(context.isa());
  const int64_t channels = gradient.shape.c, padded = PaddedChannels(channels, context.isa()), taps = Taps(problem);
  const int64_t bands = Bands(problem), rows_per_band = RowsPerBand(problem);
  const int64_t rows = gradient.shape.n * gradient.shape.h;
  const int64_t chunks = (channels + kChannelsPerChunk - 1) / kChannelsPerChunk;
  context.Parallel(bands * chunks, [&](int64_t task, int) {
    const int64_t band = task / chunks, channel = task % chunks * kChannelsPerChunk;
    const int64_t count = std::min(kChannelsPerChunk, channels - channel);
    float* sums = scratch + band * taps * padded + channel;
    for (int64_t tap = 0; tap < taps; tap++) std::fill_n(sums + tap * padded, count, 0.0f);
    const int64_t end = std::min(rows, (band + 1) * rows_per_band);
    for (int64_t row = band * rows_per_band; row < end;) {
      const int64_t n = row / gradient.shape.h, y = row % gradient.shape.h;
      const int64_t of_image = std::min(gradient.shape.h - y, end - row);
      kernels.weight({.geometry = problem.geometry,
                      .channels = count,
                      .gradient = gradient.at(n, y, 0) + channel,
                      .y = y,
                      .rows = of_image,
                      .width = gradient.shape.w,
                      .gradient_row_stride = gradient.row_stride(),
                      .gradient_pixel_stride = gradient.pixel_stride,
                      .image = input.at(n, 0, 0) + channel,
                      .image_height = input.shape.h,
                      .image_width = input.shape.w,
                      .image_row_stride = input.row_stride(),
                      .image_pixel_stride = input.pixel_stride,
                      .sums = sums,
                      .sums_stride = padded});
      row += of_image;
    }
  });
  context.Parallel(chunks, [&](int64_t chunk, int) {
    const int64_t channel = chunk * kChannelsPerChunk, count = std::min(kChannelsPerChunk, channels - channel);
    for (int64_t tap = 0; tap < taps; tap++) {
      float sums[kChannelsPerChunk] = {};
      for (int64_t band = 0; band < bands; band++) {
        const float* part = scratch + (band * taps + tap) * padded + channel;
        for (int64_t c = 0; c < count; c++) sums[c] += part[c];
      }
      for (int64_t c = 0; c < count; c++) output[(channel + c) * taps + tap] = sums[c];
    }
  });
}

}  // namespace fcn::depthwise
#endif
