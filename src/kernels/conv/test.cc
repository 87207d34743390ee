#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "kernels/conv/conv.h"
#include "kernels/conv/reference.h"
#include "support/guarded.h"
#include "tensor/random.h"

namespace fcn::conv {
namespace {

using test::GuardedFloats;

/// A convolution with all that may surround it. Gaps are floats between neighbouring pixels.
struct Case {
  ConvProblem problem;
  int input_gap = 0, output_gap = 0, residual_gap = 0;
  bool scale = false, bias = false, residual = false, residual_is_output = false;
  Activation activation = Activation::kNone;
};

ConvProblem Problem(int64_t images, int64_t h, int64_t w, int64_t inputs, int64_t outputs, const ConvGeometry& g) {
  const auto size = [](int64_t in, int64_t before, int64_t after, int64_t kernel, int64_t dilation, int64_t stride) {
    return (in + before + after - (kernel - 1) * dilation - 1) / stride + 1;
  };
  return {g,
          {images, h, w, inputs},
          {images, size(h, g.padding.top, g.padding.bottom, g.kernel.h, g.dilation.h, g.stride.h),
           size(w, g.padding.left, g.padding.right, g.kernel.w, g.dilation.w, g.stride.w), outputs}};
}

Case WithOptions(const ConvProblem& problem, uint64_t variant) {
  const uint64_t bits = RandomBits(11, variant);
  return {problem,
          static_cast<int>(bits % 3),
          static_cast<int>(bits / 4 % 3),
          static_cast<int>(bits / 16 % 3),
          (bits >> 8 & 1) != 0,
          (bits >> 9 & 1) != 0,
          (bits >> 10 & 1) != 0,
          (bits >> 11 & 1) != 0,
          kEveryActivation[bits / 4096 % kEveryActivation.size()]};
}

std::vector<double> Values(int64_t count, uint64_t seed, double reach = 1) {
  std::vector<double> values;
  for (int64_t i = 0; i < count; i++)
    values.push_back(static_cast<float>(reach * test::Uniform(seed, static_cast<uint64_t>(i))));
  return values;
}

/// The operands of a case in double, and what comes out.
struct Operands {
  std::vector<double> input, weight, scale, bias, residual;

  explicit Operands(const Case& c)
      : input(Values(c.problem.input.elements(), 1)),
        weight(Values(c.problem.output.c * Terms(c.problem), 2)),
        scale(c.scale ? Values(c.problem.output.c, 3) : std::vector<double>()),
        bias(c.bias ? Values(c.problem.output.c, 4, 4) : std::vector<double>()),
        residual(c.residual ? Values(c.problem.output.elements(), 5, 4) : std::vector<double>()) {}

  static int64_t Terms(const ConvProblem& p) {
    return p.input.c / p.geometry.groups * p.geometry.kernel.h * p.geometry.kernel.w;
  }

  std::vector<double> Output(const ConvProblem& p, Activation activation) const {
    auto scaled = weight;
    if (!scale.empty())
      for (size_t i = 0; i < scaled.size(); i++) scaled[i] *= scale[i / static_cast<size_t>(Terms(p))];
    std::vector<double> output(static_cast<size_t>(p.output.elements()));
    Reference<double>(p, {input.data(), p.input}, scaled.data(), bias.empty() ? nullptr : bias.data(),
                      {residual.empty() ? nullptr : residual.data(), p.output}, activation, {output.data(), p.output});
    return output;
  }

