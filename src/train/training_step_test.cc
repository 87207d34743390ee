// Gradients of a network that has every differentiable operation, by finite differences of its loss.

#include "train/training_step.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <utility>

#include "graph/test_graphs.h"
#include "support/guarded.h"
#include "tensor/random.h"
#include "train/ema.h"
#include "train/optimiser.h"
#include "train/parameters.h"

namespace fcn {
namespace {

constexpr int kClasses = 3;
constexpr Nhwc kImages{2, 9, 11, 3};

/// Weights that keep activations away from the kinks of Relu6 and far from zero variance.
StoredTensor Initial(const Value& parameter) {
  const uint64_t stream = SeedFromName(parameter.name.c_str(), 3);
  std::vector<float> values;
  for (int64_t i = 0; i < parameter.parameter_shape.elements(); i++) {
    const float u = RandomUniform(stream, static_cast<uint64_t>(i));
    const bool is_scale = parameter.parameter_shape.rank() == 1 &&
                          (parameter.name.ends_with(".weight") || parameter.name.ends_with(".variance"));
    values.push_back(is_scale ? 1 + 0.3f * u : 0.5f * u);
  }
  return StoredTensor::FromFloats(parameter.parameter_shape, values);
}

NamedTensors InitialWeights(const Graph& network) {
  NamedTensors weights;
  for (const ValueId id : network.Parameters()) weights.emplace(network.value(id).name, Initial(network.value(id)));
  return weights;
}

struct Fixture {
  explicit Fixture(TrainingFormOptions form, int threads = 2, std::vector<std::string> disabled_passes = {},
                   GradientUse use = GradientUse::kKeep, Graph trained = test::TrainableNetwork(kClasses))
      : network(std::move(trained)),
        context(threads),
        parameters(network, InitialWeights(network)),
        step(
            network, form,
            [](const Value& value) { return !value.name.ends_with(".mean") && !value.name.ends_with(".variance"); },
            kImages, {.winograd = false, .disabled_passes = std::move(disabled_passes)}, context, use),
        images(kImages),
        labels({kImages.n, kImages.h, kImages.w, 1}) {
    test::FillUniform(images.data(), images.shape().elements(), 5);
    for (size_t i = 0; i < labels.values().size(); i++) {
      const uint64_t label = RandomBits(9, i) % (kClasses + 1);
      labels.values()[i] = label == kClasses ? 255 : static_cast<int32_t>(label);
    }
  }

  float Loss(GradientSink sink = kIgnoreGradients) {
    const WeightSource source = parameters.Source();
    const auto with_class_weights = [&](const Value& value) {
      return value.name == "class_weights" ? ParameterData{class_weights, nullptr} : source(value);
    };
    return step.Run(std::as_const(images).view(), std::as_const(labels).view(), 77, with_class_weights, context,
                    nullptr, sink);
  }

