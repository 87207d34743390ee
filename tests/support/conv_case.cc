#include "support/conv_case.h"

#include <algorithm>

#include "kernels/conv/reference.h"
#include "kernels/conv_gradient/reference.h"
#include "tensor/random.h"

namespace fcn::test {
namespace {

void ExpectWithin(const std::vector<float>& actual, const std::vector<double>& expected,
                  const std::vector<double>& bounds) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); i++) ASSERT_NEAR(actual[i], expected[i], bounds[i]) << "at " << i;
}

std::vector<double> MagnitudesIf(bool wanted, std::vector<double> values) {
  return wanted ? Magnitudes(std::move(values)) : values;
}

}  // namespace

ConvProblem ProblemOf(const ConvGeometry& geometry, const Nhwc& input, int64_t outputs) {
  const auto size = [](int64_t in, int padding, int kernel, int dilation, int stride) {
    return (in + padding - int64_t{kernel - 1} * dilation - 1) / stride + 1;
  };
  const ConvGeometry& g = geometry;
  return {g,
          input,
          {input.n, size(input.h, g.padding.top + g.padding.bottom, g.kernel.h, g.dilation.h, g.stride.h),
           size(input.w, g.padding.left + g.padding.right, g.kernel.w, g.dilation.w, g.stride.w), outputs}};
}

bool HasOutput(const ConvProblem& problem) {
  const ConvGeometry& g = problem.geometry;
  return problem.input.h + g.padding.top + g.padding.bottom > (g.kernel.h - 1) * g.dilation.h &&
         problem.input.w + g.padding.left + g.padding.right > (g.kernel.w - 1) * g.dilation.w;
}

int64_t WeightsOf(const ConvProblem& problem) {
  const ConvGeometry& g = problem.geometry;
  return problem.output.c * (problem.input.c / g.groups) * g.kernel.h * g.kernel.w;
}

std::string Describe(const ConvProblem& problem) {
  const ConvGeometry& g = problem.geometry;
  testing::Message text;
  text << ToString(problem.input) << " to " << ToString(problem.output) << ", kernel " << g.kernel.h << "x"
       << g.kernel.w << ", stride " << g.stride.h << "x" << g.stride.w << ", dilation " << g.dilation.h << "x"
       << g.dilation.w << ", padding " << g.padding.top << " " << g.padding.bottom << " " << g.padding.left << " "
       << g.padding.right << ", groups " << g.groups;
  return text.GetString();
}

ConvCase CaseOf(const ConvProblem& problem, uint64_t variant) {
  const uint64_t bits = RandomBits(11, variant);
  return {.problem = problem,
          .scaled = (bits >> 8 & 1) != 0,
          .biased = (bits >> 9 & 1) != 0,
          .residual = static_cast<ConvCase::Residual>(bits / 1024 % 3),
          .activation = kEveryActivation[bits / 4096 % kEveryActivation.size()],
          .input_gap = static_cast<int64_t>(bits % 4),
          .output_gap = static_cast<int64_t>(bits / 4 % 4),
          .misalign = static_cast<int>(bits / 16 % 4)};
}

ConvOperands::ConvOperands(const ConvCase& c, bool by_input)
    : input(by_input ? c.problem.output : c.problem.input, c.input_gap, c.misalign),
      residual(by_input ? c.problem.input : c.problem.output, c.output_gap + 1),
      output(by_input ? c.problem.input : c.problem.output, c.output_gap, c.misalign),
      weight(WeightsOf(c.problem), c.misalign),
      scale(std::max(c.problem.input.c, c.problem.output.c), c.misalign),
      bias(c.problem.output.c, c.misalign),
      case_(c),
      by_input_(by_input),
      slopes_(TestSlopes(c.activation, c.problem.output.c)) {
  input.Fill(1);
  weight.Fill(2);
  scale.Fill(3);
  bias.Fill(4);
  residual.Fill(5, 4);
  if (c.residual == ConvCase::kInPlace) output.Fill(5, 4);
}

Epilogue ConvOperands::epilogue() {
  Epilogue epilogue;
  if (case_.residual == ConvCase::kResidual) epilogue.residual = residual.view();
  if (case_.residual == ConvCase::kInPlace) epilogue.residual = output.view();
  if (by_input_) return epilogue;
  epilogue.bias = case_.biased ? bias.data() : nullptr;
  epilogue.activation = case_.activation;
  epilogue.slopes = slopes_.data();
  return epilogue;
}

