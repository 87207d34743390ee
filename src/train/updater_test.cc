#include "train/updater.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "models/initialise.h"
#include "models/layers.h"
#include "tensor/random.h"
#include "train/no_number.h"

namespace fcn {
namespace {

class UpdaterTest : public testing::Test {
 protected:
  UpdaterTest() {
    Graph graph;
    graph.AddOutput(AddConv(graph, "score", "score", AddImage(graph), 2, Square(3, 1, 1)).id);
    network_ = std::make_shared<const Graph>(std::move(graph));
    for (const ValueId id : network_->Parameters()) {
      const Value& parameter = network_->value(id);
      trained_.push_back({parameter.name, parameter.parameter_shape.elements()});
    }
    config_.accumulate = 2;
  }

  Updater Begin() const {
    return {config_, network_, trained_, Parameters(*network_, RandomWeights(*network_, 1)), context_};
  }
  /// With gradients that are a function of the iteration.
  void Iterate(Updater& updater, int64_t iteration) const {
    for (const TrainedParameter& parameter : trained_) {
      std::vector<float> gradient;
      for (int64_t i = 0; i < parameter.elements; i++)
        gradient.push_back(RandomUniform(static_cast<uint64_t>(iteration), static_cast<uint64_t>(i)));
      updater.Update(iteration, config_.lr, parameter.name, 0, gradient);
    }
    updater.Finish(iteration);
  }
  static std::vector<float> Values(const Parameters& parameters) {
    std::vector<float> all;
    for (const auto& [name, tensor] : parameters.ToTensors())
      for (const float value : tensor.ToFloats()) all.push_back(value);
    return all;
  }

  TrainConfig config_;
  Context context_{1};
  std::shared_ptr<const Graph> network_;
  std::vector<TrainedParameter> trained_;
};

TEST_F(UpdaterTest, GoesOnFromACheckpointToTheSameWeights) {
  for (const Solver solver : {Solver::kAdamW, Solver::kSgd, Solver::kSgdCaffe})
    for (const double momentum : {0.9, 0.0})
      for (const double ema : {0.9, 0.0}) {
        config_.optimiser = solver, config_.momentum = momentum, config_.ema = ema;
        Updater left_alone = Begin();
        Iterate(left_alone, 0);
        Checkpoint checkpoint;
        left_alone.WriteTo(checkpoint);
        Updater resumed(config_, network_, trained_, checkpoint, "c", context_);
        checkpoint = {};  // its tensors are views of the other's
        for (Updater* updater : {&left_alone, &resumed}) Iterate(*updater, 1);
        EXPECT_EQ(Values(resumed.weights()), Values(left_alone.weights()));
        EXPECT_EQ(Values(resumed.evaluated()), Values(left_alone.evaluated()));
        EXPECT_EQ(Values(resumed.weights()) == Values(resumed.evaluated()), ema == 0);
      }
}

TEST_F(UpdaterTest, GradientsOfSeveralPassesAreAveragedUnlessTheLossIsASum) {
  config_.optimiser = Solver::kSgdCaffe, config_.momentum = 0, config_.accumulate = 4;
  const auto moved = [&](LossNormalisation normalisation) {
    config_.loss_normalisation = normalisation;
    Updater updater = Begin();
    const float before = updater.weights().at("score.bias")[0];
    const std::vector<float> gradient(1, 0.5f);
    updater.Update(0, 0.25, "score.bias", 0, gradient);
    return before - updater.weights().at("score.bias")[0];
  };
  EXPECT_NEAR(moved(LossNormalisation::kSum), 0.125, 1e-6);
  EXPECT_NEAR(moved(LossNormalisation::kValid), 0.125 / 4, 1e-6);
  EXPECT_NEAR(moved(LossNormalisation::kBatch), 0.125 / 4, 1e-6);  // Caffe's iter_size
}

TEST_F(UpdaterTest, IsTornUntilAnIterationIsFinished) {
  Updater updater = Begin();
  EXPECT_FALSE(updater.is_torn());
  const std::vector<float> gradient(1, 0.5f);
  updater.Update(0, config_.lr, "score.bias", 1, gradient);
  EXPECT_TRUE(updater.is_torn());
  updater.Finish(0);
  EXPECT_FALSE(updater.is_torn());
  const std::vector<float> bad(1, std::numeric_limits<float>::quiet_NaN());
  EXPECT_THROW(updater.Update(1, config_.lr, "score.bias", 1, bad), NoNumber);
  EXPECT_TRUE(updater.is_torn());
}

TEST_F(UpdaterTest, WeightsThatOverflowAreNotWritten) {
  config_.optimiser = Solver::kSgd, config_.lr = 1000, config_.momentum = 0;
  Updater updater = Begin();
  const std::vector<float> gradient(1, 1e38f);  // finite, and its update is not
  updater.Update(0, config_.lr, "score.bias", 0, gradient);
  updater.Finish(0);
  Checkpoint checkpoint;
  EXPECT_THROW(updater.WriteTo(checkpoint), NoNumber);
}

}  // namespace
}  // namespace fcn
