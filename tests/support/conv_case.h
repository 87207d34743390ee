#pragma once

// What the tests of all convolution families share: problems, their operands in guarded memory, and what should come
// out of them by the definitions (kernels/conv/reference.h, kernels/conv_gradient/reference.h).

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/context.h"
#include "kernels/simd/reference.h"
#include "support/guarded_image.h"
#include "tensor/conv_problem.h"

namespace fcn::test {

/// The convolution of an input by a geometry, with the output's size that follows.
ConvProblem ProblemOf(const ConvGeometry& geometry, const Nhwc& input, int64_t outputs);
/// Whether the padded input has room for a window.
bool HasOutput(const ConvProblem& problem);
int64_t WeightsOf(const ConvProblem& problem);
std::string Describe(const ConvProblem& problem);

/// A convolution and all that may surround it.
struct ConvCase {
  ConvProblem problem;
  bool scaled = false, biased = false;
  enum Residual { kNoResidual, kResidual, kInPlace } residual = kNoResidual;
  Activation activation = Activation::kNone;
  int64_t input_gap = 0, output_gap = 0;  ///< floats between pixels
  int misalign = 0;
};

/// One of many combinations.
ConvCase CaseOf(const ConvProblem& problem, uint64_t variant);

/// What a convolution, or with `by_input` its gradient by the input, reads and writes: values that depend on nothing
/// but the shapes. Of the case the gradient takes scales and residual alone.
class ConvOperands {
 public:
  explicit ConvOperands(const ConvCase& c, bool by_input = false);

  const float* factors() const { return case_.scaled ? scale.data() : nullptr; }
  Epilogue epilogue();
  bool Intact() const;

  /// The definition in double.
  std::vector<double> Expected() const;
  /// How far rounding may take an element from it.
  std::vector<double> Bounds() const;

  GuardedImage input, residual, output;  ///< in place the output holds the residual
  GuardedFloats weight, scale, bias;     ///< as many scales as the side with more channels has

 private:
  std::vector<double> Compute(bool magnitudes) const;

  ConvCase case_;
  bool by_input_;
  std::vector<float> slopes_;
};

/// What a family that packs its weights makes of a case.
template <auto kPackedFloats, auto kPack, auto kScratchFloats, auto kRun>
std::vector<float> RunPacked(const ConvCase& c, const Context& context, bool by_input = false) {
  ConvOperands operands(c, by_input);
  GuardedFloats packed(kPackedFloats(c.problem, context.isa()));
  GuardedFloats scratch(kScratchFloats(c.problem, context.isa(), context.threads()));
  kPack(c.problem, context.isa(), operands.weight.data(), operands.factors(), context, packed.data());
  for (int64_t i = 0; i < packed.size(); i++)
    if (std::isnan(packed[i])) ADD_FAILURE() << "packed weight " << i << " was not written", i = packed.size();
  kRun(c.problem, operands.input.view(), packed.data(), operands.epilogue(), operands.output.view(), scratch.data(),
       context);
  EXPECT_TRUE(operands.Intact() && packed.Intact() && scratch.Intact());
  return operands.output.Values();
}
using RunConv = std::vector<float> (*)(const ConvCase& c, const Context& context, bool by_input);

/// Expects that run's results are within their bounds on every instruction set.
void ExpectAgrees(const ConvCase& c, RunConv run, bool by_input = false);

/// The same for the gradient by the weights. Of the case it takes the gaps (the output's is the gradient's) and
/// misalign.
class WeightOperands {
 public:
  explicit WeightOperands(const ConvCase& c);
  std::vector<double> Expected() const { return Compute(false); }
  std::vector<double> Bounds() const;

  GuardedImage input, gradient;

 private:
  std::vector<double> Compute(bool magnitudes) const;
  ConvProblem problem_;
};

template <auto kScratchFloats, auto kRun>
std::vector<float> RunWeight(const ConvCase& c, const Context& context) {
  WeightOperands operands(c);
  GuardedFloats scratch(kScratchFloats(c.problem, context.isa(), context.threads()));
  GuardedFloats weight(WeightsOf(c.problem), c.misalign);
  kRun(c.problem, operands.gradient.view(), operands.input.view(), weight.data(), scratch.data(), context);
  EXPECT_TRUE(scratch.Intact() && weight.Intact() && operands.gradient.Intact() && operands.input.Intact());
  return weight.Values();
}
using RunConvWeight = std::vector<float> (*)(const ConvCase& c, const Context& context);

void ExpectWeightAgrees(const ConvCase& c, RunConvWeight run);

/// A gradient by the weights that was handed over in pieces.
struct WeightPieces {
  std::vector<float> values;
  size_t count = 0;
};
template <auto kScratchFloats, auto kRun>
WeightPieces RunWeightInPieces(const ConvCase& c, const Context& context) {
  WeightOperands operands(c);
  GuardedFloats scratch(kScratchFloats(c.problem, context.isa(), context.threads()));
  WeightPieces pieces;
  kRun(
      c.problem, operands.gradient.view(), operands.input.view(),
      [&](int64_t first, std::span<const float> values) {
        EXPECT_EQ(static_cast<size_t>(first), pieces.values.size());
        pieces.values.insert(pieces.values.end(), values.begin(), values.end());
        pieces.count++;
      },
      scratch.data(), context);
  EXPECT_EQ(static_cast<int64_t>(pieces.values.size()), WeightsOf(c.problem));
  EXPECT_TRUE(scratch.Intact() && operands.gradient.Intact() && operands.input.Intact());
  return pieces;
}

}  // namespace fcn::test
