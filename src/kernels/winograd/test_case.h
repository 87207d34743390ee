#pragma once

// What the tests of this folder share: a convolution in guarded buffers, compared with its definition.

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "kernels/conv/reference.h"
#include "kernels/winograd/test_problem.h"
#include "kernels/winograd/winograd.h"
#include "support/guarded.h"

namespace fcn::winograd {
using test::FillUniform;
using test::GuardedFloats;

template <typename T>
std::vector<T> RandomValues(int64_t count, uint64_t seed) {
  std::vector<T> values(static_cast<size_t>(count));
  for (size_t i = 0; i < values.size(); i++) values[i] = static_cast<T>(test::Uniform(seed, i));
  return values;
}

/// The definition, in double.
inline std::vector<double> Direct(const ConvProblem& problem, TensorView<const float> input, const float* weight,
                                  const float* scale, const Epilogue& epilogue) {
  // Copies keep the gaps between pixels, and so the strides.
  const auto widened = [](TensorView<const float> view) {
    return view.data == nullptr
               ? std::vector<double>()
               : std::vector<double>(view.data, view.at(view.shape.n, 0, 0) - view.pixel_stride + view.shape.c);
  };
  const int64_t outputs = problem.output.c;
  const int64_t taps = problem.input.c * problem.geometry.kernel.h * problem.geometry.kernel.w;
  const std::vector<double> x = widened(input), added = widened(epilogue.residual);
  std::vector<double> w(weight, weight + outputs * taps), bias(static_cast<size_t>(outputs));
  for (size_t i = 0; scale != nullptr && i < w.size(); i++)
    w[i] *= static_cast<double>(scale[i / static_cast<size_t>(taps)]);
  if (epilogue.bias != nullptr) bias.assign(epilogue.bias, epilogue.bias + outputs);
  TensorView<const double> residual;
  if (!added.empty()) residual = {added.data(), problem.output, epilogue.residual.pixel_stride};
  std::vector<double> y(static_cast<size_t>(problem.output.elements()));
  conv::Reference<double>(problem, {x.data(), problem.input, input.pixel_stride}, w.data(), bias.data(), residual,
                          epilogue.activation, {y.data(), problem.output});
  return y;
}

/// A view's values without the gaps between its pixels.
inline std::vector<float> Values(TensorView<const float> view) {
  std::vector<float> values;
  for (int64_t p = 0; p < view.shape.pixels(); p++)
    values.insert(values.end(), view.data + p * view.pixel_stride, view.data + p * view.pixel_stride + view.shape.c);
  return values;
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

/// One convolution in guarded buffers of exactly the sizes that the contract names.
struct Case {
  ConvProblem problem;
  Isa isa = Isa::kPortable;
  int threads = 1;
  bool scaled = false, biased = false;
  enum { kNoResidual, kResidual, kInPlace } residual = kNoResidual;
  Activation activation = Activation::kNone;
  int input_gap = 0, output_gap = 0, residual_gap = 0;  ///< floats between pixels
  int misalign = 0;

  struct Result {
    std::vector<float> values;
    std::vector<double> expected;
  };

  Result Compute(bool with_reference = true) const {
    const Context context(threads, isa);
    const Nhwc &in = problem.input, &out = problem.output;
    const int64_t input_stride = in.c + input_gap, output_stride = out.c + output_gap;
    const int64_t residual_stride = out.c + residual_gap;
    const auto floats = [](const Nhwc& shape, int64_t stride) { return (shape.pixels() - 1) * stride + shape.c; };
    GuardedFloats x(floats(in, input_stride), misalign), y(floats(out, output_stride), misalign);
    GuardedFloats weight(in.c * out.c * problem.geometry.kernel.h * problem.geometry.kernel.w, misalign);
    GuardedFloats scale(out.c, misalign), bias(out.c, misalign), added(floats(out, residual_stride), misalign);
    // Gaps hold NaN: a kernel that reads them shows.
    const auto fill = [](float* data, const Nhwc& shape, int64_t stride, uint64_t seed) {
      for (int64_t p = 0; p < shape.pixels(); p++)
        FillUniform(data + p * stride, shape.c, seed + static_cast<uint64_t>(p) * 16);
    };
    fill(x.data(), in, input_stride, 1);
    FillUniform(weight.data(), weight.size(), 2);
    FillUniform(scale.data(), out.c, 3);
    FillUniform(bias.data(), out.c, 4);
    fill(added.data(), out, residual_stride, 5);
    if (residual == kInPlace) fill(y.data(), out, output_stride, 5);

    const std::vector<float> slopes = TestSlopes(activation, out.c);
    Epilogue epilogue{biased ? bias.data() : nullptr, {}, activation, slopes.data()};
    if (residual == kResidual) epilogue.residual = {added.data(), out, residual_stride};
    if (residual == kInPlace) epilogue.residual = {y.data(), out, output_stride};
    const TensorView<const float> input{x.data(), in, input_stride};
    const TensorView<float> output{y.data(), out, output_stride};
    Result result;
    if (with_reference)
      result.expected = Direct(problem, input, weight.data(), scaled ? scale.data() : nullptr, epilogue);

    GuardedFloats packed(PackedFloats(problem, isa)), scratch(ScratchFloats(problem, isa, threads));
    Pack(problem, isa, weight.data(), scaled ? scale.data() : nullptr, context, packed.data());
    for (int64_t i = 0; i < packed.size(); i++)
      if (std::isnan(packed[i])) ADD_FAILURE() << "packed weight " << i << " was not written";
    Run(problem, input, packed.data(), epilogue, output, scratch.data(), context);

    for (const GuardedFloats* buffer : {&x, &y, &weight, &scale, &bias, &added, &packed, &scratch})
      EXPECT_TRUE(buffer->Intact());
    for (int64_t i = 0; i < y.size(); i++)
      if (i % output_stride >= out.c && !std::isnan(y[i])) ADD_FAILURE() << "a gap between pixels was written";
    result.values = Values(output);
    return result;
  }
};

/// The contract's 2e-4 of the output's standard deviation. Values are uniform in [-1, 1), of variance 1/3, so a sum of
/// taps²·c products has the standard deviation taps·√c / 3. At an image's border the sum is shorter but its tile is
/// not.
inline double Tolerance(const ConvProblem& problem) {
  return 2e-4 * problem.geometry.kernel.h * std::sqrt(static_cast<double>(problem.input.c)) / 3;
}

inline void ExpectCorrect(const Case& c) {
  const Case::Result result = c.Compute();
  const ConvGeometry& g = c.problem.geometry;
  EXPECT_LE(MaxError(result.values, result.expected), Tolerance(c.problem))
      << IsaName(c.isa) << ", " << g.kernel.h << " taps, dilation " << g.dilation.h << "x" << g.dilation.w << ", "
      << ToString(c.problem.input) << " to " << ToString(c.problem.output) << ", padding top " << g.padding.top
      << ", left " << g.padding.left;
}

}  // namespace fcn::winograd
