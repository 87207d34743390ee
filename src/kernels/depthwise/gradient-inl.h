// The vector code of gradient.h. Included once per instruction set, hence the toggle instead of #pragma once.
#if defined(FCN_KERNELS_DEPTHWISE_GRADIENT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FCN_KERNELS_DEPTHWISE_GRADIENT_INL_H_
#undef FCN_KERNELS_DEPTHWISE_GRADIENT_INL_H_
#else
#define FCN_KERNELS_DEPTHWISE_GRADIENT_INL_H_
#endif

#include <algorithm>

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
                        x + 2 * kDataPixels <= row.width;
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

/// Adds the products of the pixels [x, end), some of whose taps hang over the image's edges.
template <int kRows, int kWidth, typename Lanes>
HWY_INLINE void AddClipped(const WeightRow& row, int64_t column, int64_t x, int64_t end, const float* gradient,
                           const float* image, const Lanes& lanes, FloatVec (&sums)[kRows][kWidth]) {
  const ConvGeometry& g = row.geometry;
  for (; x < end; x++) {
    const FloatVec v = lanes.Load(gradient + x * row.gradient_pixel_stride);
    HWY_UNROLL(5)
    for (int t = 0; t < kWidth; t++) {
      const int64_t from = column + x * g.stride.w + int64_t{t} * g.dilation.w;
      if (from < 0 || from >= row.image_width) continue;
      HWY_UNROLL(5)
      for (int r = 0; r < kRows; r++) {
        const float* p = image + r * g.dilation.h * row.image_row_stride + from * row.image_pixel_stride;
        sums[r][t] = hn::MulAdd(v, lanes.Load(p), sums[r][t]);
      }
    }
  }
}

/// Adds the products of kRows × kWidth neighbouring taps from (i, j) on, whose sums stay in registers along the row, of
/// a vector of channels from c.
template <int kRows, int kWidth, typename Lanes>
HWY_INLINE void AddProducts(const WeightRow& row, int i, int j, int64_t c, const Lanes& lanes) {
  const ConvGeometry& g = row.geometry;
  const int64_t step = g.dilation.w * row.image_pixel_stride, down = g.dilation.h * row.image_row_stride;
  const int64_t advance = g.stride.w * row.image_pixel_stride;
  // The columns of the image under the first pixel's first tap, and those for which all taps are inside.
  const int64_t column = int64_t{j} * g.dilation.w - g.padding.left, reach = int64_t{kWidth - 1} * g.dilation.w;
  const int64_t inside = std::clamp<int64_t>(column < 0 ? (-column + g.stride.w - 1) / g.stride.w : 0, 0, row.width);
  const int64_t space = row.image_width - reach - column;
  const int64_t inside_end = std::clamp<int64_t>(space > 0 ? (space - 1) / g.stride.w + 1 : 0, inside, row.width);

  FloatVec sums[kRows][kWidth];
  float* to = row.sums + (int64_t{i} * g.kernel.w + j) * row.sums_stride + c;
  HWY_UNROLL(5)
  for (int r = 0; r < kRows; r++) {
    HWY_UNROLL(5)
    for (int t = 0; t < kWidth; t++) sums[r][t] = lanes.Load(to + (int64_t{r} * g.kernel.w + t) * row.sums_stride);
  }
  const float* gradient = row.gradient + c;
  const float* image = row.image + (row.top + int64_t{i} * g.dilation.h) * row.image_row_stride + c;
  AddClipped(row, column, 0, inside, gradient, image, lanes, sums);
  const float* from = image + (column + inside * g.stride.w) * row.image_pixel_stride;
  const float* pixel = gradient + inside * row.gradient_pixel_stride;
  for (int64_t x = inside; x < inside_end; x++, from += advance, pixel += row.gradient_pixel_stride) {
    const FloatVec v = lanes.Load(pixel);
    HWY_UNROLL(5)
    for (int r = 0; r < kRows; r++) {
      HWY_UNROLL(5)
      for (int t = 0; t < kWidth; t++) sums[r][t] = hn::MulAdd(v, lanes.Load(from + r * down + t * step), sums[r][t]);
    }
  }
  AddClipped(row, column, inside_end, row.width, gradient, image, lanes, sums);
  HWY_UNROLL(5)
  for (int r = 0; r < kRows; r++) {
    HWY_UNROLL(5)
    for (int t = 0; t < kWidth; t++) lanes.Store(sums[r][t], to + (int64_t{r} * g.kernel.w + t) * row.sums_stride);
  }
}

/// kRows kernel rows of kWidth taps at a time while there are as many, then one by one.
template <int kRows, int kWidth>
void WeightRows(const WeightRow& shared) {
  const WeightRow row = shared;
  simd::ForChannels(row.channels, [&](int64_t c, const auto& lanes) HWY_ATTR {
    int i = row.tap_begin;
    for (; i + kRows <= row.tap_end; i += kRows) AddProducts<kRows, kWidth>(row, i, 0, c, lanes);
    for (; i < row.tap_end; i++) AddProducts<1, kWidth>(row, i, 0, c, lanes);
  });
}

void AnyWeight(const WeightRow& row) {
  simd::ForChannels(row.channels, [&](int64_t c, const auto& lanes) HWY_ATTR {
    for (int i = row.tap_begin; i < row.tap_end; i++)
      for (int j = 0; j < row.geometry.kernel.w; j++) AddProducts<1, 1>(row, i, j, c, lanes);
  });
}

// Rows of a 5×5 kernel whose sums fit into the registers, beside a pixel.
constexpr int kRowsOf5 = HWY_TARGET == HWY_AVX3 ? 5 : HWY_TARGET == HWY_EMU128 ? 1 : 2;
constexpr int kRowsOf3 = HWY_TARGET == HWY_EMU128 ? 1 : 3;

void Weight(const WeightRow& row) {
  const ConvGeometry& g = row.geometry;
  if (g.kernel.w == 3) return WeightRows<kRowsOf3, 3>(row);
  if (g.kernel.w == 5) return WeightRows<kRowsOf5, 5>(row);
  AnyWeight(row);
}

}  // namespace gradient

GradientKernels MakeGradientKernels() { return {fcn::HWY_NAMESPACE::FloatLanes(), gradient::Data, gradient::Weight}; }

}  // namespace fcn::depthwise::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
