#pragma once

#include <cstdint>

namespace fcn::winograd {

/// U[p] = (G w Gᵀ)[p] · scale, p < 64, in double and then rounded once, for `inputs` × `outputs` filters of
/// taps × taps (3, 5 or 7): filter (c, k) begins at weight[c · taps² + k · output_stride], its result at
/// u[p · point_stride + c · outputs + k]. `scale` has one value per output, or is null.
void TransformFilters(int taps, int64_t inputs, int64_t outputs, const float* weight, int64_t output_stride,
                      const float* scale, float* u, int64_t point_stride);

}  // namespace fcn::winograd
