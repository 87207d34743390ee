#include "runtime/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "fcn/error.h"
#include "graph/passes/passes.h"
#include "runtime/step_costs.h"
#include "runtime/test_networks.h"
#include "runtime/traffic.h"
#include "support/every_isa.h"
#include "support/expect_error.h"

namespace fcn {
namespace {

using test::kFewPixels;
using test::kManyPixels;
using test::kMorePixels;
using test::LargestDifference;
using test::LayerOfTwoPackings;
using test::ManyOperations;
using test::RandomSource;
using test::RunOnce;
using test::SameBytes;
using test::Square;

std::shared_ptr<const Program> Compile(const std::shared_ptr<const Graph>& graph, Nhwc input, const Context& context,
                                       PackedStore& store, const CompileOptions& options = {}) {
  return Program::Compile(graph, std::span(&input, 1), RandomSource(), store, options, context);
}

std::shared_ptr<const Graph> Network() { return std::make_shared<const Graph>(ManyOperations()); }

std::vector<std::string> PassNames() {
  std::vector<std::string> names;
  for (const Pass& pass : AllPasses()) names.emplace_back(pass.name);
  return names;
}

TEST(Program, FusingChangesNoScoreByMoreThanRounding) {
  const Context context(2);
  for (const Nhwc size : {Nhwc{1, 37, 53, 3}, Nhwc{2, 24, 24, 3}, Nhwc{1, 9, 100, 3}}) {
    PackedStore store, plain_store;
    const auto fused = Compile(Network(), size, context, store);
    const auto plain = Compile(Network(), size, context, plain_store, {true, PassNames()});
    EXPECT_LT(fused->plan().steps.size() + 8, plain->plan().steps.size());
    const auto a = RunOnce(*fused, context), b = RunOnce(*plain, context);
    EXPECT_LT(LargestDifference(a[0], b[0]), 2e-5) << ToString(size);
    EXPECT_GT(LargestDifference(a[0], std::vector<float>(a[0].size(), a[0][0])), 0.1) << "scores are all alike";
  }
}

TEST(Program, EachPassAloneKeepsTheScores) {
  const Context context(1);
  PackedStore store;
  const Nhwc size{1, 31, 40, 3};
  const auto reference = RunOnce(*Compile(Network(), size, context, store), context);
  for (const std::string& name : PassNames()) {
    PackedStore other;
    const auto without = RunOnce(*Compile(Network(), size, context, other, {true, {name}}), context);
    EXPECT_LT(LargestDifference(reference[0], without[0]), 2e-5) << name;
  }
}

/// Each kind of step that takes any function behind its sums, with one behind it, and one that takes none. `leaky`: the
/// functions are leaky ReLUs with one slope and with a slope for each channel.
std::shared_ptr<const Graph> FunctionsBehindSums(bool leaky) {
  test::Builder b;
  constexpr int kWide = 24;
  const auto function = [&](const std::string& name, const Op& op, ValueId x) {
    if (!leaky) return b.Node(name, op, {x});
    if (name < "o") return b.Node(name, LeakyRelu{.slope = -0.4f}, {x});
    return b.Node(name, PRelu{}, {x, b.graph.AddParameter(name + ".slopes", {kWide})});
  };
  ValueId x = function("swish", HardSwish{}, b.Conv("gemm", b.x, 3, kWide));
  const ValueId skip = x;
  x = function("tanh", Tanh{}, b.Conv("winograd", x, kWide, kWide, Square(3, 1, 1)));
  x = function("hard", HardSigmoid{}, b.Conv("depthwise", x, kWide, kWide, Square(5, 1, 2, 1, kWide)));
  x = function("sigmoid", Sigmoid{}, b.Node("sum", Add{}, {x, skip}));
  x = function("normal", Tanh{}, b.Norm("bn", x, kWide));
  x = b.Deconv("up", x, kWide, kWide, Square(4, 2, 1, 1, kWide));
  b.graph.AddOutput(function("last", HardSwish{}, x));
  return std::make_shared<const Graph>(std::move(b.graph));
}

TEST(Program, FunctionsBehindSumsGiveTheSameBytes) {
  for (const bool leaky : {false, true})
    for (const Isa isa : SupportedIsas()) {
      const Nhwc size{2, 19, 33, 3};
      const auto graph = FunctionsBehindSums(leaky);
      PackedStore store;
      const auto fused = Compile(graph, size, Context(3, isa), store);
      const auto unfused = Compile(graph, size, Context(3, isa), store, {true, {"fuse-activation"}});
      EXPECT_EQ(fused->plan().steps.size() + 5, unfused->plan().steps.size());
      const auto expected = RunOnce(*unfused, Context(1, isa));
      for (const int threads : {1, 3})
        EXPECT_TRUE(SameBytes(RunOnce(*fused, Context(threads, isa))[0], expected[0])) << IsaName(isa) << threads;
    }
}

/// An inverted bottleneck, with batch norm everywhere but at its end.
std::shared_ptr<const Graph> Bottleneck() {
  test::Builder b;
  const auto norm = [&](const std::string& name, ValueId x, int channels) {
    return b.Node(name + "_relu", Relu6{}, {b.Norm(name + "_bn", x, channels)});
  };
  constexpr int kExpanded = 90;
  const ValueId expanded = norm("expand", b.Conv("expand", b.x, 3, kExpanded), kExpanded);
  const ConvGeometry depthwise = Square(5, 1, 2, 1, kExpanded);
  const ValueId filtered = norm("filter", b.Conv("filter", expanded, kExpanded, kExpanded, depthwise), kExpanded);
  b.graph.AddOutput(b.Node("sum", Add{}, {b.Conv("project", filtered, kExpanded, 3), b.x}));
  return std::make_shared<const Graph>(std::move(b.graph));
}

TEST(Program, ALargeBottleneckIsOneStepOfTheSameBytes) {
  const Nhwc size{1, 79, 85, 3};
  PackedStore store;
  const auto fused = Compile(Bottleneck(), size, Context(3), store);
  const auto unfused = Compile(Bottleneck(), size, Context(3), store, {true, {"fuse-bottleneck"}});
  ASSERT_EQ(fused->plan().steps.size(), 1u);
  ASSERT_EQ(unfused->plan().steps.size(), 3u);
  EXPECT_EQ(fused->plan().steps[0].kernel->name(), "bottleneck");
  EXPECT_LT(2 * fused->plan().memory.arena, unfused->plan().memory.arena);
  const auto expected = RunOnce(*unfused, Context(1));
  for (int threads = 1; threads <= 3; threads++)
    EXPECT_TRUE(SameBytes(RunOnce(*fused, Context(threads))[0], expected[0])) << threads;

  const StepCosts costs(*fused->plan().graph, fused->plan().shapes);
  const Step& step = fused->plan().steps[0].step;
  EXPECT_EQ(costs.Of(step, fused->plan().ComputedBy(step)), size.pixels() * 90 * (3 + 25 + 3));
  EXPECT_EQ(LeastBytes(fused->plan(), step), 4 * (size.elements() * 3 + 90 * (3 + 25 + 3 + 2) + 3));
}

TEST(Program, SmallBottlenecksAreThreeSteps) {
  PackedStore store;
  EXPECT_EQ(Compile(Bottleneck(), {1, 40, 40, 3}, Context(1), store)->plan().steps.size(), 3u);
}

TEST(Program, WinogradStaysWithinItsBound) {
  const Context context(1);
  PackedStore store, direct_store;
  const Nhwc size{1, 64, 64, 3};
  const auto winograd = Compile(Network(), size, context, store);
  const auto direct = Compile(Network(), size, context, direct_store, {false, {}});
  const auto kernels = [](const Program& program) {
    std::vector<std::string> names;
    for (const PlannedStep& step : program.plan().steps) names.push_back(step.kernel->name());
    return names;
  };
  EXPECT_THAT(kernels(*winograd), testing::Contains("winograd_f6x3"));
  EXPECT_THAT(kernels(*direct), testing::Not(testing::Contains("winograd_f6x3")));
  EXPECT_LT(LargestDifference(RunOnce(*winograd, context)[0], RunOnce(*direct, context)[0]), 1e-4);
}

TEST(Program, TheNumberOfThreadsChangesNoByte) {
  const Nhwc size{1, 45, 67, 3};
  const Context one(1);
  PackedStore store;
  const auto reference = RunOnce(*Compile(Network(), size, one, store), one);
  for (int threads : {2, 3, 5}) {
    const Context context(threads);
    PackedStore other;
    EXPECT_TRUE(SameBytes(reference[0], RunOnce(*Compile(Network(), size, context, other), context)[0])) << threads;
  }
}

TEST(Program, OtherInstructionSetsAgree) {
  const Nhwc size{1, 45, 67, 3};
  const Context context(1);
  PackedStore store;
  const auto reference = RunOnce(*Compile(Network(), size, context, store), context);
  for (Isa isa : SupportedIsas()) {
    const Context forced(1, isa);
    PackedStore other;
    EXPECT_LT(LargestDifference(reference[0], RunOnce(*Compile(Network(), size, forced, other), forced)[0]), 1e-4)
        << IsaName(isa);
  }
}

TEST(Program, ShapesShareOnePackedLayer) {
  const Context context(1);
  PackedStore store;
  const auto graph = Network();
  const auto small = Compile(graph, {1, 40, 40, 3}, context, store);
  const int64_t bytes = store.bytes();
  const auto large = Compile(graph, {1, 64, 96, 3}, context, store);
  EXPECT_EQ(store.bytes(), bytes);
  for (size_t i = 0; i < small->plan().steps.size(); i++) EXPECT_EQ(small->packed(i), large->packed(i)) << i;
}

TEST(Program, ShapesOnBothSidesOfWinogradsThresholdPackALayerTwice) {
  const Context context(1);
  PackedStore store;
  const auto graph = LayerOfTwoPackings();
  const auto few = Compile(graph, kFewPixels, context, store);
  const int64_t bytes_of_few = store.bytes();
  const auto many = Compile(graph, kManyPixels, context, store);
  const int64_t bytes_of_both = store.bytes();
  ASSERT_EQ(few->plan().steps[0].kernel->name(), "gemm_conv");
  ASSERT_EQ(many->plan().steps[0].kernel->name(), "winograd_f2x7");
  EXPECT_NE(few->packed(0), many->packed(0));
  EXPECT_EQ(bytes_of_few, few->plan().memory.packed_weights);
  EXPECT_EQ(many->packed(1), few->packed(1));
  EXPECT_EQ(bytes_of_both, bytes_of_few + many->packed(0)->bytes());
  EXPECT_EQ(Compile(graph, kMorePixels, context, store)->packed(0), many->packed(0));
  EXPECT_EQ(store.bytes(), bytes_of_both);
}

TEST(Program, OneProgramServesSeveralThreads) {
  const Context context(2);
  PackedStore store;
  const auto program = Compile(Network(), {1, 33, 47, 3}, context, store);
  const auto first = RunOnce(*program, context, 1), second = RunOnce(*program, context, 2);
  std::vector<std::vector<std::vector<float>>> answers(8);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < answers.size(); i++)
    threads.emplace_back([&, i] { answers[i] = RunOnce(*program, context, 1 + i % 2); });
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < answers.size(); i++)
    EXPECT_TRUE(SameBytes(answers[i][0], i % 2 == 0 ? first[0] : second[0])) << i;
}

