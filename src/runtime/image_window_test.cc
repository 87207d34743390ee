#include "runtime/image_window.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>
#include <thread>

#include "graph/passes/passes.h"
#include "graph/shapes.h"
#include "runtime/blank_run.h"
#include "runtime/program.h"
#include "runtime/test_networks.h"
#include "support/every_isa.h"

namespace fcn {
namespace {

using test::Builder;
using test::RandomSource;
using test::RunOnce;
using test::SameBytes;
using test::Square;

using Outputs = std::vector<std::vector<float>>;

/// Wide padding before every kind of step that slides, then a skip: transposed convolution, crop, and the image's size.
Graph PaddedNetwork(int padding = 40, int channels = 8) {
  Builder b;
  const auto relu = [&](const std::string& name, ValueId x) { return b.Node(name, Relu{}, {x}); };
  ConvGeometry uneven{{3, 5}, {1, 1}, {1, 1}, {padding, padding + 3, padding + 1, padding}, 1};
  ValueId x = relu("stem_relu", b.Conv("stem", b.x, 3, channels, uneven));
  x = relu("second_relu", b.Conv("second", x, channels, channels, Square(3, 1, 1)));
  x = b.Node("pool", MaxPool{{2, 2}, {2, 2}, {}, true}, {x});
  const ValueId branch =
      b.Node("dw_relu", Relu6{},
             {b.Norm("dw_bn", b.Conv("dw", x, channels, channels, Square(3, 1, 1, 1, channels)), channels)});
  x = relu("sum_relu", b.Node("sum", Add{}, {b.Conv("project", branch, channels, channels), x}));
  const ValueId dilated = b.Conv("dilated", x, channels, channels, Square(3, 1, 2, 2));
  const ValueId scaled = b.Norm("lonely_bn", b.Node("scaled", Scale{0.5f}, {dilated}), channels);
  x = b.Node("joined", Concat{}, {dilated, scaled, x});
  x = b.Node("averaged", AveragePool{{3, 3}, {2, 2}, {1, 0, 1, 1}, true, true}, {x});
  const ValueId fine = b.Conv("fine", x, 3 * channels, 4);
  x = relu("strided_relu", b.Conv("strided", x, 3 * channels, channels, Square(3, 2, 1)));
  x = b.Node("gate", Softmax{}, {x});
  const ValueId coarse = b.Conv("coarse", x, channels, 4);
  const ValueId up = b.Deconv("up", coarse, 4, 4, Square(4, 2, 1));
  const ValueId resized = b.Node("resized", Resize{}, {up, fine});
  const ValueId fused = b.Node("fused", Add{}, {resized, fine});
  b.graph.AddOutput(b.Node("score", Resize{}, {fused, b.x}));
  return b.graph;
}

/// The published network's beginning: 100 pixels of padding, 3×3 layers, pools that round up.
Graph VggLike(int channels) {
  Builder b;
  ValueId x = b.x;
  int in = 3;
  for (int stage = 1; stage <= 3; stage++) {
    for (int i = 1; i <= 2; i++) {
      const std::string suffix = std::to_string(stage) + "_" + std::to_string(i);
      x = b.Node("relu" + suffix, Relu{}, {b.Conv("conv" + suffix, x, in, channels, Square(3, 1, in == 3 ? 100 : 1))});
      in = channels;
    }
    x = b.Node("pool" + std::to_string(stage), MaxPool{{2, 2}, {2, 2}, {}, true}, {x});
  }
  b.graph.AddOutput(b.Conv("score", x, channels, 5));
  return b.graph;
}

/// Layers for each of Winograd's forms under wide padding, a residual, and a skip to finer scores.
Graph WinogradNetwork(int channels) {
  Builder b;
  const auto relu = [&](const std::string& name, ValueId x) { return b.Node(name + "_relu", Relu{}, {x}); };
  const auto pool = [&](const std::string& name, ValueId x) {
    return b.Node(name, MaxPool{{2, 2}, {2, 2}, {}, true}, {x});
  };
  ValueId x = relu("first", b.Conv("first", b.x, 3, channels, Square(3, 1, 60)));
  x = pool("pool1", relu("second", b.Conv("second", x, channels, channels, Square(3, 1, 1))));
  const ValueId branch = b.Conv("dilated", relu("five", b.Conv("five", x, channels, channels, Square(5, 1, 2))),
                                channels, channels, Square(3, 1, 2, 2));
  x = relu("sum", b.Node("sum", Add{}, {branch, x}));
  const ValueId fine = b.Conv("fine", x, channels, 4);
  x = relu("seven", b.Conv("seven", pool("pool2", x), channels, channels, Square(7)));
  const ValueId up = b.Deconv("up", b.Conv("coarse", x, channels, 4), 4, 4, Square(4, 2));
  const ValueId fused = b.Node("fused", Add{}, {b.Node("cropped", Crop{}, {fine, up}), up});
  b.graph.AddOutput(b.Node("score", Resize{}, {fused, b.x}));
  return b.graph;
}

CompileOptions Options(bool winograd, bool window, std::vector<std::string> disabled = {}) {
  return {.winograd = winograd, .disabled_passes = std::move(disabled), .image_window = window};
}

std::shared_ptr<const Program> Compile(const Graph& graph, Nhwc input, const CompileOptions& options,
                                       const Context& context, PackedStore& store) {
  return Program::Compile(std::make_shared<const Graph>(graph), std::span(&input, 1), RandomSource(), store, options,
                          context);
}
std::shared_ptr<const Program> Compile(const Graph& graph, Nhwc input, const CompileOptions& options,
                                       const Context& context) {
  PackedStore store;
  return Compile(graph, input, options, context, store);
}

double Deviation(const std::vector<float>& values) {
  double sum = 0, squares = 0;
  for (float v : values) sum += double{v}, squares += double{v} * double{v};
  const auto count = static_cast<double>(values.size());
  return std::sqrt(std::max(0.0, squares / count - sum / count * (sum / count)));
}

std::vector<std::string> PassNames() {
  std::vector<std::string> names;
  for (const Pass& pass : AllPasses()) names.emplace_back(pass.name);
  return names;
}

const Nhwc kSizes[] = {{1, 1, 1, 3},   {1, 1, 9, 3},   {1, 7, 2, 3},   {1, 16, 16, 3}, {2, 33, 20, 3},
                       {1, 50, 71, 3}, {1, 64, 31, 3}, {1, 90, 77, 3}, {3, 17, 45, 3}};

TEST(ImageWindow, GivesTheSameBytesWhereProductsAreSummedDirectly) {
  const Context context(2);
  int windowed = 0;
  for (const Nhwc& size : kSizes)
    for (const auto& disabled : {std::vector<std::string>{}, PassNames()})
      for (const Graph& graph : {PaddedNetwork(), VggLike(8)}) {
        const auto whole = Compile(graph, size, Options(false, false, disabled), context);
        const auto window = Compile(graph, size, Options(false, true, disabled), context);
        EXPECT_TRUE(whole->plan().parts.empty());
        windowed += window->plan().parts.empty() ? 0 : 1;
        EXPECT_TRUE(SameBytes(RunOnce(*whole, context), RunOnce(*window, context))) << ToString(size);
        EXPECT_LE(window->plan().memory.arena, whole->plan().memory.arena + (int64_t{4} << 20)) << ToString(size);
      }
  EXPECT_GE(windowed, 30);
}

TEST(ImageWindow, EveryValueHasTheSameBytes) {
  // All values are outputs, so that each rim is filled whole.
  const Context context(1);
  Graph graph = PaddedNetwork(25);
  graph.ClearOutputs();
  for (const Node& node : graph.nodes()) graph.AddOutput(node.output);
  for (const Nhwc& size : {Nhwc{1, 11, 14, 3}, Nhwc{2, 40, 23, 3}}) {
    const auto whole = Compile(graph, size, Options(false, false), context);
    const auto window = Compile(graph, size, Options(false, true), context);
    ASSERT_FALSE(window->plan().parts.empty());
    const Outputs a = RunOnce(*whole, context), b = RunOnce(*window, context);
    for (size_t i = 0; i < a.size(); i++)
      EXPECT_TRUE(SameBytes(a[i], b[i])) << graph.value(graph.outputs()[i]).name << " at " << ToString(size);
  }
}

TEST(ImageWindow, StaysWithinWinogradsBound) {
  const Context context(2);
  std::set<std::string> kernels;
  double largest = 0;
  for (const Nhwc& size : {Nhwc{1, 60, 80, 3}, Nhwc{1, 31, 45, 3}, Nhwc{2, 48, 37, 3}, Nhwc{2, 5, 9, 3},
                           Nhwc{1, 1, 1, 3}, Nhwc{3, 22, 64, 3}, Nhwc{1, 97, 53, 3}})
    for (const Graph& graph : {VggLike(32), WinogradNetwork(32), WinogradNetwork(48)}) {
      const auto whole = Compile(graph, size, Options(true, false), context);
      const auto window = Compile(graph, size, Options(true, true), context);
      ASSERT_FALSE(window->plan().parts.empty());
      for (const PlannedStep& step : window->plan().steps) kernels.insert(step.kernel->name());
      const Outputs a = RunOnce(*whole, context), b = RunOnce(*window, context);
      const double difference = test::LargestDifference(a[0], b[0]) / Deviation(a[0]);
      EXPECT_LT(difference, 2e-4) << ToString(size);
      largest = std::max(largest, difference);
    }
  EXPECT_THAT(kernels, testing::IsSupersetOf({"winograd_f6x3", "winograd_f4x5", "winograd_f2x7"}));
  EXPECT_GT(largest, 0) << "tiles never lay differently";
}

TEST(ImageWindow, ThreadsAndEarlierImagesChangeNoByte) {
  const Nhwc size{1, 45, 67, 3};
  const Context one(1), three(3);
  for (const Graph& graph : {PaddedNetwork(40, 16), VggLike(16)}) {
    const auto first = Compile(graph, size, Options(true, true), one);
    const Outputs at_once = RunOnce(*first, one, 1), again = RunOnce(*first, one, 1);
    EXPECT_TRUE(SameBytes(at_once, again));
    const auto second = Compile(graph, size, Options(true, true), three);
    RunOnce(*second, three, 2);  // another image leaves the same rims
    EXPECT_TRUE(SameBytes(at_once, RunOnce(*second, three, 1)));
  }
}

TEST(ImageWindow, SeveralFirstImagesAtOnce) {
  const Context context(2);
  const Graph graph = PaddedNetwork(40, 16);
  const Nhwc size{1, 33, 47, 3};
  const auto reference = Compile(graph, size, Options(true, true), context);
  const Outputs images[] = {RunOnce(*reference, context, 1), RunOnce(*reference, context, 2)};
  const auto program = Compile(graph, size, Options(true, true), context);
  std::vector<Outputs> answers(8);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < answers.size(); i++)
    threads.emplace_back([&, i] { answers[i] = RunOnce(*program, context, 1 + i % 2); });
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < answers.size(); i++) EXPECT_TRUE(SameBytes(answers[i], images[i % 2])) << i;
}

