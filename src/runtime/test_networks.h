#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "runtime/program.h"
#include "support/guarded.h"
#include "tensor/random.h"

namespace fcn::test {

/// A network of many operations and most kinds of fusing: a residual block with batch norms, a depthwise layer, a layer
/// for Winograd, pooling, a concatenation, and a skip with transposed convolution, crop and resize.
inline Graph ManyOperations() {
  Graph g;
  const ValueId image = g.AddInput("image", 3);
  const auto conv = [&](const std::string& name, ValueId x, int64_t in, int64_t out, ConvGeometry geometry, bool bias) {
    std::vector<ValueId> inputs = {
        x, g.AddParameter(name + ".weight", {out, in / geometry.groups, geometry.kernel.h, geometry.kernel.w})};
    if (bias) inputs.push_back(g.AddParameter(name + ".bias", {out}));
    return g.AddNode(name, Conv2d{geometry}, inputs);
  };
  const auto norm = [&](const std::string& name, ValueId x, int64_t channels) {
    std::vector<ValueId> inputs = {x};
    for (const char* part : {"weight", "bias", "running_mean", "running_var"})
      inputs.push_back(g.AddParameter(name + "." + part, {channels}));
    return g.AddNode(name, BatchNorm{1e-3f}, inputs);
  };
  const ConvGeometry pointwise, strided{{3, 3}, {2, 2}, {1, 1}, {0, 1, 0, 1}, 1}, same{{3, 3}, {}, {}, {1, 1, 1, 1}, 1};
  ValueId x = g.AddNode("stem_relu", Relu6{}, {norm("stem_bn", conv("stem", image, 3, 16, strided, false), 16)});
  ConvGeometry depthwise = same;
  depthwise.groups = 16;
  const ValueId branch = g.AddNode("dw_relu", Relu6{}, {norm("dw_bn", conv("dw", x, 16, 16, depthwise, false), 16)});
  x = g.AddNode("residual", Add{}, {norm("project_bn", conv("project", branch, 16, 16, pointwise, true), 16), x});
  x = g.AddNode("residual_relu", Relu{}, {x});
  const ValueId wide = g.AddNode("wide_relu", Relu{}, {conv("wide", x, 16, 24, same, true)});
  const ValueId lonely = norm("lonely_bn", g.AddNode("scaled", Scale{0.5f}, {wide}), 24);
  const ValueId joined = g.AddNode("joined", Concat{}, {wide, lonely, x});
  const ValueId pooled = g.AddNode("pooled", MaxPool{{2, 2}, {2, 2}, {}, true}, {joined});
  const ValueId averaged = g.AddNode("averaged", AveragePool{{3, 3}, {1, 1}, {1, 1, 1, 1}, false, false}, {pooled});
  const ValueId coarse = conv("coarse", g.AddNode("dropped", Dropout{}, {averaged}), 64, 5, pointwise, true);
  const ValueId up =
      g.AddNode("up", Deconv2d{{{4, 4}, {2, 2}, {}, {}, 1}}, {coarse, g.AddParameter("up.weight", {5, 5, 4, 4})});
  const ValueId fine = conv("fine", x, 16, 5, {{1, 1}, {}, {}, {}, 1}, true);
  const ValueId cropped = g.AddNode("cropped", Crop{}, {up, fine});
  const ValueId fused = g.AddNode("fused", Add{}, {cropped, fine});
  const ValueId score = g.AddNode("score", Resize{}, {fused, image});
  g.AddOutput(score);
  return g;
}

/// A layer that is gathered and multiplied on small maps, and goes through Winograd on larger ones; then another.
inline std::shared_ptr<const Graph> LayerOfTwoPackings() {
  Graph graph;
  const ValueId image = graph.AddInput("image", 64);
  const ValueId fc = graph.AddNode("fc", Conv2d{{{7, 7}, {}, {}, {3, 3, 3, 3}, 1}},
                                   {image, graph.AddParameter("fc.weight", {64, 64, 7, 7})});
  graph.AddOutput(graph.AddNode("score", Conv2d{}, {fc, graph.AddParameter("score.weight", {64, 64, 1, 1})}));
  return std::make_shared<const Graph>(graph);
}
inline constexpr Nhwc kFewPixels{1, 4, 4, 64}, kManyPixels{1, 64, 64, 64}, kMorePixels{1, 96, 64, 64};

inline float ParameterValue(const std::string& name, int64_t i) {
  const float u = RandomUniform(SeedFromName(name.c_str()), static_cast<uint64_t>(i));
  if (name.ends_with("running_var")) return 1 + 0.5f * u;
  return name.ends_with("bn.weight") ? 1 + 0.3f * u : 0.3f * u;
}

inline WeightSource RandomSource() {
  return [](const Value& parameter) {
    auto values = std::make_shared<std::vector<float>>();
    for (int64_t i = 0; i < parameter.parameter_shape.elements(); i++)
      values->push_back(ParameterValue(parameter.name, i));
    return ParameterData{*values, values};
  };
}

/// All outputs of one run on the image of that seed, as numbers that can be compared.
inline std::vector<std::vector<float>> RunOnce(const Program& program, const Context& context, uint64_t seed = 7) {
  Tensor input(program.plan().input_shapes[0]);
  FillUniform(input.data(), input.shape().elements(), seed);
  const ConstAnyView view = input.view();
  std::vector<AnyTensor> tensors;
  std::vector<AnyView> views;
  for (ValueId id : program.plan().outputs) {
    tensors.emplace_back(program.plan().type(id).element, program.plan().shapes[id]);
    views.push_back(tensors.back().view());
  }
  Arena arena;
  program.Run(std::span(&view, 1), views, arena, context);
  std::vector<std::vector<float>> outputs;
  for (const AnyTensor& tensor : tensors) {
    if (tensor.type() == ElementType::kInt32) {
      const std::span<const int32_t> labels = tensor.values<int32_t>();
      outputs.emplace_back(labels.begin(), labels.end());
    } else {
      const std::span<const float> values = tensor.values<float>();
      outputs.emplace_back(values.begin(), values.end());
    }
  }
  return outputs;
}

inline double LargestDifference(const std::vector<float>& a, const std::vector<float>& b) {
  EXPECT_EQ(a.size(), b.size());
  double largest = 0;
  for (size_t i = 0; i < std::min(a.size(), b.size()); i++) largest = std::max(largest, std::abs(double{a[i]} - b[i]));
  return largest;
}

}  // namespace fcn::test
