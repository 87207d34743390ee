// The vector code of deconv.h. Included once per instruction set, hence the toggle instead of #pragma once.
#if defined(FCN_KERNELS_DECONV_DECONV_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FCN_KERNELS_DECONV_DECONV_INL_H_
#undef FCN_KERNELS_DECONV_DECONV_INL_H_
#else
#define FCN_KERNELS_DECONV_DECONV_INL_H_
#endif

#include "kernels/deconv/kernels.h"
#include "kernels/simd/channels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fcn::deconv::HWY_NAMESPACE {

namespace simd = fcn::HWY_NAMESPACE;
namespace hn = hwy::HWY_NAMESPACE;
using simd::FloatVec;

// A dense block's sums, weights and one input fit into the 16 registers of AVX2.
constexpr int kPixels = 6, kVectors = 2;

/// Bias, residual, activation and the store of one vector of channels from c on.
template <typename Lanes>
HWY_INLINE void Finish(const Row& row, FloatVec sum, int64_t x, int64_t c, const Lanes& lanes,
                       const simd::Clamp& clamp) {
  if (row.bias != nullptr) sum = hn::Add(sum, lanes.Load(row.bias + c));
  if (row.residual != nullptr) sum = hn::Add(sum, lanes.Load(row.residual + x * row.residual_stride + c));
  lanes.Store(clamp(sum), row.output + x * row.output_stride + c);
}

/// One output pixel of the diagonal form.
HWY_INLINE void DiagonalPixel(const Row& row, int64_t x, const Taps& columns, const simd::Clamp& clamp) {
  const ConvGeometry& g = *row.geometry;
  simd::ForChannels(row.outputs, [&](int64_t c, const auto& lanes) HWY_ATTR {
    FloatVec sum = hn::Zero(simd::FloatTag());
    for (int64_t i = row.taps.begin; i < row.taps.end; i++) {
      const float* in = row.image + (row.taps.base - i) * row.image_row_stride + c;
      const float* weights = row.weights + (row.taps.phase + i * g.stride.h) * g.kernel.w * row.padded_outputs + c;
      for (int64_t j = columns.begin; j < columns.end; j++) {
        const FloatVec w = hn::LoadU(simd::FloatTag(), weights + (columns.phase + j * g.stride.w) * row.padded_outputs);
        sum = hn::MulAdd(lanes.Load(in + (columns.base - j) * row.image_pixel_stride), w, sum);
      }
    }
    Finish(row, sum, x, c, lanes, clamp);
  });
}

void DiagonalRow(const Row& row) {
  const ConvGeometry& g = *row.geometry;
  const simd::Clamp clamp(row.activation);
  for (int64_t x = 0; x < row.width; x++)
    DiagonalPixel(row, x, TapsReaching(x + g.padding.left, g.kernel.w, g.stride.w, row.image_width), clamp);
}

/// kCount pixels, stride.w apart, whose columns of taps are the same but for the base; vectors of channels k, k +
/// lanes, … of one group.
template <int kCount>
HWY_INLINE void DenseBlock(const Row& row, int64_t group, int64_t k, int64_t x, const Taps& columns,
                           const simd::Clamp& clamp) {
  const ConvGeometry& g = *row.geometry;
  const simd::FloatTag d;
  const int64_t lanes = simd::FloatLanes();
  const bool second = k + lanes < row.outputs;
  FloatVec sums[kCount][kVectors];
  HWY_UNROLL(6)
  for (int p = 0; p < kCount; p++) sums[p][0] = sums[p][1] = hn::Zero(d);
  for (int64_t i = row.taps.begin; i < row.taps.end; i++) {
    const float* image_row = row.image + (row.taps.base - i) * row.image_row_stride + group * row.inputs;
    for (int64_t j = columns.begin; j < columns.end; j++) {
      const float* in = image_row + (columns.base - j) * row.image_pixel_stride;
      const int64_t tap = (row.taps.phase + i * g.stride.h) * g.kernel.w + columns.phase + j * g.stride.w;
      const float* weights = row.weights + (tap * g.groups + group) * row.inputs * row.padded_outputs + k;
      for (int64_t c = 0; c < row.inputs; c++) {
        const FloatVec w0 = hn::LoadU(d, weights + c * row.padded_outputs);
        const FloatVec w1 = second ? hn::LoadU(d, weights + c * row.padded_outputs + lanes) : w0;
        HWY_UNROLL(6)
        for (int p = 0; p < kCount; p++) {
          const FloatVec v = hn::Set(d, in[p * row.image_pixel_stride + c]);
          sums[p][0] = hn::MulAdd(v, w0, sums[p][0]);
          sums[p][1] = hn::MulAdd(v, w1, sums[p][1]);
        }
      }
    }
  }
  HWY_UNROLL(6)
  for (int p = 0; p < kCount; p++) {
    for (int v = 0; v < kVectors; v++) {
      const int64_t left = row.outputs - k - v * lanes;
      const int64_t c = group * row.outputs + k + v * lanes;
      if (left >= lanes) {
        Finish(row, sums[p][v], x + p * g.stride.w, c, simd::AllLanes(), clamp);
      } else if (left > 0) {
        Finish(row, sums[p][v], x + p * g.stride.w, c, simd::FirstLanes(left), clamp);
      }
    }
  }
}

void DenseRow(const Row& row) {
  const ConvGeometry& g = *row.geometry;
  const simd::Clamp clamp(row.activation);
  const auto taps_at = [&](int64_t x) HWY_ATTR {
    return TapsReaching(x + g.padding.left, g.kernel.w, g.stride.w, row.image_width);
  };
  for (int64_t group = 0; group < g.groups; group++) {
    for (int64_t k = 0; k < row.outputs; k += kVectors * simd::FloatLanes()) {
      for (int64_t start = 0; start < std::min<int64_t>(g.stride.w, row.width); start++) {
        for (int64_t x = start; x < row.width;) {
          const Taps first = taps_at(x), last = taps_at(x + (kPixels - 1) * g.stride.w);
          if (x + (kPixels - 1) * g.stride.w < row.width && first.begin == last.begin && first.end == last.end) {
            DenseBlock<kPixels>(row, group, k, x, first, clamp);
            x += kPixels * g.stride.w;
          } else {
            DenseBlock<1>(row, group, k, x, first, clamp);
            x += g.stride.w;
          }
        }
      }
    }
  }
}

Kernels MakeKernels() { return {simd::FloatLanes(), DenseRow, DiagonalRow}; }

}  // namespace fcn::deconv::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
