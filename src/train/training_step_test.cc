// Gradients of a network that has every differentiable operation, by finite differences of its loss.

#include "train/training_step.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <utility>

#include "graph/channels.h"
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
  explicit Fixture(const TrainingFormOptions& form, int threads = 2, std::vector<std::string> disabled_passes = {},
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
/// `share` of the pixels count, as where the loss is sampled.
void ExpectDirectionalDerivatives(const TrainingFormOptions& form, double share = 1) {
  Fixture fixture(form);
  for (size_t i = 0; i < fixture.labels.values().size(); i++)
    if (static_cast<double>(RandomBits(4, i) >> 11) * 0x1p-53 >= share) fixture.labels.values()[i] = 255;
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

TEST(TrainingStep, GradientsOfASampleOfThePixels) { ExpectDirectionalDerivatives({.dropout = false}, 0.25); }

/// Loss and gradient of a part of the pixels and those of the others are those of all: the mean over random parts that
/// have each pixel with probability p is p times the whole. In both places where a loss is computed.
TEST(TrainingStep, SamplesOfThePixelsAddUpToTheWholeLoss) {
  for (const std::vector<std::string>& disabled : {std::vector<std::string>{}, {"fuse-loss"}})
    for (const bool class_weights : {false, true}) {
      Fixture fixture({.mean_loss = false, .class_weights = class_weights}, 2, disabled);
      const std::vector<int32_t> labels(fixture.labels.values().begin(), fixture.labels.values().end());
      const double whole = double{fixture.Loss()};
      const auto of_whole = CopyGradients(fixture.step);
      std::map<std::string, std::vector<double>> sums;
      double loss = 0;
      for (const bool is_sampled : {true, false}) {
        for (size_t i = 0; i < labels.size(); i++)
          fixture.labels.values()[i] = (RandomBits(4, i) % 4 == 0) == is_sampled ? labels[i] : 255;
        const double part = double{fixture.Loss()};
        EXPECT_GT(part, 0);
        loss += part;
        for (const auto& [name, values] : CopyGradients(fixture.step)) {
          sums[name].resize(values.size());
          for (size_t i = 0; i < values.size(); i++) sums[name][i] += double{values[i]};
        }
      }
      EXPECT_NEAR(loss, whole, 1e-5 * whole);
      for (const auto& [name, values] : of_whole) {
        double apart = 0, length = 0;
        for (size_t i = 0; i < values.size(); i++) {
          apart += std::pow(sums.at(name)[i] - double{values[i]}, 2);
          length += std::pow(double{values[i]}, 2);
        }
        EXPECT_LE(std::sqrt(apart), 1e-4 * std::sqrt(length) + 1e-3) << name;
      }
    }
}

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

/// A step of a network with any inputs and heads, on images drawn at random.
struct Joint {
  Joint(const Graph& network, const TrainingFormOptions& form, GradientUse use = GradientUse::kKeep,
        std::vector<std::string> disabled_passes = {}, int threads = 2)
      : context(threads),
        parameters(network, InitialWeights(network)),
        step(
            network, form, [](const Value&) { return true; }, Shapes(network),
            {.winograd = false, .disabled_passes = std::move(disabled_passes)}, context, use) {
    for (const Nhwc& shape : Shapes(network)) {
      Tensor& input = inputs.emplace_back(shape);
      test::FillUniform(input.data(), shape.elements(), 5 + inputs.size());
    }
    for (const ValueId output : network.outputs()) {
      const int64_t channels = InferChannels(network)[output];
      const uint64_t classes = channels == 1 ? 2 : static_cast<uint64_t>(channels), head = labels.size();
      LabelTensor& of_head = labels.emplace_back(Nhwc{kImages.n, kImages.h, kImages.w, 1});
      for (size_t i = 0; i < of_head.values().size(); i++) {
        const uint64_t label = RandomBits(9 + head, i) % (classes + 1);
        of_head.values()[i] = label == classes ? 255 : static_cast<int32_t>(label);
      }
    }
  }

  static std::vector<Nhwc> Shapes(const Graph& network) {
    std::vector<Nhwc> shapes;
    for (const ValueId id : network.inputs())
      shapes.push_back({kImages.n, kImages.h, kImages.w, network.value(id).channels});
    return shapes;
  }

  float Loss(GradientSink sink = kIgnoreGradients) {
    std::vector<TensorView<const float>> from;
    from.reserve(inputs.size());
    std::vector<TensorView<const int32_t>> seen;
    seen.reserve(labels.size());
    for (const Tensor& input : inputs) from.push_back(input.view());
    for (const LabelTensor& of_head : labels) seen.push_back(of_head.view());
    return step.Run(from, seen, 77, parameters.Source(), context, nullptr, sink);
  }

  Context context;
  Parameters parameters;
  TrainingStep step;
  std::vector<Tensor> inputs;
  std::vector<LabelTensor> labels;
};

enum class Upsampling { kResize, kDeconv };

/// A picture and its depth, and two heads of 3 classes and of 2 (one score) on one trunk. `last`: both upsamplings come
/// after all scores, as in the zoo.
Graph TwoHeads(Upsampling upsampling, bool last, const std::vector<int>& heads = {0, 1}) {
  test::Builder b;
  const ValueId depth = b.graph.AddInput("depth", 1);
  b.Node("trunk", Relu{}, {b.Conv("conv", b.Node("inputs", Concat{}, {b.x, depth}), 4, 8, test::Square(4, 2, 1))});
  const auto score = [&](int head) { b.Conv("score" + std::to_string(head), b["trunk"], 8, head == 0 ? 3 : 1); };
  const auto finish = [&](int head) {
    const std::string number = std::to_string(head);
    const int scores = head == 0 ? 3 : 1;
    if (upsampling == Upsampling::kResize)
      b.graph.AddOutput(b.Node("scores" + number, Resize{}, {b["score" + number], b.x}));
    else
      b.graph.AddOutput(
          b.Node("scores" + number, Crop{},
                 {b.Deconv("up" + number, b["score" + number], scores, scores, test::Square(4, 2)), b.x}));
  };
  if (last)
    for (const int head : heads) score(head);
  for (const int head : heads) {
    if (!last) score(head);
    finish(head);
  }
  return b.graph;
}

TrainingFormOptions HeadsWith(std::vector<HeadLoss> heads) { return {.heads = std::move(heads)}; }

/// What is learnt from two heads at once is the weighted sum of what is learnt from each.
TEST(TrainingStep, TwoHeadsAreTheSumOfTheirOwnSteps) {
  for (const Upsampling upsampling : {Upsampling::kResize, Upsampling::kDeconv}) {
    Joint both(TwoHeads(upsampling, true), HeadsWith({{"a", 2.0f}, {"b", 0.25f}}));
    Joint first(TwoHeads(upsampling, true, {0}), {}), second(TwoHeads(upsampling, true, {1}), {});
    std::ranges::copy(both.labels[1].values(), second.labels[0].values().begin());
    const float loss = both.Loss(), of_first = first.Loss(), of_second = second.Loss();
    EXPECT_FLOAT_EQ(loss, 2 * of_first + 0.25f * of_second);
    ASSERT_EQ(both.step.head_losses().size(), 2u);
    EXPECT_FLOAT_EQ(both.step.head_losses()[0], 2 * of_first);
    EXPECT_FLOAT_EQ(both.step.head_losses()[1], 0.25f * of_second);
    const auto joint = CopyGradients(both.step), a = CopyGradients(first.step), b = CopyGradients(second.step);
    EXPECT_EQ(joint.size(), upsampling == Upsampling::kResize ? 6u : 8u);
    for (const auto& [name, values] : joint)
      for (size_t i = 0; i < values.size(); i++) {
        const double expected =
            2 * (a.contains(name) ? double{a.at(name)[i]} : 0) + 0.25 * (b.contains(name) ? double{b.at(name)[i]} : 0);
        EXPECT_NEAR(values[i], expected, 1e-6) << name << " " << i;
      }
  }
}

/// Its loss against sigmoid(s)'s binary cross-entropy in double, with and without what makes it faster, and its
/// gradients against the loss's change.
TEST(TrainingStep, AHeadOfOneScoreHasTheBinaryCrossEntropy) {
  test::Builder b;
  b.graph.AddOutput(b.Conv("score", b.x, 3, 1));
  Joint full(b.graph, {});
  const std::span<float> weight = full.parameters.at("score.weight"), bias = full.parameters.at("score.bias");
  const auto expected = [&] {
    double sum = 0;
    int64_t count = 0;
    for (size_t i = 0; i < full.labels[0].values().size(); i++) {
      const int32_t label = full.labels[0].values()[i];
      if (label == 255) continue;
      double s = double{bias[0]};
      for (size_t c = 0; c < 3; c++) s += double{weight[c]} * double{full.inputs[0].values()[3 * i + c]};
      const double probability = 1 / (1 + std::exp(-s));
      sum -= std::log(label == 1 ? probability : 1 - probability);
      count++;
    }
    return sum / static_cast<double>(count);
  };
  EXPECT_NEAR(full.Loss(), expected(), 1e-6);
  const auto gradients = CopyGradients(full.step);
  for (const char* name : {"score.weight", "score.bias"})
    for (size_t i = 0; i < gradients.at(name).size(); i++) {
      float& at = full.parameters.at(name)[i];
      const float kept = at;
      at = kept + 0.0625f;
      const double above = expected();
      at = kept - 0.0625f;
      const double below = expected();
      at = kept;
      EXPECT_NEAR(gradients.at(name)[i], (above - below) / 0.125, 2e-4) << name;
    }

  test::Builder coarse;
  coarse.graph.AddOutput(
      coarse.Node("scores", Resize{}, {coarse.Conv("score", coarse.x, 3, 1, test::Square(3, 2, 1)), coarse.x}));
  Joint fused(coarse.graph, {}), plain(coarse.graph, {}, GradientUse::kKeep, {"fuse-loss"});
  EXPECT_FLOAT_EQ(fused.Loss(), plain.Loss());
  EXPECT_EQ(fused.step.plan().offsets[fused.step.plan().graph->Find("scores")], -1) << "one score is resized, too";
  EXPECT_EQ(fused.step.plan().offsets[fused.step.plan().graph->Find("two_classes_resized")], -1);
  const auto by_fused = CopyGradients(fused.step), by_plain = CopyGradients(plain.step);
  for (const auto& [name, values] : by_plain)
    for (size_t i = 0; i < values.size(); i++) EXPECT_NEAR(by_fused.at(name)[i], values[i], 1e-6) << name;
}

/// Whichever way the network is written, no gradient is handed over before all losses are known: an optimiser that sees
/// the first one may change weights.
TEST(TrainingStep, GradientsOfTwoHeadsAreHandedOverWhenAllLossesAreThere) {
  const TrainingFormOptions form = HeadsWith({{"a"}, {"b"}});
  for (const Upsampling upsampling : {Upsampling::kResize, Upsampling::kDeconv})
    for (const bool last : {true, false}) {
      const Graph network = TwoHeads(upsampling, last);
      Joint kept(network, form);
      const float loss = kept.Loss();
      const auto wanted = CopyGradients(kept.step);
      if (upsampling == Upsampling::kResize) {
        EXPECT_EQ(kept.step.plan().offsets[kept.step.plan().graph->Find("scores0")], -1) << "its loss is not fused";
      }
      for (const int threads : {1, 3}) {
        Joint handed(network, form, GradientUse::kHandOver, {}, threads);
        std::map<std::string, std::vector<float>> found;
        EXPECT_EQ(handed.Loss([&](size_t i, int64_t, std::span<const float> values) {
          const TrainedParameter& trained = handed.step.trained()[i];
          EXPECT_TRUE(found.try_emplace(trained.name, values.begin(), values.end()).second) << trained.name;
          std::ranges::fill(handed.parameters.at(trained.name), std::numeric_limits<float>::quiet_NaN());
        }),
                  loss);
        EXPECT_TRUE(found == wanted) << threads;
        EXPECT_TRUE(handed.step.gradients().empty());
        // The memory of all gradients at once is only needed where a loss is computed with what comes late.
        EXPECT_EQ(handed.step.plan().consumed.empty(), upsampling == Upsampling::kResize && !last);
      }
      Joint infinite(network, form, GradientUse::kHandOver);
      infinite.parameters.at("score0.bias")[0] = std::numeric_limits<float>::infinity();
      EXPECT_FALSE(std::isfinite(infinite.Loss([](size_t, int64_t, std::span<const float>) { ADD_FAILURE(); })));
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