TEST(ImageWindow, RimsCountInTheStoreAndAreShared) {
  const Context context(1);
  PackedStore store;
  const Graph graph = VggLike(8);
  const auto small = Compile(graph, {1, 40, 48, 3}, Options(true, true), context, store);
  const int64_t rims = small->plan().memory.rims, bytes = store.bytes();
  EXPECT_GT(rims, 0);
  {
    PackedStore other;
    const auto whole = Compile(graph, {1, 40, 48, 3}, Options(true, false), context, other);
    EXPECT_EQ(bytes, other.bytes() + rims);
  }
  RunOnce(*small, context);
  EXPECT_EQ(store.bytes(), bytes);
  {
    // The sides differ by whole steps of the coarsest layer: no rim is new.
    const auto large = Compile(graph, {1, 80, 96, 3}, Options(true, true), context, store);
    EXPECT_EQ(store.bytes(), bytes);
    PackedStore other;
    const auto whole = Compile(graph, {1, 80, 96, 3}, Options(true, true), context, other);
    EXPECT_TRUE(SameBytes(RunOnce(*large, context), RunOnce(*whole, context)));
    const auto odd = Compile(graph, {1, 81, 96, 3}, Options(true, true), context, store);
    EXPECT_GT(store.bytes(), bytes);
  }
  EXPECT_EQ(store.bytes(), bytes) << "rims that no program needs are kept";
}

