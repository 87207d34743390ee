// The vector code of planes.h. Included once per instruction set, hence the toggle instead of #pragma once.
#if defined(FCN_KERNELS_BOTTLENECK_PLANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FCN_KERNELS_BOTTLENECK_PLANES_INL_H_
#undef FCN_KERNELS_BOTTLENECK_PLANES_INL_H_
#else
#define FCN_KERNELS_BOTTLENECK_PLANES_INL_H_
#endif

#include "kernels/bottleneck/planes.h"
#include "kernels/simd/channels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fcn::bottleneck::HWY_NAMESPACE {

namespace simd = fcn::HWY_NAMESPACE;
namespace hn = hwy::HWY_NAMESPACE;
using simd::FloatVec;

// Output pixels and vectors of channels per block: their sums, a row of a 5×5 kernel and a pixel fit into the
// registers, 32 with AVX-512. Each sum is a chain of additions that wait for each other, so there need to be many. The
// portable target spells out every lane, so its code is kept small.
constexpr int kPlanePixels = HWY_TARGET == HWY_EMU128 ? 2 : 8;
constexpr int kPlaneVectors = HWY_TARGET == HWY_AVX3 ? 2 : 1;

/// kPixels pixels from column x of the output × kVectors vectors of channels from c. Every pixel adds its taps row by
/// row, from left to right.
template <int kKernel, int kStride, int kPixels, int kVectors, typename Lanes>
HWY_INLINE void RunPlaneBlock(const PlaneRow& row, int64_t x, int64_t c, const Lanes& lanes, const simd::Clamp& clamp) {
  const simd::FloatTag d;
  const int64_t vector = simd::FloatLanes();
  FloatVec sums[kVectors][kPixels];
  HWY_UNROLL(2)
  for (int v = 0; v < kVectors; v++) {
    HWY_UNROLL(8)
    for (int p = 0; p < kPixels; p++) sums[v][p] = hn::Zero(d);
  }
  // Places first: compilers would otherwise keep one register for each pixel's distance from the rows.
  const float* images[kKernel];
  for (int i = 0; i < row.row_count; i++) images[i] = row.rows[i] + x * kStride * kPlaneChannels + c;
  const float* weights = row.weights + c;
  for (int i = 0; i < row.row_count; i++, weights += kKernel * kPlaneChannels) {
    const float* image = images[i];
    FloatVec w[kVectors][kKernel];
    HWY_UNROLL(2)
    for (int v = 0; v < kVectors; v++) {
      HWY_UNROLL(5)
      for (int j = 0; j < kKernel; j++) w[v][j] = hn::Load(d, weights + j * kPlaneChannels + v * vector);
    }
    // Each input pixel is loaded once and meets all the taps that read it.
    constexpr int kSpan = (kPixels - 1) * kStride + kKernel;
    HWY_UNROLL(19)
    for (int q = 0; q < kSpan; q++) {
      HWY_UNROLL(2)
      for (int v = 0; v < kVectors; v++) {
        const FloatVec pixel = hn::Load(d, image + q * kPlaneChannels + v * vector);
        HWY_UNROLL(5)
        for (int j = 0; j < kKernel; j++) {
          const int p = (q - j) / kStride;
          if (q >= j && (q - j) % kStride == 0 && p < kPixels) sums[v][p] = hn::MulAdd(pixel, w[v][j], sums[v][p]);
        }
      }
    }
  }
  HWY_UNROLL(2)
  for (int v = 0; v < kVectors; v++) {
    const int64_t channel = c + v * vector;
    const FloatVec bias = row.bias != nullptr ? lanes.Load(row.bias + channel) : hn::Zero(d);
    float* output = row.output + x * row.output_stride + channel;
    HWY_UNROLL(8)
    for (int p = 0; p < kPixels; p++, output += row.output_stride)
      lanes.Store(clamp(hn::Add(sums[v][p], bias)), output);
  }
}

/// Blocks of kPixels pixels from column x on, the last of which may compute pixels of the one before again.
template <int kKernel, int kStride, int kPixels>
HWY_INLINE int64_t RunPlaneBlocks(const PlaneRow& row, int64_t x, const simd::Clamp& clamp) {
  while (x < row.width) {
    if (x + kPixels > row.width) {
      if (row.width < kPixels) break;
      x = row.width - kPixels;
    }
    simd::ForChannelGroups<kPlaneVectors>(row.channels, [&](int64_t c, const auto& lanes, auto vectors) HWY_ATTR {
      RunPlaneBlock<kKernel, kStride, kPixels, vectors()>(row, x, c, lanes, clamp);
    });
    x += kPixels;
  }
  return x;
}

template <int kKernel, int kStride>
void RunPlane(const PlaneRow& shared) {
  const PlaneRow row = shared;  // a copy that no store of an output can change, so that its fields stay in registers
  const simd::Clamp clamp(row.activation);
  int64_t x = RunPlaneBlocks<kKernel, kStride, kPlanePixels>(row, 0, clamp);
  if constexpr (kPlanePixels > 4) x = RunPlaneBlocks<kKernel, kStride, 4>(row, x, clamp);
  RunPlaneBlocks<kKernel, kStride, 1>(row, x, clamp);
}

void RunPlaneRow(const PlaneRow& row) {
  if (row.kernel == 3 && row.stride == 1) return RunPlane<3, 1>(row);
  if (row.kernel == 3) return RunPlane<3, 2>(row);
  if (row.stride == 1) return RunPlane<5, 1>(row);
  RunPlane<5, 2>(row);
}

PlaneKernels MakePlaneKernels() { return {RunPlaneRow}; }

}  // namespace fcn::bottleneck::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