TEST(Program, LabelsOutOfTheLastResizeEqualThoseOfAllScores) {
  Graph graph = ManyOperations();
  const ValueId score = graph.outputs()[0];
  const ValueId labels = graph.AddNode("labels", Argmax{}, {score});
  graph.ClearOutputs();
  graph.AddOutput(labels);
  const Context context(2);
  PackedStore store, plain_store;
  const auto shared = std::make_shared<const Graph>(graph);
  const auto fused = Compile(shared, {1, 50, 70, 3}, context, store);
  const auto plain = Compile(shared, {1, 50, 70, 3}, context, plain_store, {true, {"fuse-argmax"}});
  EXPECT_EQ(fused->plan().steps.back().kernel->name(), "resize_argmax");
  EXPECT_EQ(plain->plan().steps.back().kernel->name(), "argmax");
  EXPECT_EQ(fused->plan().offsets[score], -1) << "all scores have a place in memory";
  EXPECT_GE(plain->plan().offsets[score], 0);
  EXPECT_TRUE(SameBytes(RunOnce(*fused, context)[0], RunOnce(*plain, context)[0]));
}

/// The end of the published FCNs: scores that are upsampled by a transposed convolution and cropped.
Graph TransposedEnd(bool labels) {
  Graph graph;
  const ValueId image = graph.AddInput("image", 3);
  const ValueId coarse = graph.AddNode("coarse", Conv2d{{{3, 3}, {4, 4}, {}, {9, 9, 9, 9}, 1}},
                                       {image, graph.AddParameter("coarse.weight", {5, 3, 3, 3})});
  const ValueId up = graph.AddNode("up", Deconv2d{{{7, 7}, {4, 4}, {}, {}, 1}},
                                   {coarse, graph.AddParameter("up.weight", {5, 5, 7, 7})});
  const ValueId score = graph.AddNode("score", Crop{}, {up, image});
  graph.AddOutput(labels ? graph.AddNode("labels", Argmax{}, {score}) : score);
  return graph;
}

