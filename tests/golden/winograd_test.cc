// FCN-8s on VGG16, large enough for every layer that Winograd may run, fc6 among them: with it against without it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>

#include "golden_file.h"
#include "models/initialise.h"
#include "models/zoo.h"
#include "tensor/random.h"
#include "train/parameters.h"
#include "train/training_step.h"

namespace fcn {
namespace {

using ::testing::IsSupersetOf;

constexpr uint64_t kSeed = 1;
constexpr int kClasses = 21;

Graph Network() { return FindModel("fcn8s-vgg16").build(kClasses); }

CompileOptions Options(bool winograd) {
  CompileOptions options;
  options.winograd = winograd;
  return options;
}

std::set<std::string> KernelsOf(const Plan& plan) {
  std::set<std::string> names;
  for (const PlannedStep& step : plan.steps) names.insert(step.kernel->name());
  return names;
}

constexpr double kScoreBound = 1e-4;  // of the standard deviation, as against PyTorch; measured: 1.7e-5

/// Of a gradient's norm. Measured are 1e-6 after the last pooling and up to 2e-3 before it: there rounding decides
/// which of equal values a pooling lets through (training_test.cc).
double GradientBound(const std::string& parameter) { return parameter.starts_with("features.") ? 1e-2 : 1e-5; }

TEST(Winograd, KeepsTheScoresOfFcn8s) {
  const Context context;
  const Graph graph = Network();
  const Tensor image = GeneratedImage(kSeed, 1, 170, 200);
  const Nhwc shape = image.shape();
  const Plan plan = MakePlan(std::make_shared<const Graph>(graph), std::span(&shape, 1), Options(true), context);
  EXPECT_THAT(KernelsOf(plan), IsSupersetOf({"winograd_f6x3", "winograd_f2x7"}));

  const Tensor direct = std::move(RunNetwork(graph, GeneratedWeights(kSeed), image, Options(false), context).front());
  const Tensor scores = std::move(RunNetwork(graph, GeneratedWeights(kSeed), image, Options(true), context).front());
  ASSERT_EQ(scores.shape(), direct.shape());
  double largest = 0;
  for (size_t i = 0; i < scores.values().size(); i++)
    largest = std::max(largest, std::abs(double{scores.values()[i]} - double{direct.values()[i]}));
  largest /= MomentsOf(direct.values()).deviation;
  std::printf("scores within %.2e of the standard deviation\n", largest);
  EXPECT_LE(largest, kScoreBound);
  EXPECT_GT(largest, 0) << "both were computed alike";
}

TEST(Winograd, KeepsTheGradientsOfFcn8s) {
  const Context context;
  if (context.isa() == Isa::kPortable) GTEST_SKIP() << "direct sums of this size take half a minute there";
  const Graph network = Network();
  const Parameters parameters(network, RandomWeights(network, kSeed));
  const Tensor image = GeneratedImage(kSeed, 1, 250, 250);
  LabelTensor labels({1, 250, 250, 1});
  for (int64_t y = 0; y < 250; y++)
    for (int64_t x = 0; x < 250; x++)
      labels.data()[y * 250 + x] =
          static_cast<int32_t>(RandomBits(kSeed, static_cast<uint64_t>(y / 8 * 32 + x / 8)) % kClasses);
  const auto make = [&](bool winograd, GradientUse use) {
    return std::make_unique<TrainingStep>(
        network, TrainingFormOptions{.batch_statistics = false, .dropout = false}, [](const Value&) { return true; },
        image.shape(), Options(winograd), context, use);
  };
  const auto run = [&](TrainingStep& step, GradientSink sink) {
    const float loss =
        step.Run(image.view(), std::as_const(labels).view(), 0, parameters.Source(), context, nullptr, sink);
    step.ReleaseMemory();
    return loss;
  };

  const auto direct = make(false, GradientUse::kKeep);
  const float loss = run(*direct, kIgnoreGradients);
  const auto step = make(true, GradientUse::kHandOver);
  EXPECT_THAT(KernelsOf(step->plan()),
              IsSupersetOf({"winograd_f6x3", "winograd_f6x3_data", "winograd_f3x6_weight", "winograd_f2x7_streamed",
                            "winograd_f2x7_data_streamed", "winograd_f7x2_weight_streamed"}));

  struct Sums {
    double difference = 0, direct = 0;
    size_t elements = 0;
  };
  std::vector<Sums> sums(step->trained().size());
  const float winograd_loss = run(*step, [&](size_t i, int64_t first, std::span<const float> values) {
    const std::span<const float> expected = direct->gradients()[i].values.subspan(static_cast<size_t>(first));
    for (size_t k = 0; k < values.size(); k++) {
      const double is = values[k], should = expected[k];
      sums[i].difference += (is - should) * (is - should);
      sums[i].direct += should * should;
    }
    sums[i].elements += values.size();
  });
  EXPECT_NEAR(winograd_loss, loss, 1e-5 * loss);
  double largest = 0;
  for (size_t i = 0; i < sums.size(); i++) {
    const std::string& name = step->trained()[i].name;
    ASSERT_EQ(direct->gradients()[i].parameter, name);
    EXPECT_EQ(sums[i].elements, direct->gradients()[i].values.size()) << name;
    const double difference = std::sqrt(sums[i].difference / sums[i].direct);
    EXPECT_LE(difference, GradientBound(name)) << name;
    largest = std::max(largest, difference);
  }
  std::printf("gradients within %.2e of their norms\n", largest);
  EXPECT_GT(largest, 0) << "both were computed alike";
}

}  // namespace
}  // namespace fcn
