#pragma once

#include <algorithm>
#include <cstdint>

#include "tensor/conv_problem.h"

namespace fcn::steps {

/// A convolution cut into slices of output channels, so that no slice has more weights than `most`. What is cut is a
/// pure function of the layer.
class ConvSlices {
 public:
  static constexpr int64_t kMost = int64_t{16} << 20;  // floats: 64 MB

  explicit ConvSlices(const ConvProblem& problem, int64_t most = kMost)
      : problem_(problem),
        row_(problem.input.c / problem.geometry.groups * problem.geometry.kernel.h * problem.geometry.kernel.w),
        channels_(problem.output.c) {
    constexpr int64_t kStep = 64;  // a multiple of every vector and panel
    if (problem.geometry.groups == 1 && problem.output.c * row_ > most)
      channels_ = std::max(kStep, most / row_ / kStep * kStep);
  }

  int64_t count() const { return (problem_.output.c + channels_ - 1) / channels_; }
  int64_t first(int64_t slice) const { return slice * channels_; }
  /// Floats of the weights before a slice, which lie one after the other in OIHW.
  int64_t first_weight(int64_t slice) const { return first(slice) * row_; }
  int64_t weights(int64_t slice) const { return At(slice).output.c * row_; }
  ConvProblem At(int64_t slice) const {
    ConvProblem problem = problem_;
    problem.output.c = std::min(channels_, problem_.output.c - first(slice));
    return problem;
  }
  /// The channels of a slice out of a map that has them all.
  template <typename T>
  TensorView<T> View(TensorView<T> whole, int64_t slice) const {
    if (whole.data == nullptr || count() == 1) return whole;
    return whole.Channels(first(slice), At(slice).output.c);
  }
  /// As slices of a weight gradient that are handed on. Of a 1×1 layer, whose input is read as it lies, they are so
  /// small that they stay in a cache until they are applied.
  static ConvSlices ForHandingOn(const ConvProblem& problem) {
    constexpr int64_t kLarge = 4 << 20, kCached = 1 << 20;  // floats
    const bool pointwise = problem.geometry.kernel == Size2{1, 1};
    return ConvSlices(problem, pointwise && problem.input.c * problem.output.c > kLarge ? kCached : kMost);
  }
  /// The most that f(problem) is for a slice.
  template <typename F>
  int64_t Most(const F& f) const {
    return std::max<int64_t>(f(At(0)), f(At(count() - 1)));
  }

 private:
  ConvProblem problem_;
  int64_t row_, channels_;
};

}  // namespace fcn::steps