bool ConvOperands::Intact() const {
  return input.Intact() && residual.Intact() && output.Intact() && weight.Intact() && scale.Intact() && bias.Intact();
}

std::vector<double> ConvOperands::Compute(bool magnitudes) const {
  const ConvProblem& p = case_.problem;
  const int64_t row = WeightsOf(p) / std::max<int64_t>(1, p.output.c);
  std::vector<double> scaled = weight.Doubles();
  for (int64_t i = 0; case_.scaled && i < weight.size(); i++)
    scaled[static_cast<size_t>(i)] *= double{scale.data()[i / row]};
  scaled = MagnitudesIf(magnitudes, std::move(scaled));
  const std::vector<double> x = MagnitudesIf(magnitudes, input.Doubles());
  const std::vector<double> biases = MagnitudesIf(magnitudes, bias.Doubles());
  const std::vector<double> added = MagnitudesIf(magnitudes, residual.Doubles());
  const double* added_data = case_.residual == ConvCase::kNoResidual ? nullptr : added.data();
  std::vector<double> result(added.size());
  if (by_input_)
    conv_gradient::DataReference(p, x.data(), scaled.data(), added_data, result.data());
  else
    conv::Reference<double>(p, {x.data(), p.input}, scaled.data(), case_.biased ? biases.data() : nullptr,
                            {added_data, p.output}, magnitudes ? Activation::kNone : case_.activation,
                            {result.data(), p.output});
  return result;
}

std::vector<double> ConvOperands::Expected() const { return Compute(false); }

std::vector<double> ConvOperands::Bounds() const {
  // A multiplication and an addition per term, the scale, and the sum added up with bias and residual, each within
  // 2⁻²⁴ of what it rounds: at most the length of the sum times 2⁻²⁴ of the magnitudes, to first order. A convolution
  // adds up sums of at most 512 terms.
  const ConvProblem& p = case_.problem;
  const int64_t channels = (by_input_ ? p.output.c : p.input.c) / p.geometry.groups;
  const int64_t terms = channels * p.geometry.kernel.h * p.geometry.kernel.w;
  const int64_t longest = by_input_ ? terms : std::min<int64_t>(terms, 512) + terms / 512;
  const double units = static_cast<double>(longest + 5) * 0x1p-24;
  std::vector<double> bounds = Compute(true);
  for (double& b : bounds) b = BoundOf(by_input_ ? Activation::kNone : case_.activation, units * b, b);
  return bounds;
}

void ExpectAgrees(const ConvCase& c, RunConv run, bool by_input) {
  const ConvOperands operands(c, by_input);
  const std::vector<double> expected = operands.Expected(), bounds = operands.Bounds();
  for (const Isa isa : SupportedIsas()) {
    SCOPED_TRACE(testing::Message() << IsaName(isa) << (by_input ? ", by input, " : ", ") << Describe(c.problem));
    ExpectWithin(run(c, Context(1, isa), by_input), expected, bounds);
    if (testing::Test::HasFatalFailure()) return;
  }
}

WeightOperands::WeightOperands(const ConvCase& c)
    : input(c.problem.input, c.input_gap, c.misalign),
      gradient(c.problem.output, c.output_gap, c.misalign),
      problem_(c.problem) {
  input.Fill(1);
  gradient.Fill(2);
}

std::vector<double> WeightOperands::Compute(bool magnitudes) const {
  std::vector<double> result(static_cast<size_t>(WeightsOf(problem_)));
  conv_gradient::WeightReference(problem_, MagnitudesIf(magnitudes, gradient.Doubles()).data(),
                                 MagnitudesIf(magnitudes, input.Doubles()).data(), result.data());
  return result;
}

std::vector<double> WeightOperands::Bounds() const {
  // Each term is rounded at most as often as there are terms in its sum: a multiplication and additions.
  std::vector<double> bounds = Compute(true);
  for (double& b : bounds) b *= static_cast<double>(problem_.output.pixels()) * 0x1p-24;
  return bounds;
}

void ExpectWeightAgrees(const ConvCase& c, RunConvWeight run) {
  const WeightOperands operands(c);
  const std::vector<double> expected = operands.Expected(), bounds = operands.Bounds();
  for (const Isa isa : SupportedIsas()) {
    SCOPED_TRACE(testing::Message() << IsaName(isa) << ", by weight, " << Describe(c.problem));
    ExpectWithin(run(c, Context(1, isa)), expected, bounds);
    if (testing::Test::HasFatalFailure()) return;
  }
}

}  // namespace fcn::test
