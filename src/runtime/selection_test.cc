// Which kernel runs is a pure function of layer and instruction set: pinned here, so that a change is seen.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/shapes.h"
#include "runtime/plan.h"
#include "runtime/steps/conv_candidates.h"
#include "runtime/training_program.h"
#include "support/square.h"

namespace fcn {
namespace {

using test::Square;

struct Case {
  const char* what;
  ConvGeometry geometry;
  Nhwc input;
  int64_t outputs;
  const char* kernel;
};

std::string KernelOf(const Case& c, const CompileOptions& options, Isa isa) {
  Graph graph;
  const ValueId image = graph.AddInput("image", static_cast<int>(c.input.c));
  const Shape weight{c.outputs, c.input.c / c.geometry.groups, c.geometry.kernel.h, c.geometry.kernel.w};
  graph.AddOutput(graph.AddNode("layer", Conv2d{c.geometry}, {image, graph.AddParameter("layer.weight", weight)}));
  const Context context(1, isa);
  return MakePlan(std::make_shared<const Graph>(graph), std::span(&c.input, 1), options, context)
      .steps[0]
      .kernel->name();
}

TEST(KernelSelection, IsPinned) {
  const Case cases[] = {
      {"VGG's conv3_2", Square(3, 1, 1), {1, 175, 175, 256}, 256, "winograd_f6x3"},
      {"VGG's conv1_1: few channels", Square(3, 1, 100), {1, 500, 500, 3}, 64, "gemm_conv"},
      {"few outputs", Square(3, 1, 1), {1, 64, 64, 64}, 8, "gemm_conv"},
      {"a tiny map", Square(3, 1, 1), {1, 3, 3, 512}, 512, "gemm_conv"},
      {"strided", Square(3, 2, 1), {1, 64, 64, 64}, 64, "gemm_conv"},
      {"ResNet-50's layer4, dilated", Square(3, 1, 4, 4), {1, 63, 63, 512}, 512, "winograd_f6x3"},
      {"dilated as far as the map is large", Square(3, 1, 16, 16), {1, 20, 20, 64}, 64, "gemm_conv"},
      {"GoogLeNet's 5×5", Square(5, 1, 2), {1, 28, 28, 32}, 96, "winograd_f4x5"},
      {"grouped", Square(3, 1, 1, 1, 4), {1, 64, 64, 64}, 64, "gemm_conv"},
      {"pointwise", Square(1, 1, 0), {1, 64, 64, 256}, 256, "gemm_conv"},
      {"VGG's fc6", Square(7, 1, 0), {1, 22, 22, 512}, 4096, "winograd_f2x7"},
      {"VGG's fc6 on a classifier's map", Square(7, 1, 0), {1, 7, 7, 512}, 4096, "gemm_conv"},
      {"VGG's fc6 on a small map", Square(7, 1, 0), {1, 10, 10, 512}, 4096, "gemm_conv"},
      {"a kernel that is not square", {{5, 3}, {}, {}, {}, 1}, {1, 64, 64, 64}, 64, "gemm_conv"},
      {"MobileNet's depthwise", Square(5, 2, 2, 1, 96), {1, 64, 64, 96}, 96, "depthwise"},
  };
  for (const Case& c : cases)
    for (Isa isa : AvailableIsas()) EXPECT_EQ(KernelOf(c, {}, isa), c.kernel) << c.what << ", " << IsaName(isa);
}

/// The shape of a case's output, whose padding is alike on all sides.
Nhwc OutputOf(const Case& c) {
  const ConvGeometry& g = c.geometry;
  const auto size = [&](int64_t in) {
    return (in + g.padding.top + g.padding.bottom - int64_t{g.kernel.h - 1} * g.dilation.h - 1) / g.stride.h + 1;
  };
  return {c.input.n, size(c.input.h), size(c.input.w), c.outputs};
}

std::string DataKernelOf(const Case& c, const CompileOptions& options, Isa isa) {
  Graph graph;
  const ValueId gradient = graph.AddInput("gradient", static_cast<int>(c.outputs));
  const ValueId image = graph.AddInput("image", static_cast<int>(c.input.c));
  const Shape shape{c.outputs, c.input.c / c.geometry.groups, c.geometry.kernel.h, c.geometry.kernel.w};
  const ValueId weight = graph.AddParameter("layer.weight", shape);
  graph.AddOutput(graph.AddNode("layer", ConvDataGradient{c.geometry}, {gradient, image, weight}));
  const Nhwc inputs[] = {OutputOf(c), c.input};
  const Context context(1, isa);
  return MakePlan(std::make_shared<const Graph>(graph), inputs, options, context).steps[0].kernel->name();
}

TEST(KernelSelection, OfDataGradientsIsPinned) {
  const Case cases[] = {
      {"VGG's conv3_2", Square(3, 1, 1), {1, 175, 175, 256}, 256, "winograd_f6x3_data"},
      {"VGG's fc6", Square(7, 1, 0), {1, 22, 22, 512}, 4096, "winograd_f2x7_data"},
      {"5x5", Square(5, 1, 2), {1, 28, 28, 32}, 64, "winograd_f4x5_data"},
      {"dilated", Square(3, 1, 2, 2), {1, 64, 64, 64}, 64, "winograd_f6x3_data"},
      {"padded by more than it reaches", Square(3, 1, 100), {1, 64, 64, 64}, 64, "winograd_f6x3_data"},
      {"few channels", Square(3, 1, 1), {1, 64, 64, 3}, 64, "gemm_conv_data"},
      {"strided", Square(3, 2, 1), {1, 64, 64, 64}, 64, "gemm_conv_data"},
      {"grouped", Square(3, 1, 1, 1, 4), {1, 64, 64, 64}, 64, "gemm_conv_data"},
      {"pointwise", Square(1, 1, 0), {1, 64, 64, 256}, 256, "gemm_conv_data"},
      {"MobileNet's depthwise", Square(5, 2, 2, 1, 96), {1, 64, 64, 96}, 96, "depthwise_data"},
  };
  for (const Case& c : cases)
    for (Isa isa : AvailableIsas()) EXPECT_EQ(DataKernelOf(c, {}, isa), c.kernel) << c.what << ", " << IsaName(isa);
}

/// The kernels of a layer's convolution and of its gradient by the input where weights change between runs.
std::vector<std::string> TrainingKernelsOf(const Case& c, Isa isa) {
  Graph graph;
  const ValueId image = graph.AddInput("image", static_cast<int>(c.input.c));
  const ValueId gradient = graph.AddInput("gradient", static_cast<int>(c.outputs));
  const ValueId weight =
      graph.AddParameter("layer.weight", {c.outputs, c.input.c, c.geometry.kernel.h, c.geometry.kernel.w});
  graph.AddOutput(graph.AddNode("layer", Conv2d{c.geometry}, {image, weight}));
  graph.AddOutput(graph.AddNode("d.image", ConvDataGradient{c.geometry}, {gradient, image, weight}));
  const Nhwc inputs[] = {c.input, OutputOf(c)};
  const Context context(1, isa);
  const TrainingProgram program(std::make_shared<const Graph>(graph), inputs, {}, context);
  std::vector<std::string> names;
  for (const PlannedStep& planned : program.plan().steps) names.push_back(planned.kernel->name());
  return names;
}

TEST(KernelSelection, LargeLayersAreStreamedInTraining) {
  const auto layer = [](int taps, int padding, const Nhwc& input, int64_t outputs, int dilation = 1) {
    return Case{"", Square(taps, 1, padding, dilation), input, outputs, ""};
  };
  using Names = std::vector<std::string>;
  for (Isa isa : AvailableIsas()) {
    // VGG's fc6, alone and as a batch, and conv5: filters that fill no cache, and few tiles.
    const Names fc6{"winograd_f2x7_streamed", "winograd_f2x7_data_streamed"};
    EXPECT_EQ(TrainingKernelsOf(layer(7, 0, {1, 22, 22, 512}, 4096), isa), fc6);
    EXPECT_EQ(TrainingKernelsOf(layer(7, 0, {4, 22, 22, 512}, 4096), isa), fc6);
    EXPECT_EQ(TrainingKernelsOf(layer(3, 1, {1, 44, 44, 512}, 512), isa),
              (Names{"winograd_f6x3_streamed", "winograd_f6x3_data_streamed"}));
    // VGG's fc7, for a picture and for eight.
    EXPECT_EQ(TrainingKernelsOf(layer(1, 0, {1, 16, 16, 4096}, 4096), isa),
              (Names{"gemm_conv_streamed", "gemm_conv_data_streamed"}));
    EXPECT_EQ(TrainingKernelsOf(layer(1, 0, {8, 16, 16, 4096}, 4096), isa), (Names{"gemm_conv", "gemm_conv_data"}));
    // Many tiles, few filters, dilation.
    const Names packed{"winograd_f6x3", "winograd_f6x3_data"};
    EXPECT_EQ(TrainingKernelsOf(layer(3, 1, {1, 88, 88, 512}, 512), isa), packed);
    EXPECT_EQ(TrainingKernelsOf(layer(3, 1, {1, 44, 44, 128}, 128), isa), packed);
    EXPECT_EQ(TrainingKernelsOf(layer(3, 6, {1, 44, 44, 512}, 4096, 6), isa), packed);
  }
}

std::string WeightKernelOf(const Case& c, const CompileOptions& options, Isa isa) {
  Graph graph;
  const ValueId gradient = graph.AddInput("gradient", static_cast<int>(c.outputs));
  const ValueId image = graph.AddInput("image", static_cast<int>(c.input.c));
  graph.AddOutput(graph.AddNode("layer", ConvWeightGradient{c.geometry}, {gradient, image}));
  const Nhwc inputs[] = {OutputOf(c), c.input};
  const Context context(1, isa);
  return MakePlan(std::make_shared<const Graph>(graph), inputs, options, context).steps[0].kernel->name();
}

TEST(KernelSelection, OfWeightGradientsIsPinned) {
  const Case cases[] = {
      {"VGG's conv3_2", Square(3, 1, 1), {1, 175, 175, 256}, 256, "winograd_f3x6_weight"},
      {"VGG's conv1_1: few channels", Square(3, 1, 100), {1, 500, 500, 3}, 64, "gemm_conv_weight"},
      {"VGG's fc6", Square(7, 1, 0), {1, 22, 22, 512}, 4096, "winograd_f7x2_weight_streamed"},
      {"VGG's fc6, many images", Square(7, 1, 0), {8, 22, 22, 512}, 4096, "winograd_f7x2_weight"},
      {"VGG's fc7", Square(1, 1, 0), {1, 16, 16, 4096}, 4096, "gemm_conv_weight_streamed"},
      {"5x5", Square(5, 1, 2), {1, 28, 28, 32}, 64, "winograd_f5x4_weight"},
      {"few tiles", Square(3, 1, 1), {1, 22, 22, 512}, 512, "gemm_conv_weight"},
      {"few tiles of each of many images", Square(3, 1, 1), {8, 22, 22, 512}, 512, "winograd_f3x6_weight"},
      {"strided", Square(3, 2, 1), {1, 64, 64, 64}, 64, "gemm_conv_weight"},
      {"dilated", Square(3, 1, 2, 2), {1, 64, 64, 64}, 64, "winograd_f3x6_weight"},
      {"grouped", Square(3, 1, 1, 1, 4), {1, 64, 64, 64}, 64, "gemm_conv_weight"},
      {"pointwise", Square(1, 1, 0), {1, 64, 64, 256}, 256, "gemm_conv_weight"},
      {"MobileNet's depthwise", Square(5, 2, 2, 1, 96), {1, 64, 64, 96}, 96, "depthwise_weight"},
  };
  for (const Case& c : cases)
    for (Isa isa : AvailableIsas()) EXPECT_EQ(WeightKernelOf(c, {}, isa), c.kernel) << c.what << ", " << IsaName(isa);
}

template <typename Family>
std::vector<std::string> NamesOf(std::span<const Family> candidates) {
  std::vector<std::string> names;
  for (const Family& family : candidates) names.emplace_back(family.kernel.name);
  return names;
}

TEST(Candidates, OrderIsPinned) {
  using ::testing::ElementsAre;
  EXPECT_THAT(NamesOf(steps::ConvCandidates()),
              ElementsAre("depthwise", "winograd_f6x3", "winograd_f4x5", "winograd_f2x7", "gemm_conv"));
  EXPECT_THAT(NamesOf(steps::DataGradientCandidates()),
              ElementsAre("depthwise_data", "winograd_f6x3_data", "winograd_f4x5_data", "winograd_f2x7_data",
                          "gemm_conv_data"));
  EXPECT_THAT(NamesOf(steps::WeightGradientCandidates()),
              ElementsAre("depthwise_weight", "winograd_f3x6_weight", "winograd_f5x4_weight", "winograd_f7x2_weight",
                          "gemm_conv_weight"));
}

TEST(Candidates, TheLastFitsEverywhere) {
  const auto check = [](const steps::Candidate& last) {
    EXPECT_EQ(last.supports, nullptr) << last.name;
    EXPECT_EQ(last.pays, nullptr) << last.name;
    EXPECT_FALSE(last.is_winograd) << last.name;
    EXPECT_EQ(last.needs, CpuFeatures()) << last.name;
  };
  check(steps::ConvCandidates().back().kernel);
  check(steps::DataGradientCandidates().back().kernel);
  check(steps::WeightGradientCandidates().back().kernel);
}

/// What a family would be chosen by that has kernels for more than one type and set of features.
struct Product {
  steps::Candidate kernel;
};

TEST(Candidates, TheFirstThatFitsIsChosen) {
  constexpr auto kLarge = [](const ConvProblem& p) { return p.input.c >= 64; };
  constexpr auto kMap = [](const ConvProblem& p) { return p.output.pixels() > 1; };
  constexpr Product kProducts[] = {
      {{.name = "tiles",
        .supports = kMap,
        .pays = kLarge,
        .type = ElementType::kInt8,
        .needs = {CpuFeature::kAmxInt8}}},
      {{.name = "vnni", .supports = kMap, .type = ElementType::kInt8, .needs = {CpuFeature::kAvx512Vnni}}},
      {{.name = "plain_int8", .type = ElementType::kInt8}},
      {{.name = "fast_transform", .supports = kMap, .is_winograd = true}},
      {{.name = "direct"}},
  };
  const auto chosen = [&](int64_t channels, int64_t side, steps::KernelChoice choice) {
    const ConvProblem problem{{}, {1, side, side, channels}, {1, side, side, 8}};
    return std::string(steps::FirstThatFits(std::span<const Product>(kProducts), problem, choice).kernel.name);
  };
  const steps::KernelChoice amx{.isa = Isa::kAmx, .type = ElementType::kInt8};
  EXPECT_EQ(chosen(64, 9, amx), "tiles");
  EXPECT_EQ(chosen(8, 9, amx), "vnni");         // does not pay
  EXPECT_EQ(chosen(64, 1, amx), "plain_int8");  // not supported
  EXPECT_EQ(chosen(64, 9, {.isa = Isa::kAvx512Vnni, .type = ElementType::kInt8}), "vnni");
  EXPECT_EQ(chosen(64, 9, {.isa = Isa::kAvx512, .type = ElementType::kInt8}), "plain_int8");
  EXPECT_EQ(chosen(64, 9, {.isa = Isa::kAmx}), "fast_transform");
  EXPECT_EQ(chosen(64, 9, {.isa = Isa::kAmx, .winograd = false}), "direct");
  EXPECT_EQ(chosen(64, 1, {.isa = Isa::kPortable}), "direct");
}

TEST(KernelSelection, WinogradCanBeForbidden) {
  const Case conv3_2{"", Square(3, 1, 1), {1, 175, 175, 256}, 256, ""};
  EXPECT_EQ(KernelOf(conv3_2, {false, {}}, DefaultIsa()), "gemm_conv");
  EXPECT_EQ(DataKernelOf(conv3_2, {false, {}}, DefaultIsa()), "gemm_conv_data");
  EXPECT_EQ(WeightKernelOf(conv3_2, {false, {}}, DefaultIsa()), "gemm_conv_weight");
}

}  // namespace
}  // namespace fcn