TEST(Program, WhatIsCroppedAwayIsNeverComputed) {
  const Context context(2);
  for (const bool labels : {false, true}) {
    PackedStore store, plain_store;
    const auto graph = std::make_shared<const Graph>(TransposedEnd(labels));
    const auto fused = Compile(graph, {2, 22, 35, 3}, context, store);
    const auto plain = Compile(graph, {2, 22, 35, 3}, context, plain_store, {true, {"fuse-crop", "fuse-argmax"}});
    EXPECT_EQ(fused->plan().steps.size(), 2u);
    EXPECT_EQ(fused->plan().steps.back().kernel->name(), labels ? "deconv_argmax" : "deconv");
    EXPECT_EQ(fused->plan().offsets[graph->Find("up")], -1);
    EXPECT_TRUE(SameBytes(RunOnce(*fused, context)[0], RunOnce(*plain, context)[0]));
  }
}

TEST(Program, AnOutputMayBeAnInputOrTwiceTheSame) {
  Graph graph;
  const ValueId image = graph.AddInput("image", 3);
  const ValueId dropped = graph.AddNode("dropped", Dropout{}, {image});
  const ValueId relu = graph.AddNode("relu", Relu{}, {image});
  for (ValueId output : {dropped, relu, relu}) graph.AddOutput(output);
  const Context context(1);
  PackedStore store;
  const auto program = Compile(std::make_shared<const Graph>(graph), {1, 4, 5, 3}, context, store);
  const auto outputs = RunOnce(*program, context);
  Tensor input({1, 4, 5, 3});
  test::FillUniform(input.data(), 60, 7);
  for (size_t i = 0; i < 60; i++) {
    EXPECT_EQ(outputs[0][i], input.data()[i]);
    EXPECT_EQ(outputs[1][i], std::max(0.0f, input.data()[i]));
  }
  EXPECT_TRUE(SameBytes(outputs[1], outputs[2]));
}

