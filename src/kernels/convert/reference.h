#pragma once

// What convert.h says, readably: by the nearest of two candidates, not by bits or tricks of rounding.

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/convert/convert.h"

namespace fcn::convert::reference {

/// The whole number next to x; of two that are equally near, the even one.
inline double NearestEven(double x) {
  const double below = std::floor(x), above = below + 1;
  if (x - below != above - x) return x - below < above - x ? below : above;
  return std::fmod(below, 2) == 0 ? below : above;
}

template <typename T>
T Integer(double x) {
  if (std::isnan(x)) return 0;
  const double least = std::numeric_limits<T>::min(), most = std::numeric_limits<T>::max();
  if (x <= least) return std::numeric_limits<T>::min();
  if (x >= most) return std::numeric_limits<T>::max();
  return static_cast<T>(NearestEven(x));
}

/// bfloat16 has eight binary digits: x is a whole number of last places.
inline float AsBFloat16(float x) {
  if (!std::isfinite(x) || x == 0) return x;
  const int exponent = std::max(std::ilogb(x), -126);  // below that numbers are denormal
  const double last_place = std::ldexp(1.0, exponent - 7);
  return static_cast<float>(NearestEven(double{x} / last_place) * last_place);
}

template <typename Q>
Q Quantise(float x, const Quantisation& quantisation) {
  const float quotient = x / quantisation.scale;
  if (std::isnan(quotient)) return static_cast<Q>(quantisation.zero_point);
  const double bounded = std::clamp(double{quotient}, -1e6, 1e6);
  return Integer<Q>(NearestEven(bounded) + quantisation.zero_point);
}

template <typename Q>
float Dequantise(Q q, const Quantisation& quantisation) {
  return static_cast<float>((static_cast<double>(q) - quantisation.zero_point) * double{quantisation.scale});
}

}  // namespace fcn::convert::reference