TEST(ImageWindow, TakesLessMemoryAndAsMuchAsForecast) {
  const Context context(2);
  const Nhwc size{1, 64, 96, 3};
  const Graph graph = VggLike(16);
  const auto whole = Compile(graph, size, Options(true, false), context);
  const auto window = Compile(graph, size, Options(true, true), context);
  EXPECT_LT(window->plan().memory.peak(), whole->plan().memory.peak());
  Tensor input(size), output(window->plan().shapes[window->plan().outputs[0]]);
  test::FillUniform(input.data(), size.elements(), 1);
  const ConstAnyView in = input.view();
  const AnyView out = output.view();
  Arena arena;
  window->Run(std::span(&in, 1), std::span(&out, 1), arena, context);
  EXPECT_EQ(arena.bytes(), window->plan().memory.arena);
}

TEST(ImageWindow, ProfilesWhatIsComputed) {
  const Context context(1);
  const Nhwc size{1, 30, 40, 3};
  const auto program = Compile(VggLike(16), size, Options(true, true), context);
  Tensor input(size), output(program->plan().shapes[program->plan().outputs[0]]);
  test::FillUniform(input.data(), size.elements(), 1);
  const ConstAnyView in = input.view();
  const AnyView out = output.view();
  Arena arena;
  Profile profile;
  program->Run(std::span(&in, 1), std::span(&out, 1), arena, context, &profile);
  EXPECT_EQ(profile.rows[0].output_shape, "1x32x42x16");
  EXPECT_EQ(profile.rows[0].multiply_adds, 32 * 42 * 16 * 27);
  EXPECT_EQ(profile.rows[1].output_shape, "1x18x23x16") << "34x44 pixels that are pooled";
}

