#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "base/context.h"
#include "graph/graph.h"
#include "runtime/plan.h"
#include "runtime/weight_source.h"
#include "tensor/tensor.h"

namespace fcn {

/// A file of tests/golden/data as JSON.
nlohmann::json ReadGolden(const std::string& name);

/// The lines of one of its text files.
std::vector<std::string> ReadGoldenLines(const std::string& file);

/// The generator's weights, made one by one as they are packed.
WeightSource GeneratedWeights(uint64_t seed);

/// The generator's image, 1×height×width×channels.
Tensor GeneratedImage(uint64_t seed, float amplitude, int64_t height, int64_t width, int64_t channels = 3);

/// Compiles a network for one image and runs it: its results, in the graph's order.
std::vector<Tensor> RunNetwork(const Graph& graph, const WeightSource& weights, const Tensor& image,
                               const CompileOptions& options, const Context& context);

struct Moments {
  double mean = 0, deviation = 0;
};
Moments MomentsOf(std::span<const float> values);

/// The largest |value at position − expected|; infinite where one is not a number.
double LargestDifference(std::span<const float> values, const std::vector<int64_t>& positions,
                         const std::vector<double>& expected);

}  // namespace fcn
