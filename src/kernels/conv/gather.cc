#include "kernels/conv/gather.h"

#include <algorithm>
#include <cstring>

namespace fcn::conv {
namespace {

// Mostly short: three pixels of three channels are nine floats, which a call to memcpy would take longer to dispatch
// than to copy.
void Copy(const float* from, int64_t count, float* to) {
  if (count >= 64) {
    std::memcpy(to, from, static_cast<size_t>(count) * sizeof(float));
    return;
  }
  for (; count >= 4; count -= 4, from += 4, to += 4) std::memcpy(to, from, 4 * sizeof(float));
  for (; count > 0; count--) *to++ = *from++;
}

// A window is made of runs: floats that are contiguous in the image, but for what hangs over its left and right edges.
struct Runs {
  int64_t columns;  // of the kernel that a run spans
  int64_t per_row;  // runs in a row of the kernel
  int64_t length;   // floats

  Runs(const ConvGeometry& g, int64_t pixel_stride, int64_t channels) {
    const bool whole_rows = g.dilation.w == 1 && pixel_stride == channels;
    columns = whole_rows ? g.kernel.w : 1;
    per_row = whole_rows ? 1 : g.kernel.w;
    length = columns * channels;
  }
};

}  // namespace

void Gather(const ConvProblem& problem, TensorView<const float> input, int64_t first_channel, int64_t channels,
            int64_t first, int64_t count, int64_t first_term, int64_t terms, float* gathered) {
  const ConvGeometry& g = problem.geometry;
  const Runs runs(g, input.pixel_stride, channels);
  const int64_t height = problem.input.h, width = problem.input.w, end_term = first_term + terms;
  int64_t x = first % problem.output.w, y = first / problem.output.w % problem.output.h;
  int64_t n = first / problem.output.w / problem.output.h;
  for (int64_t p = 0; p < count; p++) {
    for (int64_t term = first_term; term < end_term;) {
      const int64_t run = term / runs.length, begin = term - run * runs.length;
      const int64_t end = std::min(runs.length, begin + end_term - term);
      const int64_t row = y * g.stride.h - g.padding.top + run / runs.per_row * g.dilation.h;
      const int64_t column = x * g.stride.w - g.padding.left + run % runs.per_row * g.dilation.w;
      // Of the run's floats [begin, end), those in [left, right) are inside the image.
      const bool row_inside = row >= 0 && row < height;
      const int64_t left = row_inside ? std::clamp(-column * channels, begin, end) : end;
      const int64_t right = row_inside ? std::clamp((width - column) * channels, left, end) : end;
      float* to = gathered - begin;
      std::fill(to + begin, to + left, 0.0f);
      if (left < right) {
        const float* from = input.data + ((n * height + row) * width + column) * input.pixel_stride + first_channel;
        Copy(from + left, right - left, to + left);
      }
      std::fill(to + right, to + end, 0.0f);
      gathered += end - begin;
      term += end - begin;
    }
    if (++x == problem.output.w) {
      x = 0;
      if (++y == problem.output.h) y = 0, n++;
    }
  }
}

}  // namespace fcn::conv