  Operands Magnitudes() const {
    Operands m = *this;
    for (auto* values : {&m.input, &m.weight, &m.scale, &m.bias, &m.residual})
      for (double& v : *values) v = std::abs(v);
    return m;
  }
};

GuardedFloats Spread(const std::vector<double>& values, const Nhwc& shape, int gap) {
  GuardedFloats spread(std::max<int64_t>(0, shape.pixels() * (shape.c + gap) - gap), gap);
  for (int64_t i = 0; i < static_cast<int64_t>(values.size()); i++)
    spread[i / shape.c * (shape.c + gap) + i % shape.c] = static_cast<float>(values[static_cast<size_t>(i)]);
  return spread;
}

std::vector<float> Floats(const std::vector<double>& values) { return {values.begin(), values.end()}; }

/// The output as it lies in memory, gaps included. Fails where a kernel wrote outside a buffer.
GuardedFloats Computed(const Case& c, const Operands& operands, const Context& context) {
  const ConvProblem& p = c.problem;
  const bool in_place = c.residual && c.residual_is_output;
  const auto input = Spread(operands.input, p.input, c.input_gap);
  const auto residual = Spread(operands.residual, p.output, c.residual_gap);
  const auto weight = Floats(operands.weight), scale = Floats(operands.scale), bias = Floats(operands.bias);
  GuardedFloats output = Spread(in_place ? operands.residual : std::vector<double>(), p.output, c.output_gap);
  GuardedFloats packed(PackedFloats(p, context.isa()));
  GuardedFloats scratch(ScratchFloats(p, context.isa(), context.threads()));
  Pack(p, context.isa(), weight.data(), c.scale ? scale.data() : nullptr, context, packed.data());
  EXPECT_TRUE(packed.Intact());
  for (int64_t i = 0; i < packed.size(); i++)
    if (std::isnan(packed[i])) ADD_FAILURE() << "Pack left " << i << " unwritten", i = packed.size();
  const TensorView<float> view(output.data(), p.output, p.output.c + c.output_gap);
  Epilogue e;
  if (c.bias) e.bias = bias.data();
  if (c.residual) e.residual = {residual.data(), p.output, p.output.c + c.residual_gap};
  if (in_place) e.residual = view;
  const std::vector<float> slopes = TestSlopes(c.activation, p.output.c);
  e.activation = c.activation, e.slopes = slopes.data();
  Run(p, {input.data(), p.input, p.input.c + c.input_gap}, packed.data(), e, view, scratch.data(), context);
  EXPECT_TRUE(output.Intact());
  EXPECT_TRUE(scratch.Intact());
  return output;
}

void ExpectAgrees(const Case& c, const std::vector<const Context*>& contexts) {
  const Operands operands(c);
  const auto expected = operands.Output(c.problem, c.activation);
  const auto magnitude = operands.Magnitudes().Output(c.problem, Activation::kNone);
  // A multiplication and an addition per term, the scale, and sums of at most 512 terms added up with bias and
  // residual, each within 2⁻²⁴ of what it rounds: at most the length of the sum times 2⁻²⁴ of the magnitudes, to first
  // order.
  const int64_t terms = Operands::Terms(c.problem);
  const int64_t longest = std::min<int64_t>(terms, 512), slices = terms / 512 + 1;
  const double units = static_cast<double>(longest + slices + 4) * 0x1p-24;
  const int64_t channels = c.problem.output.c, stride = channels + c.output_gap;
  for (const Context* context : contexts) {
    const GuardedFloats output = Computed(c, operands, *context);
    for (int64_t i = 0; i < output.size(); i++) {
      if (i % stride >= channels) {
        ASSERT_TRUE(std::isnan(output.data()[i])) << "written between pixels, " << IsaName(context->isa());
        continue;
      }
      const auto at = static_cast<size_t>(i / stride * channels + i % stride);
      ASSERT_NEAR(output.data()[i], expected[at], BoundOf(c.activation, units * magnitude[at], magnitude[at]))
          << IsaName(context->isa()) << " pixel " << i / stride << " channel " << i % stride;
    }
  }
}

class Conv : public testing::Test {
 protected:
  Conv() {
    for (const Isa isa : SupportedIsas()) owned_.push_back(std::make_unique<Context>(1, isa));
    for (const auto& context : owned_) contexts.push_back(context.get());
  }
  std::vector<const Context*> contexts;

