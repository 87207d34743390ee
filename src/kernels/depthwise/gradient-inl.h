// The vector code of gradient.h. Included once per instruction set, hence the toggle instead of #pragma once.
#if defined(FCN_KERNELS_DEPTHWISE_GRADIENT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FCN_KERNELS_DEPTHWISE_GRADIENT_INL_H_
#undef FCN_KERNELS_DEPTHWISE_GRADIENT_INL_H_
#else
#define FCN_KERNELS_DEPTHWISE_GRADIENT_INL_H_
#endif

#include <algorithm>

#include "hwy/cache_control.h"

#include "kernels/depthwise/gradient_kernels.h"
#include "kernels/simd/channels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fcn::depthwise::HWY_NAMESPACE {
namespace gradient {

namespace simd = fcn::HWY_NAMESPACE;
namespace hn = hwy::HWY_NAMESPACE;
using simd::FloatVec;

// ---- The gradient by the input, for strides above 1.

/// The row of the gradient that the kernel's row i takes to the row of the input, or -1.
HWY_INLINE int64_t GradientRow(const DataRow& row, int i) {
  const ConvGeometry& g = row.geometry;
  const int64_t y = row.y + g.padding.top - int64_t{i} * g.dilation.h;
  return y >= 0 && y % g.stride.h == 0 && y / g.stride.h < row.gradient_height ? y / g.stride.h : -1;
}

template <typename Lanes>
HWY_INLINE void FinishData(const DataRow& row, FloatVec sum, int64_t x, int64_t c, const Lanes& lanes) {
  if (row.residual != nullptr) sum = hn::Add(sum, lanes.Load(row.residual + x * row.residual_stride + c));
  lanes.Store(sum, row.output + x * row.output_stride + c);
}

// Pixels of the gradient that a block of the strided kernel begins at: twice as many sums, a row of a 5×5 kernel and a
// pixel fit into the 16 registers of AVX2. The portable target spells out every lane, so its code is kept small.
constexpr int kDataPixels = HWY_TARGET == HWY_EMU128 ? 1 : HWY_TARGET == HWY_AVX3 ? 8 : 4;

/// Stride 2, no dilation: 2 · kDataPixels outputs from 2 · first − padding on, × a vector of channels. With kInside
/// none of them, and none of the pixels that reach them, is outside of the image. Pixel m reaches the outputs 2m, …,
/// 2m + kWidth − 1, counted from before the padding.
template <int kWidth, bool kInside, typename Lanes>
HWY_INLINE void DataBlock(const DataRow& row, int64_t first, int64_t c, const Lanes& lanes) {
  const ConvGeometry& g = row.geometry;
  const simd::FloatTag d;
  constexpr int kOutputs = 2 * kDataPixels, kBefore = (kWidth - 1) / 2;
  FloatVec sums[kOutputs];
  HWY_UNROLL(16)
  for (int p = 0; p < kOutputs; p++) sums[p] = hn::Zero(d);
  for (int i = 0; i < g.kernel.h; i++) {
    const int64_t y = GradientRow(row, i);
    if (y < 0) continue;
    const float* from = row.gradient + y * row.gradient_row_stride + c;
    const float* weights = row.weights + int64_t{i} * kWidth * row.padded_channels + c;
    FloatVec w[kWidth];
    HWY_UNROLL(5)
    for (int j = 0; j < kWidth; j++) w[j] = hn::LoadU(d, weights + j * row.padded_channels);
    HWY_UNROLL(10)
    for (int q = -kBefore; q < kDataPixels; q++) {
      if (!kInside && (first + q < 0 || first + q >= row.gradient_width)) continue;
      const FloatVec v = lanes.Load(from + (first + q) * row.gradient_pixel_stride);
      HWY_UNROLL(5)
      for (int j = 0; j < kWidth; j++)
        if (2 * q + j >= 0 && 2 * q + j < kOutputs) sums[2 * q + j] = hn::MulAdd(v, w[j], sums[2 * q + j]);
    }
  }
  const int64_t x = 2 * first - g.padding.left;
  HWY_UNROLL(16)
  for (int p = 0; p < kOutputs; p++)
    if (kInside || (x + p >= 0 && x + p < row.width)) FinishData(row, sums[p], x + p, c, lanes);
}

template <int kWidth>
void DataStride2(const DataRow& shared) {
  const DataRow row = shared;  // a copy that no store of an output can change, so that its fields stay in registers
  const int64_t padding = row.geometry.padding.left;
  for (int64_t first = padding / 2; 2 * first - padding < row.width; first += kDataPixels) {
    const int64_t x = 2 * first - padding;
    const bool inside = first >= (kWidth - 1) / 2 && first + kDataPixels <= row.gradient_width && x >= 0 &&
                        x + int64_t{2} * kDataPixels <= row.width;
    simd::ForChannels(row.channels, [&](int64_t c, const auto& lanes) HWY_ATTR {
      if (inside) {
        DataBlock<kWidth, true>(row, first, c, lanes);
      } else {
        DataBlock<kWidth, false>(row, first, c, lanes);
      }
    });
  }
}

/// Any kernel, stride and dilation, one pixel at a time.
void AnyData(const DataRow& row) {
  const ConvGeometry& g = row.geometry;
  for (int64_t x = 0; x < row.width; x++)
    simd::ForChannels(row.channels, [&](int64_t c, const auto& lanes) HWY_ATTR {
      FloatVec sum = hn::Zero(simd::FloatTag());
      for (int i = 0; i < g.kernel.h; i++) {
        const int64_t y = GradientRow(row, i);
        if (y < 0) continue;
        for (int j = 0; j < g.kernel.w; j++) {
          const int64_t column = x + g.padding.left - int64_t{j} * g.dilation.w;
          if (column < 0 || column % g.stride.w != 0 || column / g.stride.w >= row.gradient_width) continue;
          const float* from = row.gradient + y * row.gradient_row_stride;
          const float* w = row.weights + (int64_t{i} * g.kernel.w + j) * row.padded_channels + c;
          sum = hn::MulAdd(lanes.Load(from + column / g.stride.w * row.gradient_pixel_stride + c),
                           hn::LoadU(simd::FloatTag(), w), sum);
        }
      }
      FinishData(row, sum, x, c, lanes);
    });
}

void Data(const DataRow& row) {
  const ConvGeometry& g = row.geometry;
  const bool fast = g.stride.w == 2 && g.dilation.w == 1;
  if (fast && g.kernel.w == 3) return DataStride2<3>(row);
  if (fast && g.kernel.w == 5) return DataStride2<5>(row);
  AnyData(row);
}

// ---- The gradient by the weights.

struct Range {
  int64_t begin, end;
};

/// Of the positions [0, count) of a window that moves by `stride`, those at which taps from `first` to first + reach,
/// where the window is at position 0, lie in [0, size).
HWY_INLINE Range Inside(int64_t first, int64_t reach, int64_t stride, int64_t size, int64_t count) {
  const int64_t space = size - reach - first;
  const int64_t begin = std::clamp<int64_t>(first < 0 ? (-first + stride - 1) / stride : 0, 0, count);
  return {begin, std::clamp<int64_t>(space > 0 ? (space - 1) / stride + 1 : 0, begin, count)};
}

/// Adds the products of the pixels [x, end) of a row, some of whose taps hang over the image's left or right edge.
/// `column` is where pixel 0 has its first tap.
template <int kRows, int kWidth, typename Lanes>
HWY_INLINE void AddClipped(const WeightRows& in, int64_t column, int64_t x, int64_t end, const float* gradient,
                           const float* image, const Lanes& lanes, FloatVec (&sums)[kRows][kWidth]) {
  const ConvGeometry& g = in.geometry;
  for (; x < end; x++) {
    const FloatVec v = lanes.Load(gradient + x * in.gradient_pixel_stride);
    HWY_UNROLL(5)
    for (int t = 0; t < kWidth; t++) {
      const int64_t from = column + x * g.stride.w + int64_t{t} * g.dilation.w;
      if (from < 0 || from >= in.image_width) continue;
      HWY_UNROLL(5)
      for (int r = 0; r < kRows; r++) {
        const float* p = image + int64_t{r} * g.dilation.h * in.image_row_stride + from * in.image_pixel_stride;
        sums[r][t] = hn::MulAdd(v, lanes.Load(p), sums[r][t]);
      }
    }
  }
}

// So many multiplications take about as long as memory takes to answer.
constexpr int64_t kPixelsAhead = 16;

/// Asks for the last rows and columns of a window, which ends at `last`.
HWY_INLINE void PrefetchFresh(const float* last, Size2 fresh, int64_t down, int64_t step) {
  for (int r = 0; r < fresh.h; r++)
    for (int t = 0; t < fresh.w; t++) hwy::Prefetch(last - r * down - t * step);
}

/// Adds the products of kRows × kWidth neighbouring taps from (i, j) on, over rows [y, end) at which no kernel row
/// hangs over the image's edge, of a vector of channels from c. All sums stay in registers.
template <int kRows, int kWidth, typename Lanes>
HWY_INLINE void AddProducts(const WeightRows& in, int i, int j, int64_t y, int64_t end, int64_t c, const Lanes& lanes) {
  if (y >= end) return;
  const ConvGeometry& g = in.geometry;
  const int64_t step = g.dilation.w * in.image_pixel_stride, down = g.dilation.h * in.image_row_stride;
  const int64_t advance = g.stride.w * in.image_pixel_stride;
  const int64_t column = int64_t{j} * g.dilation.w - g.padding.left;
  const Range inside = Inside(column, int64_t{kWidth - 1} * g.dilation.w, g.stride.w, in.image_width, in.width);

  // Neighbouring pixels lie so far apart that the processor does not guess where the next ones are. Of a window, only
  // the last rows and columns, as many as the stride, are not in the cache from windows before.
  const Size2 fresh = {std::min(kRows, g.stride.h), std::min(kWidth, g.stride.w)};
  const int64_t ahead_gradient = kPixelsAhead * in.gradient_pixel_stride;
  const int64_t ahead_image = kPixelsAhead * advance + (kRows - 1) * down + (kWidth - 1) * step;

  FloatVec sums[kRows][kWidth];
  float* to = in.sums + (int64_t{i} * g.kernel.w + j) * in.sums_stride + c;
  HWY_UNROLL(5)
  for (int r = 0; r < kRows; r++) {
    HWY_UNROLL(5)
    for (int t = 0; t < kWidth; t++) sums[r][t] = lanes.Load(to + (int64_t{r} * g.kernel.w + t) * in.sums_stride);
  }
  for (; y < end; y++) {
    const float* gradient = in.gradient + y * in.gradient_row_stride + c;
    const int64_t row = (in.y + y) * g.stride.h - g.padding.top + int64_t{i} * g.dilation.h;
    const float* image = in.image + row * in.image_row_stride + c;
    AddClipped(in, column, 0, inside.begin, gradient, image, lanes, sums);
    const float* from = image + (column + inside.begin * g.stride.w) * in.image_pixel_stride;
    const float* pixel = gradient + inside.begin * in.gradient_pixel_stride;
    for (int64_t x = inside.begin; x < inside.end; x++, from += advance, pixel += in.gradient_pixel_stride) {
      const FloatVec v = lanes.Load(pixel);
      hwy::Prefetch(pixel + ahead_gradient);
      PrefetchFresh(from + ahead_image, fresh, down, step);
      HWY_UNROLL(5)
      for (int r = 0; r < kRows; r++) {
        HWY_UNROLL(5)
        for (int t = 0; t < kWidth; t++) sums[r][t] = hn::MulAdd(v, lanes.Load(from + r * down + t * step), sums[r][t]);
      }
    }
    AddClipped(in, column, inside.end, in.width, gradient, image, lanes, sums);
  }
  HWY_UNROLL(5)
  for (int r = 0; r < kRows; r++) {
    HWY_UNROLL(5)
    for (int t = 0; t < kWidth; t++) lanes.Store(sums[r][t], to + (int64_t{r} * g.kernel.w + t) * in.sums_stride);
  }
}

/// The rows at which kernel rows [i, i + count) lie inside the image.
HWY_INLINE Range RowsInside(const WeightRows& in, int i, int count) {
  const ConvGeometry& g = in.geometry;
  const int64_t first = in.y * g.stride.h - g.padding.top + int64_t{i} * g.dilation.h;
  return Inside(first, int64_t{count - 1} * g.dilation.h, g.stride.h, in.image_height, in.rows);
}

/// kRows kernel rows of kWidth taps at a time, where they all lie inside the image, and one by one at its edges.
template <int kRows, int kWidth>
void WeightTaps(const WeightRows& shared) {
  const WeightRows in = shared;  // a copy that no store of a sum can change, so that its fields stay in registers
  const int height = in.geometry.kernel.h;
  simd::ForChannels(in.channels, [&](int64_t c, const auto& lanes) HWY_ATTR {
    for (int i = 0; i < height; i += kRows) {
      Range together = {0, 0};
      if (kRows > 1 && i + kRows <= height) {
        together = RowsInside(in, i, kRows);
        AddProducts<kRows, kWidth>(in, i, 0, together.begin, together.end, c, lanes);
      }
      for (int r = i; r < std::min(i + kRows, height); r++) {
        const Range alone = RowsInside(in, r, 1);
        const bool none = together.begin >= together.end;
        AddProducts<1, kWidth>(in, r, 0, alone.begin, none ? alone.end : together.begin, c, lanes);
        if (!none) AddProducts<1, kWidth>(in, r, 0, together.end, alone.end, c, lanes);
      }
    }
  });
}

void AnyWeight(const WeightRows& in) {
  simd::ForChannels(in.channels, [&](int64_t c, const auto& lanes) HWY_ATTR {
    for (int i = 0; i < in.geometry.kernel.h; i++) {
      const Range rows = RowsInside(in, i, 1);
      for (int j = 0; j < in.geometry.kernel.w; j++) AddProducts<1, 1>(in, i, j, rows.begin, rows.end, c, lanes);
    }
  });
}

// Rows of a 5×5 kernel whose sums fit into the registers, beside a pixel.
constexpr int kRowsOf5 = HWY_TARGET == HWY_AVX3 ? 5 : HWY_TARGET == HWY_EMU128 ? 1 : 2;
constexpr int kRowsOf3 = HWY_TARGET == HWY_EMU128 ? 1 : 3;

void Weight(const WeightRows& in) {
  if (in.geometry.kernel.w == 3) return WeightTaps<kRowsOf3, 3>(in);
  if (in.geometry.kernel.w == 5) return WeightTaps<kRowsOf5, 5>(in);
  AnyWeight(in);
}

}  // namespace gradient

GradientKernels MakeGradientKernels() { return {fcn::HWY_NAMESPACE::FloatLanes(), gradient::Data, gradient::Weight}; }

}  // namespace fcn::depthwise::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
