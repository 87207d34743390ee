#pragma once

// The matrices of the tile-8 family. Interpolation at the points 0, ±1, ±2, ±½, ∞ makes a product of polynomials with
// eight coefficients; transposed, it is a correlation of 8 inputs with r taps that yields 9 − r outputs (Winograd 1980;
// Lavin and Gray 2016). Bᵀ does not know how the eight are split between taps and outputs; G and Aᵀ are Vandermonde
// matrices that differ between members of the family only in their width.

#include <array>

namespace fcn::winograd {

inline constexpr int kTile = 8;
inline constexpr int kPoints = kTile * kTile;

/// Outputs per tile and dimension of F(9 − taps, taps).
constexpr int OutputsFor(int taps) { return kTile + 1 - taps; }

/// The finite points; ∞ is the eighth.
inline constexpr std::array<double, kTile - 1> kPointValues = {0, 1, -1, 2, -2, 0.5, -0.5};

/// What the rows of Bᵀ were multiplied by to make their entries short binary fractions is divided out of G here.
inline constexpr std::array<double, kTile - 1> kFilterFactors = {1,        -2.0 / 9,  -2.0 / 9, 1.0 / 90,
                                                                 1.0 / 90, 32.0 / 45, 32.0 / 45};

inline constexpr std::array<std::array<double, kTile>, kTile> kInputMatrix = {{{1, 0, -5.25, 0, 5.25, 0, -1, 0},
                                                                               {0, 1, 1, -4.25, -4.25, 1, 1, 0},
                                                                               {0, -1, 1, 4.25, -4.25, -1, 1, 0},
                                                                               {0, 0.5, 0.25, -2.5, -1.25, 2, 1, 0},
                                                                               {0, -0.5, 0.25, 2.5, -1.25, -2, 1, 0},
                                                                               {0, 2, 4, -2.5, -5, 0.5, 1, 0},
                                                                               {0, -2, 4, 2.5, -5, -0.5, 1, 0},
                                                                               {0, -1, 0, 5.25, 0, -5.25, 0, 1}}};

constexpr double Power(double base, int exponent) {
  double power = 1;
  for (int i = 0; i < exponent; i++) power *= base;
  return power;
}

/// G: points × taps.
template <int kTaps>
constexpr std::array<std::array<double, kTaps>, kTile> FilterMatrix() {
  std::array<std::array<double, kTaps>, kTile> g{};
  for (size_t p = 0; p < kPointValues.size(); p++)
    for (int tap = 0; tap < kTaps; tap++)
      g[p][static_cast<size_t>(tap)] = kFilterFactors[p] * Power(kPointValues[p], tap);
  g[kTile - 1][kTaps - 1] = 1;
  return g;
}

/// Aᵀ: outputs × points.
template <int kOutputs>
constexpr std::array<std::array<double, kTile>, kOutputs> OutputMatrix() {
  std::array<std::array<double, kTile>, kOutputs> a{};
  for (int o = 0; o < kOutputs; o++)
    for (size_t p = 0; p < kPointValues.size(); p++) a[static_cast<size_t>(o)][p] = Power(kPointValues[p], o);
  a[kOutputs - 1][kTile - 1] = 1;
  return a;
}

}  // namespace fcn::winograd
