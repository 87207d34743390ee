#pragma once

#include <cstdint>

namespace fcn::winograd {

/// U[p] = (G w Gᵀ)[p] · scale, p < 64, in double and then rounded once, for `inputs` × `outputs` filters of
/// kTaps × kTaps: filter (c, k) begins at weight[c · kTaps² + k · output_stride], its result at
/// u[p · point_stride + c · outputs + k]. `scale` has one value per output, or is null.
template <int kTaps>
void TransformFilters(int64_t inputs, int64_t outputs, const float* weight, int64_t output_stride, const float* scale,
                      float* u, int64_t point_stride);

extern template void TransformFilters<3>(int64_t, int64_t, const float*, int64_t, const float*, float*, int64_t);

}  // namespace fcn::winograd
