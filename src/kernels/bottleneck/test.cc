#include <gtest/gtest.h>

#include "kernels/bottleneck/bottleneck.h"
#include "kernels/conv/conv.h"
#include "kernels/depthwise/depthwise.h"
#include "support/conv_case.h"
#include "support/every_isa.h"

namespace fcn::bottleneck {
namespace {

using test::GuardedFloats;
using test::GuardedImage;

ConvGeometry Filter(int kernel, int stride, const Padding& padding, int64_t channels) {
  return {{kernel, kernel}, {stride, stride}, {1, 1}, padding, static_cast<int>(channels)};
}

constexpr ConvGeometry kPointwise{};
const ConvGeometry kStem{{3, 3}, {2, 2}, {1, 1}, {0, 1, 0, 1}, 1};

struct Case {
  Problem problem;
  int64_t gap = 0;
  int misalign = 0;
  bool scale = false, bias = false, residual = false;
  Activation activation = Activation::kNone;
};

Problem ProblemOf(const Nhwc& input, const ConvGeometry& expand, int64_t channels, int kernel, int stride,
                  const Padding& padding, int64_t outputs) {
  Problem p;
  p.expand = test::ProblemOf(expand, input, channels);
  p.filter = test::ProblemOf(Filter(kernel, stride, padding, channels), p.expand.output, channels);
  p.project = test::ProblemOf(kPointwise, p.filter.output, outputs);
  return p;
}

/// Operands that depend on nothing but the shapes.
class Fixture {
 public:
  explicit Fixture(const Case& c)
      : case_(c), input_(c.problem.expand.input, c.gap, c.misalign), residual_(c.problem.project.output, c.gap) {
    input_.Fill(1);
    residual_.Fill(2, 4);
    uint64_t seed = 3;
    for (const ConvProblem* layer : {&c.problem.expand, &c.problem.filter, &c.problem.project}) {
      weights_.emplace_back(test::WeightsOf(*layer), c.misalign);
      scales_.emplace_back(layer->output.c);
      biases_.emplace_back(layer->output.c, c.misalign);
      for (GuardedFloats* values : {&weights_.back(), &scales_.back(), &biases_.back()}) values->Fill(seed++);
    }
  }

  std::vector<float> Fused(const Context& context) {
    const Problem& p = case_.problem;
    GuardedFloats expand(conv::PackedFloats(p.expand, context.isa())), filter(FilterFloats(p.filter)),
        project(conv::PackedFloats(p.project, context.isa()));
    GuardedFloats scratch(ScratchFloats(p, context.isa(), context.threads()));
    GuardedImage output(p.project.output, case_.gap + 1, case_.misalign);
    conv::Pack(p.expand, context.isa(), weights_[0].data(), Scale(0), context, expand.data());
    PackFilter(p.filter, weights_[1].data(), Scale(1), context, filter.data());
    conv::Pack(p.project, context.isa(), weights_[2].data(), Scale(2), context, project.data());
    EXPECT_TRUE(Supports(p, context.isa()));
    Run(p, input_.view(), {expand.data(), Bias(0), case_.activation}, {filter.data(), Bias(1), case_.activation},
        project.data(), Last(), output.view(), scratch.data(), context);
    EXPECT_TRUE(expand.Intact() && filter.Intact() && project.Intact() && scratch.Intact() && output.Intact());
    return output.Values();
  }

  /// One convolution after the other.
  std::vector<float> Unfused(const Context& context) {
    const Problem& p = case_.problem;
    GuardedImage expanded(p.expand.output), filtered(p.filter.output), output(p.project.output);
    RunAlone<conv::PackedFloats, conv::Pack, conv::ScratchFloats, conv::Run>(
        p.expand, 0, input_.view(), {Bias(0), {}, case_.activation}, expanded.view(), context);
    RunAlone<depthwise::PackedFloats, depthwise::Pack, depthwise::ScratchFloats, depthwise::Run>(
        p.filter, 1, expanded.view(), {Bias(1), {}, case_.activation}, filtered.view(), context);
    RunAlone<conv::PackedFloats, conv::Pack, conv::ScratchFloats, conv::Run>(p.project, 2, filtered.view(), Last(),
                                                                             output.view(), context);
    return output.Values();
  }

 private:
  template <auto kPackedFloats, auto kPack, auto kScratchFloats, auto kRun>
  void RunAlone(const ConvProblem& layer, size_t i, TensorView<const float> input, const Epilogue& epilogue,
                TensorView<float> output, const Context& context) {
    GuardedFloats packed(kPackedFloats(layer, context.isa()));
    GuardedFloats scratch(kScratchFloats(layer, context.isa(), context.threads()));
    kPack(layer, context.isa(), weights_[i].data(), Scale(i), context, packed.data());
    kRun(layer, input, packed.data(), epilogue, output, scratch.data(), context);
  }

  const float* Scale(size_t i) const { return case_.scale ? scales_[i].data() : nullptr; }
  const float* Bias(size_t i) const { return case_.bias ? biases_[i].data() : nullptr; }
  Epilogue Last() {
    Epilogue epilogue{Bias(2), {}, case_.activation};
    if (case_.residual) epilogue.residual = residual_.view();
    return epilogue;
  }

