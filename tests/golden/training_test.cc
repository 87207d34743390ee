// Losses, gradients and first steps of whole networks against PyTorch in double precision
// (tools/make_training_goldens.py).

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "golden_file.h"
#include "models/initialise.h"
#include "models/zoo.h"
#include "tensor/random.h"
#include "train/optimiser.h"
#include "train/parameters.h"
#include "train/training_step.h"

namespace fcn {
namespace {

using nlohmann::json;

/// What gradients may be off: their norm, and single values as a fraction of their root mean square.
struct GradientBounds {
  double norm, value;
};

/// Gradients are sums over many pixels, of either sign, through some fifty layers whose values are clamped: errors of
/// 1e-7 grow. With the statistics of a batch, or windows of a pooling that are equal but for rounding (VGG16 under its
/// 100 pixels of padding), rounding also decides on which side of a kink a value falls: PyTorch's own gradients in
/// float32 are then off by up to 0.2 at single values, and by 1e-2 in their norms.
GradientBounds BoundsOf(const std::string& golden) {
  const bool is_smooth = golden == "training-fcn8s-efficientnet-lite0-frozen";
  return is_smooth ? GradientBounds{1e-4, 1e-3} : GradientBounds{2e-2, 0.3};
}
/// Gradients below this fraction of the network's largest are compared with it and not with themselves.
constexpr double kNoise = 1e-5;
/// The same for the loss, as a fraction of it.
constexpr double kLossBound = 1e-5;

struct LabelledBatch {
  Tensor images;
  LabelTensor labels;
};

LabelledBatch GeneratedBatch(const json& golden) {
  const auto n = golden.at("batch").get<int64_t>(), h = golden.at("height").get<int64_t>(),
             w = golden.at("width").get<int64_t>();
  const auto seed = golden.at("seed").get<uint64_t>(), classes = golden.at("classes").get<uint64_t>();
  LabelledBatch batch{Tensor({n, h, w, 3}), LabelTensor({n, h, w, 1})};
  RandomImage(seed, golden.at("amplitude").get<float>(), n * h, w, 3, batch.images.values());
  const uint64_t stream = SeedFromName("labels", seed);
  for (int64_t y = 0; y < n * h; y++)
    for (int64_t x = 0; x < w; x++) {
      const uint64_t label = RandomBits(stream, static_cast<uint64_t>(y / 8 * 65536 + x / 8)) % (classes + 1);
      batch.labels.data()[y * w + x] = label == classes ? 255 : static_cast<int32_t>(label);
    }
  return batch;
}

/// A network, its weights and its training step as a golden file describes them.
struct Training {
  explicit Training(const json& golden)
      : network(FindModel(golden.at("model").get<std::string>()).build(golden.at("classes").get<int>())),
        parameters(network, RandomWeights(network, golden.at("seed").get<uint64_t>())),
        batch(GeneratedBatch(golden)),
        step(
            network, {.batch_statistics = golden.at("mode") == "train", .dropout = false},
            [](const Value& parameter) { return parameter.name.find("running_") == std::string::npos; },
            batch.images.shape(), {}, context) {}

  float Run() {
    return step.Run(std::as_const(batch.images).view(), std::as_const(batch.labels).view(), 0, parameters.Source(),
                    context);
  }

  Context context;
  Graph network;
  Parameters parameters;
  LabelledBatch batch;
  TrainingStep step;
};

double Norm(std::span<const float> values) {
  return std::sqrt(std::accumulate(values.begin(), values.end(), 0.0,
                                   [](double sum, float value) { return sum + double{value} * double{value}; }));
}

class TrainingGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(TrainingGolden, LossAndEveryGradient) {
  const json golden = ReadGolden(GetParam());
  Training training(golden);
  const double loss = golden.at("loss").get<double>();
  EXPECT_NEAR(training.Run(), loss, kLossBound * loss);

  std::map<std::string, std::span<const float>> gradients;
  for (const Gradient& gradient : training.step.gradients()) gradients[gradient.parameter] = gradient.values;
  EXPECT_EQ(gradients.size(), golden.at("gradients").size());
  // Some gradients are zero but for rounding: a bias whose constant the next batch norm takes away.
  double largest_norm = 0;
  for (const json& row : golden.at("gradients")) largest_norm = std::max(largest_norm, row.at("norm").get<double>());
  const GradientBounds bounds = BoundsOf(GetParam());
  double largest = 0;
  for (const json& row : golden.at("gradients")) {
    const auto name = row.at("name").get<std::string>();
    ASSERT_TRUE(gradients.contains(name)) << name;
    const std::span<const float> values = gradients[name];
    const double norm = std::max(row.at("norm").get<double>(), kNoise * largest_norm),
                 size = static_cast<double>(values.size());
    EXPECT_NEAR(Norm(values), row.at("norm").get<double>(), bounds.norm * norm) << name;
    const double difference = LargestDifference(values, row.at("positions").get<std::vector<int64_t>>(),
                                                row.at("values").get<std::vector<double>>()) /
                              (norm / std::sqrt(size));
    EXPECT_LE(difference, bounds.value) << name;
    largest = std::max(largest, difference);
  }
  std::printf("%s: gradients within %.2e of their root mean square\n", GetParam().c_str(), largest);
}

INSTANTIATE_TEST_SUITE_P(Networks, TrainingGolden,
                         ::testing::Values("training-fcn8s-efficientnet-lite0-train",
                                           "training-fcn8s-efficientnet-lite0-frozen", "training-fcn8s-vgg16-frozen",
                                           "training-fcn_resnet50-frozen"),
                         [](const auto& parameter) {
                           std::string name = parameter.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

/// How far losses may be from PyTorch's in double; its own in float32 are up to 5e-4 off at these rates.
constexpr double kFollowBound = 2e-3;

void ExpectFollows(const OptimiserOptions& options, double rate, const std::string& key) {
  const json golden = ReadGolden("training-fcn8s-efficientnet-lite0-train");
  Training training(golden);
  const Optimiser optimiser(options);
  std::map<std::string, std::vector<std::vector<float>>> states;
  const auto wanted = golden.at("steps").at(key).get<std::vector<double>>();
  ASSERT_EQ(wanted.size(), 10);
  double largest = 0;
  for (size_t i = 0; i < wanted.size(); i++) {
    const double loss = training.Run();
    largest = std::max(largest, std::abs(loss - wanted[i]) / wanted[i]);
    EXPECT_NEAR(loss, wanted[i], kFollowBound * wanted[i]) << "step " << i;
    for (const Gradient& gradient : training.step.gradients()) {
      auto& state = states[gradient.parameter];
      state.resize(static_cast<size_t>(optimiser.states()), std::vector<float>(gradient.values.size()));
      std::vector<std::span<float>> views(state.begin(), state.end());
      EXPECT_TRUE(optimiser.Update(training.context, training.parameters.at(gradient.parameter), gradient.values, views,
                                   {.rate = rate, .step = static_cast<int64_t>(i) + 1}));
    }
  }
  std::printf("%s: losses of ten steps within %.2e\n", key.c_str(), largest);
}

TEST(TenSteps, OfAdamWFollowPyTorch) { ExpectFollows({.solver = Solver::kAdamW, .weight_decay = 0.01}, 1e-4, "adamw"); }

TEST(TenSteps, OfSgdFollowPyTorch) {
  ExpectFollows({.solver = Solver::kSgd, .momentum = 0.9, .weight_decay = 1e-4}, 1e-4, "sgd");
}

}  // namespace
}  // namespace fcn
