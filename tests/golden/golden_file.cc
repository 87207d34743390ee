#include "golden_file.h"

#include <cmath>
#include <fstream>
#include <limits>
#include <memory>
#include <stdexcept>

#include "models/initialise.h"
#include "runtime/packed_store.h"
#include "runtime/program.h"

namespace fcn {
namespace {

std::ifstream Open(const std::string& file) {
  std::ifstream stream(std::string(FCN_GOLDEN_DATA) + "/" + file);
  if (!stream) throw std::runtime_error("cannot read " FCN_GOLDEN_DATA "/" + file);
  return stream;
}

}  // namespace

nlohmann::json ReadGolden(const std::string& name) {
  std::ifstream stream = Open(name + ".json");
  return nlohmann::json::parse(stream);
}

std::vector<std::string> ReadGoldenLines(const std::string& file) {
  std::ifstream stream = Open(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

WeightSource GeneratedWeights(uint64_t seed) {
  return SourceOf(
      [seed](const Value& parameter) { return RandomParameter(parameter.name, parameter.parameter_shape, seed); });
}

Tensor GeneratedImage(uint64_t seed, float amplitude, int64_t height, int64_t width, int64_t channels) {
  Tensor image({1, height, width, channels});
  RandomImage(seed, amplitude, height, width, channels, image.values());
  return image;
}

std::vector<Tensor> RunNetwork(const Graph& graph, const WeightSource& weights, const Tensor& image,
                               const CompileOptions& options, const Context& context) {
  PackedStore store;
  const std::vector<Nhwc> input_shapes = {image.shape()};
  const auto program =
      Program::Compile(std::make_shared<const Graph>(graph), input_shapes, weights, store, options, context);
  std::vector<Tensor> results;
  std::vector<AnyView> views;
  for (const ValueId output : program->plan().outputs) {
    results.emplace_back(program->plan().shapes[static_cast<size_t>(output)]);
    views.emplace_back(results.back().view());
  }
  Arena arena;
  const ConstAnyView input = image.view();
  program->Run(std::span(&input, 1), views, arena, context);
  return results;
}

Moments MomentsOf(std::span<const float> values) {
  const auto count = static_cast<double>(values.size());
  double sum = 0, squares = 0;
  for (const float value : values) sum += value;
  const double mean = sum / count;
  for (const float value : values) squares += (value - mean) * (value - mean);
  return {.mean = mean, .deviation = std::sqrt(squares / count)};
}

double LargestDifference(std::span<const float> values, const std::vector<int64_t>& positions,
                         const std::vector<double>& expected) {
  double largest = 0;
  for (size_t i = 0; i < positions.size(); i++) {
    const double difference = std::abs(values[static_cast<size_t>(positions[i])] - expected[i]);
    if (!std::isfinite(difference)) return std::numeric_limits<double>::infinity();
    largest = std::max(largest, difference);
  }
  return largest;
}

}  // namespace fcn