TEST(ImageWindow, LeavesNetworksWithoutWidePaddingAlone) {
  const Context context(1);
  EXPECT_TRUE(Compile(test::ManyOperations(), {1, 40, 50, 3}, {}, context)->plan().parts.empty());
  EXPECT_FALSE(Compile(VggLike(8), {1, 900, 900, 3}, {}, context)->plan().parts.empty());
  EXPECT_TRUE(Compile(PaddedNetwork(2), {1, 200, 200, 3}, {}, context)->plan().parts.empty());
}

// What an image reaches, found by changing it: with positive weights, a larger pixel makes everything larger that
// depends on it.
class Reach : public testing::TestWithParam<uint64_t> {};

Graph RandomNetwork(uint64_t seed) {
  Builder b(1);
  uint64_t at = 0;
  const auto pick = [&](int from, int to) {
    return from + static_cast<int>(RandomBits(seed, at++) % static_cast<uint64_t>(to - from + 1));
  };
  const auto padding = [&](int least, int most) {
    return Padding{pick(least, most), pick(least, most), pick(least, most), pick(least, most)};
  };
  ValueId x = b.x;
  for (int layer = 0; layer < 5; layer++) {
    const std::string name = "layer" + std::to_string(layer);
    const Size2 kernel{pick(1, 4), pick(1, 4)}, stride{pick(1, layer < 2 ? 1 : 2), pick(1, layer < 2 ? 1 : 2)};
    const int kind = layer == 0 ? 0 : pick(0, 3);
    if (kind == 0) {
      const ConvGeometry geometry{
          kernel, stride, {pick(1, 2), pick(1, 2)}, layer == 0 ? padding(6, 25) : padding(0, 3), 1};
      x = b.Conv(name, x, 1, 1, geometry, false);
    } else if (kind == 1) {
      const Padding small{kernel.h / 2, kernel.h / 2, kernel.w / 2, kernel.w / 2};
      if (kernel.h > 1 && kernel.w > 1) x = b.Node(name, MaxPool{kernel, stride, small, true}, {x});
    } else if (kind == 2) {
      x = b.Node(name, AveragePool{kernel, stride, {}, true, true}, {x});
    } else {
      const ValueId wide = b.Conv(name + "_a", x, 1, 1, Square(3, 1, 1), false);
      x = b.Node(name, Add{}, {wide, x});
    }
  }
  for (const Node& node : b.graph.nodes()) b.graph.AddOutput(node.output);
  return b.graph;
}

