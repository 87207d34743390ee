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

/// Bias, residual, activation and the store of one vector of channels from c on.
template <typename Lanes>
HWY_INLINE void Finish(const Row& row, FloatVec sum, int64_t x, int64_t c, const Lanes& lanes,
                       const simd::Clamp& clamp) {
  if (row.bias != nullptr) sum = hn::Add(sum, lanes.Load(row.bias + c));
  if (row.residual != nullptr) sum = hn::Add(sum, lanes.Load(row.residual + x * row.residual_stride + c));
  lanes.Store(clamp(sum), row.output + x * row.output_stride + c);
}

HWY_INLINE Taps ColumnTaps(const Row& row, int64_t x) {
  const ConvGeometry& g = row.geometry;
  return TapsReaching(x + g.padding.left, g.kernel.w, g.stride.w, row.image_width);
}

/// Where the weights of tap i of row.taps begin: its kernel row.
HWY_INLINE int64_t KernelRow(const Row& row, int64_t i) { return row.taps.phase + i * row.geometry.stride.h; }

/// One output pixel of the diagonal form.
HWY_INLINE void DiagonalPixel(const Row& row, int64_t x, const Taps& columns, const simd::Clamp& clamp) {
  const ConvGeometry& g = row.geometry;
  simd::ForChannels(row.outputs, [&](int64_t c, const auto& lanes) HWY_ATTR {
    FloatVec sum = hn::Zero(simd::FloatTag());
    for (int64_t i = row.taps.begin; i < row.taps.end; i++) {
      const float* in = row.image + (row.taps.base - i) * row.image_row_stride + c;
      const float* weights = row.weights + KernelRow(row, i) * g.kernel.w * row.padded_outputs + c;
      for (int64_t j = columns.begin; j < columns.end; j++) {
        const FloatVec w = hn::LoadU(simd::FloatTag(), weights + (columns.phase + j * g.stride.w) * row.padded_outputs);
        sum = hn::MulAdd(lanes.Load(in + (columns.base - j) * row.image_pixel_stride), w, sum);
      }
    }
    Finish(row, sum, x, c, lanes, clamp);
  });
}

/// `count` neighbouring output pixels of the diagonal form that lie between the same two input columns, and on one or
/// between two input rows: the inputs stay in registers.
template <int kRows>
HWY_INLINE void DiagonalCell(const Row& row, int64_t x, int64_t count, const Taps& columns, const simd::Clamp& clamp) {
  const simd::FloatTag d;
  const int64_t pad = row.padded_outputs, second = row.geometry.stride.w * pad;
  simd::ForChannels(row.outputs, [&](int64_t c, const auto& lanes) HWY_ATTR {
    FloatVec right[kRows], left[kRows];
    const float* weights[kRows];
    for (int r = 0; r < kRows; r++) {
      const int64_t i = row.taps.begin + r;
      const float* in =
          row.image + (row.taps.base - i) * row.image_row_stride + columns.base * row.image_pixel_stride + c;
      right[r] = lanes.Load(in);
      left[r] = lanes.Load(in - row.image_pixel_stride);
      weights[r] = row.weights + (KernelRow(row, i) * row.geometry.kernel.w + columns.phase) * pad + c;
    }
    for (int64_t p = 0; p < count; p++) {
      FloatVec sum = hn::Zero(d);
      for (int r = 0; r < kRows; r++) {
        sum = hn::MulAdd(right[r], hn::LoadU(d, weights[r] + p * pad), sum);
        sum = hn::MulAdd(left[r], hn::LoadU(d, weights[r] + p * pad + second), sum);
      }
      Finish(row, sum, x + p, c, lanes, clamp);
    }
  });
}

void DiagonalRow(const Row& shared) {
  const Row row = shared;  // a copy that no store of an output can change, so that its fields stay in registers
  const ConvGeometry& g = row.geometry;
  const simd::Clamp clamp(row.activation);
  const int64_t rows = row.taps.end - row.taps.begin;
  // The phases of a stride that two columns of the kernel reach: all with a kernel of twice the stride.
  const int64_t cell = g.kernel.w <= 2 * g.stride.w ? g.kernel.w - g.stride.w : 0;
  for (int64_t x = 0; x < row.width;) {
    const Taps columns = ColumnTaps(row, x);
    const bool between_two = columns.begin == 0 && columns.end == 2;
    const int64_t count = between_two ? std::min(cell - columns.phase, row.width - x) : 0;
    if (count > 0 && rows == 2) {
      DiagonalCell<2>(row, x, count, columns, clamp);
      x += count;
    } else if (count > 0 && rows == 1) {
      DiagonalCell<1>(row, x, count, columns, clamp);
      x += count;
    } else {
      DiagonalPixel(row, x, columns, clamp);
      x++;
    }
  }
}

// A dense block has as many sums as fit into the 16 registers of AVX2 beside its weights and one input. The portable
// target spells out every lane, so its code is kept small.
constexpr int kSums = HWY_TARGET == HWY_EMU128 ? 3 : 12;

