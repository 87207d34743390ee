// The vector code of gemm.h, compiled once per instruction set. One micro-kernel computes a tile of C, `rows` × one or
// two vectors, whose sums all stay in registers: a step of k loads a vector or two of B, and for each row broadcasts
// one element of A.

#if defined(FCN_KERNELS_GEMM_GEMM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FCN_KERNELS_GEMM_GEMM_INL_H_
#undef FCN_KERNELS_GEMM_GEMM_INL_H_
#else
#define FCN_KERNELS_GEMM_GEMM_INL_H_
#endif

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace fcn::HWY_NAMESPACE {
namespace gemm {

namespace hn = hwy::HWY_NAMESPACE;
using Tag = hn::ScalableTag<float>;
using Vector = hn::Vec<Tag>;

constexpr int kLanes = static_cast<int>(hn::MaxLanes(Tag()));
constexpr int kPanel = 2 * kLanes;
// 2 · kRows sums, 2 vectors of B and one of A: 31 of 32 registers, or 15 of 16.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON
constexpr int kRows = 14;
#else
constexpr int kRows = 6;
#endif

// What a tile is computed from; `columns` counts those that exist of its one or two vectors.
struct Tile {
  int64_t k;
  const float* a;
  int64_t a_stride;
  const float* b;
  float* c;
  int64_t c_stride;
  int columns;
  GemmEpilogue epilogue;
};

// The first `count` floats at p, and zeros. Reads nothing else; not every instruction set has loads with a mask.
HWY_INLINE Vector LoadFirst(const float* p, int count) {
  const Tag d;
  if (HWY_LIKELY(count >= kLanes)) return hn::LoadU(d, p);
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2
  return hn::MaskedLoad(hn::FirstN(d, static_cast<size_t>(count)), d, p);
#else
  alignas(kLanes * sizeof(float)) float whole[kLanes] = {};
  std::memcpy(whole, p, static_cast<size_t>(count) * sizeof(float));
  return hn::Load(d, whole);
#endif
}

HWY_INLINE void StoreFirst(Vector v, float* p, int count) {
  const Tag d;
  if (HWY_LIKELY(count >= kLanes)) return hn::StoreU(v, d, p);
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2
  hn::BlendedStore(v, hn::FirstN(d, static_cast<size_t>(count)), d, p);
#else
  alignas(kLanes * sizeof(float)) float whole[kLanes];
  hn::Store(v, d, whole);
  std::memcpy(p, whole, static_cast<size_t>(count) * sizeof(float));
#endif
}

// The epilogue of vector `first` columns into row r of the tile.
HWY_INLINE void Finish(Vector sum, const Tile& t, int64_t r, int first) {
  const Tag d;
  const GemmEpilogue& e = t.epilogue;
  const int count = t.columns - first;
  if (e.partial != nullptr) sum = hn::Add(LoadFirst(e.partial + r * e.partial_stride + first, count), sum);
  if (e.bias != nullptr) sum = hn::Add(sum, LoadFirst(e.bias + first, count));
  if (e.residual != nullptr) sum = hn::Add(sum, LoadFirst(e.residual + r * e.residual_stride + first, count));
  if (e.activation != Activation::kNone) sum = hn::Max(hn::Zero(d), sum);
  if (e.activation == Activation::kRelu6) sum = hn::Min(hn::Set(d, 6.0f), sum);
  StoreFirst(sum, t.c + r * t.c_stride + first, count);
}

template <int kTileRows, int kVectors>
void MultiplyTile(const Tile& t) {
  const Tag d;
  Vector sums[kTileRows][kVectors];
  HWY_UNROLL(16)
  for (int r = 0; r < kTileRows; r++) {
    HWY_UNROLL(2)
    for (int v = 0; v < kVectors; v++) sums[r][v] = hn::Zero(d);
  }
  const float* a = t.a;
  const float* b = t.b;
  const int64_t stride = t.a_stride;
  for (int64_t k = 0; k < t.k; k++, a++, b += kVectors * kLanes) {
    Vector columns[kVectors];
    HWY_UNROLL(2)
    for (int v = 0; v < kVectors; v++) columns[v] = hn::Load(d, b + v * kLanes);
    HWY_UNROLL(16)
    for (int r = 0; r < kTileRows; r++) {
      const Vector x = hn::Set(d, a[r * stride]);
      HWY_UNROLL(2)
      for (int v = 0; v < kVectors; v++) sums[r][v] = hn::MulAdd(x, columns[v], sums[r][v]);
    }
  }
  HWY_UNROLL(16)
  for (int r = 0; r < kTileRows; r++) {
    Finish(sums[r][0], t, r, 0);
    if constexpr (kVectors == 2) Finish(sums[r][1], t, r, kLanes);
  }
}

using TileFunction = void (*)(const Tile&);

template <int kVectors, int... kIndices>
constexpr std::array<TileFunction, kRows> TileFunctions(std::integer_sequence<int, kIndices...>) {
  return {MultiplyTile<kIndices + 1, kVectors>...};
}

// By rows − 1.
constexpr std::array<TileFunction, kRows> kNarrow = TileFunctions<1>(std::make_integer_sequence<int, kRows>());
constexpr std::array<TileFunction, kRows> kWide = TileFunctions<2>(std::make_integer_sequence<int, kRows>());

inline void Multiply(int64_t m, int64_t n, int64_t k, const float* a, int64_t a_stride, const float* packed_b, float* c,
                     int64_t c_stride, const GemmEpilogue& epilogue) {
  const int64_t chunks = (m + kRows - 1) / kRows;
  for (int64_t column = 0; column < n; column += kPanel) {
    const int columns = static_cast<int>(std::min<int64_t>(kPanel, n - column));
    const auto& tile_functions = columns > kLanes ? kWide : kNarrow;
    // Chunks of rows as equal as can be: 16 rows are 8 + 8 and not 14 + 2.
    for (int64_t chunk = 0; chunk < chunks; chunk++) {
      const int64_t row = m * chunk / chunks, rows = m * (chunk + 1) / chunks - row;
      Tile tile{
          k,       a + row * a_stride, a_stride, packed_b + column * k, c + row * c_stride + column, c_stride, columns,
          epilogue};
      GemmEpilogue& e = tile.epilogue;
      if (e.partial != nullptr) e.partial += row * e.partial_stride + column;
      if (e.bias != nullptr) e.bias += column;
      if (e.residual != nullptr) e.residual += row * e.residual_stride + column;
      tile_functions[static_cast<size_t>(rows - 1)](tile);
    }
  }
}

inline int64_t PackedFloats(int64_t k, int64_t n) { return k * ((n + kLanes - 1) / kLanes * kLanes); }

inline void Pack(int64_t k, int64_t n, const float* b, int64_t k_stride, int64_t j_stride, const float* column_scale,
                 float* packed) {
  for (int64_t column = 0; column < n; column += kPanel) {
    const int64_t columns = std::min<int64_t>(kPanel, n - column), width = columns > kLanes ? kPanel : kLanes;
    float* panel = packed + column * k;
    for (int64_t i = 0; i < k; i++) {
      for (int64_t j = 0; j < width; j++) {
        float value = 0;
        if (j < columns) {
          value = b[i * k_stride + (column + j) * j_stride];
          if (column_scale != nullptr) value *= column_scale[column + j];
        }
        panel[i * width + j] = value;
      }
    }
  }
}

}  // namespace gemm

inline GemmKernels MakeGemmKernels() {
  return {gemm::kRows, gemm::kPanel, gemm::kLanes, gemm::Multiply, gemm::PackedFloats, gemm::Pack};
}

}  // namespace fcn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
