#include "kernels/winograd/filter.h"

#include <algorithm>

#include "kernels/winograd/tables.h"

namespace fcn::winograd {
namespace {

// Filters side by side, so that the compiler makes vectors of them.
constexpr int kWidth = 8;
template <int kTaps>
using Filters = double[kTaps][kTaps][kWidth];

template <int kTaps>
void TransformSome(const Filters<kTaps>& w, int64_t count, float* u, int64_t point_stride) {
  constexpr auto kG = FilterMatrix<kTaps>();
  for (size_t i = 0; i < kTile; i++) {
    double half[kTaps][kWidth] = {};
    for (size_t b = 0; b < kTaps; b++)
      for (size_t a = 0; a < kTaps; a++)
        for (size_t k = 0; k < kWidth; k++) half[b][k] += kG[i][a] * w[a][b][k];
    for (size_t j = 0; j < kTile; j++, u += point_stride) {
      double sum[kWidth] = {};
      for (size_t b = 0; b < kTaps; b++)
        for (size_t k = 0; k < kWidth; k++) sum[k] += half[b][k] * kG[j][b];
      for (int64_t k = 0; k < count; k++) u[k] = static_cast<float>(sum[k]);
    }
  }
}

}  // namespace

template <int kTaps>
void TransformFilters(int64_t inputs, int64_t outputs, const float* weight, int64_t output_stride, const float* scale,
                      float* u, int64_t point_stride) {
  for (int64_t c = 0; c < inputs; c++)
    for (int64_t first = 0; first < outputs; first += kWidth) {
      const int64_t count = std::min<int64_t>(kWidth, outputs - first);
      Filters<kTaps> w = {};
      for (int64_t k = 0; k < count; k++) {
        const float* from = weight + c * kTaps * kTaps + (first + k) * output_stride;
        const double factor = scale == nullptr ? 1.0 : static_cast<double>(scale[first + k]);
        for (int a = 0; a < kTaps; a++)
          for (int b = 0; b < kTaps; b++) w[a][b][k] = factor * static_cast<double>(from[a * kTaps + b]);
      }
      TransformSome<kTaps>(w, count, u + c * outputs + first, point_stride);
    }
}

template void TransformFilters<3>(int64_t, int64_t, const float*, int64_t, const float*, float*, int64_t);

}  // namespace fcn::winograd
