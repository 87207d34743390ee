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

template <int kLength>
void CopyRunsOf(const float* from, int64_t from_step, int64_t count, float* to, int64_t to_step) {
  for (; count > 0; count--, from += from_step, to += to_step) std::memcpy(to, from, kLength * sizeof(float));
}

// `count` runs of `length` floats. Those of first layers, rows of 3, 5, 7 and 11 pixels of three channels, are copied
// without a loop in each.
void CopyRuns(const float* from, int64_t from_step, int64_t length, int64_t count, float* to, int64_t to_step) {
  if (length == 9) return CopyRunsOf<9>(from, from_step, count, to, to_step);
  if (length == 15) return CopyRunsOf<15>(from, from_step, count, to, to_step);
  if (length == 21) return CopyRunsOf<21>(from, from_step, count, to, to_step);
  if (length == 33) return CopyRunsOf<33>(from, from_step, count, to, to_step);
  for (; count > 0; count--, from += from_step, to += to_step) Copy(from, length, to);
}

int64_t FloorDiv(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

// The smallest x whose x · step >= bound, for a positive step.
int64_t FirstAtLeast(int64_t bound, int64_t step) { return -FloorDiv(-bound, step); }

// A part of a window that is contiguous in the image: floats [begin, end) from column x · stride + column on, for every
// output column x alike. What of it hangs over the image's edges is zero.
struct Run {
  int64_t begin, end, column;
};

// Copies the run of output columns [x, x_end) to windows that are `row_stride` apart. `row` is the row of the image at
// its column 0, or null where the row is outside.
void GatherRun(const ConvProblem& problem, const Run& run, const float* row, int64_t pixel_stride, int64_t channels,
               int64_t x, int64_t x_end, int64_t row_stride, float* to) {
  const int64_t step = problem.geometry.stride.w, length = run.end - run.begin;
  const auto gather_clipped = [&](int64_t up_to) {
    for (; x < up_to; x++, to += row_stride) {
      const int64_t column = x * step + run.column;
      const int64_t left = row != nullptr ? std::clamp(-column * channels, run.begin, run.end) : run.end;
      const int64_t right = std::clamp((problem.input.w - column) * channels, left, run.end);
      std::fill(to, to + (left - run.begin), 0.0f);
      if (left < right) Copy(row + column * pixel_stride + left, right - left, to + (left - run.begin));
      std::fill(to + (right - run.begin), to + length, 0.0f);
    }
  };
  if (row == nullptr) return gather_clipped(x_end);
  // The first and the last pixel that the run touches decide from where to where it is inside.
  const int64_t first_pixel = run.column + run.begin / channels, last_pixel = run.column + (run.end - 1) / channels;
  const int64_t inside = std::clamp(FirstAtLeast(-first_pixel, step), x, x_end);
  const int64_t inside_end = std::clamp(FirstAtLeast(problem.input.w - last_pixel, step), inside, x_end);
  gather_clipped(inside);
  const float* from = row + (x * step + run.column) * pixel_stride + run.begin;
  const int64_t count = inside_end - x, from_step = step * pixel_stride;
  CopyRuns(from, from_step, length, count, to, row_stride);
  x = inside_end, to += count * row_stride;
  gather_clipped(x_end);
}

}  // namespace

void Gather(const ConvProblem& problem, TensorView<const float> input, int64_t first_channel, int64_t channels,
            int64_t first, int64_t count, int64_t first_term, int64_t terms, int64_t row_stride, float* gathered) {
  const ConvGeometry& g = problem.geometry;
  // A whole row of the kernel is contiguous in an image without gaps.
  const bool whole_rows = g.dilation.w == 1 && input.pixel_stride == channels;
  const int64_t runs_per_row = whole_rows ? 1 : g.kernel.w, run_floats = whole_rows ? g.kernel.w * channels : channels;
  for (const int64_t end = first + count; first < end;) {
    const int64_t x = first % problem.output.w, x_end = std::min(problem.output.w, x + end - first);
    const int64_t y = first / problem.output.w % problem.output.h, n = first / problem.output.w / problem.output.h;
    for (int64_t done = 0; done < terms;) {
      const int64_t index = (first_term + done) / run_floats, begin = (first_term + done) % run_floats;
      const Run run = {begin, std::min(run_floats, begin + terms - done),
                       index % runs_per_row * g.dilation.w - g.padding.left};
      const int64_t in_y = y * g.stride.h - g.padding.top + index / runs_per_row * g.dilation.h;
      const float* row = in_y >= 0 && in_y < problem.input.h ? input.at(n, in_y, 0) + first_channel : nullptr;
      GatherRun(problem, run, row, input.pixel_stride, channels, x, x_end, row_stride, gathered + done);
      done += run.end - run.begin;
    }
    gathered += (x_end - x) * row_stride;
    first += x_end - x;
  }
}

}  // namespace fcn::conv
