#include "formats/caffe/solver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "fcn/files.h"
#include "formats/test_files.h"

namespace fcn {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

CaffeSolver Solver(const std::string& text) { return ParseCaffeSolver(text, "solver.prototxt"); }

TEST(CaffeSolver, ARecipeIsRead) {
  const TemporaryFolder folder;
  WriteFile(folder / "solver.prototxt", std::string(R"(train_net: "train.prototxt"
test_net: "val.prototxt"
test_iter: 736
test_interval: 4000
lr_policy: "fixed"
base_lr: 1e-10 # unnormalised
momentum: 0.99
iter_size: 20
max_iter: 100000
weight_decay: 0.0005
snapshot: 4000
snapshot_prefix: "snapshot/train"
clip_gradients: 10
random_seed: 1337
weights: "a.caffemodel, b.caffemodel" weights: "c.caffemodel"
display: 20 average_loss: 20 solver_mode: GPU)"));
  const CaffeSolver solver = ReadCaffeSolver(folder / "solver.prototxt");
  EXPECT_EQ(solver.train.path, "train.prototxt");
  EXPECT_FALSE(solver.train.net.has_value());
  ASSERT_EQ(solver.tests.size(), 1u);
  EXPECT_EQ(solver.tests[0].path, "val.prototxt");
  EXPECT_EQ(solver.tests[0].iterations, 736);
  EXPECT_EQ(solver.type, "SGD");
  EXPECT_EQ(solver.policy, "fixed");
  EXPECT_EQ(solver.base_rate, 1e-10f);
  EXPECT_EQ(solver.momentum, 0.99f);
  EXPECT_EQ(solver.accumulated, 20);
  EXPECT_EQ(solver.iterations, 100000);
  EXPECT_EQ(solver.weight_decay, 0.0005f);
  EXPECT_EQ(solver.regularisation, "L2");
  EXPECT_EQ(solver.clip_gradients, 10);
  EXPECT_EQ(solver.seed, 1337);
  EXPECT_EQ(solver.snapshot, 4000);
  EXPECT_THAT(solver.weights, ElementsAre("a.caffemodel", "b.caffemodel", "c.caffemodel"));
  EXPECT_EQ(solver.settings.LineOf("base_lr"), 6);
  EXPECT_EQ(solver.settings.Integer("display"), 20);

  const CaffeSolver least = Solver("net: \"a\" lr_policy: \"fixed\"");
  EXPECT_FALSE(least.clip_gradients.has_value());
  EXPECT_FALSE(least.seed.has_value());
  EXPECT_THAT(least.tests, IsEmpty());
  EXPECT_EQ(least.accumulated, 1);
}

TEST(CaffeSolver, NetsAreFoundWhereverTheSolverHasThem) {
  const CaffeSolver shared = Solver(R"(net: "both.prototxt" lr_policy: "step" stepsize: 5 gamma: 0.1
test_iter: 3 test_iter: 4 test_interval: 2 train_state { stage: "a" } test_state { level: 1 } test_state { stage: "b" })");
  EXPECT_EQ(shared.train.path, "both.prototxt");
  EXPECT_THAT(shared.train.state.Texts("stage"), ElementsAre("a"));
  ASSERT_EQ(shared.tests.size(), 2u);
  EXPECT_EQ(shared.tests[1].path, "both.prototxt");
  EXPECT_EQ(shared.tests[1].iterations, 4);
  EXPECT_EQ(shared.tests[0].state.Integer("level"), 1);
  EXPECT_THAT(shared.tests[1].state.Texts("stage"), ElementsAre("b"));
  EXPECT_EQ(shared.step, 5);

  const CaffeSolver inside = Solver(R"(lr_policy: "fixed"
net_param { layer { name: "a" } }
test_net_param { layers { name: "b" type: RELU } } test_net: "c" test_iter: [1, 2, 3] test_interval: 9)");
  EXPECT_EQ(inside.train.net.value().layers.at(0).name, "a");
  EXPECT_EQ(inside.train.net.value().layers.at(0).line, 2);
  ASSERT_EQ(inside.tests.size(), 3u);
  EXPECT_EQ(inside.tests[0].net.value().layers.at(0).type, "ReLU");
  EXPECT_EQ(inside.tests[1].path, "c");
  EXPECT_FALSE(inside.tests[2].net.has_value());  // the one that is trained
  EXPECT_EQ(inside.tests[2].path, "");
}

TEST(CaffeSolver, TypesOfOlderFilesHaveTodaysNames) {
  const std::string rest = " net: \"a\" lr_policy: \"fixed\"";
  EXPECT_EQ(Solver("solver_type: NESTEROV" + rest).type, "Nesterov");
  EXPECT_EQ(Solver("solver_type: ADAM" + rest).type, "Adam");
  EXPECT_EQ(Solver("type: \"AdaGrad\"" + rest).type, "AdaGrad");
  ExpectError(ErrorCode::kInput, "type and solver_type", [&] { Solver("type: \"SGD\" solver_type: SGD" + rest); });
}

TEST(CaffeSolver, WhatCaffeRefusesIsRefusedWithItsLine) {
  const std::pair<const char*, const char*> cases[] = {
      {"net: \"a\"\nlr_policy: \"cosine\"", "solver.prototxt, line 2: lr_policy \"cosine\" is none of fixed, step"},
      {"net: \"a\"", "lr_policy is missing"},
      {"lr_policy: \"fixed\"", "no network to train"},
      {"lr_policy: \"fixed\" net: \"a\"\ntrain_net: \"b\"", "two networks to train: train_net and net"},
      {"lr_policy: \"step\" net: \"a\"", "needs a stepsize above 0"},
      {"lr_policy: \"exp\" net: \"a\"\ngamma: -1", "line 2: gamma is -1"},
      {"lr_policy: \"fixed\" net: \"a\"\nbase_lr: nan", "line 2: base_lr is nan"},
      {"lr_policy: \"fixed\" net: \"a\" max_iter: -5", "max_iter is -5"},
      {"lr_policy: \"fixed\" net: \"a\" iter_size: 0", "iter_size is below 1"},
      {"lr_policy: \"fixed\" net: \"a\" regularization_type: \"L3\"", "neither L1 nor L2"},
      {"lr_policy: \"multistep\" net: \"a\" stepvalue: 5 stepvalue: 4", "stepvalue goes down"},
      {"lr_policy: \"fixed\" train_net: \"a\" test_net: \"b\"", "test_iter is needed once"},
      {"lr_policy: \"fixed\" net: \"a\" test_iter: 5", "test_interval is 0"},
      {"lr_policy: \"fixed\" net: \"a\" test_iter: -5 test_interval: 1", "test_iter is negative"},
      {"lr_policy: \"fixed\" net: \"a\" test_iter: 5 test_interval: 1 test_state {} test_state {}",
       "test_state is there 2"},
      {"lr_policy: \"fixed\" net: \"a\"\nmax_iter: 1.5", "line 2: Expected integer"},
  };
  for (const auto& [text, part] : cases) ExpectError(ErrorCode::kInput, part, [&] { Solver(text); });
  ExpectError(ErrorCode::kUnsupported, "line 2: no solver of Caffe has a field \"eval_type\"",
              [] { Solver("net: \"a\"\neval_type: \"detection\""); });
  ExpectError(ErrorCode::kUnsupported, "This is a network", [] { Solver("layer { name: \"a\" }"); });
  ExpectError(ErrorCode::kUnsupported, "This is a network", [] { Solver("name: \"a\" layer { name: \"a\" }"); });
  std::string many = "lr_policy: \"fixed\" net: \"a\" test_interval: 1";
  for (int i = 0; i < 1001; i++) many += " test_iter: 1";
  ExpectError(ErrorCode::kInput, "more than 1000 networks to test", [&] { Solver(many); });
}

}  // namespace
}  // namespace fcn
