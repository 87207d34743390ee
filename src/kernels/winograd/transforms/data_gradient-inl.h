// Included once for each instruction set, so without #pragma once. Vectors run over channels.

#include <array>

#include "kernels/simd/channels-inl.h"
#include "kernels/winograd/tables.h"
#include "kernels/winograd/transforms/data_gradient.h"

#if defined(FCN_KERNELS_WINOGRAD_TRANSFORMS_DATA_GRADIENT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FCN_KERNELS_WINOGRAD_TRANSFORMS_DATA_GRADIENT_INL_H_
#undef FCN_KERNELS_WINOGRAD_TRANSFORMS_DATA_GRADIENT_INL_H_
#else
#define FCN_KERNELS_WINOGRAD_TRANSFORMS_DATA_GRADIENT_INL_H_
#endif

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace fcn::HWY_NAMESPACE {
namespace {

using winograd::AddedTile;
using winograd::InputTile;
using winograd::kTile;
constexpr int64_t kMaxFloats = static_cast<int64_t>(hn::MaxLanes(FloatTag()));

/// The matrices 8 × kSize that take pixels of a gradient to points: A, or G of filters as wide.
template <int kSize, bool kFilters>
constexpr std::array<std::array<float, kSize>, kTile> GradientMatrix() {
  std::array<std::array<float, kSize>, kTile> matrix{};
  for (size_t p = 0; p < kTile; p++)
    for (size_t i = 0; i < kSize; i++)
      matrix[p][i] =
          static_cast<float>(kFilters ? winograd::FilterMatrix<kSize>()[p][i] : winograd::OutputMatrix<kSize>()[i][p]);
  return matrix;
}

/// Such a matrix times kSize vectors, load(0) to load(kSize − 1); calls store(p, vector) for each point. Points come in
/// pairs ±a, whose rows differ only in the sign of the odd terms.
template <int kSize, bool kFilters, class LoadFunction, class StoreFunction>
HWY_INLINE void SpreadTransform(const LoadFunction& load, const StoreFunction& store) {
  static_assert(kSize % 2 == 0);
  constexpr auto kMatrix = GradientMatrix<kSize, kFilters>();
  const FloatTag d;
  FloatVec x[kSize];
  for (int i = 0; i < kSize; i++) x[i] = load(i);
  store(0, x[0]);
  for (size_t p = 1; p < kTile - 1; p += 2) {
    const auto factor = [&](size_t i) HWY_ATTR { return hn::Set(d, kMatrix[p][i]); };
    FloatVec even = kFilters ? hn::Mul(factor(0), x[0]) : x[0], odd = hn::Mul(factor(1), x[1]);
    for (size_t i = 2; i < kSize; i += 2) {
      even = hn::MulAdd(factor(i), x[i], even);
      odd = hn::MulAdd(factor(i + 1), x[i + 1], odd);
    }
    store(static_cast<int>(p), hn::Add(even, odd));
    store(static_cast<int>(p) + 1, hn::Sub(even, odd));
  }
  store(kTile - 1, x[kSize - 1]);
}

/// B times eight vectors, load(0) to load(7); calls store(i, vector) for each pixel.
template <class LoadFunction, class StoreFunction>
HWY_INLINE void PixelTransform(const LoadFunction& load, const StoreFunction& store) {
  static_assert(winograd::kInputMatrix[7][5] == -5.25 && winograd::kInputMatrix[5][4] == -5);
  const FloatTag d;
  const auto times = [&](float factor, FloatVec v, FloatVec sum)
                         HWY_ATTR { return hn::MulAdd(hn::Set(d, factor), v, sum); };
  const FloatVec m0 = load(0), m7 = load(7);
  const FloatVec even1 = hn::Add(load(1), load(2)), odd1 = hn::Sub(load(1), load(2));
  const FloatVec even2 = hn::Add(load(3), load(4)), odd2 = hn::Sub(load(3), load(4));
  const FloatVec even_half = hn::Add(load(5), load(6)), odd_half = hn::Sub(load(5), load(6));
  store(0, m0);
  store(1, times(2, odd_half, times(0.5f, odd2, hn::Sub(odd1, m7))));
  store(2, times(4, even_half, times(0.25f, even2, times(-5.25f, m0, even1))));
  store(3, times(-2.5f, hn::Add(odd2, odd_half), times(-4.25f, odd1, hn::Mul(hn::Set(d, 5.25f), m7))));
  store(4, times(-5, even_half, times(-1.25f, even2, times(-4.25f, even1, hn::Mul(hn::Set(d, 5.25f), m0)))));
  store(5, times(0.5f, odd_half, times(2, odd2, times(-5.25f, m7, odd1))));
  store(6, hn::Add(hn::Sub(even1, m0), hn::Add(even2, even_half)));
  store(7, m7);
}

template <int kSize, bool kFilters>
void TransformGradient(const InputTile& tile, float* w, int64_t point_stride) {
  const FloatTag d;
  const int64_t lanes = FloatLanes();
  const float* first = tile.image + tile.y * tile.row_stride + tile.x * tile.pixel_stride;
  const int64_t rows = HWY_MIN(kSize, tile.height - tile.y), columns = HWY_MIN(kSize, tile.width - tile.x);
  HWY_ALIGN float half[int64_t{kSize} * kTile * kMaxFloats];
  ForChannels(tile.channels, [&](int64_t c, const auto& some) HWY_ATTR {
    const auto pixel = [&](int64_t i, int64_t j) HWY_ATTR {
      if (i >= rows || j >= columns) return hn::Zero(d);
      // Zeros past the last channel: what loads put there may be anything.
      return some.Or(some.Load(first + c + i * tile.row_stride + j * tile.pixel_stride), hn::Zero(d));
    };
    for (int i = 0; i < kSize; i++)
      SpreadTransform<kSize, kFilters>([&](int j) HWY_ATTR { return pixel(i, j); },
                                       [&](int p, FloatVec v)
                                           HWY_ATTR { hn::Store(v, d, half + (i * kTile + p) * lanes); });
    for (int j = 0; j < kTile; j++)
      SpreadTransform<kSize, kFilters>([&](int i) HWY_ATTR { return hn::Load(d, half + (i * kTile + j) * lanes); },
                                       [&](int p, FloatVec v)
                                           HWY_ATTR { hn::Store(v, d, w + (p * kTile + j) * point_stride + c); });
  });
}

void AddTile(const AddedTile& tile, const float* m, int64_t point_stride) {
  const FloatTag d;
  const int64_t lanes = FloatLanes();
  const int64_t top = HWY_MAX(0, -tile.y), bottom = HWY_MIN(kTile, tile.height - tile.y);
  const int64_t left = HWY_MAX(0, -tile.x), right = HWY_MIN(kTile, tile.width - tile.x);
  HWY_ALIGN float half[int64_t{kTile} * kTile * kMaxFloats];
  ForChannels(tile.channels, [&](int64_t c, const auto& some) HWY_ATTR {
    for (int j = 0; j < kTile; j++)
      PixelTransform([&](int p) HWY_ATTR { return hn::Load(d, m + (p * kTile + j) * point_stride + c); },
                     [&](int i, FloatVec v) HWY_ATTR { hn::Store(v, d, half + (i * kTile + j) * lanes); });
    for (int64_t i = top; i < bottom; i++) {
      float* row = tile.image + (tile.y + i) * tile.row_stride + tile.x * tile.pixel_stride + c;
      PixelTransform([&](int p) HWY_ATTR { return hn::Load(d, half + (i * kTile + p) * lanes); },
                     [&](int j, FloatVec v) HWY_ATTR {
                       if (j < left || j >= right) return;
                       float* pixel = row + j * tile.pixel_stride;
                       some.Store(hn::Add(some.Load(pixel), v), pixel);
                     });
    }
  });
}

}  // namespace

inline winograd::DataTransformKernels MakeWinogradDataKernels() {
  return {.lanes = static_cast<int>(FloatLanes()),
          .outputs = {TransformGradient<6, false>, TransformGradient<4, false>, TransformGradient<2, false>},
          .filters = {TransformGradient<6, true>, TransformGradient<4, true>, TransformGradient<2, true>},
          .add = AddTile};
}

}  // namespace fcn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
