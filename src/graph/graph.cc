#include "graph/graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fcn/error.h"
#include "fcn/text.h"
#include "graph/remedies.h"
#include "graph/types.h"

namespace fcn {
namespace {

constexpr int kLargestRank = 8;
constexpr int64_t kMostElements = int64_t{1} << 40;

bool AllowedInName(char c) { return c > ' ' && c < '\x7f' && c != '(' && c != ')' && c != ',' && c != '='; }

void CheckName(const std::string& name) {
  if (name.empty()) throw Error(ErrorCode::kInput, "a value of a graph has an empty name", kBadGraph);
  if (!std::all_of(name.begin(), name.end(), AllowedInName))
    throw Error(ErrorCode::kInput, fmt::format("the name {} has characters that names cannot have", Quoted(name)),
                "Names are printable ASCII without spaces and without ( ) , and =.");
}

void CheckParameterShape(const std::string& name, const Shape& shape) {
  const auto dims = shape.dims();
  if (shape.rank() > kLargestRank)
    throw Error(ErrorCode::kInput,
                fmt::format("parameter {} has {} dimensions; at most {} are possible", name, dims.size(), kLargestRank),
                kBadGraph);
  if (std::any_of(dims.begin(), dims.end(), [](int64_t dim) { return dim < 1; }) || shape.elements() > kMostElements)
    throw Error(ErrorCode::kInput, fmt::format("parameter {} cannot have the shape {}", name, shape.ToString()),
                kBadGraph);
}

std::string Range(int least, int most) {
  if (least == most) return fmt::format("{}", least);
  return most == OpInputs::kAny ? fmt::format("{} or more", least) : fmt::format("{} to {}", least, most);
}

}  // namespace

ValueId Graph::Add(Value value) {
  CheckName(value.name);
  const ValueId id = value_count();
  if (!by_name_.emplace(value.name, id).second)
    throw Error(ErrorCode::kInput, fmt::format("the name {} is taken twice in one graph", Quoted(value.name)),
                kBadGraph);
  values_.push_back(std::move(value));
  return id;
}

ValueId Graph::AddInput(std::string name, int channels, const ValueType& type) {
  if (channels < 1)
    throw Error(ErrorCode::kInput, fmt::format("input {} cannot have {} channels", Quoted(name), channels), kBadGraph);
  CheckType(type);
  inputs_.push_back(Add({.name = std::move(name), .kind = ValueKind::kInput, .channels = channels, .type = type}));
  return inputs_.back();
}

ValueId Graph::AddParameter(std::string name, Shape shape) {
  CheckParameterShape(Quoted(name), shape);
  return Add({.name = std::move(name), .kind = ValueKind::kParameter, .parameter_shape = std::move(shape)});
}

ValueId Graph::AddNode(std::string name, Op op, std::vector<ValueId> inputs) {
  CheckInputs(name, op, inputs);
  CheckAttributes(op);
  const ValueType type = TypeOfNode(name, op, inputs);
  const ValueId output = Add({.name = std::move(name), .kind = ValueKind::kActivation, .type = type});
  nodes_.push_back({.op = op, .inputs = std::move(inputs), .output = output});
  return output;
}

void Graph::AddOutput(ValueId id) {
  CheckExists(id);
  if (value(id).kind == ValueKind::kParameter)
    throw Error(ErrorCode::kInput, fmt::format("parameter {} cannot be an output", value(id).name), kBadGraph);
  outputs_.push_back(id);
}

ValueId Graph::Find(const std::string& name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? kNoValue : found->second;
}

std::vector<ValueId> Graph::Parameters() const {
  std::vector<ValueId> found;
  for (ValueId id = 0; id < value_count(); id++)
    if (value(id).kind == ValueKind::kParameter) found.push_back(id);
  return found;
}

ValueType Graph::TypeOfNode(const std::string& name, const Op& op, const std::vector<ValueId>& inputs) const {
  std::vector<const Value*> activations;
  for (ValueId id : inputs)
    if (value(id).kind != ValueKind::kParameter) activations.push_back(&value(id));
  try {
    return OutputTypeOf(op, activations);
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("layer {} ({}): {}", Quoted(name), OpName(op), error.message()),
                error.hint());
  }
}

void Graph::CheckExists(ValueId id) const {
  if (id < 0 || id >= value_count())
    throw Error(ErrorCode::kInput, fmt::format("a graph of {} values has no value {}", values_.size(), id), kBadGraph);
}

void Graph::CheckInputs(const std::string& name, const Op& op, const std::vector<ValueId>& inputs) const {
  for (ValueId id : inputs) CheckExists(id);
  const auto is_parameter = [&](ValueId id) { return value(id).kind == ValueKind::kParameter; };
  const auto first_parameter = std::find_if(inputs.begin(), inputs.end(), is_parameter);
  const auto activations = first_parameter - inputs.begin(), parameters = inputs.end() - first_parameter;
  const OpInputs wanted = InputsOf(op);
  if (activations < wanted.min_activations || activations > wanted.max_activations ||
      parameters < wanted.min_parameters || parameters > wanted.max_parameters ||
      !std::all_of(first_parameter, inputs.end(), is_parameter))
    throw Error(ErrorCode::kInput,
                fmt::format("{} ({}) takes {} activations followed by {} parameters, not these {} inputs", Quoted(name),
                            OpName(op), Range(wanted.min_activations, wanted.max_activations),
                            Range(wanted.min_parameters, wanted.max_parameters), inputs.size()),
                kBadGraph);
}

}  // namespace fcn
