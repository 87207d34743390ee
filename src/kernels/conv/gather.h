#pragma once

#include <cstdint>

#include "tensor/conv_problem.h"

namespace fcn::conv {

/// Copies the windows of `count` output pixels from the first-th on (counted over all images, row by row): terms
/// [first_term, first_term + terms) of each, in the order kernel row, kernel column, channel, of the `channels`
/// channels of one group from first_channel on. Pixel p's terms go to gathered + p · row_stride; taps outside the image
/// are zeros.
void Gather(const ConvProblem& problem, TensorView<const float> input, int64_t first_channel, int64_t channels,
            int64_t first, int64_t count, int64_t first_term, int64_t terms, int64_t row_stride, float* gathered);

}  // namespace fcn::conv