 private:
  std::vector<std::unique_ptr<Context>> owned_;
};

TEST_F(Conv, EveryGeometry) {
  const std::vector<int> kernels = {1, 2, 3, 4, 5, 7, 11};
  const std::vector<Padding> paddings = {{0, 0, 0, 0}, {1, 1, 1, 1}, {0, 3, 2, 1}, {14, 13, 12, 15}};
  uint64_t variant = 0;
  for (size_t kernel = 0; kernel < kernels.size(); kernel++)
    for (int stride = 1; stride <= 4; stride++)
      for (int dilation = 1; dilation <= 3; dilation++)
        for (const Padding& padding : paddings)
          for (const int groups : {1, 2, 4, 8}) {
            // Square in two of three cases.
            ConvGeometry g{{kernels[kernel], kernels[kernel]}, {stride, stride}, {dilation, dilation}, padding, groups};
            if (variant % 3 == 0) {
              g.kernel.w = kernels[(kernel + variant / 3) % kernels.size()];
              g.stride.w = 1 + (stride + 1) % 4;
              g.dilation.w = 1 + (dilation + 1) % 3;
            }
            // Images smaller than the largest padding, and at least one whole window.
            const int h = std::max(1, (g.kernel.h - 1) * g.dilation.h + 1 - padding.top - padding.bottom) + 4;
            const int w = std::max(1, (g.kernel.w - 1) * g.dilation.w + 1 - padding.left - padding.right) + 5;
            const int64_t outputs = groups * (1 + static_cast<int64_t>(variant % 3));
            const ConvProblem problem = Problem(1 + static_cast<int64_t>(variant % 2), h, w, 8, outputs, g);
            SCOPED_TRACE(testing::Message()
                         << "kernel " << g.kernel.h << "x" << g.kernel.w << " stride " << g.stride.h << "x"
                         << g.stride.w << " dilation " << g.dilation.h << "x" << g.dilation.w << " groups " << groups
                         << " padding " << padding.top << " image " << h << "x" << w << " variant " << variant);
            ExpectAgrees(WithOptions(problem, variant++), contexts);
            if (HasFatalFailure()) return;
          }
}

TEST_F(Conv, EveryChannelCount) {
  uint64_t variant = 0;
  for (int64_t inputs = 1; inputs <= 33; inputs++)
    for (int64_t outputs = 1; outputs <= 65; outputs += inputs % 4 == 0 ? 1 : 3) {
      const int kernel = variant % 4 == 0 ? 1 : 3;
      const ConvProblem problem = Problem(1, 3, 5, inputs, outputs, {{kernel, kernel}, {}, {}, {1, 1, 1, 1}, 1});
      SCOPED_TRACE(testing::Message() << inputs << " to " << outputs << " channels, variant " << variant);
      ExpectAgrees(WithOptions(problem, variant++), contexts);
      if (HasFatalFailure()) return;
    }
}

TEST_F(Conv, PointwiseReadsTheImageInPlace) {
  uint64_t variant = 0;
  for (const int64_t inputs : {1, 3, 16, 40, 1024})
    for (const int64_t images : {1, 3})
      for (const int groups : {1, 2}) {
        const ConvGeometry pointwise{{1, 1}, {}, {}, {}, groups};
        const ConvProblem problem = Problem(images, 6, 7, inputs * groups, int64_t{24} * groups, pointwise);
        ExpectAgrees(WithOptions(problem, variant++), contexts);
      }
}

// Sums of several slices, several blocks of pixels and several chunks of columns, all ragged.
TEST_F(Conv, LargeProblems) {
  const Padding same{1, 1, 1, 1};
  for (const auto& [h, w, inputs, outputs, kernel] : std::vector<std::tuple<int, int, int, int, int>>{
           {5, 5, 131, 300, 3}, {37, 41, 60, 20, 3}, {4, 4, 1100, 530, 1}, {9, 8, 300, 270, 2}, {20, 33, 67, 130, 5}}) {
    Case c{.problem = Problem(1, h, w, inputs, outputs, {{kernel, kernel}, {1, 1}, {1, 1}, same, 1}),
           .input_gap = 3,
           .output_gap = 5,
           .bias = true,
           .residual = true};
    for (const bool in_place : {false, true}) {
      c.residual_is_output = in_place;
      ExpectAgrees(c, contexts);
    }
  }
}

TEST_F(Conv, AnyThreadCountGivesTheSameBytes) {
  for (const Isa isa : SupportedIsas()) {
    const Context one(1, isa), two(2, isa), three(3, isa);
    for (const ConvProblem& problem :
         {Problem(1, 23, 29, 70, 140, {{3, 3}, {}, {}, {1, 1, 1, 1}, 1}), Problem(2, 6, 6, 600, 520, {}),
          Problem(1, 30, 31, 24, 48, {{3, 3}, {2, 1}, {}, {1, 1, 1, 1}, 4})}) {
      const Case c{.problem = problem, .scale = true, .bias = true, .residual = true, .activation = Activation::kRelu};
      const Operands operands(c);
      const GuardedFloats expected = Computed(c, operands, one);
      for (const Context* context : {&two, &three})
        EXPECT_EQ(0, std::memcmp(expected.data(), Computed(c, operands, *context).data(),
                                 static_cast<size_t>(expected.size()) * sizeof(float)));
    }
  }
}

TEST_F(Conv, NoPixelsAndNoInputs) {
  // An empty batch writes nothing; a sum over no channels is the bias.
  ExpectAgrees({.problem = {{}, {0, 3, 3, 4}, {0, 3, 3, 5}}, .bias = true}, contexts);
  ExpectAgrees({.problem = {{}, {1, 3, 3, 0}, {1, 3, 3, 5}}, .bias = true}, contexts);
  ExpectAgrees({.problem = {{}, {1, 3, 3, 4}, {1, 3, 3, 0}}}, contexts);
}

TEST_F(Conv, StopsWhenCancelled) {
  Context context(1);
  context.Cancel();
  const Case c{.problem = Problem(1, 3, 3, 4, 4, {})};
  EXPECT_ANY_THROW(Computed(c, Operands(c), context));
}

}  // namespace
}  // namespace fcn::conv