TEST_P(Reach, IsWhatChangesWithThePixels) {
  const Context context(1);
  const Graph graph = RandomNetwork(GetParam());
  const Nhwc size{1, 5, 7, 1};
  const WeightSource ones = [](const Value& parameter) {
    auto values = std::make_shared<std::vector<float>>(parameter.parameter_shape.elements(), 1.0f);
    return ParameterData{*values, values};
  };
  PackedStore store;
  const auto shared = std::make_shared<const Graph>(graph);
  const auto program = Program::Compile(shared, std::span(&size, 1), ones, store, Options(false, false), context);
  const auto run = [&](int64_t pixel) {
    Tensor input(size);
    for (float& v : input.values()) v = 0;
    if (pixel >= 0) input.data()[pixel] = 1;
    std::vector<Tensor> tensors;
    std::vector<AnyView> views;
    for (ValueId id : graph.outputs()) {
      tensors.emplace_back(program->plan().shapes[id]);
      views.emplace_back(tensors.back().view());
    }
    const ConstAnyView in = input.view();
    Arena arena;
    program->Run(std::span(&in, 1), views, arena, context);
    return tensors;
  };
  const std::vector<Tensor> blank = run(-1);
  std::vector<Region> reached(blank.size());
  for (int64_t pixel = 0; pixel < size.elements(); pixel++) {
    const std::vector<Tensor> changed = run(pixel);
    for (size_t i = 0; i < blank.size(); i++)
      for (int64_t at = 0; at < blank[i].shape().pixels(); at++) {
        if (blank[i].data()[at] == changed[i].data()[at]) continue;
        const int64_t y = at / blank[i].shape().w, x = at % blank[i].shape().w;
        reached[i].rows = Hull(reached[i].rows, {y, y + 1});
        reached[i].columns = Hull(reached[i].columns, {x, x + 1});
      }
  }
  const ByValue<Part> parts = PartsOf(Lower(shared), program->plan().shapes);
  bool exact = true;
  for (size_t i = 0; i < blank.size(); i++) {
    const Region& computed = parts[graph.outputs()[i]].computed;
    const Region whole = WholeOf(blank[i].shape());
    const std::string what = graph.value(graph.outputs()[i]).name + " of " + std::to_string(GetParam());
    EXPECT_EQ(Hull(computed.rows, reached[i].rows), computed.rows) << what;
    EXPECT_EQ(Hull(computed.columns, reached[i].columns), computed.columns) << what;
    // Where nearly all is reached, or nothing, all is computed; and from there on more than needed.
    exact = exact && !(computed == whole);
    if (exact) {
      EXPECT_EQ(computed, reached[i]) << what;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(RandomNetworks, Reach, testing::Range<uint64_t>(0, 60));

}  // namespace
}  // namespace fcn