/// kPixels pixels, stride.w apart, whose columns of taps are the same but for the base × kVectors vectors of channels
/// from k on, of which the last may be short. The first `skip` pixels are not stored.
template <int kPixels, int kVectors>
HWY_NOINLINE void DenseBlock(const Row& row, int64_t group, int64_t k, int64_t x, int64_t skip, const Taps& columns,
                             const simd::Clamp& clamp) {
  const ConvGeometry& g = row.geometry;
  const simd::FloatTag d;
  const int64_t lanes = simd::FloatLanes();
  FloatVec sums[kPixels][kVectors];
  HWY_UNROLL(12)
  for (int p = 0; p < kPixels; p++) {
    HWY_UNROLL(3)
    for (int v = 0; v < kVectors; v++) sums[p][v] = hn::Zero(d);
  }
  for (int64_t i = row.taps.begin; i < row.taps.end; i++) {
    const float* image_row = row.image + (row.taps.base - i) * row.image_row_stride + group * row.inputs;
    for (int64_t j = columns.begin; j < columns.end; j++) {
      const float* in = image_row + (columns.base - j) * row.image_pixel_stride;
      const int64_t tap = KernelRow(row, i) * g.kernel.w + columns.phase + j * g.stride.w;
      const float* weights = row.weights + (tap * g.groups + group) * row.inputs * row.padded_outputs + k;
      for (int64_t c = 0; c < row.inputs; c++, weights += row.padded_outputs) {
        FloatVec w[kVectors];
        HWY_UNROLL(3)
        for (int v = 0; v < kVectors; v++) w[v] = hn::LoadU(d, weights + v * lanes);
        HWY_UNROLL(12)
        for (int p = 0; p < kPixels; p++) {
          const FloatVec value = hn::Set(d, in[p * row.image_pixel_stride + c]);
          HWY_UNROLL(3)
          for (int v = 0; v < kVectors; v++) sums[p][v] = hn::MulAdd(value, w[v], sums[p][v]);
        }
      }
    }
  }
  const int64_t left = row.outputs - k - (kVectors - 1) * lanes;  // channels of the last vector, at least 1
  HWY_UNROLL(12)
  for (int p = 0; p < kPixels; p++) {
    if (p < skip) continue;
    const int64_t to = x + int64_t{p} * g.stride.w, c = group * row.outputs + k;
    HWY_UNROLL(3)
    for (int v = 0; v < kVectors - 1; v++) Finish(row, sums[p][v], to, c + v * lanes, simd::AllLanes(), clamp);
    if (left >= lanes) {
      Finish(row, sums[p][kVectors - 1], to, c + (kVectors - 1) * lanes, simd::AllLanes(), clamp);
    } else {
      Finish(row, sums[p][kVectors - 1], to, c + (kVectors - 1) * lanes, simd::FirstLanes(left), clamp);
    }
  }
}

/// The pixels start, start + stride.w, … of a row, which all have the same kernel columns.
template <int kVectors>
HWY_INLINE void DensePhase(const Row& row, int64_t group, int64_t k, int64_t start, const simd::Clamp& clamp) {
  constexpr int kPixels = kSums / kVectors;
  const int64_t stride = row.geometry.stride.w, span = (kPixels - 1) * stride;
  const auto same = [](const Taps& a, const Taps& b) { return a.begin == b.begin && a.end == b.end; };
  for (int64_t x = start; x < row.width;) {
    const Taps first = ColumnTaps(row, x);
    if (x + span < row.width && same(first, ColumnTaps(row, x + span))) {
      DenseBlock<kPixels, kVectors>(row, group, k, x, 0, first, clamp);
      x += span + stride;
      continue;
    }
    // A shorter rest: the end of a block that begins earlier, where all of that sees the same taps.
    int64_t end = x;
    while (end < row.width && same(first, ColumnTaps(row, end))) end += stride;
    const int64_t begin = end - kPixels * stride;
    if (begin >= start && same(first, ColumnTaps(row, begin))) {
      DenseBlock<kPixels, kVectors>(row, group, k, begin, (x - begin) / stride, ColumnTaps(row, begin), clamp);
      x = end;
    } else {
      DenseBlock<1, kVectors>(row, group, k, x, 0, first, clamp);
      x += stride;
    }
  }
}

void DenseRow(const Row& row) {
  const simd::Clamp clamp(row.activation);
  const int64_t lanes = simd::FloatLanes(), phases = std::min<int64_t>(row.geometry.stride.w, row.width);
  for (int64_t group = 0; group < row.geometry.groups; group++) {
    for (int64_t k = 0; k < row.outputs;) {
      const int64_t left = (row.outputs - k + lanes - 1) / lanes;
      const int64_t vectors = left <= 3 ? left : left == 4 ? 2 : 3;
      for (int64_t start = 0; start < phases; start++) {
        if (vectors == 1) DensePhase<1>(row, group, k, start, clamp);
        if (vectors == 2) DensePhase<2>(row, group, k, start, clamp);
        if (vectors == 3) DensePhase<3>(row, group, k, start, clamp);
      }
      k += vectors * lanes;
    }
  }
}

Kernels MakeKernels() { return {simd::FloatLanes(), DenseRow, DiagonalRow}; }

}  // namespace fcn::deconv::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
