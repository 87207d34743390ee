// Layers of Caffe's against its rules in double precision (tools/caffe_reference.py).

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "caffe/import.h"
#include "golden_file.h"
#include "runtime/packed_store.h"
#include "runtime/program.h"

namespace fcn {
namespace {

using nlohmann::json;

std::vector<float> FloatsOf(const json& values) { return values.get<std::vector<float>>(); }

Tensor MapOf(const json& map) {
  const auto dims = map.at("shape").get<std::vector<int64_t>>();
  Tensor tensor({dims[0], dims[1], dims[2], dims[3]});
  const std::vector<float> values = FloatsOf(map.at("values"));
  EXPECT_EQ(values.size(), tensor.values().size());
  std::copy(values.begin(), values.end(), tensor.values().begin());
  return tensor;
}

/// The net itself with its layers' blobs, as a .caffemodel has them.
CaffeNet WithBlobs(CaffeNet net, const json& blobs) {
  for (CaffeLayer& layer : net.layers)
    if (blobs.contains(layer.name))
      for (const json& blob : blobs.at(layer.name))
        layer.blobs.push_back(
            StoredTensor::FromFloats(Shape(blob.at("shape").get<std::vector<int64_t>>()), FloatsOf(blob.at("values"))));
  return net;
}

TEST(CaffeGolden, LayersGiveWhatCaffeGives) {
  const json golden = ReadGolden("caffe-layers");
  EXPECT_GT(golden.at("cases").size(), 40U);
  for (const json& row : golden.at("cases")) {
    SCOPED_TRACE(row.at("name").get<std::string>());
    const CaffeNet net = ParseCaffeNet(row.at("net").get<std::string>(), "net.prototxt");
    const CaffeNet weights = WithBlobs(net, row.at("blobs"));
    const CaffeNetwork network = NetworkOfCaffe(net, {.weights = &weights});
    NamedTensors tensors;
    if (!network.weights.empty()) tensors = ImportCaffe(network, weights, {}).model.weights;
    auto graph = std::make_shared<Graph>(*network.graph);
    graph->ClearOutputs();
    graph->AddOutput(graph->Find(row.at("value").get<std::string>()));
    std::vector<Tensor> inputs;
    std::vector<Nhwc> shapes;
    std::vector<ConstAnyView> read;
    for (const ValueId id : graph->inputs()) inputs.push_back(MapOf(row.at("inputs").at(graph->value(id).name)));
    for (const Tensor& input : inputs) shapes.push_back(input.shape()), read.emplace_back(input.view());
    const WeightSource source = [&](const Value& parameter) {
      auto values = std::make_shared<const std::vector<float>>(tensors.at(parameter.name).ToFloats());
      return ParameterData{*values, values};
    };
    const Context context(2);
    PackedStore store;
    const auto program = Program::Compile(graph, shapes, source, store, {}, context);
    Tensor result(program->plan().shapes[static_cast<size_t>(graph->outputs()[0])]);
    const std::vector<AnyView> written = {result.view()};
    Arena arena;
    program->Run(read, written, arena, context);
    const auto expected = row.at("values").get<std::vector<double>>();
    const Nhwc shape = result.shape();
    ASSERT_EQ((std::vector<int64_t>{shape.n, shape.h, shape.w, shape.c}), row.at("shape").get<std::vector<int64_t>>());
    for (size_t i = 0; i < expected.size(); i++)
      EXPECT_NEAR(result.values()[i], expected[i], 1e-6 * (std::abs(expected[i]) + 4)) << i;
  }
}

}  // namespace
}  // namespace fcn
