#pragma once

// What the tests of this folder share beside support/conv_case.h: its problems, and the error that they may have.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/winograd/winograd.h"
#include "support/conv_case.h"
#include "support/every_isa.h"

namespace fcn::winograd {
using test::ConvCase;

/// A convolution of stride 1 with a square kernel.
inline ConvProblem Problem(int taps, const Padding& padding, const Nhwc& input, int64_t outputs,
                           Size2 dilation = {1, 1}) {
  return test::ProblemOf({{taps, taps}, {1, 1}, dilation, padding, 1}, input, outputs);
}
/// The same with an output of the input's size.
inline ConvProblem Same(int taps, const Nhwc& input, int64_t outputs, int dilation = 1) {
  const int border = taps / 2 * dilation;
  return Problem(taps, {border, border, border, border}, input, outputs, {dilation, dilation});
}

/// From 0 to below `end` on each side, not alike on any two, and enough for one output.
inline Padding SomePadding(int taps, int64_t h, int64_t w, int end) {
  const auto side = [&](int64_t i) {
    return static_cast<int>((test::Uniform(7, static_cast<uint64_t>((h * 20 + w) * 4 + i)) + 1) * 0.5f *
                            static_cast<float>(end));
  };
  Padding padding{side(0), side(1), side(2), side(3)};
  padding.bottom = std::max<int>(padding.bottom, static_cast<int>(taps - h) - padding.top);
  padding.right = std::max<int>(padding.right, static_cast<int>(taps - w) - padding.left);
  return padding;
}

inline std::vector<float> Compute(const ConvCase& c, const Context& context) {
  return test::RunPacked<PackedFloats, Pack, ScratchFloats, Run>(c, context);
}

inline double MaxError(const std::vector<float>& values, const std::vector<double>& expected) {
  EXPECT_EQ(values.size(), expected.size());
  double worst = 0;
  for (size_t i = 0; i < values.size(); i++) {
    const double error = std::abs(static_cast<double>(values[i]) - expected[i]);
    if (!(error <= worst)) worst = error;  // a NaN stays
  }
  return worst;
}
/// As a fraction of the standard deviation.
inline double RelativeError(const std::vector<float>& values, const std::vector<double>& expected) {
  double square = 0;
  for (const double value : expected) square += value * value;
  return MaxError(values, expected) / std::sqrt(square / static_cast<double>(expected.size()));
}

/// The contract's 2e-4 of the standard deviation. Values are uniform in [-1, 1), of variance 1/3, so a sum of so many
/// products has the standard deviation √terms / 3. Where it meets the padding the sum is shorter, but its tile is not.
inline double Tolerance(int64_t terms) { return 2e-4 * std::sqrt(static_cast<double>(terms)) / 3; }
inline double Tolerance(const ConvProblem& problem) {
  return Tolerance(problem.input.c * problem.geometry.kernel.h * problem.geometry.kernel.w);
}

inline void ExpectCorrect(const ConvCase& c, const Context& context) {
  EXPECT_LE(MaxError(Compute(c, context), test::ConvOperands(c).Expected()), Tolerance(c.problem))
      << IsaName(context.isa()) << ", " << test::Describe(c.problem);
}

}  // namespace fcn::winograd
