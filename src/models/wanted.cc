#include "models/wanted.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <variant>

#include "fcn/error.h"
#include "fcn/text.h"
#include "models/first_layer.h"
#include "models/initialise.h"
#include "models/surgery.h"

namespace fcn {
namespace {

using Inputs = std::vector<size_t>;

/// The weights of the convolutions that read the inputs, one by one or side by side, with the inputs of each.
std::map<ValueId, Inputs> WeightsOfInputs(const Graph& graph) {
  std::map<ValueId, Inputs> inputs, weights;
  for (size_t i = 0; i < graph.inputs().size(); i++) inputs[graph.inputs()[i]] = {i};
  for (const Node& node : graph.nodes()) {
    const auto first = inputs.find(node.inputs[0]);
    if (first == inputs.end()) continue;
    if (std::holds_alternative<Conv2d>(node.op)) weights[node.inputs[1]] = first->second;
    if (!std::holds_alternative<Concat>(node.op)) continue;
    Inputs all;
    for (const ValueId part : node.inputs)
      if (const auto its = inputs.find(part); its != inputs.end())
        all.insert(all.end(), its->second.begin(), its->second.end());
    inputs[node.output] = std::move(all);
  }
  return weights;
}

}  // namespace

Shape WantedParameter::ShapeFor(int64_t classes) const {
  std::vector<int64_t> sizes;
  for (size_t i = 0; i < is_classes.size(); i++) sizes.push_back(is_classes[i] ? classes : shape.dims()[i]);
  return Shape(sizes);
}

bool WantedParameter::depends_on_classes() const { return std::ranges::find(is_classes, true) != is_classes.end(); }

bool WantedParameter::Fits(const Shape& from) const {
  return from.rank() >= 1 && from[0] >= 1 && from[0] <= kMaxClasses &&
         (IsReshapable(from, ShapeFor(from[0])) || IsColourLayer(from));
}

bool WantedParameter::IsColourLayer(const Shape& from) const {
  return !inputs.empty() && shape[1] != kColourBands && from == Shape{shape[0], kColourBands, shape[2], shape[3]};
}

std::vector<WantedParameter> WantedParameters(const ZooEntry& entry, Ports ports) {
  const auto build_for = [&](int scores) {
    for (HeadPort& head : ports.heads) head.scores = scores;
    return entry.build(ports);
  };
  const Graph one = build_for(1), two = build_for(2);
  const bool are_channels_chosen = ports.form.fc_channels > 0;
  ports.form.fc_channels += are_channels_chosen ? 1 : 0;
  const Graph wider = build_for(1);
  const std::map<ValueId, Inputs> weights_of_inputs = WeightsOfInputs(one);
  std::vector<WantedParameter> wanted;
  for (const ValueId id : one.Parameters()) {
    const Value& parameter = one.value(id);
    const Shape& other = two.value(two.Find(parameter.name)).parameter_shape;
    WantedParameter& row = wanted.emplace_back();
    row.name = parameter.name;
    row.shape = parameter.parameter_shape;
    for (int i = 0; i < row.shape.rank(); i++) row.is_classes.push_back(row.shape[i] != other[i]);
    if (const auto reads = weights_of_inputs.find(id); reads != weights_of_inputs.end()) row.inputs = reads->second;
    for (size_t i = 1; i < ports.heads.size(); i++)
      if (row.name.starts_with(HeadPrefix(ports, i))) row.head = i;
    const bool in_head = row.head > 0 || (!entry.head_prefix.empty() && row.name.starts_with(entry.head_prefix));
    row.is_of_chosen_channels =
        are_channels_chosen && !IsScoreParameter(row.name) && wider.value(id).parameter_shape != row.shape;
    row.may_be_new =
        IsScoreParameter(row.name) || IsUpsamplingParameter(row.name) || in_head || row.is_of_chosen_channels;
  }
  return wanted;
}

void MarkNewLayers(const std::vector<std::string>& beginnings, std::vector<WantedParameter>& wanted) {
  for (const std::string& beginning : beginnings) {
    bool is_any = false;
    for (WantedParameter& parameter : wanted) {
      if (!parameter.name.starts_with(beginning)) continue;
      parameter.begins_anew = parameter.may_be_new = is_any = true;
    }
    if (!is_any)
      throw Error(ErrorCode::kUsage, fmt::format("new_layers: no parameter's name begins with {}", Quoted(beginning)),
                  wanted.empty() ? "The network has none."
                                 : fmt::format("The first of this network's is {}.", wanted.front().name));
  }
  if (!wanted.empty() && std::ranges::all_of(wanted, &WantedParameter::begins_anew))
    throw Error(ErrorCode::kUsage, "new_layers names all layers of the network", "Leave the weights out.");
}

}  // namespace fcn
