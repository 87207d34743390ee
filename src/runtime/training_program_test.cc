// What only plans for training have: gradients that are taken on the way, weights packed while a layer runs, layers in
// slices.

#include "runtime/training_program.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "graph/test_graphs.h"
#include "runtime/steps/conv_slices.h"
#include "support/guarded.h"
#include "tensor/random.h"

namespace fcn {
namespace {

using test::Builder;
using test::Square;

TEST(ConvSlices, CoverTheChannelsInMultiplesOfVectors) {
  for (const int64_t inputs : {1, 512, 4096})
    for (const int kernel : {1, 7})
      for (const int64_t outputs : {1, 21, 4096, 4097, 20000}) {
        const ConvProblem problem{Square(kernel), {1, 9, 9, inputs}, {1, 3, 3, outputs}};
        const steps::ConvSlices slices(problem);
        int64_t covered = 0, weights = 0;
        for (int64_t i = 0; i < slices.count(); i++) {
          EXPECT_EQ(slices.first(i), covered);
          EXPECT_EQ(slices.first_weight(i), weights);
          EXPECT_EQ(covered % 64, 0);
          EXPECT_LE(slices.weights(i), slices.kMost);
          covered += slices.At(i).output.c, weights += slices.weights(i);
        }
        EXPECT_EQ(covered, outputs);
        EXPECT_EQ(weights, outputs * inputs * kernel * kernel);
        EXPECT_EQ(slices.count() > 1, weights > slices.kMost);
      }
  const ConvProblem grouped{Square(1, 1, 0, 1, 2), {1, 1, 1, 1 << 14}, {1, 1, 1, 1 << 14}};
  EXPECT_EQ(steps::ConvSlices(grouped).count(), 1);
}

/// A layer of 19 million weights between two small ones, which is computed in slices.
struct Large {
  static constexpr int kInputs = 4096, kOutputs = 4608, kClasses = 5;
  static constexpr Nhwc kImages{1, 3, 4, 6};

  Large() : context(2), image(kImages), labels({1, 3, 4, 1}) {
    Builder b(static_cast<int>(kImages.c));
    b.Node("relu1", Relu{}, {b.Conv("first", b.x, 6, kInputs)});
    b.Node("relu2", Relu{}, {b.Conv("large", b["relu1"], kInputs, kOutputs)});
    b.Conv("score", b["relu2"], kOutputs, kClasses);
    const ValueId loss = b.Node("loss", SoftmaxLoss{}, {b["score"], b.Labels()});
    b.graph.AddOutput(loss);
    step = Differentiate(b.graph, std::vector{loss}, [](const Value&) { return true; });
    graph = std::make_shared<const Graph>(step.graph);
    for (const ValueId id : graph->Parameters()) {
      const Value& value = graph->value(id);
      std::vector<float>& values = weights[value.name];
      values.resize(static_cast<size_t>(value.parameter_shape.elements()));
      test::FillUniform(values.data(), static_cast<int64_t>(values.size()), SeedFromName(value.name.c_str()));
      for (float& v : values) v *= 0.03f;
    }
    test::FillUniform(image.data(), kImages.elements(), 3);
    for (size_t i = 0; i < labels.values().size(); i++)
      labels.values()[i] = static_cast<int32_t>(RandomBits(1, i) % kClasses);
  }

  WeightSource Source() {
    return [this](const Value& parameter) { return ParameterData{weights.at(parameter.name), nullptr}; };
  }
  std::vector<ConstAnyView> Inputs() { return {image.view(), labels.view()}; }
  std::vector<Nhwc> Shapes() const { return {kImages, labels.shape()}; }

  Context context;
  Tensor image;
  LabelTensor labels;
  Differentiated step;
  std::shared_ptr<const Graph> graph;
  std::map<std::string, std::vector<float>> weights;
};

using Results = std::map<std::string, std::vector<float>>;

/// Every output of a plan by its value's name.
template <typename Run>
Results OutputsOf(const Plan& plan, const Run& run) {
  std::vector<Tensor> outputs;
  std::vector<AnyView> views;
  views.reserve(plan.outputs.size());
  for (const ValueId id : plan.outputs) views.emplace_back(outputs.emplace_back(plan.shapes[id]).view());
  run(views);
  Results results;
  for (size_t i = 0; i < outputs.size(); i++) {
    const std::span<const float> values = std::as_const(outputs[i]).values();
    results[plan.graph->value(plan.outputs[i]).name].assign(values.begin(), values.end());
  }
  return results;
}

TEST(TrainingProgram, ALayerInSlicesGivesWhatItGivesWhole) {
  Large large;
  // Whole: planned as for inference.
  const Plan plan = MakePlan(large.graph, large.Shapes(), {}, large.context);
  const Results whole = OutputsOf(plan, [&](const std::vector<AnyView>& views) {
    Arena arena;
    PackedLayer layer;
    const auto packed = [&](size_t i) -> const PackedLayer* {
      if (!plan.steps[i].kernel->has_parameters()) return nullptr;
      plan.steps[i].kernel->Pack(large.Source(), large.context, layer);
      return &layer;
    };
    RunPlan(plan, large.Inputs(), views, packed, arena, large.context);
  });

  TrainingProgram kept(large.graph, large.Shapes(), {}, large.context);
  Results sliced = OutputsOf(kept.plan(), [&](const std::vector<AnyView>& views) {
    kept.Run(large.Inputs(), views, large.Source(), large.context);
  });
  // The gradient by the layer's input is a sum over slices: it is what the first layer's gradients are made of.
  for (const auto& [name, values] : whole) {
    if (!name.starts_with("d.first")) {
      EXPECT_TRUE(values == sliced.at(name)) << name;
      continue;
    }
    float most = 0;
    for (const float value : values) most = std::max(most, std::abs(value));
    for (size_t i = 0; i < values.size(); i++) ASSERT_NEAR(values[i], sliced.at(name)[i], 1e-5f * most) << name;
  }

  TrainingProgram handing(large.graph, large.Shapes(), {}, large.context, {.consumed = large.step.gradients});
  Results handed;
  size_t pieces = 0;
  const auto sink = [&](size_t i, int64_t first, std::span<const float> values) {
    const ParameterGradient& gradient = large.step.gradients[i];
    std::vector<float>& all = handed[large.graph->value(gradient.gradient).name];
    EXPECT_EQ(static_cast<int64_t>(all.size()), first);
    all.insert(all.end(), values.begin(), values.end());
    pieces++;
    // Nothing reads these weights any more.
    const std::string& name = large.graph->value(gradient.parameter).name;
    std::fill_n(large.weights.at(name).begin() + first, values.size(), std::numeric_limits<float>::quiet_NaN());
  };
  const Results outputs = OutputsOf(handing.plan(), [&](const std::vector<AnyView>& views) {
    handing.Run(large.Inputs(), views, large.Source(), large.context, nullptr, sink);
  });
  EXPECT_GT(pieces, large.step.gradients.size() + 10);
  EXPECT_EQ(outputs.size(), 1u);
  handed.insert(outputs.begin(), outputs.end());
  EXPECT_TRUE(handed == sliced);
  // Neither the weights nor their gradient are ever there a second time.
  const int64_t bytes = int64_t{Large::kInputs} * Large::kOutputs * int64_t{sizeof(float)};
  EXPECT_LT(handing.planned_bytes(), bytes * 95 / 100);
  EXPECT_GT(kept.planned_bytes(), bytes);
}

}  // namespace
}  // namespace fcn
