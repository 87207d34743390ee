// Values of other types than float32 in programs: a small network that has them all.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "graph/passes/passes.h"
#include "graph/text.h"
#include "kernels/convert/reference.h"
#include "runtime/program.h"
#include "runtime/test_networks.h"

namespace fcn {
namespace {

using test::RandomSource;

// Padded so widely that most of the first maps never see the image.
constexpr char kNetwork[] =
    "input image channels=3\n"
    "parameter first.weight 16x3x3x3\n"
    "first = Conv2d(image, first.weight) kernel=3x3 padding=30,30,30,30\n"
    "bytes = Quantise(first) type=int8 scale=0.05 zero_point=3\n"
    "again = Dequantise(bytes)\n"
    "parameter second.weight 32x16x3x3\n"
    "second = Conv2d(again, second.weight) kernel=3x3 padding=1,1,1,1\n"
    "halves = Cast(second) type=bfloat16\n"
    "floats = Cast(halves)\n"
    "pool = MaxPool(floats) kernel=4x4 stride=4x4\n"
    "unsigned = Quantise(pool) type=uint8 scale=0.1 zero_point=128\n"
    "whole = Dequantise(unsigned)\n"
    "parameter score.weight 5x32x1x1\n"
    "coarse = Conv2d(whole, score.weight)\n"
    "score = Resize(coarse, image)\n"
    "labels = Argmax(score)\n"
    "numbers = Cast(labels)\n"
    "short = Cast(numbers) type=uint16\n"
    "output labels\n"
    "output short\n"
    "output unsigned\n"
    "output halves\n"
    "output bytes\n";

std::shared_ptr<const Graph> Network(const std::vector<std::string>& more_outputs = {}) {
  std::string text = kNetwork;
  for (const std::string& name : more_outputs) text += "output " + name + "\n";
  return std::make_shared<const Graph>(ParseGraph(text));
}

/// A program's outputs by name.
std::map<std::string, AnyTensor> RunAll(const std::shared_ptr<const Graph>& graph, const Nhwc& size,
                                        const CompileOptions& options, const Context& context,
                                        Profile* profile = nullptr) {
  PackedStore store;
  const auto program = Program::Compile(graph, std::span(&size, 1), RandomSource(), store, options, context);
  const Plan& plan = program->plan();
  Tensor image(size);
  test::FillUniform(image.data(), size.elements(), 4);
  std::vector<AnyTensor> outputs;
  std::vector<AnyView> views;
  views.reserve(plan.outputs.size());
  for (const ValueId id : plan.outputs)
    views.push_back(outputs.emplace_back(plan.type(id).element, plan.shapes[id]).view());
  const ConstAnyView input = image.view();
  Arena arena;
  program->Run(std::span(&input, 1), views, arena, context, profile);
  EXPECT_EQ(arena.bytes(), plan.memory.arena);
  std::map<std::string, AnyTensor> by_name;
  for (size_t i = 0; i < outputs.size(); i++)
    by_name.emplace(graph->value(graph->outputs()[i]).name, std::move(outputs[i]));
  return by_name;
}

bool SameBytes(const AnyTensor& a, const AnyTensor& b) {
  return a.type() == b.type() && a.shape() == b.shape() && std::ranges::equal(a.bytes(), b.bytes());
}

constexpr Nhwc kSize{2, 21, 34, 3};
const CompileOptions kDirect{.winograd = false, .disabled_passes = {}, .image_window = false, .max_memory = 0};

TEST(ValueTypes, EachStepComputesWhatItsReferenceDoes) {
  const Context context(2);
  const auto outputs =
      RunAll(Network({"first", "again", "second", "floats", "pool", "whole"}), kSize, kDirect, context);
  const auto each = [&]<typename From, typename To>(const char* from, const char* to, From, To, const auto& expected) {
    const std::span<const From> x = outputs.at(from).template values<From>();
    const std::span<const To> y = outputs.at(to).template values<To>();
    ASSERT_EQ(x.size(), y.size());
    for (size_t i = 0; i < x.size(); i++) ASSERT_EQ(y[i], expected(x[i])) << from << " to " << to << ", " << i;
  };
  const convert::Quantisation bytes{0.05f, 3}, unsigned_bytes{0.1f, 128};
  namespace reference = convert::reference;
  each("first", "bytes", float{}, int8_t{}, [&](float x) { return reference::Quantise<int8_t>(x, bytes); });
  each("bytes", "again", int8_t{}, float{}, [&](int8_t q) { return reference::Dequantise(q, bytes); });
  each("second", "floats", float{}, float{}, reference::AsBFloat16);
  each("pool", "unsigned", float{}, uint8_t{},
       [&](float x) { return reference::Quantise<uint8_t>(x, unsigned_bytes); });
  each("unsigned", "whole", uint8_t{}, float{}, [&](uint8_t q) { return reference::Dequantise(q, unsigned_bytes); });
  each("labels", "short", int32_t{}, uint16_t{}, [](int32_t label) { return static_cast<uint16_t>(label); });
  EXPECT_EQ(outputs.at("halves").type(), ElementType::kBFloat16);
  const auto labels = outputs.at("labels").values<int32_t>();
  EXPECT_GT(std::ranges::count(labels, labels[0]), 0);
  EXPECT_LT(std::ranges::count(labels, labels[0]), std::ssize(labels)) << "all labels are alike";
}

TEST(ValueTypes, TheSameBytesByAnyThreadsAndPasses) {
  const Context one(1), three(3);
  const auto expected = RunAll(Network(), kSize, kDirect, one);
  CompileOptions plain = kDirect;
  for (const Pass& pass : AllPasses()) plain.disabled_passes.emplace_back(pass.name);
  CompileOptions window = kDirect;
  window.image_window = true;
  for (const CompileOptions& options : {kDirect, plain, window})
    for (const Context* context : {&one, &three})
      for (const auto& [name, tensor] : RunAll(Network(), kSize, options, *context))
        EXPECT_TRUE(SameBytes(tensor, expected.at(name))) << name;
}

/// Where only the labels are wanted, rims of bytes are kept beside the image's window.
TEST(ValueTypes, AnImageWindowHasRimsOfBytes) {
  Graph graph = *Network();
  graph.ClearOutputs();
  graph.AddOutput(graph.Find("score"));
  const auto shared = std::make_shared<const Graph>(graph);
  const Context context(2);
  CompileOptions options = kDirect;
  const auto expected = RunAll(shared, kSize, options, context);
  options.image_window = true;
  const Plan plan = MakePlan(shared, std::span(&kSize, 1), options, context);
  ASSERT_FALSE(plan.parts.empty());
  EXPECT_NE(plan.parts[graph.Find("bytes")].computed, WholeOf({2, 79, 92, 16}));
  EXPECT_TRUE(SameBytes(RunAll(shared, kSize, options, context).at("score"), expected.at("score")));
}

TEST(ValueTypes, ThePlannerCountsBytes) {
  const Context context(1);
  const auto arena_of = [&](const std::string& there, const std::string& back) {
    const auto graph = std::make_shared<const Graph>(
        ParseGraph("input x channels=16\na = " + there + "\nb = " + back + "\noutput b\n"));
    const Nhwc size{1, 8, 8, 16};
    return MakePlan(graph, std::span(&size, 1), {}, context).memory.arena;
  };
  constexpr int64_t kElements = 8 * 8 * 16;
  EXPECT_EQ(arena_of("Softmax(x)", "MaxPool(a)"), 4 * kElements);
  EXPECT_EQ(arena_of("Cast(x) type=bfloat16", "Cast(a)"), 2 * kElements);
  EXPECT_EQ(arena_of("Cast(x) type=int32", "Cast(a)"), 4 * kElements);
  EXPECT_EQ(arena_of("Quantise(x)", "Dequantise(a)"), kElements);

  const Plan plan = MakePlan(Network(), std::span(&kSize, 1), kDirect, context);
  const int64_t pixels = 2 * 21 * 34, padded = int64_t{2} * 79 * 92, pooled = int64_t{2} * 19 * 23;
  EXPECT_EQ(plan.memory.inputs, pixels * 3 * 4);
  EXPECT_EQ(plan.memory.outputs, pixels * (4 + 2) + pooled * 32 + padded * (32 * 2 + 16));
  EXPECT_EQ(plan.stored_bytes(plan.graph->Find("second")), padded * 32 * 4);
  EXPECT_EQ(plan.stored_bytes(plan.graph->Find("halves")), padded * 32 * 2);
  EXPECT_EQ(plan.stored_bytes(plan.graph->Find("bytes")), padded * 16);
}

TEST(ValueTypes, ProfilesNameThemAndCountTheirBytes) {
  Profile profile;
  RunAll(Network(), {1, 20, 30, 3}, kDirect, Context(1), &profile);
  const auto row = [&](const std::string& name) {
    const auto found = std::ranges::find(profile.rows, name, &Profile::Row::name);
    EXPECT_NE(found, profile.rows.end()) << name;
    return fmt::format("{} {} {}", found->kernel, found->output_shape, found->bytes);
  };
  EXPECT_EQ(row("bytes"), fmt::format("quantise_int8 1x78x88x16 int8 {}", 78 * 88 * 16 * (4 + 1)));
  EXPECT_EQ(row("again"), fmt::format("dequantise_int8 1x78x88x16 {}", 78 * 88 * 16 * (1 + 4)));
  EXPECT_EQ(row("halves"), fmt::format("cast_bfloat16 1x78x88x32 bfloat16 {}", 78 * 88 * 32 * (4 + 2)));
  EXPECT_EQ(row("floats"), fmt::format("cast_float32 1x78x88x32 {}", 78 * 88 * 32 * (2 + 4)));
  EXPECT_EQ(row("unsigned"), fmt::format("quantise_uint8 1x19x22x32 uint8 {}", 19 * 22 * 32 * (4 + 1)));
  EXPECT_EQ(row("short"), fmt::format("cast_uint16 1x20x30x1 uint16 {}", 20 * 30 * (4 + 2)));
  EXPECT_NE(ProfileTable(profile, {}).find("1x78x88x16 int8"), std::string::npos);
}

}  // namespace
}  // namespace fcn
