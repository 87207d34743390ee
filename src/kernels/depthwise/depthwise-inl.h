// The vector code of depthwise.h. Included once per instruction set, hence the toggle instead of #pragma once.
#if defined(FCN_KERNELS_DEPTHWISE_DEPTHWISE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FCN_KERNELS_DEPTHWISE_DEPTHWISE_INL_H_
#undef FCN_KERNELS_DEPTHWISE_DEPTHWISE_INL_H_
#else
#define FCN_KERNELS_DEPTHWISE_DEPTHWISE_INL_H_
#endif

#include <type_traits>

#include "kernels/depthwise/kernels.h"
#include "kernels/simd/functions-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fcn::depthwise::HWY_NAMESPACE {

namespace simd = fcn::HWY_NAMESPACE;
namespace hn = hwy::HWY_NAMESPACE;
using simd::FloatVec;

// Output pixels per block: their sums and one row of a 5×5 kernel fit into the 16 registers of AVX2, and 7 divides the
// widths of networks made for 224×224. The portable target spells out every lane, so its code is kept small.
constexpr int kPixels = HWY_TARGET == HWY_EMU128 ? 2 : 7;

/// Adds the kernel's row to the sums of a block of pixels. `x` is the image column under the first pixel's tap 0;
/// with kInside, no tap leaves the image. Every pixel adds its taps from left to right whichever way it is computed.
template <int kWidth, int kStride, bool kInside, typename Lanes>
HWY_INLINE void AddTaps(const Row& row, const float* image_row, const float* weights, int64_t x, const Lanes& lanes,
                        FloatVec* HWY_RESTRICT sums) {
  FloatVec w[kWidth];
  HWY_UNROLL(5)
  for (int j = 0; j < kWidth; j++) w[j] = hn::LoadU(simd::FloatTag(), weights + j * row.padded_channels);
  // Each input pixel is loaded once and meets all the taps that read it.
  constexpr int kSpan = (kPixels - 1) * kStride + kWidth;
  HWY_UNROLL(17)
  for (int q = 0; q < kSpan; q++) {
    if (!kInside && (x + q < 0 || x + q >= row.image_width)) continue;
    const FloatVec v = lanes.Load(image_row + (x + q) * row.image_pixel_stride);
    HWY_UNROLL(5)
    for (int j = 0; j < kWidth; j++) {
      const int p = (q - j) / kStride;
      if (q >= j && (q - j) % kStride == 0 && p < kPixels) sums[p] = hn::MulAdd(v, w[j], sums[p]);
    }
  }
}

/// The same for any width, stride and dilation.
template <bool kInside, typename Lanes>
HWY_INLINE void AddAnyTaps(const Row& row, const float* image_row, const float* weights, int64_t x, const Lanes& lanes,
                           FloatVec* HWY_RESTRICT sums) {
  const ConvGeometry& g = row.geometry;
  for (int j = 0; j < g.kernel.w; j++) {
    const FloatVec w = hn::LoadU(simd::FloatTag(), weights + j * row.padded_channels);
    HWY_UNROLL(7)
    for (int p = 0; p < kPixels; p++) {
      const int64_t column = x + int64_t{p} * g.stride.w + int64_t{j} * g.dilation.w;
      if (!kInside && (column < 0 || column >= row.image_width)) continue;
      sums[p] = hn::MulAdd(lanes.Load(image_row + column * row.image_pixel_stride), w, sums[p]);
    }
  }
}

/// One block: kPixels pixels from column x of the output, of which those beyond the row's end are dropped, × a vector
/// of channels from c. kWidth 0 is any kernel.
template <int kWidth, int kStride, bool kInside, typename Lanes>
HWY_INLINE void RunBlock(const Row& row, int64_t x, int64_t c, const Lanes& lanes, const simd::Clamp& clamp) {
  const ConvGeometry& g = row.geometry;
  const int64_t column = x * g.stride.w - g.padding.left;
  FloatVec sums[kPixels];
  HWY_UNROLL(7)
  for (int p = 0; p < kPixels; p++) sums[p] = hn::Zero(simd::FloatTag());
  for (int i = row.tap_begin; i < row.tap_end; i++) {
    const float* image_row = row.image + (row.top + int64_t{i} * g.dilation.h) * row.image_row_stride + c;
    const float* weights = row.weights + int64_t{i} * g.kernel.w * row.padded_channels + c;
    if constexpr (kWidth == 0) {
      AddAnyTaps<kInside>(row, image_row, weights, column, lanes, sums);
    } else {
      AddTaps<kWidth, kStride, kInside>(row, image_row, weights, column, lanes, sums);
    }
  }
  const FloatVec bias = row.bias != nullptr ? lanes.Load(row.bias + c) : hn::Zero(simd::FloatTag());
  HWY_UNROLL(7)
  for (int p = 0; p < kPixels; p++) sums[p] = hn::Add(sums[p], bias);
  if (row.residual != nullptr) {
    HWY_UNROLL(7)
    for (int p = 0; p < kPixels; p++)
      if (kInside || x + p < row.width)
        sums[p] = hn::Add(sums[p], lanes.Load(row.residual + (x + p) * row.residual_stride + c));
  }
  HWY_UNROLL(7)
  for (int p = 0; p < kPixels; p++)
    if (kInside || x + p < row.width) lanes.Store(clamp(sums[p]), row.output + (x + p) * row.output_stride + c);
}

template <int kWidth, int kStride>
void RunRow(const Row& shared) {
  const Row row = shared;  // a copy that no store of an output can change, so that its fields stay in registers
  const ConvGeometry& g = row.geometry;
  const simd::Clamp clamp(row.activation);
  for (int64_t x = 0; x < row.width; x += kPixels) {
    const int64_t first = x * g.stride.w - g.padding.left;
    const int64_t last = first + int64_t{kPixels - 1} * g.stride.w + int64_t{g.kernel.w - 1} * g.dilation.w;
    const bool inside = first >= 0 && last < row.image_width && x + kPixels <= row.width;
    simd::ForChannels(row.channels, [&](int64_t c, const auto& lanes) HWY_ATTR {
      // The rest of the channels takes the general way, which is right everywhere.
      if constexpr (std::is_same_v<decltype(lanes), const simd::AllLanes&>) {
        if (inside) return RunBlock<kWidth, kStride, true>(row, x, c, lanes, clamp);
      }
      RunBlock<kWidth, kStride, false>(row, x, c, lanes, clamp);
    });
  }
  if (!Clamps(row.activation))
    simd::ActivateRows(row.activation, row.slopes, row.output, row.width, row.channels, row.output_stride);
}

void RunAnyRow(const Row& row) {
  const ConvGeometry& g = row.geometry;
  const int stride = g.dilation.w == 1 ? g.stride.w : 0;
  if (g.kernel.w == 3 && stride == 1) return RunRow<3, 1>(row);
  if (g.kernel.w == 3 && stride == 2) return RunRow<3, 2>(row);
  if (g.kernel.w == 5 && stride == 1) return RunRow<5, 1>(row);
  if (g.kernel.w == 5 && stride == 2) return RunRow<5, 2>(row);
  RunRow<0, 0>(row);
}

Kernels MakeKernels() { return {simd::FloatLanes(), RunAnyRow}; }

}  // namespace fcn::depthwise::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
