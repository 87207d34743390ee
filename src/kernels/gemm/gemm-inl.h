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

#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "kernels/simd/functions-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fcn::HWY_NAMESPACE {
namespace gemm {

namespace hn = hwy::HWY_NAMESPACE;
using Tag = hn::ScalableTag<float>;
using Vector = hn::Vec<Tag>;

constexpr int64_t kLanes = hn::MaxLanes(Tag());
constexpr int64_t kPanel = 2 * kLanes;
constexpr int64_t kLineFloats = 16;  // of a cache line
// 2 · kRows sums, 2 vectors of B and one of A: 31 of 32 registers, or 15 of 16.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON
constexpr int kRows = 14;
#else
constexpr int kRows = 6;
#endif

// The first `count` floats at p, and zeros. Reads nothing else; not every instruction set has loads with a mask.
HWY_INLINE Vector LoadFirst(const float* p, int64_t count) {
  const Tag d;
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2
  return hn::MaskedLoad(hn::FirstN(d, static_cast<size_t>(count)), d, p);
#else
  alignas(kLanes * sizeof(float)) float whole[kLanes] = {};
  std::memcpy(whole, p, static_cast<size_t>(count) * sizeof(float));
  return hn::Load(d, whole);
#endif
}

HWY_INLINE void StoreFirst(Vector v, float* p, int64_t count) {
  const Tag d;
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2
  hn::BlendedStore(v, hn::FirstN(d, static_cast<size_t>(count)), d, p);
#else
  alignas(kLanes * sizeof(float)) float whole[kLanes];
  hn::Store(v, d, whole);
  std::memcpy(p, whole, static_cast<size_t>(count) * sizeof(float));
#endif
}

// The sums of a tile over all of k, kTileRows × kVectors vectors of B's columns, with earlier terms and a bias where
// there are any, clamped. What else may follow (Finish) is apart, so that the many instantiations of this loop are
// small.
//
// Meanwhile `b_ahead` is brought to the second cache, b_step floats per step of k: a share of the next panel, which may
// be in memory only.
template <int kTileRows, int kVectors>
void SumTile(int64_t k, const float* a, int64_t a_stride, const float* b, const float* b_ahead, int64_t b_step,
             const float* partial, int64_t partial_stride, const float* bias, Activation activation, float* to,
             int64_t to_stride) {
  const Tag d;
  Vector sums[kTileRows][kVectors];
  HWY_UNROLL(16)
  for (int r = 0; r < kTileRows; r++) {
    HWY_UNROLL(2)
    for (int v = 0; v < kVectors; v++) sums[r][v] = hn::Zero(d);
  }
  // The next tile's rows, a cache line per step: they are read side by side, a pattern that processors do not foresee.
  const float* ahead = a + kTileRows * a_stride;
  for (; k > 0; k--, a++, b += kVectors * kLanes, ahead += kLineFloats, b_ahead += b_step) {
    hwy::Prefetch(ahead);
    __builtin_prefetch(b_ahead, 0, 2);
    Vector columns[kVectors];
    HWY_UNROLL(2)
    for (int v = 0; v < kVectors; v++) columns[v] = hn::Load(d, b + v * kLanes);
    HWY_UNROLL(16)
    for (int r = 0; r < kTileRows; r++) {
      const Vector x = hn::Set(d, a[r * a_stride]);
      HWY_UNROLL(2)
      for (int v = 0; v < kVectors; v++) sums[r][v] = hn::MulAdd(x, columns[v], sums[r][v]);
    }
  }
  const auto for_each_sum = [&](const auto& change) HWY_ATTR {
    HWY_UNROLL(16)
    for (int r = 0; r < kTileRows; r++) {
      HWY_UNROLL(2)
      for (int v = 0; v < kVectors; v++) change(sums[r][v], r, v);
    }
  };
  if (partial != nullptr) {
    for_each_sum([&](Vector& sum, int r, int v)
                     HWY_ATTR { sum = hn::Add(hn::LoadU(d, partial + r * partial_stride + v * kLanes), sum); });
  }
  if (bias != nullptr) {
    Vector biases[kVectors];
    HWY_UNROLL(2)
    for (int v = 0; v < kVectors; v++) biases[v] = hn::LoadU(d, bias + v * kLanes);
    for_each_sum([&](Vector& sum, int, int v) HWY_ATTR { sum = hn::Add(sum, biases[v]); });
  }
  if (IsRelu(activation)) {
    const Vector zero = hn::Zero(d);
    for_each_sum([&](Vector& sum, int, int) HWY_ATTR { sum = hn::Max(zero, sum); });
  }
  if (activation == Activation::kRelu6) {
    const Vector six = hn::Set(d, 6.0f);
    for_each_sum([&](Vector& sum, int, int) HWY_ATTR { sum = hn::Min(six, sum); });
  }
  for_each_sum([&](Vector& sum, int r, int v) HWY_ATTR { hn::StoreU(sum, d, to + r * to_stride + v * kLanes); });
}

using SumFunction = void (*)(int64_t k, const float* a, int64_t a_stride, const float* b, const float* b_ahead,
                             int64_t b_step, const float* partial, int64_t partial_stride, const float* bias,
                             Activation activation, float* to, int64_t to_stride);

template <int kVectors, int... kIndices>
constexpr std::array<SumFunction, kRows> SumFunctions(std::integer_sequence<int, kIndices...>) {
  return {SumTile<kIndices + 1, kVectors>...};
}

// By rows − 1.
constexpr std::array<SumFunction, kRows> kNarrow = SumFunctions<1>(std::make_integer_sequence<int, kRows>());
constexpr std::array<SumFunction, kRows> kWide = SumFunctions<2>(std::make_integer_sequence<int, kRows>());

// From a tile's sums to C, for one vector's worth of columns, of which `columns` exist: all of them if kWhole. Pointers
// are to the first column in the first row.
template <bool kWhole>
HWY_INLINE void Finish(int64_t rows, int64_t columns, const float* HWY_RESTRICT tile, int64_t tile_stride,
                       const float* partial, const float* bias, const float* residual, const GemmEpilogue& e, float* c,
                       int64_t c_stride) {
  const Tag d;
  const Vector zero = hn::Zero(d), six = hn::Set(d, 6.0f);
  const auto load = [&](const float* p) HWY_ATTR {
    if constexpr (kWhole) return hn::LoadU(d, p);
    return LoadFirst(p, columns);
  };
  const Vector biases = bias != nullptr ? load(bias) : zero;
  const int64_t partial_stride = e.partial_stride, residual_stride = e.residual_stride;
  const bool clamp = IsRelu(e.activation), clamp_6 = e.activation == Activation::kRelu6;
  for (int64_t r = 0; r < rows; r++, tile += tile_stride, c += c_stride) {
    Vector sum = hn::Load(d, tile);
    if (partial != nullptr) sum = hn::Add(load(partial + r * partial_stride), sum);
    if (bias != nullptr) sum = hn::Add(sum, biases);
    if (residual != nullptr) sum = hn::Add(sum, load(residual + r * residual_stride));
    if (clamp) sum = hn::Max(zero, sum);
    if (clamp_6) sum = hn::Min(six, sum);
    if constexpr (kWhole) {
      hn::StoreU(sum, d, c);
    } else {
      StoreFirst(sum, c, columns);
    }
  }
}

// Asks for a tile's place in a matrix: it comes while the sums are computed.
HWY_INLINE void PrefetchTile(const float* tile, int64_t stride, int64_t rows, int64_t columns) {
  for (int64_t r = 0; r < rows; r++, tile += stride)
    for (int64_t j = 0; j < columns; j += kLineFloats) hwy::Prefetch(tile + j);
}

inline void Multiply(int64_t m, int64_t n, int64_t k, const float* a, int64_t a_stride, const float* packed_b, float* c,
                     int64_t c_stride, const GemmEpilogue& e) {
  alignas(64) float tile[kRows * kPanel];
  const bool finished_in_registers = e.residual == nullptr;
  const int64_t chunks = (m + kRows - 1) / kRows;
  if (chunks == 0) return;
  const auto activate = [&](int64_t row, int64_t rows, int64_t column, int64_t columns) {
    if (Clamps(e.activation)) return;
    const float* slopes = e.slopes != nullptr ? e.slopes + column : nullptr;
    ActivateRows(e.activation, slopes, c + row * c_stride + column, rows, columns, c_stride);
  };
  for (int64_t panel = 0; panel < n; panel += kPanel) {
    const int64_t width = n - panel > kLanes ? kPanel : kLanes;
    const auto& sum_functions = width == kPanel ? kWide : kNarrow;
    // Each chunk of rows asks for its share of the next panel. Behind the last one lies what callers multiply by next.
    const int64_t ahead_step = (width + chunks - 1) / chunks;
    // Chunks of rows as equal as can be: 16 rows are 8 + 8 and not 14 + 2.
    for (int64_t chunk = 0; chunk < chunks; chunk++) {
      const int64_t row = m * chunk / chunks, rows = m * (chunk + 1) / chunks - row;
      const SumFunction sum = sum_functions[static_cast<size_t>(rows - 1)];
      const int64_t columns = std::min(width, n - panel);
      if (e.partial != nullptr)
        PrefetchTile(e.partial + row * e.partial_stride + panel, e.partial_stride, rows, columns);
      if (e.residual != nullptr) {
        PrefetchTile(e.residual + row * e.residual_stride + panel, e.residual_stride, rows, columns);
        if (e.residual != c) PrefetchTile(c + row * c_stride + panel, c_stride, rows, columns);
      }
      const float* b = packed_b + panel * k;
      const float* ahead = b + (width + chunk * ahead_step) * k;
      if (finished_in_registers && n - panel >= width) {
        const float* partial = e.partial != nullptr ? e.partial + row * e.partial_stride + panel : nullptr;
        sum(k, a + row * a_stride, a_stride, b, ahead, ahead_step, partial, e.partial_stride,
            e.bias != nullptr ? e.bias + panel : nullptr, e.activation, c + row * c_stride + panel, c_stride);
        activate(row, rows, panel, columns);
        continue;
      }
      sum(k, a + row * a_stride, a_stride, b, ahead, ahead_step, nullptr, 0, nullptr, Activation::kNone, tile, width);
      for (int64_t v = 0; v < width; v += kLanes) {
        const int64_t column = panel + v;
        const float* partial = e.partial != nullptr ? e.partial + row * e.partial_stride + column : nullptr;
        const float* bias = e.bias != nullptr ? e.bias + column : nullptr;
        const float* residual = e.residual != nullptr ? e.residual + row * e.residual_stride + column : nullptr;
        const int64_t lanes = std::min(kLanes, n - column);
        (lanes == kLanes ? Finish<true> : Finish<false>)(rows, lanes, tile + v, width, partial, bias, residual, e,
                                                         c + row * c_stride + column, c_stride);
      }
      activate(row, rows, panel, columns);
    }
  }
}

// The same tile of the transposed product: both operands' rows are as they lie in memory. Of the last vector's columns
// `last_columns` exist: all of them if kWhole. What is there is added to the sums where `accumulate`; it is asked for
// first, since it comes from further away than the operands. Meanwhile rows of B at `b_ahead` are brought to the second
// cache.
template <int kTileRows, int kVectors, bool kWhole>
void SumTransposedTile(int64_t k, const float* a, int64_t a_stride, const float* b, int64_t b_stride,
                       const float* b_ahead, int64_t last_columns, bool accumulate, float* HWY_RESTRICT to,
                       int64_t to_stride) {
  const Tag d;
  Vector sums[kTileRows][kVectors];
  HWY_UNROLL(16)
  for (int r = 0; r < kTileRows; r++) {
    HWY_UNROLL(2)
    for (int v = 0; v < kVectors; v++) {
      sums[r][v] = hn::Zero(d);
      hwy::Prefetch(to + r * to_stride + v * kLanes);
    }
  }
  for (; k > 0; k--, a += a_stride, b += b_stride, b_ahead += b_stride) {
    hwy::Prefetch(a + kTileRows);  // the next tile's
    HWY_UNROLL(2)
    for (int v = 0; v < kVectors; v++) __builtin_prefetch(b_ahead + v * kLanes, 0, 2);
    Vector columns[kVectors];
    HWY_UNROLL(2)
    for (int v = 0; v < kVectors; v++)
      columns[v] = kWhole || v + 1 < kVectors ? hn::LoadU(d, b + v * kLanes) : LoadFirst(b + v * kLanes, last_columns);
    HWY_UNROLL(16)
    for (int r = 0; r < kTileRows; r++) {
      const Vector x = hn::Set(d, a[r]);
      HWY_UNROLL(2)
      for (int v = 0; v < kVectors; v++) sums[r][v] = hn::MulAdd(x, columns[v], sums[r][v]);
    }
  }
  HWY_UNROLL(16)
  for (int r = 0; r < kTileRows; r++) {
    HWY_UNROLL(2)
    for (int v = 0; v < kVectors; v++) {
      float* place = to + r * to_stride + v * kLanes;
      hn::StoreU(accumulate ? hn::Add(hn::LoadU(d, place), sums[r][v]) : sums[r][v], d, place);
    }
  }
}

using SumTransposedFunction = void (*)(int64_t k, const float* a, int64_t a_stride, const float* b, int64_t b_stride,
                                       const float* b_ahead, int64_t last_columns, bool accumulate, float* to,
                                       int64_t to_stride);

// By whether all columns exist, by vectors − 1, by rows − 1.
using SumTransposedFunctions = std::array<std::array<std::array<SumTransposedFunction, kRows>, 2>, 2>;

template <int... kIndices>
constexpr SumTransposedFunctions TransposedFunctions(std::integer_sequence<int, kIndices...>) {
  return {{{{{SumTransposedTile<kIndices + 1, 1, false>...}, {SumTransposedTile<kIndices + 1, 2, false>...}}},
           {{{SumTransposedTile<kIndices + 1, 1, true>...}, {SumTransposedTile<kIndices + 1, 2, true>...}}}}};
}

constexpr SumTransposedFunctions kTransposed = TransposedFunctions(std::make_integer_sequence<int, kRows>());

inline void MultiplyTransposed(int64_t m, int64_t n, int64_t k, const float* a, int64_t a_stride, const float* b,
                               int64_t b_stride, float* c, int64_t c_stride, bool accumulate) {
  alignas(64) float tile[kRows * kPanel];
  const GemmEpilogue e = {.partial = c, .partial_stride = c_stride};
  const int64_t chunks = (m + kRows - 1) / kRows;
  for (int64_t panel = 0; panel < n; panel += kPanel) {
    const int64_t width = n - panel > kLanes ? kPanel : kLanes,
                  last_columns = std::min(n - panel, width) - width + kLanes;
    const bool whole = last_columns == kLanes;
    const auto& sum_functions = kTransposed[whole ? 1 : 0][width == kPanel ? 1 : 0];
    for (int64_t chunk = 0; chunk < chunks; chunk++) {
      const int64_t row = m * chunk / chunks, rows = m * (chunk + 1) / chunks - row;
      const SumTransposedFunction sum = sum_functions[static_cast<size_t>(rows - 1)];
      float* to = c + row * c_stride + panel;
      // The first chunk asks for the rows of B that follow: with these callers go on.
      const float* b_ahead = b + panel + (chunk == 0 ? k * b_stride : 0);
      if (whole) {
        sum(k, a + row, a_stride, b + panel, b_stride, b_ahead, last_columns, accumulate, to, c_stride);
        continue;
      }
      sum(k, a + row, a_stride, b + panel, b_stride, b_ahead, last_columns, false, tile, width);
      for (int64_t v = 0; v < width; v += kLanes) {
        const int64_t columns = v + kLanes == width ? last_columns : kLanes;
        (columns == kLanes ? Finish<true> : Finish<false>)(rows, columns, tile + v, width,
                                                           accumulate ? to + v : nullptr, nullptr, nullptr, e, to + v,
                                                           c_stride);
      }
    }
  }
}

inline int64_t PackedFloats(int64_t k, int64_t n) { return k * ((n + kLanes - 1) / kLanes * kLanes); }

// to[t · to_stride + i] = from[i · stride + t] for four i and four t.
HWY_INLINE void Transpose4(const float* from, int64_t stride, float* HWY_RESTRICT to, int64_t to_stride) {
  const hn::FixedTag<float, 4> d;
  const auto a = hn::LoadU(d, from), b = hn::LoadU(d, from + stride);
  const auto c = hn::LoadU(d, from + 2 * stride), e = hn::LoadU(d, from + 3 * stride);
  const auto ab = hn::InterleaveLower(d, a, b), ce = hn::InterleaveLower(d, c, e);
  const auto ab2 = hn::InterleaveUpper(d, a, b), ce2 = hn::InterleaveUpper(d, c, e);
  hn::StoreU(hn::ConcatLowerLower(d, ce, ab), d, to);
  hn::StoreU(hn::ConcatUpperUpper(d, ce, ab), d, to + to_stride);
  hn::StoreU(hn::ConcatLowerLower(d, ce2, ab2), d, to + 2 * to_stride);
  hn::StoreU(hn::ConcatUpperUpper(d, ce2, ab2), d, to + 3 * to_stride);
}

// A panel whose columns all exist, of a B whose rows, or whose columns, lie contiguous.
inline void PackRows(int64_t k, int64_t width, const float* b, int64_t k_stride, float* HWY_RESTRICT panel) {
  const Tag d;
  for (int64_t i = 0; i < k; i++, b += k_stride, panel += width)
    for (int64_t j = 0; j < width; j += kLanes) hn::StoreU(hn::LoadU(d, b + j), d, panel + j);
}
inline void PackColumns(int64_t k, int64_t width, const float* b, int64_t j_stride, float* HWY_RESTRICT panel) {
  constexpr int64_t kBlock = 128;  // rows of a panel that stay in the first cache until all columns are there
  static_assert(kLanes % 4 == 0);
  for (int64_t first = 0; first < k; first += kBlock) {
    const int64_t end = std::min(k, first + kBlock), whole = first + (end - first) / 4 * 4;
    for (int64_t j = 0; j < width; j += 4) {
      const float* columns = b + j * j_stride;
      for (int64_t i = first; i < whole; i += 4) Transpose4(columns + i, j_stride, panel + i * width + j, width);
      for (int64_t i = whole; i < end; i++)
        for (int64_t c = 0; c < 4; c++) panel[i * width + j + c] = columns[c * j_stride + i];
    }
  }
}

inline void Pack(int64_t k, int64_t n, const float* b, int64_t k_stride, int64_t j_stride, const float* column_scale,
                 float* packed) {
  for (int64_t column = 0; column < n; column += kPanel) {
    const int64_t columns = std::min(kPanel, n - column), width = columns > kLanes ? kPanel : kLanes;
    float* panel = packed + column * k;
    if (columns == width && column_scale == nullptr && (j_stride == 1 || k_stride == 1)) {
      if (j_stride == 1) {
        PackRows(k, width, b + column, k_stride, panel);
      } else {
        PackColumns(k, width, b + column * j_stride, j_stride, panel);
      }
      continue;
    }
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
  return {gemm::kRows,    static_cast<int>(gemm::kPanel), static_cast<int>(gemm::kLanes),
          gemm::Multiply, gemm::MultiplyTransposed,       gemm::PackedFloats,
          gemm::Pack};
}

}  // namespace fcn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
