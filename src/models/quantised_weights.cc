#include "models/quantised_weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "base/check.h"
#include "fcn/error.h"
#include "fcn/text.h"
#include "graph/by_value.h"
#include "graph/value_type.h"

namespace fcn {
namespace {

constexpr char kScale[] = "_scale", kZeroPoint[] = "_zero_point";

[[noreturn]] void Fail(const std::string& where, const std::string& what) {
  throw Error(ErrorCode::kInput, where + ": " + what,
              "The section on quantised weights of docs/formats.md says what belongs to one; a weight may also be "
              "stored as float32.");
}

/// Where a weight's output channels are.
struct Outputs {
  size_t axis = 0;
  int groups = 1;  ///< that share the indices of the axis, each with outputs of its own
};

/// By parameter. Transposed convolutions have theirs in the second dimension, those of all groups at the same indices.
ByValue<Outputs> OutputsOf(const Graph& graph) {
  ByValue<Outputs> outputs(graph);
  for (const Node& node : graph.nodes())
    if (const auto* deconv = std::get_if<Deconv2d>(&node.op)) {
      Outputs& of_weight = outputs[node.inputs[1]];
      of_weight = {.axis = 1, .groups = std::max(of_weight.groups, deconv->groups)};
    }
  return outputs;
}

/// A companion's shape: ones, and the dimension of `axis` where there is an element for each of its indices.
Shape CompanionShape(const Shape& weight, size_t axis, bool for_each) {
  std::vector<int64_t> dims(weight.dims().size(), 1);
  if (for_each) dims[axis] = weight.dims()[axis];
  return Shape(std::move(dims));
}

/// Takes a companion out of the tensors.
StoredTensor Take(NamedTensors& tensors, const NamedTensors::iterator& found, DType dtype, const Shape& weight,
                  const Outputs& outputs, const std::string& where) {
  StoredTensor tensor = found->second;
  const std::string name = found->first;
  if (tensor.dtype != dtype)
    Fail(where, fmt::format("{} is {}, not {}", Quoted(name), DTypeName(tensor.dtype), DTypeName(dtype)));
  const Shape one = CompanionShape(weight, outputs.axis, false), each = CompanionShape(weight, outputs.axis, true);
  const bool may_be_each = outputs.groups == 1;
  if (tensor.shape != one && !(may_be_each && tensor.shape == each))
    Fail(where,
         fmt::format("{} is {}, not {}{}", Quoted(name), tensor.shape.ToString(), one.ToString(),
                     may_be_each ? fmt::format(" or {}", each.ToString())
                                 : fmt::format(", as its transposed convolution has {} groups", outputs.groups)));
  tensors.erase(found);
  return tensor;
}

Quantisation ReadQuantisation(const Graph& graph, ValueId id, const Outputs& outputs, NamedTensors& tensors,
                              const std::string& where) {
  const std::string& name = graph.value(id).name;
  const Shape& shape = graph.value(id).parameter_shape;
  if (shape.rank() < 2)
    Fail(where,
         fmt::format("{} is int8, and has {} dimensions: weights of two and more can be", Quoted(name), shape.rank()));
  const auto companion = [&](const char* end) {
    const ValueId other = graph.Find(name + end);
    if (other == kNoValue || graph.value(other).kind != ValueKind::kParameter) return tensors.find(name + end);
    Fail(where, fmt::format("{} is int8, and {} is another weight", Quoted(name), Quoted(name + end)));
  };
  Quantisation by;
  by.axis = outputs.axis;
  const auto scale = companion(kScale);
  if (scale == tensors.end()) Fail(where, fmt::format("{} is int8 and lacks {}", Quoted(name), Quoted(name + kScale)));
  by.scales = Take(tensors, scale, DType::kFloat32, shape, outputs, where).ToFloats();
  for (const float number : by.scales)
    if (!(number >= kLeastScale) || !(number <= kMostScale))
      Fail(where, fmt::format("{} has a scale of {}: it must be from {} to {}", Quoted(name + kScale), number,
                              kLeastScale, kMostScale));
  by.zero_points.resize(by.scales.size(), 0);
  if (const auto zero_point = companion(kZeroPoint); zero_point != tensors.end()) {
    const StoredTensor points = Take(tensors, zero_point, DType::kInt8, shape, outputs, where);
    if (points.bytes.size() != by.scales.size())
      Fail(where, fmt::format("{} has {} elements for {} scales", Quoted(name + kZeroPoint), points.bytes.size(),
                              by.scales.size()));
    std::memcpy(by.zero_points.data(), points.bytes.data(), points.bytes.size());
  }
  return by;
}

}  // namespace

NamedTensors JoinQuantised(const Graph& graph, NamedTensors tensors, const std::string& where) {
  const ByValue<Outputs> outputs = OutputsOf(graph);
  for (const ValueId id : graph.Parameters()) {
    const auto found = tensors.find(graph.value(id).name);
    if (found == tensors.end() || found->second.dtype != DType::kInt8) continue;
    StoredTensor& weight = found->second;
    if (weight.shape != graph.value(id).parameter_shape) continue;  // which CheckWeights says
    weight.quantisation =
        std::make_shared<const Quantisation>(ReadQuantisation(graph, id, outputs[id], tensors, where));
  }
  return tensors;
}

void CheckNoneQuantised(const Graph& graph, const NamedTensors& tensors, const std::string& where) {
  for (const ValueId id : graph.Parameters()) {
    const std::string& name = graph.value(id).name;
    const auto found = tensors.find(name);
    if (found == tensors.end() || found->second.dtype != DType::kInt8 || !tensors.contains(name + kScale)) continue;
    throw Error(ErrorCode::kInput,
                fmt::format("{}: {} is int8 with scales, which a file of format 1 cannot have", where, Quoted(name)),
                "Write \"fcn.format\" as \"2\" in the metadata and remove \"fcn.checksum\", or store these weights as "
                "float32.");
  }
}

NamedTensors SplitQuantised(const NamedTensors& weights) {
  NamedTensors tensors;
  for (const auto& [name, tensor] : weights) {
    StoredTensor plain = tensor;
    plain.quantisation = nullptr;
    tensors.insert_or_assign(name, std::move(plain));
    if (!tensor.quantisation) continue;
    const Quantisation& by = *tensor.quantisation;
    FCN_CHECK(by.axis < tensor.shape.dims().size());
    const Shape shape = CompanionShape(tensor.shape, by.axis, by.scales.size() != 1);
    tensors.insert_or_assign(name + kScale, StoredTensor::FromFloats(shape, by.scales));
    if (std::ranges::all_of(by.zero_points, [](int8_t point) { return point == 0; })) continue;
    StoredTensor points;
    points.dtype = DType::kInt8;
    points.shape = shape;
    points.bytes = {reinterpret_cast<const uint8_t*>(by.zero_points.data()), by.zero_points.size()};
    points.owner = tensor.quantisation;
    tensors.insert_or_assign(name + kZeroPoint, std::move(points));
  }
  return tensors;
}

bool HasQuantised(const NamedTensors& weights) {
  return std::ranges::any_of(weights, [](const auto& weight) { return weight.second.quantisation != nullptr; });
}

}  // namespace fcn
