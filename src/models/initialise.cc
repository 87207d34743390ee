#include "models/initialise.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "fcn/error.h"
#include "fcn/text.h"
#include "models/ports.h"
#include "models/surgery.h"
#include "tensor/random.h"

namespace fcn {
namespace {

/// The module's own name: "_bn0" of "backbone._blocks.3._bn0.weight".
std::string ModuleName(const std::string& parameter) {
  const std::string module = parameter.substr(0, parameter.rfind('.'));
  return module.substr(module.rfind('.') + 1);
}

/// offset + scale · u for every element.
StoredTensor Uniform(const std::string& name, const Shape& shape, uint64_t seed, float offset, float scale) {
  const uint64_t stream = SeedFromName(name.c_str(), seed);
  std::vector<float> values(static_cast<size_t>(shape.elements()));
  for (size_t i = 0; i < values.size(); i++) values[i] = offset + scale * RandomUniform(stream, i);
  return StoredTensor::FromFloats(shape, values);
}

bool IsBilinear(const Shape& shape) { return shape.rank() == 4 && shape[0] == shape[1] && shape[2] == shape[3]; }

StoredTensor Bilinear(const Shape& shape) {
  FCN_CHECK(IsBilinear(shape));
  return BilinearWeights(static_cast<int>(shape[0]), static_cast<int>(shape[2]));
}

}  // namespace

bool IsUpsamplingParameter(const std::string& name) {
  return ModuleName(name).starts_with("upscore") && name.ends_with(".weight");
}

bool IsScoreParameter(const std::string& name) {
  if (ModuleName(name).starts_with("score")) return true;
  const std::string_view of_head = WithoutHeadPrefix(name);
  return std::ranges::any_of(
      std::array{"classifier.6.", "classifier.4.", "_fc.", "fc.", "fc8.", "ip2.", "loss3/classifier."},
      [&](const char* begin) { return of_head.starts_with(begin); });
}

StoredTensor RandomParameter(const std::string& name, const Shape& shape, uint64_t seed) {
  if (IsUpsamplingParameter(name)) return Bilinear(shape);
  if (name.ends_with(".running_var")) return Uniform(name, shape, seed, 1.0f, 0.5f);
  if (name.ends_with(".bias") || name.ends_with(".running_mean")) return Uniform(name, shape, seed, 0.0f, 0.1f);
  FCN_CHECK(name.ends_with(".weight") && shape.rank() >= 1);
  if (shape.rank() == 1) return Uniform(name, shape, seed, 1.0f, 0.25f);
  const int64_t fan_in = shape.elements() / shape[0];
  return Uniform(name, shape, seed, 0.0f, static_cast<float>(std::sqrt(6.0 / static_cast<double>(fan_in))));
}

NamedTensors RandomWeights(const Graph& graph, uint64_t seed) {
  NamedTensors weights;
  for (const ValueId id : graph.Parameters()) {
    const Value& parameter = graph.value(id);
    weights.emplace(parameter.name, RandomParameter(parameter.name, parameter.parameter_shape, seed));
  }
  return weights;
}

void RandomImage(uint64_t seed, float amplitude, int64_t height, int64_t width, int64_t channels,
                 std::span<float> values) {
  FCN_CHECK(static_cast<int64_t>(values.size()) == height * width * channels);
  constexpr int64_t kBlock = 8, kBlocksPerRow = 65536;  // fixed, so that a block's value depends on its place alone
  const uint64_t blocks = SeedFromName("image.blocks", seed), pixels = SeedFromName("image.pixels", seed);
  size_t i = 0;
  for (int64_t y = 0; y < height; y++)
    for (int64_t x = 0; x < width; x++)
      for (int64_t c = 0; c < channels; c++, i++) {
        const auto block = static_cast<uint64_t>(((y / kBlock) * kBlocksPerRow + x / kBlock) * channels + c);
        values[i] = amplitude * (0.75f * RandomUniform(blocks, block) + 0.25f * RandomUniform(pixels, i));
      }
}

void CheckHasBeginning(const std::string& name, const Shape& shape) {
  constexpr std::array kEndings = {".weight", ".bias", ".running_mean", ".running_var"};
  if (std::ranges::none_of(kEndings, [&](const char* ending) { return name.ends_with(ending); }) ||
      (shape.rank() > 1 && !name.ends_with(".weight")))
    throw Error(
        ErrorCode::kInput,
        fmt::format("the name of the parameter {} of {} does not say how it begins", Quoted(name), shape.ToString()),
        "Call it as torch does, MODULE.weight, .bias, .running_mean or .running_var, or give its values.");
  if (IsUpsamplingParameter(name) && !IsBilinear(shape))
    throw Error(ErrorCode::kInput,
                fmt::format("the parameter {} is {}, which cannot begin as bilinear interpolation", Quoted(name),
                            shape.ToString()),
                "It has as many inputs as outputs and a square kernel; or call it otherwise.");
}

StoredTensor InitialParameter(const std::string& name, const Shape& shape, uint64_t seed) {
  if (IsUpsamplingParameter(name)) return Bilinear(shape);
  const bool is_score = IsScoreParameter(name);
  if (!is_score && shape.rank() > 1) return RandomParameter(name, shape, seed);
  const bool is_one = !is_score && (name.ends_with(".weight") || name.ends_with(".running_var"));
  return StoredTensor::FromFloats(shape,
                                  std::vector<float>(static_cast<size_t>(shape.elements()), is_one ? 1.0f : 0.0f));
}

}  // namespace fcn
