#include "caffe/zoo_match.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "fcn/error.h"
#include "graph/attributes.h"
#include "graph/by_value.h"
#include "graph/channels.h"
#include "models/ports.h"
#include "models/zoo.h"

namespace fcn {
namespace {

void Mix(size_t& hash, size_t value) { hash ^= value + 0x9e3779b97f4a7c15 + (hash << 6) + (hash >> 2); }

size_t HashOf(int value) { return std::hash<int>()(value); }
size_t HashOf(float value) { return std::hash<float>()(value); }
size_t HashOf(bool value) { return value ? 1 : 0; }
size_t HashOf(ElementType value) { return static_cast<size_t>(value); }
size_t HashOf(Size2 size) {
  size_t hash = HashOf(size.h);
  Mix(hash, HashOf(size.w));
  return hash;
}
size_t HashOf(const Padding& p) {
  size_t hash = 0;
  for (const int side : {p.top, p.bottom, p.left, p.right}) Mix(hash, HashOf(side));
  return hash;
}

size_t HashOf(const Op& op) {
  size_t hash = std::hash<std::string_view>()(OpName(op));
  if (std::holds_alternative<Crop>(op)) return hash;
  std::visit(
      [&](auto attributes) {
        VisitAttributes(attributes, [&](const char*, const auto& field) { Mix(hash, HashOf(field)); });
      },
      op);
  return hash;
}

size_t HashOf(const Value& value, size_t place) {
  size_t hash = static_cast<size_t>(value.kind);
  if (value.kind == ValueKind::kInput) Mix(hash, place), Mix(hash, HashOf(value.channels));
  for (const int64_t dim : value.parameter_shape.dims()) Mix(hash, static_cast<size_t>(dim));
  return hash;
}

/// What a graph computes, as one number for each output.
std::vector<size_t> ShapeOf(const Graph& graph) {
  ByValue<size_t> hashes(graph, 0);
  size_t place = 0;
  for (ValueId id = 0; id < graph.value_count(); id++) {
    const Value& value = graph.value(id);
    if (value.kind != ValueKind::kActivation) hashes[id] = HashOf(value, place);
    if (value.kind == ValueKind::kInput) place++;
  }
  // Of inputs side by side a crop takes the size, which the first one has as well.
  ByValue<ValueId> sizes(graph, kNoValue);
  for (const Node& node : graph.nodes()) {
    if (std::holds_alternative<Concat>(node.op)) sizes[node.output] = node.inputs[0];
    size_t& hash = hashes[node.output] = HashOf(node.op);
    std::vector<size_t> read;
    read.reserve(node.inputs.size());
    for (const ValueId id : node.inputs) read.push_back(hashes[id]);
    if (std::holds_alternative<Crop>(node.op) && sizes[node.inputs[1]] != kNoValue)
      read[1] = hashes[sizes[node.inputs[1]]];
    if (std::holds_alternative<Add>(node.op)) std::ranges::sort(read);
    for (const size_t of_input : read) Mix(hash, of_input);
  }
  std::vector<size_t> outputs;
  outputs.reserve(graph.outputs().size());
  for (const ValueId id : graph.outputs()) outputs.push_back(hashes[id]);
  return outputs;
}

/// What the first skip may be scaled by: nothing, or the largest factor that the graph has, as it was written.
std::vector<double> SkipScalesOf(const Graph& graph) {
  std::vector<double> scales = {1};
  float largest = 0;
  for (const Node& node : graph.nodes())
    if (const auto* scale = std::get_if<Scale>(&node.op)) largest = std::max(largest, scale->factor);
  if (largest > 0) scales.push_back(std::stod(fmt::format("{}", largest)));
  return scales;
}

}  // namespace

std::optional<ZooMatch> ZooNetworkLike(const Graph& graph) {
  const ByValue<int64_t> channels = InferChannels(graph);
  Ports ports({}, {});
  for (const ValueId id : graph.inputs()) {
    const Value& value = graph.value(id);
    ports.inputs.push_back({.name = graph.inputs().size() == 1 ? "image" : value.name, .channels = value.channels});
  }
  for (size_t i = 0; i < graph.outputs().size(); i++) {
    const std::string name = graph.outputs().size() == 1 ? "" : "head" + std::to_string(i);
    ports.heads.push_back({.name = name, .scores = static_cast<int>(channels[graph.outputs()[i]])});
  }
  const std::vector<size_t> wanted = ShapeOf(graph);
  for (const double skip_scale : SkipScalesOf(graph)) {
    ports.form.skip_scale = skip_scale;
    for (const ZooEntry& entry : Zoo()) {
      if (entry.is_classifier()) continue;
      try {
        if (ShapeOf(entry.build(ports)) == wanted)
          return ZooMatch{.name = std::string(entry.name), .skip_scale = skip_scale};
      } catch (const Error&) {
        continue;  // it cannot be built for these inputs and heads
      }
    }
  }
  return std::nullopt;
}

}  // namespace fcn