  Case case_;
  GuardedImage input_, residual_;
  std::vector<GuardedFloats> weights_, scales_, biases_;
};

void ExpectTheSameBytes(const Case& c) {
  Fixture fixture(c);
  for (Isa isa : SupportedIsas()) {
    const std::vector<float> fused = fixture.Fused(Context(1, isa)), unfused = fixture.Unfused(Context(1, isa));
    for (size_t i = 0; i < unfused.size(); i++)
      ASSERT_EQ(fused[i], unfused[i]) << IsaName(isa) << " " << ToString(c.problem.expand.input) << " -> "
                                      << ToString(c.problem.filter.input) << " -> "
                                      << ToString(c.problem.project.output) << " at " << i;
  }
}

struct Window {
  int kernel, stride;
  Padding padding;
};
const Window kWindows[] = {{3, 1, {1, 1, 1, 1}}, {3, 2, {0, 1, 0, 1}}, {3, 2, {1, 1, 1, 1}}, {5, 1, {2, 2, 2, 2}},
                           {5, 2, {1, 2, 1, 2}}, {3, 1, {}},           {5, 1, {0, 4, 3, 1}}, {5, 2, {4, 4, 4, 4}}};

TEST(BottleneckTest, GivesTheBytesOfThreeConvolutionsForEveryRemainderOfChannels) {
  int turn = 0;
  for (const Window& window : kWindows)
    for (int64_t channels = 1; channels <= 70; channels += 3, turn++) {
      Case c;
      c.problem = ProblemOf({1 + turn % 2, 9 + turn % 4, 8 + turn % 9, 1 + turn % 5}, kPointwise, channels,
                            window.kernel, window.stride, window.padding, 1 + turn % 37);
      c.gap = turn % 3;
      c.misalign = turn % 5;
      c.scale = turn % 2 == 0;
      c.bias = turn % 3 != 0;
      c.residual = turn % 4 == 0;
      c.activation = static_cast<Activation>(turn % 3);
      ExpectTheSameBytes(c);
    }
}

TEST(BottleneckTest, GivesTheBytesOfThreeConvolutionsForEverySmallSize) {
  for (const Window& window : kWindows)
    for (int64_t h : {1, 2, 3, 5, 8, 23})
      for (int64_t w = 1; w <= 36; w++) {
        const auto fits = [&](int64_t size, int padding) { return size + padding >= window.kernel; };
        if (!fits(h, window.padding.top + window.padding.bottom) ||
            !fits(w, window.padding.left + window.padding.right))
          continue;
        Case c;
        c.problem =
            ProblemOf({1, h, w, 3}, kPointwise, 5 + w % 2 * 31, window.kernel, window.stride, window.padding, 7);
        c.bias = c.residual = true;
        c.activation = Activation::kRelu6;
        ExpectTheSameBytes(c);
      }
}

TEST(BottleneckTest, ExpandsByAnyDenseConvolution) {
  for (const Window& window : kWindows)
    for (int64_t size = 16; size <= 20; size++) {
      Case c;
      c.problem = ProblemOf({2, size, 2 * size + 1, 3}, kStem, 32, window.kernel, window.stride, window.padding, 16);
      c.bias = true;
      c.activation = Activation::kRelu6;
      ExpectTheSameBytes(c);
    }
}

TEST(BottleneckTest, GivesTheSameBytesForAnyNumberOfThreads) {
  for (const Window& window : kWindows) {
    Case c;
    c.problem = ProblemOf({2, 70, 31, 16}, kPointwise, 96, window.kernel, window.stride, window.padding, 24);
    c.bias = true;
    Fixture fixture(c);
    test::ExpectSameForAnyThreads([&](const Context& context) { return fixture.Fused(context); });
  }
}

TEST(BottleneckTest, SupportsWhatItsKernelsCompute) {
  const Problem p = ProblemOf({1, 12, 12, 8}, kPointwise, 24, 3, 1, {1, 1, 1, 1}, 8);
  const auto with = [&](const auto& change) {
    Problem changed = p;
    change(changed);
    return Supports(changed, Isa::kAvx2);
  };
  EXPECT_TRUE(Supports(p, Isa::kAvx2));
  EXPECT_FALSE(with([](Problem& q) { q.filter.geometry.dilation = {2, 2}; }));
  EXPECT_FALSE(with([](Problem& q) { q.filter.geometry.kernel = {7, 7}; }));
  EXPECT_FALSE(with([](Problem& q) { q.filter.geometry.groups = 12; }));
  EXPECT_FALSE(with([](Problem& q) { q.project.geometry.stride = {2, 2}; }));
  EXPECT_FALSE(with([](Problem& q) { q.expand.geometry.groups = 2; }));
  EXPECT_FALSE(with([](Problem& q) { q.expand.input.c = 1000; }));
}

}  // namespace
}  // namespace fcn::bottleneck
