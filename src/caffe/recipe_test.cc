#include "caffe/recipe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "support/expect_error.h"

namespace fcn {
namespace {

using test::ExpectError;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

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

TEST(RecipeOf, AtOnceScalesWhatTheSkipsRead) {
  const TrainConfig config = RecipeFor("voc-fcn8s-atonce").config;
  EXPECT_EQ(config.model, "fcn8s-vgg16");
  EXPECT_EQ(config.skip_scale, 0.01);
  EXPECT_EQ(RecipeFor("voc-fcn8s").config.skip_scale, 1);
}

TEST(RecipeOf, ReleasesSayWhatIsSeenAndWhatIsToldApart) {
  const TrainConfig voc = RecipeFor("voc-fcn32s").config, early = RecipeFor("nyud-fcn32s-color-d").config,
                    late = RecipeFor("nyud-fcn32s-color-hha").config, hha = RecipeFor("nyud-fcn32s-hha").config,
                    sift = RecipeFor("siftflow-fcn8s").config;
  EXPECT_THAT(voc.inputs, IsEmpty());
  EXPECT_EQ(voc.preprocessing, "");
  EXPECT_EQ(early.model, "fcn32s-vgg16");
  EXPECT_THAT(early.inputs, ElementsAre("color", "depth:1"));
  EXPECT_EQ(early.preprocessing, "color=bgr:116.19,97.203,92.318:1,1,1;depth=logs:7.844:1:0..65535");
  EXPECT_EQ(early.train_split, "trainval");
  EXPECT_EQ(early.val_split, "test");
  EXPECT_EQ(late.model, "fcn32s-vgg16-late-fusion");
  EXPECT_THAT(late.inputs, ElementsAre("color", "hha"));
  EXPECT_EQ(late.preprocessing, "color=bgr:116.19,97.203,92.318:1,1,1;hha=rgb:132.431,94.076,118.477:1,1,1");
  EXPECT_THAT(hha.inputs, ElementsAre("hha"));
  EXPECT_THAT(sift.inputs, IsEmpty());
  EXPECT_THAT(sift.heads, ElementsAre("semantic", "geometric"));
  EXPECT_THAT(sift.loss_weights, IsEmpty());
  EXPECT_EQ(sift.preprocessing, "bgr:114.578,115.294,108.353:1,1,1");
}

TEST(RecipeOf, FilesAreFoundBesideTheSolverByTheirNameAlone) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "recipe_test";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "train.prototxt") << "#";
  const std::string named = "train_net: \"train.prototxt\" base_lr: 1 max_iter: 10 lr_policy: \"fixed\"";
  const CaffeSolver solver = ParseCaffeSolver(named, (folder / "solver.prototxt").string());
  EXPECT_EQ(FileOfSolver(solver, "train.prototxt"), folder / "train.prototxt");
  EXPECT_EQ(FileOfSolver(solver, "examples/mnist/train.prototxt"), folder / "train.prototxt");
  ExpectError(ErrorCode::kIo, "\"examples/other.prototxt\" is not there",
              [&] { FileOfSolver(solver, "examples/other.prototxt"); });
  std::filesystem::remove_all(folder);
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