TEST(Program, ProfilesEveryStep) {
  const Context context(1);
  PackedStore store;
  const auto program = Compile(Network(), {1, 32, 32, 3}, context, store);
  Tensor input({1, 32, 32, 3}), output({1, 32, 32, 5});
  test::FillUniform(input.data(), input.shape().elements(), 3);
  const ConstAnyView in = input.view();
  const AnyView out = output.view();
  Arena arena;
  Profile profile;
  for (int i = 0; i < 3; i++) program->Run(std::span(&in, 1), std::span(&out, 1), arena, context, &profile);
  EXPECT_EQ(profile.runs, 3);
  ASSERT_EQ(profile.rows.size(), program->plan().steps.size());
  for (const Profile::Row& row : profile.rows) EXPECT_GE(row.milliseconds, 0);
  const std::string table = ProfileTable(profile, {});
  EXPECT_THAT(table, testing::HasSubstr("stem"));
  EXPECT_THAT(table, testing::HasSubstr("total"));
}

TEST(Program, CountsTheBytesThatHaveToMove) {
  const Context context(1);
  PackedStore store;
  const auto program = Compile(Network(), {2, 32, 32, 3}, context, store);
  const auto bytes_of = [&](const std::string& name) {
    for (const PlannedStep& planned : program->plan().steps)
      if (planned.step.name == name) return LeastBytes(program->plan(), planned.step);
    return int64_t{-1};
  };
  // 3×3 and stride 2 from 3 to 16 channels, with a batch norm's four parameters folded in.
  EXPECT_EQ(bytes_of("stem"), 4 * (2 * 32 * 32 * 3 + 2 * 16 * 16 * 16 + 16 * 3 * 9));
  // 1×1 from 16 to 16 channels, a bias, and the residual.
  EXPECT_EQ(bytes_of("project"), 4 * (3 * 2 * 16 * 16 * 16 + 16 * 16 + 16));
}

