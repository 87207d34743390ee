#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "kernels/deconv/deconv.h"
#include "kernels/deconv/reference.h"
#include "support/every_isa.h"
#include "support/guarded_image.h"

namespace fcn::deconv {
namespace {

using test::GuardedFloats;
using test::GuardedImage;

/// A problem, and how its tensors lie in memory.
struct Case {
  DeconvProblem problem;
  Form form = Form::kDense;
  bool diagonal_weights = false;  ///< kDiagonal needs them, kDense does not mind
  int64_t gap = 0;
  int misalign = 0;
  bool scale = false, bias = false, residual = false, in_place = false;
  Activation activation = Activation::kNone;
};

/// Channels per group in and out.
DeconvProblem Problem(ConvGeometry g, int64_t n, int64_t h, int64_t w, int groups, int64_t inputs, int64_t outputs) {
  g.groups = groups;
  const Padding& p = g.padding;
  return {g,
          {n, h, w, groups * inputs},
          {n, (h - 1) * g.stride.h + g.kernel.h - p.top - p.bottom,
           (w - 1) * g.stride.w + g.kernel.w - p.left - p.right, groups * outputs}};
}

bool HasOutput(const DeconvProblem& p) { return p.output.h > 0 && p.output.w > 0; }

class Fixture {
 public:
  explicit Fixture(const Case& c)
      : case_(c),
        input_(c.problem.input, c.gap, c.misalign),
        residual_(c.problem.output, c.gap),
        weight_(c.problem.input.c * GroupOutputs() * Taps(), c.misalign),
        scale_(c.problem.output.c),
        bias_(c.problem.output.c, c.misalign) {
    input_.Fill(1);
    residual_.Fill(2, 4);
    weight_.Fill(3);
    if (c.form == Form::kDiagonal || c.diagonal_weights)
      for (int64_t i = 0; i < weight_.size(); i++)
        if (i / Taps() % GroupOutputs() != i / Taps() / GroupOutputs() % GroupOutputs()) weight_[i] = 0;
    scale_.Fill(4);
    bias_.Fill(5);
  }

  const float* weight() const { return weight_.data(); }

  /// The reference in double and the bound on the kernel's error: sums of k terms, the bias and the residual are off
  /// by at most (k + 2) roundings of the sum of magnitudes, and the folded scale by one more.
  void Expected(std::vector<double>* expected, std::vector<double>* bound) {
    const DeconvProblem& p = case_.problem;
    std::vector<double> weight = weight_.Doubles();
    for (int64_t i = 0; case_.scale && i < weight_.size(); i++) {
      const int64_t group = i / Taps() / GroupOutputs() / (p.input.c / p.geometry.groups);
      weight[static_cast<size_t>(i)] *= scale_[group * GroupOutputs() + i / Taps() % GroupOutputs()];
    }
    const std::vector<double> bias = bias_.Doubles(), input = input_.Doubles(), residual = residual_.Doubles();
    expected->resize(static_cast<size_t>(p.output.elements()));
    bound->resize(expected->size());
    Reference(p, input.data(), weight.data(), case_.bias ? bias.data() : nullptr,
              case_.residual ? residual.data() : nullptr, case_.activation, expected->data());
    Reference(p, test::Magnitudes(input).data(), test::Magnitudes(weight).data(),
              case_.bias ? test::Magnitudes(bias).data() : nullptr,
              case_.residual ? test::Magnitudes(residual).data() : nullptr, Activation::kNone, bound->data());
    const int64_t terms = Taps() * (p.input.c / p.geometry.groups);
    for (double& b : *bound) b *= static_cast<double>(terms + 3) * 0x1p-24;
  }

  std::vector<float> Actual(const Context& context) {
    const DeconvProblem& p = case_.problem;
    GuardedFloats packed(PackedFloats(p, case_.form, context.isa()));
    GuardedImage output(p.output, case_.gap + 1, case_.misalign);
    Pack(p, case_.form, context.isa(), weight_.data(), case_.scale ? scale_.data() : nullptr, context, packed.data());
    for (int64_t i = 0; i < packed.size(); i++) EXPECT_FALSE(std::isnan(packed[i])) << "unwritten at " << i;
    Epilogue epilogue;
    epilogue.activation = case_.activation;
    if (case_.bias) epilogue.bias = bias_.data();
    if (case_.residual) epilogue.residual = residual_.view();
    if (case_.in_place) output.Fill(2, 4), epilogue.residual = output.view();
    Run(p, case_.form, input_.view(), packed.data(), epilogue, output.view(), context);
    EXPECT_TRUE(packed.Intact() && output.Intact() && input_.Intact() && residual_.Intact());
    return output.Values();
  }

