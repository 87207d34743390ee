#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "runtime/program.h"
#include "support/graph_builder.h"
#include "support/guarded.h"
#include "tensor/random.h"

namespace fcn::test {

/// A network of many operations and most kinds of fusing: a residual block with batch norms, a depthwise layer, a layer
/// for Winograd, pooling, a concatenation, and a skip with transposed convolution, crop and resize.
inline Graph ManyOperations() {
  Builder b;
  ConvGeometry strided = Square(3, 2);
  strided.padding = {0, 1, 0, 1};
  ValueId x = b.Node("stem_relu", Relu6{}, {b.Norm("stem_bn", b.Conv("stem", b.x, 3, 16, strided, false), 16)});
  const ValueId branch =
      b.Node("dw_relu", Relu6{}, {b.Norm("dw_bn", b.Conv("dw", x, 16, 16, Square(3, 1, 1, 1, 16), false), 16)});
  x = b.Node("residual", Add{}, {b.Norm("project_bn", b.Conv("project", branch, 16, 16), 16), x});
  x = b.Node("residual_relu", Relu{}, {x});
  const ValueId wide = b.Node("wide_relu", Relu{}, {b.Conv("wide", x, 16, 24, Square(3, 1, 1))});
  const ValueId lonely = b.Norm("lonely_bn", b.Node("scaled", Scale{0.5f}, {wide}), 24);
  const ValueId joined = b.Node("joined", Concat{}, {wide, lonely, x});
  const ValueId pooled = b.Node("pooled", MaxPool{{2, 2}, {2, 2}, {}, true}, {joined});
  const ValueId averaged = b.Node("averaged", AveragePool{{3, 3}, {1, 1}, {1, 1, 1, 1}, false, false}, {pooled});
  const ValueId coarse = b.Conv("coarse", b.Node("dropped", Dropout{}, {averaged}), 64, 5);
  const ValueId up = b.Deconv("up", coarse, 5, 5, Square(4, 2));
  const ValueId fine = b.Conv("fine", x, 16, 5);
  const ValueId fused = b.Node("fused", Add{}, {b.Node("cropped", Crop{}, {up, fine}), fine});
  b.graph.AddOutput(b.Node("score", Resize{}, {fused, b.x}));
  return b.graph;
}

/// A layer that is gathered and multiplied on small maps, and goes through Winograd on larger ones; then another.
inline std::shared_ptr<const Graph> LayerOfTwoPackings() {
  Builder b(64);
  const ValueId fc = b.Conv("fc", b.x, 64, 64, Square(7, 1, 3), false);
  b.graph.AddOutput(b.Conv("score", fc, 64, 64, {}, false));
  return std::make_shared<const Graph>(b.graph);
}
inline constexpr Nhwc kFewPixels{1, 4, 4, 64}, kManyPixels{1, 64, 64, 64}, kMorePixels{1, 96, 64, 64};

inline float ParameterValue(const std::string& name, int64_t i) {
  const float u = RandomUniform(SeedFromName(name.c_str()), static_cast<uint64_t>(i));
  if (name.ends_with("variance")) return 1 + 0.5f * u;
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
