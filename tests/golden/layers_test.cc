// Layers that no network of the zoo has, and their gradients, against PyTorch in double precision.

#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "golden_file.h"
#include "graph/text.h"
#include "runtime/packed_store.h"
#include "runtime/program.h"

namespace fcn {
namespace {

using nlohmann::json;

std::vector<float> Floats(const json& values) {
  std::vector<float> floats;
  for (const json& value : values) floats.push_back(value.get<float>());
  return floats;
}

Tensor TensorOf(const json& input) {
  const auto dims = input.at("shape").get<std::vector<int64_t>>();
  Tensor tensor({dims[0], dims[1], dims[2], dims[3]});
  const std::vector<float> values = Floats(input.at("values"));
  EXPECT_EQ(values.size(), tensor.values().size());
  std::copy(values.begin(), values.end(), tensor.values().begin());
  return tensor;
}

TEST(LayersGolden, ValuesAndGradients) {
  const json golden = ReadGolden("layers");
  for (const json& row : golden.at("layers")) {
    const auto graph = std::make_shared<const Graph>(ParseGraph(row.at("graph").get<std::string>()));
    std::vector<Tensor> inputs, results;
    std::vector<Nhwc> shapes;
    std::vector<ConstAnyView> read;
    for (const json& input : row.at("inputs")) inputs.push_back(TensorOf(input));
    for (const Tensor& input : inputs) shapes.push_back(input.shape()), read.emplace_back(input.view());
    const WeightSource weights = [&](const Value& parameter) {
      auto values = std::make_shared<const std::vector<float>>(Floats(row.at("parameters").at(parameter.name)));
      return ParameterData{*values, values};
    };
    const Context context(2);
    PackedStore store;
    const auto program = Program::Compile(graph, shapes, weights, store, {}, context);
    std::vector<AnyView> written;
    written.reserve(graph->outputs().size());
    for (const ValueId id : graph->outputs()) results.emplace_back(program->plan().shapes[static_cast<size_t>(id)]);
    for (Tensor& result : results) written.emplace_back(result.view());
    Arena arena;
    program->Run(read, written, arena, context);
    for (size_t i = 0; i < results.size(); i++) {
      const std::string& name = graph->value(graph->outputs()[i]).name;
      const auto expected = row.at("outputs").at(name).get<std::vector<double>>();
      ASSERT_EQ(results[i].values().size(), expected.size()) << row.at("name") << " " << name;
      for (size_t k = 0; k < expected.size(); k++)
        EXPECT_NEAR(results[i].values()[k], expected[k], 1e-6 * (std::abs(expected[k]) + 4))
            << row.at("name") << " " << name << " " << k;
    }
  }
}

}  // namespace
}  // namespace fcn
