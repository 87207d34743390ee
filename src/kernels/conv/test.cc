#include "kernels/conv/conv.h"

#include <gtest/gtest.h>

#include <tuple>
#include <vector>

#include "support/conv_case.h"
#include "support/every_isa.h"

namespace fcn::conv {
namespace {

using test::CaseOf;
using test::ConvCase;
using test::ProblemOf;

constexpr test::RunConv kRun = test::RunPacked<PackedFloats, Pack, ScratchFloats, Run>;

void ExpectAgrees(const ConvCase& c) { test::ExpectAgrees(c, kRun); }

TEST(Conv, EveryGeometry) {
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
            const ConvProblem problem = ProblemOf(g, {1 + static_cast<int64_t>(variant % 2), h, w, 8}, outputs);
            ExpectAgrees(CaseOf(problem, variant++));
            if (testing::Test::HasFatalFailure()) return;
          }
}

TEST(Conv, EveryChannelCount) {
  uint64_t variant = 0;
  for (int64_t inputs = 1; inputs <= 33; inputs++)
    for (int64_t outputs = 1; outputs <= 65; outputs += inputs % 4 == 0 ? 1 : 3) {
      const int kernel = variant % 4 == 0 ? 1 : 3;
      const ConvProblem problem = ProblemOf({{kernel, kernel}, {}, {}, {1, 1, 1, 1}, 1}, {1, 3, 5, inputs}, outputs);
      ExpectAgrees(CaseOf(problem, variant++));
      if (testing::Test::HasFatalFailure()) return;
    }
}

TEST(Conv, PointwiseReadsTheImageInPlace) {
  uint64_t variant = 0;
  for (const int64_t inputs : {1, 3, 16, 40, 1024})
    for (const int64_t images : {1, 3})
      for (const int groups : {1, 2}) {
        const ConvGeometry pointwise{{1, 1}, {}, {}, {}, groups};
        const ConvProblem problem = ProblemOf(pointwise, {images, 6, 7, inputs * groups}, int64_t{24} * groups);
        ExpectAgrees(CaseOf(problem, variant++));
      }
}

// Sums of several slices, several blocks of pixels and several chunks of columns, all ragged.
TEST(Conv, LargeProblems) {
  const Padding same{1, 1, 1, 1};
  for (const auto& [h, w, inputs, outputs, kernel] : std::vector<std::tuple<int, int, int, int, int>>{
           {5, 5, 131, 300, 3}, {37, 41, 60, 20, 3}, {4, 4, 1100, 530, 1}, {9, 8, 300, 270, 2}, {20, 33, 67, 130, 5}}) {
    ConvCase c{.problem = ProblemOf({{kernel, kernel}, {1, 1}, {1, 1}, same, 1}, {1, h, w, inputs}, outputs),
               .biased = true,
               .input_gap = 3,
               .output_gap = 5};
    for (const auto residual : {ConvCase::kResidual, ConvCase::kInPlace}) {
      c.residual = residual;
      ExpectAgrees(c);
    }
  }
}

TEST(Conv, AnyThreadCountGivesTheSameBytes) {
  for (const ConvProblem& problem :
       {ProblemOf({{3, 3}, {}, {}, {1, 1, 1, 1}, 1}, {1, 23, 29, 70}, 140), ProblemOf({}, {2, 6, 6, 600}, 520),
        ProblemOf({{3, 3}, {2, 1}, {}, {1, 1, 1, 1}, 4}, {1, 30, 31, 24}, 48)}) {
    const ConvCase c{.problem = problem,
                     .scaled = true,
                     .biased = true,
                     .residual = ConvCase::kResidual,
                     .activation = Activation::kRelu};
    test::ExpectSameForAnyThreads([&](const Context& context) { return kRun(c, context, false); });
  }
}

TEST(Conv, NoPixelsAndNoInputs) {
  // An empty batch writes nothing; a sum over no channels is the bias.
  ExpectAgrees({.problem = {{}, {0, 3, 3, 4}, {0, 3, 3, 5}}, .biased = true});
  ExpectAgrees({.problem = {{}, {1, 3, 3, 0}, {1, 3, 3, 5}}, .biased = true});
  ExpectAgrees({.problem = {{}, {1, 3, 3, 4}, {1, 3, 3, 0}}});
}

TEST(Conv, StopsWhenCancelled) {
  Context context(1);
  context.Cancel();
  EXPECT_ANY_THROW(kRun({.problem = ProblemOf({}, {1, 3, 3, 4}, 4)}, context, false));
}

}  // namespace
}  // namespace fcn::conv