TEST(Profile, PutsStepsUnderTheRoofline) {
  Profile profile;
  profile.runs = 2;
  profile.rows = {{"matrix", "gemm", "1x1", 1000000, 1000, 4}, {"copy", "copy", "1x1", 0, 30000000, 4}};
  const Roofline machine{10, 20};
  const RooflineRow matrix = AtRoofline(profile, profile.rows[0], machine);
  EXPECT_DOUBLE_EQ(matrix.milliseconds, 2);
  EXPECT_DOUBLE_EQ(matrix.gflops, 1);  // 2 operations per multiply-add
  EXPECT_FALSE(matrix.memory_bound);
  EXPECT_DOUBLE_EQ(matrix.of_bound, 0.1);
  const RooflineRow copy = AtRoofline(profile, profile.rows[1], machine);
  EXPECT_DOUBLE_EQ(copy.gbytes, 15);
  EXPECT_TRUE(copy.memory_bound);
  EXPECT_DOUBLE_EQ(copy.of_bound, 0.75);
}

TEST(Program, RefusesWhatDoesNotFit) {
  const Context context(1);
  PackedStore store;
  const auto program = Compile(Network(), {1, 32, 32, 3}, context, store);
  Tensor input({1, 31, 32, 3}), output({1, 32, 32, 5});
  const ConstAnyView in = input.view();
  const AnyView out = output.view();
  Arena arena;
  try {
    program->Run(std::span(&in, 1), std::span(&out, 1), arena, context);
    FAIL() << "a wrong shape was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    EXPECT_THAT(error.message(), testing::HasSubstr("1x31x32x3"));
  }
}

TEST(Program, RefusesOtherTypes) {
  Graph graph;
  graph.AddOutput(graph.AddNode("labels", Argmax{}, {graph.AddInput("x", 1)}));
  const Context context(1);
  const Nhwc size{1, 2, 3, 1};
  PackedStore store;
  const auto program = Compile(std::make_shared<const Graph>(graph), size, context, store);
  Tensor floats(size);
  LabelTensor labels(size);
  Arena arena;
  const auto refused = [&](const ConstAnyView& in, const AnyView& out, const std::string& part) {
    test::ExpectError(ErrorCode::kUsage, part,
                      [&] { program->Run(std::span(&in, 1), std::span(&out, 1), arena, context); });
  };
  refused(labels.view(), labels.view(), "input 0 has shape 1x2x3x1 int32; the program was compiled for 1x2x3x1");
  refused(floats.view(), floats.view(), "output 0 has shape 1x2x3x1; the program was compiled for 1x2x3x1 int32");
}

TEST(Program, ParametersOfAnotherSizeAreNamed) {
  const Context context(1);
  PackedStore store;
  const Nhwc size{1, 32, 32, 3};
  const WeightSource wrong = [](const Value&) {
    static const float one = 1;
    return ParameterData{std::span(&one, 1), nullptr};
  };
  try {
    Program::Compile(Network(), std::span(&size, 1), wrong, store, {}, context);
    FAIL() << "wrong weights were taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInput);
    EXPECT_THAT(error.message(), testing::HasSubstr("stem.weight"));
  }
}

TEST(Program, StopsWhenCancelled) {
  Context context(1);
  PackedStore store;
  const auto program = Compile(Network(), {1, 32, 32, 3}, context, store);
  context.Cancel();
  try {
    RunOnce(*program, context);
    FAIL() << "it went on";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCancelled);
  }
}

}  // namespace
}  // namespace fcn