 private:
  int64_t Taps() const { return int64_t{case_.problem.geometry.kernel.h} * case_.problem.geometry.kernel.w; }
  int64_t GroupOutputs() const { return case_.problem.output.c / case_.problem.geometry.groups; }

  Case case_;
  GuardedImage input_, residual_;
  GuardedFloats weight_, scale_, bias_;
};

void ExpectAgrees(const Case& c) {
  Fixture fixture(c);
  std::vector<double> expected, bound;
  fixture.Expected(&expected, &bound);
  for (Isa isa : SupportedIsas()) {
    const std::vector<float> actual = fixture.Actual(Context(1, isa));
    for (size_t i = 0; i < expected.size(); i++)
      ASSERT_LE(std::abs(actual[i] - expected[i]), bound[i])
          << IsaName(isa) << " " << ToString(c.problem.input) << " -> " << ToString(c.problem.output) << " groups "
          << c.problem.geometry.groups << " kernel " << c.problem.geometry.kernel.h << "x"
          << c.problem.geometry.kernel.w << (c.form == Form::kDiagonal ? " diagonal" : " dense") << " at " << i << ": "
          << actual[i] << " instead of " << expected[i];
  }
}

const ConvGeometry kGeometries[] = {
    {{4, 4}, {2, 2}, {1, 1}, {}, 1},           {{16, 16}, {8, 8}, {1, 1}, {}, 1},
    {{4, 4}, {2, 2}, {1, 1}, {1, 1, 1, 1}, 1}, {{3, 3}, {2, 2}, {1, 1}, {1, 0, 0, 1}, 1},
    {{2, 2}, {2, 2}, {1, 1}, {}, 1},           {{3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1},
    {{2, 3}, {3, 4}, {1, 1}, {}, 1},           {{7, 4}, {3, 2}, {1, 1}, {0, 3, 2, 1}, 1}};

TEST(DeconvTest, AgreesWithReferenceForEveryRemainderOfChannels) {
  int turn = 0;
  for (const ConvGeometry& geometry : kGeometries)
    for (Form form : {Form::kDense, Form::kDiagonal})
      for (int64_t channels = 1; channels <= 35; channels++, turn++) {
        Case c;
        const int64_t inputs = form == Form::kDiagonal ? channels : 1 + turn % 6;
        c.problem = Problem(geometry, 1 + turn % 2, 3, 4 + turn % 5, 1, inputs, channels);
        c.form = form;
        c.gap = turn % 3;
        c.misalign = turn % 5;
        c.scale = turn % 2 == 0;
        c.bias = turn % 3 != 0;
        c.residual = turn % 4 == 0;
        c.activation = static_cast<Activation>(turn % 3);
        ExpectAgrees(c);
      }
}

TEST(DeconvTest, AgreesWithReferenceForEverySmallSize) {
  for (const ConvGeometry& geometry : kGeometries)
    for (Form form : {Form::kDense, Form::kDiagonal})
      for (int64_t h = 1; h <= 4; h++)
        for (int64_t w = 1; w <= 16; w++) {
          Case c;
          c.problem = Problem(geometry, 1, h, w, 1, 5, 5);
          c.form = form;
          if (HasOutput(c.problem)) ExpectAgrees(c);
        }
}

TEST(DeconvTest, AgreesWithReferenceInGroups) {
  for (int groups : {2, 3, 21})
    for (int64_t inputs : {1, 2, 5})
      for (int64_t outputs : {1, 2, 5, 18}) {
        Case c;
        c.problem = Problem(kGeometries[2], 2, 4, 9, groups, inputs, outputs);
        c.bias = c.scale = c.residual = true;
        c.gap = 1;
        ExpectAgrees(c);
        c.form = Form::kDiagonal;
        if (inputs == outputs) ExpectAgrees(c);
      }
}

TEST(DeconvTest, ComputesAPartOfTheOutputAlone) {
  for (Form form : {Form::kDense, Form::kDiagonal})
    for (const ConvGeometry& geometry : kGeometries)
      for (const auto& [top, left, bottom, right] : {std::array{1, 0, 0, 2}, {0, 3, 1, 0}, {5, 7, 4, 9}}) {
        Case c;
        c.problem = Problem(geometry, 2, 6, 9, 1, 5, 5);
        c.problem.geometry.padding.top += top, c.problem.geometry.padding.left += left;
        c.problem.output.h -= top + bottom, c.problem.output.w -= left + right;
        c.form = form;
        c.bias = c.residual = true;
        if (HasOutput(c.problem)) ExpectAgrees(c);
      }
}

TEST(DeconvTest, RowsAreThoseOfTheWhole) {
  for (Form form : {Form::kDense, Form::kDiagonal})
    for (Isa isa : SupportedIsas())
      for (int threads : {1, 3}) {
        const DeconvProblem problem = Problem(kGeometries[1], 2, 3, 4, 1, 21, 21);
        const Context context(threads, isa);
        GuardedImage input(problem.input), output(problem.output);
        input.Fill(1);
        GuardedFloats packed(PackedFloats(problem, form, isa)), scratch(RowScratchFloats(problem, threads));
        packed.Fill(3);
        deconv::Run(problem, form, input.view(), packed.data(), {}, output.view(), context);
        std::vector<float> rows(static_cast<size_t>(problem.output.elements()));
        const int64_t row_floats = problem.output.w * problem.output.c;
        RunRows(
            problem, form, input.view(), packed.data(), {}, scratch.data(),
            [&](int64_t n, int64_t y, const float* row, int worker) {
              EXPECT_TRUE(worker >= 0 && worker < threads);
              std::copy_n(row, row_floats, rows.begin() + (n * problem.output.h + y) * row_floats);
            },
            context);
        EXPECT_TRUE(scratch.Intact());
        EXPECT_EQ(rows, output.Values()) << IsaName(isa);
      }
}

TEST(DeconvTest, AddsAResidualInPlace) {
  for (Form form : {Form::kDense, Form::kDiagonal}) {
    Case c;
    c.problem = Problem(kGeometries[0], 1, 5, 17, 1, 21, 21);
    c.form = form;
    c.residual = c.in_place = c.bias = true;
    ExpectAgrees(c);
  }
}

TEST(DeconvTest, GivesTheSameBytesForAnyNumberOfThreads) {
  for (Form form : {Form::kDense, Form::kDiagonal})
    for (const ConvGeometry& geometry : kGeometries) {
      Case c;
      c.problem = Problem(geometry, 2, 6, 19, 1, 21, 21);
      c.form = form;
      Fixture fixture(c);
      test::ExpectSameForAnyThreads([&](const Context& context) { return fixture.Actual(context); });
    }
}

TEST(DeconvTest, DenseFormTakesDiagonalWeights) {
  Case c;
  c.problem = Problem(kGeometries[1], 1, 5, 6, 1, 21, 21);
  EXPECT_EQ(ChooseForm(c.problem, Fixture(c).weight()), Form::kDense);
  c.diagonal_weights = true;
  EXPECT_EQ(ChooseForm(c.problem, Fixture(c).weight()), Form::kDiagonal);
  ExpectAgrees(c);
}

TEST(DeconvTest, ChoosesTheFormFromStructureAndValues) {
  const ConvGeometry geometry{{2, 2}, {2, 2}, {1, 1}, {}, 1};
  std::vector<float> weight(72, 0.0f);  // 2 groups × 3 × 3 × 2 × 2
  for (size_t c = 0; c < 6; c++) weight[(c * 3 + c % 3) * 4 + 1] = 1;
  const DeconvProblem grouped = Problem(geometry, 1, 2, 2, 2, 3, 3);
  EXPECT_EQ(ChooseForm(grouped, weight.data()), Form::kDiagonal);
  weight[(5 * 3 + 1) * 4 + 3] = 1e-30f;
  EXPECT_EQ(ChooseForm(grouped, weight.data()), Form::kDense);
  EXPECT_EQ(ChooseForm(Problem(geometry, 1, 2, 2, 1, 6, 3), weight.data()), Form::kDense);
  EXPECT_EQ(ChooseForm(Problem(geometry, 1, 2, 2, 18, 1, 1), weight.data()), Form::kDiagonal);
}

}  // namespace
}  // namespace fcn::deconv
