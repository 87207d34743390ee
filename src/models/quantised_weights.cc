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
#include "base/quoted.h"
#include "fcn/error.h"

namespace fcn {
namespace {

constexpr char kScale[] = "_scale", kZeroPoint[] = "_zero_point";

[[noreturn]] void Fail(const std::string& where, const std::string& what) {
  throw Error(ErrorCode::kInput, where + ": " + what,
              "The section on quantised weights of docs/formats.md says what belongs to one; a weight may also be "
              "stored as float32.");
}

/// The parameters whose second dimension is that of the outputs, by id: those of transposed convolutions.
std::vector<bool> WithOutputsSecond(const Graph& graph) {
  std::vector<bool> is_such(graph.values().size(), false);
  for (const Node& node : graph.nodes())
    if (std::holds_alternative<Deconv2d>(node.op))
      for (const ValueId id : node.inputs) is_such[static_cast<size_t>(id)] = true;
  return is_such;
}

/// A companion's shape: ones, and the dimension of `axis` where there is an element for each of its indices.
Shape CompanionShape(const Shape& weight, size_t axis, bool for_each) {
  std::vector<int64_t> dims(weight.dims().size(), 1);
  if (for_each) dims[axis] = weight.dims()[axis];
  return Shape(std::move(dims));
}

/// Takes a companion out of the tensors.
StoredTensor Take(NamedTensors& tensors, const NamedTensors::iterator& found, DType dtype, const Shape& weight,
                  size_t axis, const std::string& where) {
  const StoredTensor tensor = found->second;
  const std::string name = found->first;
  if (tensor.dtype != dtype)
    Fail(where, fmt::format("{} is {}, not {}", Quoted(name), DTypeName(tensor.dtype), DTypeName(dtype)));
  const Shape one = CompanionShape(weight, axis, false), each = CompanionShape(weight, axis, true);
  if (tensor.shape != one && tensor.shape != each)
    Fail(where,
         fmt::format("{} is {}, not {} or {}", Quoted(name), tensor.shape.ToString(), one.ToString(), each.ToString()));
  tensors.erase(found);
  return tensor;
}

Quantisation ReadQuantisation(const Graph& graph, ValueId id, size_t axis, NamedTensors& tensors,
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
  by.axis = axis;
  const auto scale = companion(kScale);
  if (scale == tensors.end()) Fail(where, fmt::format("{} is int8 and lacks {}", Quoted(name), Quoted(name + kScale)));
  by.scales = Take(tensors, scale, DType::kFloat32, shape, by.axis, where).ToFloats();
  for (const float number : by.scales)
    if (!(number >= kLeastScale) || !(number <= kMostScale))
      Fail(where, fmt::format("{} has a scale of {}: it must be from {} to {}", Quoted(name + kScale), number,
                              kLeastScale, kMostScale));
  by.zero_points.resize(by.scales.size(), 0);
  if (const auto zero_point = companion(kZeroPoint); zero_point != tensors.end()) {
    const StoredTensor points = Take(tensors, zero_point, DType::kInt8, shape, by.axis, where);
    if (points.bytes.size() != by.scales.size())
      Fail(where, fmt::format("{} has {} elements for {} scales", Quoted(name + kZeroPoint), points.bytes.size(),
                              by.scales.size()));
    std::memcpy(by.zero_points.data(), points.bytes.data(), points.bytes.size());
  }
  return by;
}

}  // namespace

NamedTensors JoinQuantised(const Graph& graph, NamedTensors tensors, const std::string& where) {
  const std::vector<bool> outputs_second = WithOutputsSecond(graph);
  for (const ValueId id : graph.Parameters()) {
    const auto found = tensors.find(graph.value(id).name);
    if (found == tensors.end() || found->second.dtype != DType::kInt8) continue;
    StoredTensor& weight = found->second;
    if (weight.shape != graph.value(id).parameter_shape) continue;  // which CheckWeights says
    const size_t axis = outputs_second[static_cast<size_t>(id)] ? 1 : 0;
    weight.quantisation = std::make_shared<const Quantisation>(ReadQuantisation(graph, id, axis, tensors, where));
  }
  return tensors;
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
