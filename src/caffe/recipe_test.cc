#include "caffe/recipe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "support/expect_error.h"

namespace fcn {
namespace {

using test::ExpectError;
using testing::Contains;
using testing::HasSubstr;

constexpr const char* kSolver =
    "train_net: \"train.prototxt\"\n"
    "lr_policy: \"fixed\" base_lr: 1e-14 momentum: 0.99 iter_size: 1\n"
    "max_iter: 100000 weight_decay: 0.0005 snapshot: 4000\n"
    "test_iter: 736 test_interval: 999999999 test_net: \"val.prototxt\"\n";

CaffeRecipe RecipeFor(const std::string& name, const std::string& solver = kSolver) {
  std::ifstream file(std::string(FCN_CAFFE_NETS) + "/" + name + ".prototxt");
  std::stringstream text;
  text << file.rdbuf();
  const CaffeNet net = ParseCaffeNet(text.str(), name + ".prototxt");
  CaffeNetOptions how;
  how.state = CaffeStateOf(CaffePhase::kTrain, {net.state});
  return RecipeOf(ParseCaffeSolver(solver, "solver.prototxt"), LayersInState(net, how.state), NetworkOfCaffe(net, how));
}

TEST(RecipeOf, IsThePublishedTraining) {
  const CaffeRecipe recipe = RecipeFor("voc-fcn8s");
  const TrainConfig& config = recipe.config;
  EXPECT_EQ(config.model, "fcn8s-vgg16");
  EXPECT_EQ(config.optimiser, Solver::kSgdCaffe);
  EXPECT_EQ(config.lr_schedule, Schedule::kConstant);
  EXPECT_FLOAT_EQ(static_cast<float>(config.lr / 1e-14), 1);
  EXPECT_FLOAT_EQ(static_cast<float>(config.momentum), 0.99f);
  EXPECT_EQ(config.batch_size, 1);
  EXPECT_EQ(config.accumulate, 1);
  EXPECT_EQ(config.max_iters, 100000);
  EXPECT_EQ(config.val_interval, 4000);
  EXPECT_EQ(config.loss_normalisation, LossNormalisation::kSum);
  EXPECT_EQ(config.ignore_index, 255);
  EXPECT_TRUE(config.paper_bias);
  EXPECT_FALSE(config.flip);
  EXPECT_EQ(config.frozen, std::vector<std::string>{"upscore"});
  EXPECT_THAT(recipe.notes, Contains(HasSubstr("bilinear")));
  EXPECT_THAT(recipe.notes, Contains(HasSubstr("--weights")));
}

TEST(RecipeOf, EachStageIsItsNetwork) {
  EXPECT_EQ(RecipeFor("voc-fcn32s").config.model, "fcn32s-vgg16");
  EXPECT_EQ(RecipeFor("voc-fcn16s").config.model, "fcn16s-vgg16");
  EXPECT_EQ(RecipeFor("pascalcontext-fcn8s").config.model, "fcn8s-vgg16");
  EXPECT_EQ(RecipeFor("siftflow-fcn16s").config.model, "fcn16s-vgg16");
}

TEST(RecipeOf, PoliciesOfTheRate) {
  const auto policy = [](const std::string& words) {
    return RecipeFor("voc-fcn32s", "train_net: \"train.prototxt\" base_lr: 1 max_iter: 10 " + words).config;
  };
  const TrainConfig step = policy("lr_policy: \"step\" gamma: 0.5 stepsize: 3");
  EXPECT_EQ(step.lr_schedule, Schedule::kStep);
  EXPECT_EQ(step.step_size, 3);
  EXPECT_EQ(step.gamma, 0.5);
  EXPECT_EQ(policy("lr_policy: \"poly\" power: 0.5").power, 0.5);
  ExpectError(ErrorCode::kUnsupported, "solver.prototxt:1: the rate falls by the policy \"exp\"",
              [&] { policy("lr_policy: \"exp\" gamma: 0.5"); });
  ExpectError(ErrorCode::kUnsupported, "the solver is Adam", [&] { policy("lr_policy: \"fixed\" type: \"Adam\""); });
}

TEST(RecipeOf, NetworksThatFcnDoesNotTrainAreRefused) {
  ExpectError(ErrorCode::kUnsupported, "none of the networks that fcn train builds", [] { RecipeFor("squeezenet"); });
}

}  // namespace
}  // namespace fcn
