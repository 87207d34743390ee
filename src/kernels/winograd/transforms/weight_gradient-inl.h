// Included once for each instruction set, so without #pragma once. Vectors run over channels.

#include <cstring>

#include "kernels/simd/channels-inl.h"
#include "kernels/winograd/tables.h"
#include "kernels/winograd/transforms/input-inl.h"
#include "kernels/winograd/transforms/weight_gradient.h"

#if defined(FCN_KERNELS_WINOGRAD_TRANSFORMS_WEIGHT_GRADIENT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FCN_KERNELS_WINOGRAD_TRANSFORMS_WEIGHT_GRADIENT_INL_H_
#undef FCN_KERNELS_WINOGRAD_TRANSFORMS_WEIGHT_GRADIENT_INL_H_
#else
#define FCN_KERNELS_WINOGRAD_TRANSFORMS_WEIGHT_GRADIENT_INL_H_
#endif

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace fcn::winograd::HWY_NAMESPACE {
namespace {

namespace simd = fcn::HWY_NAMESPACE;
namespace hn = hwy::HWY_NAMESPACE;
using simd::FloatTag;
using Vec = simd::FloatVec;
constexpr int64_t kMaxLanes = static_cast<int64_t>(hn::MaxLanes(FloatTag()));

/// G of kSize columns times that many vectors, load(0) to load(kSize − 1); calls store(p, vector) for each point.
/// Points come in pairs ±a, whose rows differ only in the sign of the odd terms.
template <int kSize, class LoadFunction, class StoreFunction>
HWY_INLINE void GradientTransform(const LoadFunction& load, const StoreFunction& store) {
  static_assert(kSize % 2 == 0);
  constexpr auto kMatrix = FilterMatrix<kSize>();
  const FloatTag d;
  Vec x[kSize];
  for (int i = 0; i < kSize; i++) x[i] = load(i);
  store(0, x[0]);
  for (size_t p = 1; p < kTile - 1; p += 2) {
    const auto factor = [&](int i)
                            HWY_ATTR { return hn::Set(d, static_cast<float>(kMatrix[p][static_cast<size_t>(i)])); };
    Vec even = hn::Mul(factor(0), x[0]), odd = hn::Mul(factor(1), x[1]);
    for (int i = 2; i < kSize; i += 2) {
      even = hn::MulAdd(factor(i), x[i], even);
      odd = hn::MulAdd(factor(i + 1), x[i + 1], odd);
    }
    store(static_cast<int>(p), hn::Add(even, odd));
    store(static_cast<int>(p) + 1, hn::Sub(even, odd));
  }
  store(kTile - 1, x[kSize - 1]);
}

/// Aᵀ of kTaps rows times eight vectors, load(0) to load(7); calls store(tap, vector) for each tap.
template <int kTaps, class LoadFunction, class StoreFunction>
HWY_INLINE void WeightTransform(const LoadFunction& load, const StoreFunction& store) {
  const FloatTag d;
  const Vec even1 = hn::Add(load(1), load(2)), odd1 = hn::Sub(load(1), load(2));
  const Vec even2 = hn::Add(load(3), load(4)), odd2 = hn::Sub(load(3), load(4));
  const Vec even_half = hn::Add(load(5), load(6)), odd_half = hn::Sub(load(5), load(6));
  store(0, hn::Add(hn::Add(load(0), even1), hn::Add(even2, even_half)));
  float power = 1;
  for (int tap = 1; tap < kTaps; tap++) {
    power *= 2;
    const bool is_odd = tap % 2 != 0;
    Vec sum = hn::MulAdd(hn::Set(d, power), is_odd ? odd2 : even2, is_odd ? odd1 : even1);
    sum = hn::MulAdd(hn::Set(d, 1 / power), is_odd ? odd_half : even_half, sum);
    store(tap, tap == kTaps - 1 ? hn::Add(sum, load(7)) : sum);
  }
}

// Columns by which pixels are asked for before they are read. Rows of pixels are more streams than processors follow.
constexpr int64_t kColumnsAhead = 4;

/// Calls transform(from, from_stride, to) for each vector of channels of each column: its kSize pixels lie from_stride
/// apart.
template <int kSize, class TransformFunction>
HWY_INLINE void ForColumns(const PixelColumns& columns, float* HWY_RESTRICT to, int64_t column_stride,
                           const TransformFunction& transform) {
  const FloatTag d;
  const int64_t lanes = simd::FloatLanes(), row_stride = columns.row_stride;
  const bool whole = columns.y >= 0 && columns.y + kSize <= columns.height;
  for (int64_t j = 0; j < columns.count; j++, to += column_stride) {
    const int64_t x = columns.x + j;
    const bool exists = x >= 0 && x < columns.width;
    const float* column = columns.image + columns.y * row_stride + x * columns.pixel_stride;
    simd::ForChannels(columns.channels, [&](int64_t c, const auto& some) HWY_ATTR {
      if (exists && whole && c + lanes <= columns.channels) {
        HWY_UNROLL(8)
        for (int i = 0; i < kSize; i++)
          __builtin_prefetch(column + c + i * row_stride + kColumnsAhead * columns.pixel_stride);
        transform(column + c, row_stride, to + c);
        return;
      }
      HWY_ALIGN float pixels[kSize * kMaxLanes];
      for (int i = 0; i < kSize; i++) {
        const bool pixel = exists && columns.y + i >= 0 && columns.y + i < columns.height;
        // What loads put past the last channel may be anything.
        hn::Store(pixel ? some.Or(some.Load(column + i * row_stride + c), hn::Zero(d)) : hn::Zero(d), d,
                  pixels + i * lanes);
      }
      transform(pixels, lanes, to + c);
    });
  }
}

void TransformInputColumns(const PixelColumns& columns, float* to, int64_t column_stride, int64_t row_stride) {
  ForColumns<kTile>(columns, to, column_stride, [=](const float* from, int64_t from_stride, float* place) HWY_ATTR {
    simd::InputTransform(from, from_stride, place, row_stride);
  });
}

template <int kSize>
void TransformGradientColumns(const PixelColumns& columns, float* to, int64_t column_stride, int64_t row_stride) {
  const FloatTag d;
  ForColumns<kSize>(columns, to, column_stride, [=](const float* from, int64_t from_stride, float* place) HWY_ATTR {
    GradientTransform<kSize>([=](int i) HWY_ATTR { return hn::LoadU(d, from + i * from_stride); },
                             [=](int p, Vec v) HWY_ATTR { hn::Store(v, d, place + p * row_stride); });
  });
}

template <int kSize>
void TransformInputRow(const TileRow& row, float* to, int64_t tile_stride, int64_t point_stride) {
  const int64_t lanes = simd::FloatLanes();
  for (int64_t t = 0; t < row.count; t++)
    for (int64_t c = 0; c < row.channels; c += lanes)
      simd::InputTransform(row.columns + t * kSize * row.column_stride + c, row.column_stride, to + t * tile_stride + c,
                           point_stride);
}

template <int kSize>
void TransformGradientRow(const TileRow& row, float* to, int64_t tile_stride, int64_t point_stride) {
  const FloatTag d;
  const int64_t lanes = simd::FloatLanes();
  for (int64_t t = 0; t < row.count; t++)
    for (int64_t c = 0; c < row.channels; c += lanes) {
      const float* from = row.columns + t * kSize * row.column_stride + c;
      float* place = to + t * tile_stride + c;
      GradientTransform<kSize>([=](int i) HWY_ATTR { return hn::Load(d, from + i * row.column_stride); },
                               [=](int p, Vec v) HWY_ATTR { hn::Store(v, d, place + p * point_stride); });
    }
}

/// Stores `count` rows of kCount values, `stride` apart, of which `taps` has the columns, a vector each. Four columns
/// at a time become rows within each quarter of four lanes.
template <int kCount>
HWY_INLINE void StoreTaps(const float* HWY_RESTRICT taps, int64_t count, float* HWY_RESTRICT out, int64_t stride) {
  const FloatTag d;
  const hn::Repartition<double, FloatTag> pairs;
  const int64_t lanes = simd::FloatLanes();
  constexpr int kQuarter = 4, kWhole = kCount / kQuarter * kQuarter;
  HWY_ALIGN float rows[kQuarter * kMaxLanes];
  for (int tap = 0; tap < kWhole; tap += kQuarter) {
    const float* from = taps + tap * lanes;
    const Vec x0 = hn::Load(d, from), x1 = hn::Load(d, from + lanes);
    const Vec x2 = hn::Load(d, from + 2 * lanes), x3 = hn::Load(d, from + 3 * lanes);
    const auto low01 = hn::BitCast(pairs, hn::InterleaveLower(d, x0, x1));
    const auto low23 = hn::BitCast(pairs, hn::InterleaveLower(d, x2, x3));
    const auto high01 = hn::BitCast(pairs, hn::InterleaveUpper(d, x0, x1));
    const auto high23 = hn::BitCast(pairs, hn::InterleaveUpper(d, x2, x3));
    hn::Store(hn::BitCast(d, hn::InterleaveLower(pairs, low01, low23)), d, rows);
    hn::Store(hn::BitCast(d, hn::InterleaveUpper(pairs, low01, low23)), d, rows + lanes);
    hn::Store(hn::BitCast(d, hn::InterleaveLower(pairs, high01, high23)), d, rows + 2 * lanes);
    hn::Store(hn::BitCast(d, hn::InterleaveUpper(pairs, high01, high23)), d, rows + 3 * lanes);
    for (int64_t row = 0; row < count; row++)
      std::memcpy(out + row * stride + tap, rows + row % kQuarter * lanes + row / kQuarter * kQuarter,
                  kQuarter * sizeof(float));
  }
  for (int tap = kWhole; tap < kCount; tap++)
    for (int64_t row = 0; row < count; row++) out[row * stride + tap] = taps[tap * lanes + row];
}

template <int kTaps>
void TransformWeightTile(const WeightTile& tile) {
  const FloatTag d;
  const int64_t lanes = simd::FloatLanes();
  constexpr int kSquare = kTaps * kTaps;
  HWY_ALIGN float half[int64_t{kTaps} * kTile * kMaxLanes], taps[kSquare * kMaxLanes];
  for (int64_t k = 0; k < tile.outputs; k += lanes) {
    const int64_t count = HWY_MIN(lanes, tile.outputs - k);
    for (int64_t c = 0; c < tile.inputs; c++) {
      const float* m = tile.m + c * tile.m_stride + k;
      for (int j = 0; j < kTile; j++)
        WeightTransform<kTaps>([&](int i) HWY_ATTR { return hn::Load(d, m + (i * kTile + j) * tile.point_stride); },
                               [&](int tap, Vec v) HWY_ATTR { hn::Store(v, d, half + (tap * kTile + j) * lanes); });
      for (int i = 0; i < kTaps; i++)
        WeightTransform<kTaps>([&](int j) HWY_ATTR { return hn::Load(d, half + (i * kTile + j) * lanes); },
                               [&](int tap, Vec v) HWY_ATTR { hn::Store(v, d, taps + (i * kTaps + tap) * lanes); });
      StoreTaps<kSquare>(taps, count, tile.out + k * tile.output_stride + c * tile.input_stride, tile.output_stride);
    }
  }
}

template <int kTaps>
WeightTransformKernels MakeKernels() {
  return {.lanes = static_cast<int>(simd::FloatLanes()),
          .input_columns = TransformInputColumns,
          .gradient_columns = TransformGradientColumns<OutputsFor(kTaps)>,
          .input_row = TransformInputRow<OutputsFor(kTaps)>,
          .gradient_row = TransformGradientRow<OutputsFor(kTaps)>,
          .weight = TransformWeightTile<kTaps>};
}

}  // namespace

WeightTransforms MakeWeightTransforms() { return {MakeKernels<3>(), MakeKernels<5>(), MakeKernels<7>()}; }

}  // namespace fcn::winograd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
