#include "train/optimiser.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "support/expect_error.h"
#include "tensor/random.h"
#include "train/ema.h"
#include "train/parameter_rules.h"

namespace fcn {
namespace {

using test::ExpectError;

/// A parameter with its state, and gradients that are a function of the step.
struct Parameter {
  explicit Parameter(size_t count, int states) : weights(count), state(static_cast<size_t>(states)) {
    for (size_t i = 0; i < count; i++) weights[i] = RandomUniform(1, i);
    for (auto& one : state) one.resize(count);
  }
  std::vector<float> Gradient(int64_t step) const {
    std::vector<float> gradient(weights.size());
    for (size_t i = 0; i < gradient.size(); i++) gradient[i] = RandomUniform(100 + static_cast<uint64_t>(step), i);
    return gradient;
  }
  std::vector<std::span<float>> States() { return {state.begin(), state.end()}; }

  std::vector<float> weights;
  std::vector<std::vector<float>> state;
};

constexpr int kSteps = 12;
constexpr float kGradientScale = 0.25f;

double RateOf(int64_t step) { return 0.05 / static_cast<double>(step); }

/// Runs kSteps updates and compares with closed(gradients, first weight): the weight after them, from the definition in
/// double. `gradients` are scaled and begin with step 1.
template <typename Closed>
void ExpectClosedForm(const OptimiserOptions& options, double decay_multiplier, const Closed& closed) {
  const Context context(2);
  const Optimiser optimiser(options);
  Parameter parameter(1000, optimiser.states());
  const std::vector<float> first = parameter.weights;
  for (int64_t step = 1; step <= kSteps; step++)
    EXPECT_TRUE(optimiser.Update(
        context, parameter.weights, parameter.Gradient(step), parameter.States(),
        {.rate = RateOf(step), .decay_multiplier = decay_multiplier, .step = step, .gradient_scale = kGradientScale}));
  for (size_t i = 0; i < first.size(); i++) {
    std::vector<double> gradients;
    for (int64_t step = 1; step <= kSteps; step++)
      gradients.push_back(double{RandomUniform(100 + static_cast<uint64_t>(step), i)} * kGradientScale);
    const double expected = closed(gradients, first[i]);
    // About ten roundings a step, of numbers of the size of 1.
    EXPECT_NEAR(parameter.weights[i], expected, 10 * kSteps * 6e-8) << i;
  }
}

TEST(Optimiser, TorchsMomentumIsAWeightedSumOfGradients) {
  // v_t = Σ_s m^(t−s) · g_s without decay, so w = w₀ − Σ_t r_t Σ_{s≤t} m^(t−s) · g_s.
  ExpectClosedForm({.solver = Solver::kSgd, .momentum = 0.9, .weight_decay = 0}, 1,
                   [](const std::vector<double>& g, double w) {
                     for (int t = 1; t <= kSteps; t++)
                       for (int s = 1; s <= t; s++)
                         w -= RateOf(t) * std::pow(0.9, t - s) * g[static_cast<size_t>(s - 1)];
                     return w;
                   });
}

TEST(Optimiser, CaffesMomentumKeepsTheRateOfEachGradient) {
  ExpectClosedForm({.solver = Solver::kSgdCaffe, .momentum = 0.9, .weight_decay = 0}, 1,
                   [](const std::vector<double>& g, double w) {
                     for (int t = 1; t <= kSteps; t++)
                       for (int s = 1; s <= t; s++)
                         w -= RateOf(s) * std::pow(0.9, t - s) * g[static_cast<size_t>(s - 1)];
                     return w;
                   });
}

TEST(Optimiser, SgdWithDecay) {
  for (const double multiplier : {0.0, 1.0, 3.0}) {
    const double decay = 0.1 * multiplier;
    ExpectClosedForm({.solver = Solver::kSgd, .momentum = 0.5, .weight_decay = 0.1}, multiplier,
                     [&](const std::vector<double>& g, double w) {
                       double v = 0;
                       for (int t = 1; t <= kSteps; t++) {
                         v = 0.5 * v + g[static_cast<size_t>(t - 1)] + decay * w;
                         w -= RateOf(t) * v;
                       }
                       return w;
                     });
    ExpectClosedForm({.solver = Solver::kSgdCaffe, .momentum = 0.5, .weight_decay = 0.1}, multiplier,
                     [&](const std::vector<double>& g, double w) {
                       double v = 0;
                       for (int t = 1; t <= kSteps; t++) {
                         v = 0.5 * v + RateOf(t) * (g[static_cast<size_t>(t - 1)] + decay * w);
                         w -= v;
                       }
                       return w;
                     });
  }
}

TEST(Optimiser, WithoutMomentumThereIsNoState) {
  for (const Solver solver : {Solver::kSgd, Solver::kSgdCaffe}) {
    const OptimiserOptions options{.solver = solver, .momentum = 0, .weight_decay = 0.1};
    EXPECT_EQ(Optimiser(options).states(), 0);
    ExpectClosedForm(options, 1, [](const std::vector<double>& g, double w) {
      for (int t = 1; t <= kSteps; t++) w -= RateOf(t) * (g[static_cast<size_t>(t - 1)] + 0.1 * w);
      return w;
    });
  }
}

TEST(Optimiser, AdamWFollowsThePaper) {
  for (const double multiplier : {0.0, 1.0, 2.0}) {
    const OptimiserOptions options{.beta1 = 0.8, .beta2 = 0.99, .epsilon = 1e-3, .weight_decay = 0.5};
    ExpectClosedForm(options, multiplier, [&](const std::vector<double>& g, double w) {
      for (int t = 1; t <= kSteps; t++) {
        double m = 0, v = 0;  // the moments as sums over all gradients so far
        for (int s = 1; s <= t; s++) {
          const double gradient = g[static_cast<size_t>(s - 1)];
          m += 0.2 * std::pow(0.8, t - s) * gradient;
          v += 0.01 * std::pow(0.99, t - s) * gradient * gradient;
        }
        w -= RateOf(t) * 0.5 * multiplier * w;
        w -= RateOf(t) * (m / (1 - std::pow(0.8, t))) / (std::sqrt(v / (1 - std::pow(0.99, t))) + 1e-3);
      }
      return w;
    });
  }
}

TEST(Optimiser, AdamWsFirstStepIsTheRate) {
  const Context context(1);
  const Optimiser optimiser({.weight_decay = 0});
  Parameter parameter(3, 2);
  parameter.weights = {1, 1, 1};
  EXPECT_TRUE(optimiser.Update(context, parameter.weights, std::vector<float>{1e-3f, -20, 0}, parameter.States(),
                               {.rate = 0.125}));
  EXPECT_NEAR(parameter.weights[0], 0.875, 1e-5);
  EXPECT_NEAR(parameter.weights[1], 1.125, 1e-6);
  EXPECT_EQ(parameter.weights[2], 1);  // no gradient, no step, and no 0 / 0
}

TEST(Optimiser, StatesHaveNames) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(Optimiser({.solver = Solver::kSgd}).state_names(), Names{"momentum"});
  EXPECT_EQ(Optimiser({.solver = Solver::kSgdCaffe}).state_names(), Names{"momentum"});
  EXPECT_EQ(Optimiser({.solver = Solver::kAdamW}).state_names(), (Names{"moment1", "moment2"}));
}

TEST(Optimiser, ThreadsDoNotChangeABit) {
  for (const Solver solver : {Solver::kSgd, Solver::kSgdCaffe, Solver::kAdamW}) {
    const Optimiser optimiser({.solver = solver});
    std::vector<Parameter> results;
    for (const int threads : {1, 2, 3}) {
      const Context context(threads);
      Parameter& parameter = results.emplace_back(100'003, optimiser.states());  // several blocks and a rest
      for (int64_t step = 1; step <= 3; step++)
        EXPECT_TRUE(optimiser.Update(context, parameter.weights, parameter.Gradient(step), parameter.States(),
                                     {.rate = 0.01, .step = step}));
    }
    for (const Parameter& other : results) {
      EXPECT_EQ(other.weights, results[0].weights);
      EXPECT_EQ(other.state, results[0].state);
    }
    // The place in a block changes nothing either: a part alone gives the same.
    Parameter part(77, optimiser.states());
    for (int64_t step = 1; step <= 3; step++)
      EXPECT_TRUE(
          optimiser.Update(Context(1), part.weights, part.Gradient(step), part.States(), {.rate = 0.01, .step = step}));
    EXPECT_TRUE(std::equal(part.weights.begin(), part.weights.end(), results[0].weights.begin()));
  }
}

TEST(Optimiser, FindsGradientsThatAreNoNumbers) {
  const Context context(2);
  for (const Solver solver : {Solver::kSgd, Solver::kSgdCaffe, Solver::kAdamW})
    for (const float bad : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()})
      for (const size_t place : {size_t{0}, size_t{16'384}, size_t{49'999}}) {
        const Optimiser optimiser({.solver = solver});
        Parameter parameter(50'000, optimiser.states());
        std::vector<float> gradient(50'000, 1.0f);
        EXPECT_TRUE(optimiser.Update(context, parameter.weights, gradient, parameter.States(), {.rate = 0.1}));
        gradient[place] = bad;
        EXPECT_FALSE(optimiser.Update(context, parameter.weights, gradient, parameter.States(), {.rate = 0.1}));
      }
}

TEST(Optimiser, SizesMustAgree) {
  const Context context(1);
  const Optimiser optimiser(OptimiserOptions{});
  Parameter parameter(4, 2);
  const std::vector<float> gradient(4), longer(5);
  const auto refused = [&](const std::vector<float>& g, std::vector<std::span<float>> states, int64_t step) {
    ExpectError(ErrorCode::kInternal, "optimiser.cc", [&] {
      EXPECT_TRUE(optimiser.Update(context, parameter.weights, g, states, {.rate = 1, .step = step}));
    });
  };
  auto states = parameter.States();
  refused(longer, states, 1);
  refused(gradient, states, 0);
  refused(gradient, {states[0]}, 1);
  refused(gradient, {states[0], states[1].first(3)}, 1);
}

TEST(Ema, IsAWeightedSumOfAllWeights) {
  const Context context(2);
  constexpr double kDecay = 0.7;
  constexpr size_t kCount = 20'000;
  std::vector<float> average(kCount), weights(kCount);
  for (size_t i = 0; i < kCount; i++) average[i] = RandomUniform(0, i);
  std::vector<double> expected(average.begin(), average.end());
  for (int64_t t = 0; t < 20; t++) {
    for (size_t i = 0; i < kCount; i++) weights[i] = RandomUniform(static_cast<uint64_t>(t + 1), i);
    const double decay = EmaDecayAt(kDecay, t);
    UpdateEma(context, average, weights, decay);
    for (size_t i = 0; i < kCount; i++) expected[i] = decay * expected[i] + (1 - decay) * weights[i];
  }
  for (size_t i = 0; i < kCount; i++) ASSERT_NEAR(average[i], expected[i], 1e-6) << i;
  ExpectError(ErrorCode::kInternal, "ema.cc", [&] { UpdateEma(context, std::span(average).first(3), weights, 0.5); });
}

TEST(Ema, DecayWarmsUp) {
  EXPECT_DOUBLE_EQ(EmaDecayAt(0.999, 0), 0.1);
  EXPECT_DOUBLE_EQ(EmaDecayAt(0.999, 8), 0.5);
  EXPECT_DOUBLE_EQ(EmaDecayAt(0.999, 1'000'000), 0.999);
  EXPECT_DOUBLE_EQ(EmaDecayAt(0.05, 0), 0.05);
}

TEST(ParameterRules, RankOneDoesNotDecayUnlessAsked) {
  EXPECT_EQ(RuleFor("conv.weight", {8, 3, 3, 3}, {}), (ParameterRule{1, 1}));
  EXPECT_EQ(RuleFor("conv.bias", {8}, {}), (ParameterRule{1, 0}));
  EXPECT_EQ(RuleFor("bn.weight", {8}, {}), (ParameterRule{1, 0}));
  EXPECT_EQ(RuleFor("conv.bias", {8}, {.decay_rank1 = true}), (ParameterRule{1, 1}));
  EXPECT_EQ(RuleFor("bn.weight", {8}, {.decay_rank1 = true}), (ParameterRule{1, 1}));
}

TEST(ParameterRules, ThePapersBiases) {
  const RuleOptions options{.paper_bias = true, .decay_rank1 = true};
  EXPECT_EQ(RuleFor("features.0.bias", {64}, options), (ParameterRule{2, 0}));
  EXPECT_EQ(RuleFor("features.0.weight", {64, 3, 3, 3}, options), (ParameterRule{1, 1}));
  EXPECT_EQ(RuleFor("bn.weight", {64}, options), (ParameterRule{1, 1}));
}

TEST(ParameterRules, MultipliersOfHeadsAndPrefixes) {
  const RuleOptions options{.paper_bias = true,
                            .head_multiplier = 10,
                            .multipliers = {{"backbone.", 0.5}, {"backbone.stem", 0.25}, {"score", 3}}};
  const Shape shape{4, 4, 1, 1};
  EXPECT_EQ(RuleFor("backbone.a.weight", shape, options), (ParameterRule{0.5, 1}));
  EXPECT_EQ(RuleFor("backbone.stem.weight", shape, options), (ParameterRule{0.25, 1}));
  EXPECT_EQ(RuleFor("score8.weight", shape, options), (ParameterRule{30, 1}));
  EXPECT_EQ(RuleFor("score8.bias", {4}, options), (ParameterRule{60, 0}));
  EXPECT_EQ(RuleFor("upscore8.weight", shape, options), (ParameterRule{10, 1}));
  EXPECT_EQ(RuleFor("other.weight", shape, options), (ParameterRule{1, 1}));
}

TEST(ParameterRules, FrozenParametersAndStatisticsDoNotMove) {
  const RuleOptions options{.decay_rank1 = true, .multipliers = {{"still.", 0}}, .frozen = {"backbone.", "upscore"}};
  for (const char* name :
       {"backbone.a.weight", "upscore8.weight", "bn.running_mean", "bn.running_var", "still.weight"}) {
    const ParameterRule rule = RuleFor(name, {4}, options);
    EXPECT_TRUE(rule.frozen()) << name;
    EXPECT_EQ(rule, (ParameterRule{0, 0})) << name;
  }
  EXPECT_FALSE(RuleFor("head.backbone.weight", {4}, options).frozen());
}

TEST(ParameterRules, BeginningsOfNoNameAreRefused) {
  const std::vector<std::string> names = {"backbone.a.weight", "backbone.b.weight", "score32.weight"};
  EXPECT_NO_THROW(CheckBeginnings({.multipliers = {{"backbone.", 0.1}}, .frozen = {"score32"}}, names));
  const auto refused = [&](const std::string& message, const RuleOptions& options) {
    ExpectError(ErrorCode::kUsage, message, [&] { CheckBeginnings(options, names); });
  };
  refused("frozen: no parameter's name begins with \"features\"", {.frozen = {"backbone.", "features"}});
  refused("lr_multipliers: no parameter's name begins with \"nosuch.\"", {.multipliers = {{"nosuch.", 0.1}}});
  refused("among others, backbone.a.weight, score32.weight.", {.frozen = {"features"}});
}

}  // namespace
}  // namespace fcn