  Graph network;
  Context context;
  Parameters parameters;
  TrainingStep step;
  Tensor images;
  LabelTensor labels;
  std::vector<float> class_weights = {0.5f, 1.0f, 2.0f};
};

std::map<std::string, std::vector<float>> CopyGradients(const TrainingStep& step) {
  std::map<std::string, std::vector<float>> copy;
  for (const Gradient& gradient : step.gradients())
    copy[gradient.parameter].assign(gradient.values.begin(), gradient.values.end());
  return copy;
}

/// Moves each parameter along its gradient, where a wrong length or direction shows most, and along a random direction,
/// where a component that the gradient lacks does; compares the loss's change with the gradient's forecast. The loss
/// is a float32 of about 1 whose sums err by some 1e-6, so that a step of 1e-2 leaves an error of 1e-4 in the quotient,
/// beside what curvature and the odd kink between the two points add: hence 2 % of the steepest slope possible, |g|,
/// and 1e-3.
void ExpectDirectionalDerivatives(TrainingFormOptions form) {
  Fixture fixture(form);
  fixture.Loss();
  const auto gradients = CopyGradients(fixture.step);
  ASSERT_EQ(gradients.size(), 17u);
  for (const auto& [name, gradient] : gradients) {
    const std::span<float> weights = fixture.parameters.at(name);
    const std::vector<float> kept(weights.begin(), weights.end());
    const std::vector<double> along(gradient.begin(), gradient.end());
    std::vector<double> random(along.size());
    for (size_t i = 0; i < random.size(); i++) random[i] = test::Uniform(SeedFromName(name.c_str()), i);
    const auto product = [](const std::vector<double>& a, const std::vector<double>& b) {
      return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
    };
    const double steepest = std::sqrt(product(along, along));
    // Statistics of the batch cancel a bias before them. No other slope is 0, which any wrong gradient could meet.
    EXPECT_EQ(steepest < 1e-5, form.batch_statistics && name == "conv1.bias") << name;
    for (const std::vector<double>& direction : {along, random}) {
      const double length = std::sqrt(product(direction, direction));
      constexpr double kStep = 1e-2;
      const auto loss_at = [&](double distance) {
        for (size_t i = 0; i < kept.size(); i++)
          weights[i] = static_cast<float>(double{kept[i]} + distance * direction[i] / length);
        return double{fixture.Loss()};
      };
      const double slope = (loss_at(kStep) - loss_at(-kStep)) / (2 * kStep);
      std::copy(kept.begin(), kept.end(), weights.begin());
      EXPECT_NEAR(slope, product(direction, along) / length, 0.02 * steepest + 1e-3) << name;
    }
  }
}

TEST(TrainingStep, GradientsWithStatisticsOfTheBatch) { ExpectDirectionalDerivatives({}); }
TEST(TrainingStep, GradientsWithFixedStatistics) { ExpectDirectionalDerivatives({.batch_statistics = false}); }
TEST(TrainingStep, GradientsWithoutDropout) { ExpectDirectionalDerivatives({.dropout = false}); }
TEST(TrainingStep, GradientsWithClassWeights) { ExpectDirectionalDerivatives({.class_weights = true}); }

TEST(TrainingStep, TheSummedLossIsTheMeanTimesThePixelsThatCount) {
  Fixture mean({}), sum({.mean_loss = false});
  int64_t valid = 0;
  for (const int32_t label : mean.labels.values()) valid += label != 255;
  const auto pixels = static_cast<double>(valid);
  EXPECT_NEAR(sum.Loss(), pixels * double{mean.Loss()}, 1e-5 * pixels);
  const auto of_mean = CopyGradients(mean.step), of_sum = CopyGradients(sum.step);
  for (const auto& [name, values] : of_mean)
    for (size_t i = 0; i < values.size(); i++)
      EXPECT_NEAR(of_sum.at(name)[i], pixels * double{values[i]}, 1e-4 * pixels * (std::abs(double{values[i]}) + 0.01))
          << name;
}

TEST(TrainingStep, ABatchWithoutAPixelThatCountsTeachesNothing) {
  for (const bool mean : {false, true}) {
    Fixture fixture({.mean_loss = mean});
    std::ranges::fill(fixture.labels.values(), 255);
    EXPECT_EQ(fixture.Loss(), 0);
    for (const Gradient& gradient : fixture.step.gradients())
      for (const float value : gradient.values) ASSERT_EQ(value, 0) << gradient.parameter;
  }
}

/// One whose scores are resized to the image's size: the loss is computed without scores there.
Graph ResizingNetwork() {
  test::Builder b;
  b.Node("relu", Relu{}, {b.Conv("conv", b.x, 3, 8, test::Square(3, 2, 1))});
  b.graph.AddOutput(b.Node("scores", Resize{}, {b.Conv("score", b["relu"], 8, kClasses), b.x}));
  return b.graph;
}

TEST(TrainingStep, TheLossOfResizedScoresIsThatOfScoresInMemory) {
  for (const bool class_weights : {false, true})
    for (const bool mean : {false, true}) {
      const TrainingFormOptions form{.mean_loss = mean, .class_weights = class_weights};
      Fixture fused(form, 2, {}, GradientUse::kKeep, ResizingNetwork()),
          plain(form, 2, {"fuse-loss"}, GradientUse::kKeep, ResizingNetwork());
      const auto offset = [](const Fixture& f, const char* name) {
        return f.step.plan().offsets[static_cast<size_t>(f.step.plan().graph->Find(name))];
      };
      EXPECT_EQ(offset(fused, "scores"), -1) << "all scores have a place in memory";
      EXPECT_EQ(offset(fused, "d.scores"), -1);
      EXPECT_GE(offset(plain, "scores"), 0);
      const float loss = plain.Loss();
      EXPECT_FLOAT_EQ(fused.Loss(), loss);
      const auto expected = CopyGradients(plain.step), gradients = CopyGradients(fused.step);
      ASSERT_EQ(gradients.size(), 4u);
      for (const auto& [name, values] : expected)
        for (size_t i = 0; i < values.size(); i++)
          EXPECT_NEAR(gradients.at(name)[i], values[i], 1e-6 * (mean ? 1 : 100)) << name << " " << i;
    }
}

/// The same for scores that a transposed convolution computes and a crop cuts: their gradient is the only tensor there.
TEST(TrainingStep, TheLossOfUpsampledScoresIsThatOfScoresInMemory) {
  for (const bool class_weights : {false, true})
    for (const bool mean : {false, true}) {
      const TrainingFormOptions form{.mean_loss = mean, .class_weights = class_weights};
      Fixture fused(form), plain(form, 2, {"fuse-loss"});
      const auto offset = [](const Fixture& f, const char* name) {
        return f.step.plan().offsets[static_cast<size_t>(f.step.plan().graph->Find(name))];
      };
      EXPECT_EQ(offset(fused, "up"), -1) << "what is cropped has a place in memory";
      EXPECT_EQ(offset(fused, "scores"), -1) << "all scores have a place in memory";
      EXPECT_GE(offset(plain, "scores"), 0);
      const float loss = plain.Loss();
      EXPECT_FLOAT_EQ(fused.Loss(), loss);
      EXPECT_TRUE(CopyGradients(fused.step) == CopyGradients(plain.step));
    }
}

TEST(TrainingStep, SameBytesForAnyNumberOfThreads) {
  Fixture one({}, 1);
  const float loss = one.Loss();
  const auto gradients = CopyGradients(one.step);
  for (const int threads : {2, 3}) {
    Fixture many({}, threads);
    EXPECT_EQ(many.Loss(), loss) << threads;
    EXPECT_TRUE(CopyGradients(many.step) == gradients) << threads;
  }
}

TEST(TrainingStep, SameBytesWhereActivationGradientsAreStepsOfTheirOwn) {
  Fixture fused({}, 2, {"keep-winners"}), apart({}, 2, {"keep-winners", "fuse-activation-gradient"});
  EXPECT_GT(apart.step.plan().steps.size(), fused.step.plan().steps.size());
  EXPECT_EQ(fused.Loss(), apart.Loss());
  EXPECT_TRUE(CopyGradients(fused.step) == CopyGradients(apart.step));
}

const TrainingFormOptions kForms[] = {{}, {.batch_statistics = false}, {.dropout = false, .class_weights = true}};

/// Whatever reads a weight after its gradient was handed over would read a NaN.
TEST(TrainingStep, GradientsHandedOverAreThoseThatAreKeptAndNothingReadsTheirParametersAfter) {
  for (const TrainingFormOptions& form : kForms) {
    Fixture kept(form);
    const float loss = kept.Loss();
    const auto wanted = CopyGradients(kept.step);
    for (const int threads : {1, 3}) {
      Fixture handed(form, threads, {}, GradientUse::kHandOver);
      std::map<std::string, std::vector<float>> found;
      EXPECT_EQ(handed.Loss([&](size_t i, int64_t first, std::span<const float> values) {
        const TrainedParameter& trained = handed.step.trained()[i];
        EXPECT_EQ(first, 0);  // none is large
        EXPECT_EQ(static_cast<int64_t>(values.size()), trained.elements);
        EXPECT_TRUE(found.try_emplace(trained.name, values.begin(), values.end()).second) << trained.name;
        std::ranges::fill(handed.parameters.at(trained.name), std::numeric_limits<float>::quiet_NaN());
      }),
                loss);
      EXPECT_TRUE(found == wanted) << threads;
      EXPECT_TRUE(handed.step.gradients().empty());
    }
  }
}

TEST(TrainingStep, NothingIsHandedOverWhereTheLossIsNoNumber) {
  Fixture fixture({}, 2, {}, GradientUse::kHandOver);
  fixture.parameters.at("score.bias")[0] = std::numeric_limits<float>::infinity();
  EXPECT_FALSE(std::isfinite(fixture.Loss([](size_t, int64_t, std::span<const float>) { ADD_FAILURE(); })));
}

/// Some iterations with the updates inside of the step and after it: weights, solver states and averages are the same
/// bytes.
TEST(TrainingStep, UpdatesWithinItEndAsThoseAfterIt) {
  struct Training {
    Training(const TrainingFormOptions& form, Solver solver, GradientUse use)
        : fixture(form, 2, {}, use), optimiser({.solver = solver, .weight_decay = 0.01}) {
      for (const TrainedParameter& trained : fixture.step.trained())
        states[trained.name].assign(static_cast<size_t>(optimiser.states()),
                                    std::vector<float>(static_cast<size_t>(trained.elements)));
    }
    void Update(const std::string& name, std::span<const float> gradient, int64_t step) {
      const std::vector<std::span<float>> spans(states[name].begin(), states[name].end());
      EXPECT_TRUE(optimiser.Update(fixture.context, fixture.parameters.at(name), gradient, spans,
                                   {.rate = 0.05, .step = step}));
    }
    void Run() {
      Parameters average = fixture.parameters;
      for (int64_t step = 1; step <= 3; step++) {
        losses.push_back(fixture.Loss([&](size_t i, int64_t, std::span<const float> gradient) {
          Update(fixture.step.trained()[i].name, gradient, step);
        }));
        for (const Gradient& gradient : fixture.step.gradients()) Update(gradient.parameter, gradient.values, step);
        for (const TrainedParameter& trained : fixture.step.trained())
          UpdateEma(fixture.context, average.at(trained.name), fixture.parameters.at(trained.name), 0.9);
      }
      for (const auto& [name, state] : states) {
        result[name] = state;
        for (Parameters* parameters : {&fixture.parameters, &average}) {
          const std::span<const float> values = parameters->at(name);
          result[name].emplace_back(values.begin(), values.end());
        }
      }
    }
    Fixture fixture;
    Optimiser optimiser;
    std::map<std::string, std::vector<std::vector<float>>> states, result;
    std::vector<float> losses;
  };
  for (const TrainingFormOptions& form : kForms)
    for (const Solver solver : {Solver::kSgd, Solver::kSgdCaffe, Solver::kAdamW}) {
      Training after(form, solver, GradientUse::kKeep), within(form, solver, GradientUse::kHandOver);
      after.Run();
      within.Run();
      EXPECT_EQ(after.losses, within.losses);
      EXPECT_NE(after.losses.front(), after.losses.back());
      EXPECT_TRUE(after.result == within.result);
    }
}

/// The largest maps need not be kept for the gradients of their poolings, and that changes nothing.
TEST(TrainingStep, WinnersInsteadOfMapsGiveTheSameBytes) {
  for (const TrainingFormOptions& form : kForms) {
    Fixture kept(form, 2, {"keep-winners"}), noted(form);
    EXPECT_EQ(kept.Loss(), noted.Loss());
    EXPECT_TRUE(CopyGradients(kept.step) == CopyGradients(noted.step));
  }
}

TEST(TrainingStep, StatisticsAreThoseOfTheBatch) {
  Fixture fixture({});
  fixture.Loss();
  ASSERT_EQ(fixture.step.statistics().size(), 1u);
  const BatchStatistics& seen = fixture.step.statistics()[0];
  EXPECT_EQ(seen.running_mean, "bn1.mean");
  EXPECT_EQ(seen.running_variance, "bn1.variance");
  EXPECT_EQ(seen.count, kImages.pixels());
  EXPECT_EQ(seen.mean.size(), 8u);
  for (const float variance : seen.variance) EXPECT_GT(variance, 0);
}

}  // namespace
}  // namespace fcn
