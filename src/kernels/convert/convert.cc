#include "kernels/convert/convert.h"

#include <algorithm>
#include <bit>
#include <concepts>
#include <limits>

#include "base/check.h"

namespace fcn::convert {
namespace {

/// A whole number, ties to even: what lies above a double's last place is rounded off by an addition. |x| < 2⁵¹.
double Rounded(double x) {
  constexpr double kLastPlaceIsOne = 0x1.8p52;
  return (x + kLastPlaceIsOne) - kLastPlaceIsOne;
}

template <std::integral T>
T Saturated(double x) {
  constexpr double kLeast = std::numeric_limits<T>::min(), kMost = std::numeric_limits<T>::max();
  return static_cast<T>(std::min(std::max(x, kLeast), kMost));
}

/// What is beyond every integer type anyway is brought within reach of Rounded; NaN is 0.
double Tame(float x) {
  constexpr double kBeyond = 0x1p40;
  return x != x ? 0 : std::min(std::max(double{x}, -kBeyond), kBeyond);
}

uint32_t BitsOf(float x) { return std::bit_cast<uint32_t>(x); }

void Convert(float x, float& y) { y = x; }
void Convert(float x, BFloat16& y) {
  const uint32_t bits = BitsOf(x);
  // A NaN stays one, whatever its lower bits were.
  y.bits = static_cast<uint16_t>(x != x ? bits >> 16 | 0x40 : (bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}
template <std::integral To>
void Convert(float x, To& y) {
  y = Saturated<To>(Rounded(Tame(x)));
}
void Convert(BFloat16 x, float& y) { y = std::bit_cast<float>(uint32_t{x.bits} << 16); }
template <std::integral From>
void Convert(From x, float& y) {
  y = static_cast<float>(x);
}

/// function(element, element to write) for all of them, some rows of an image at a time.
template <typename From, typename To, typename Function>
void ForElements(TensorView<const From> x, TensorView<To> y, const Context& context, const Function& function) {
  FCN_CHECK(x.shape == y.shape);
  constexpr int64_t kTaskElements = 8192;  // as in kernels/elementwise
  const Nhwc& shape = x.shape;
  const int64_t rows = shape.n * shape.h;
  const int64_t rows_per_task = std::max<int64_t>(1, kTaskElements / std::max<int64_t>(1, shape.w * shape.c));
  context.Parallel((rows + rows_per_task - 1) / rows_per_task, [&](int64_t task, int) {
    const int64_t end = std::min(rows, (task + 1) * rows_per_task);
    for (int64_t row = task * rows_per_task; row < end; row++)
      for (int64_t column = 0; column < shape.w; column++) {
        const From* from = x.at(row / shape.h, row % shape.h, column);
        To* to = y.at(row / shape.h, row % shape.h, column);
        for (int64_t c = 0; c < shape.c; c++) function(from[c], to[c]);
      }
  });
}

}  // namespace

template <typename From, typename To>
void Cast(TensorView<const From> x, TensorView<To> y, const Context& context) {
  ForElements(x, y, context, [](From from, To& to) { Convert(from, to); });
}

template <typename Q>
void Quantise(TensorView<const float> x, const Quantisation& quantisation, TensorView<Q> q, const Context& context) {
  ForElements(x, q, context, [&](float from, Q& to) {
    to = Saturated<Q>(Rounded(Tame(from / quantisation.scale)) + quantisation.zero_point);
  });
}

template <typename Q>
void Dequantise(TensorView<const Q> q, const Quantisation& quantisation, TensorView<float> y, const Context& context) {
  ForElements(q, y, context, [&](Q from, float& to) {
    to = static_cast<float>(int{from} - quantisation.zero_point) * quantisation.scale;
  });
}

template void Cast(TensorView<const float>, TensorView<float>, const Context&);
template void Cast(TensorView<const float>, TensorView<BFloat16>, const Context&);
template void Cast(TensorView<const float>, TensorView<int8_t>, const Context&);
template void Cast(TensorView<const float>, TensorView<uint8_t>, const Context&);
template void Cast(TensorView<const float>, TensorView<int32_t>, const Context&);
template void Cast(TensorView<const float>, TensorView<uint16_t>, const Context&);
template void Cast(TensorView<const BFloat16>, TensorView<float>, const Context&);
template void Cast(TensorView<const int8_t>, TensorView<float>, const Context&);
template void Cast(TensorView<const uint8_t>, TensorView<float>, const Context&);
template void Cast(TensorView<const int32_t>, TensorView<float>, const Context&);
template void Cast(TensorView<const uint16_t>, TensorView<float>, const Context&);
template void Quantise(TensorView<const float>, const Quantisation&, TensorView<int8_t>, const Context&);
template void Quantise(TensorView<const float>, const Quantisation&, TensorView<uint8_t>, const Context&);
template void Dequantise(TensorView<const int8_t>, const Quantisation&, TensorView<float>, const Context&);
template void Dequantise(TensorView<const uint8_t>, const Quantisation&, TensorView<float>, const Context&);

}  // namespace fcn::convert
