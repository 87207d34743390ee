#include "models/import.h"

#include <fmt/format.h>

#include <memory>
#include <set>
#include <utility>

#include "fcn/error.h"
#include "models/initialise.h"
#include "models/surgery.h"

namespace fcn {
namespace {

constexpr int64_t kMaxClasses = 65535;  // what a label image can hold

/// The checkpoint's tensor for a parameter, under its own name or without the network's prefix.
NamedTensors::const_iterator FindFor(const std::string& parameter, std::string_view prefix,
                                     const NamedTensors& checkpoint) {
  const auto found = checkpoint.find(parameter);
  if (found != checkpoint.end() || prefix.empty() || !parameter.starts_with(prefix)) return found;
  return checkpoint.find(parameter.substr(prefix.size()));
}

/// The classes that the checkpoint's own scores are for, 0 where it has none.
int64_t ScoredClasses(const ZooEntry& entry, const NamedTensors& checkpoint) {
  const Graph graph = entry.build(1);
  for (const ValueId id : graph.Parameters()) {
    const std::string& name = graph.value(id).name;
    if (!IsScoreParameter(name) || !name.ends_with(".weight")) continue;
    const auto found = FindFor(name, entry.parameter_prefix, checkpoint);
    if (found != checkpoint.end() && found->second.shape.rank() >= 2) return found->second.shape[0];
  }
  return 0;
}

std::vector<std::string> ChooseClasses(const ZooEntry& entry, const NamedTensors& checkpoint) {
  const int64_t scored = ScoredClasses(entry, checkpoint);
  if (scored < 1 || scored > kMaxClasses || scored == static_cast<int64_t>(entry.classes.size()))
    return entry.class_names();
  if (scored == 1) return {"foreground"};
  std::vector<std::string> names;
  for (int64_t i = 0; i < scored; ++i) names.push_back(fmt::format("class {}", i));
  return names;
}

}  // namespace

Imported ImportWeights(const ZooEntry& entry, const NamedTensors& checkpoint, const std::string& source,
                       std::vector<std::string> classes) {
  if (classes.empty()) classes = ChooseClasses(entry, checkpoint);
  // Two classes may share one score, a binary model's.
  const bool is_binary = classes.size() == 2 && ScoredClasses(entry, checkpoint) == 1;
  Graph graph = entry.build(is_binary ? 1 : static_cast<int>(classes.size()));
  NamedTensors weights;
  ImportReport report;
  std::set<std::string> used;
  for (const ValueId id : graph.Parameters()) {
    const auto& [name, kind, channels, shape] = graph.value(id);
    const auto found = FindFor(name, entry.parameter_prefix, checkpoint);
    const bool in_head = !entry.head_prefix.empty() && name.starts_with(entry.head_prefix);
    const bool may_be_new = IsScoreParameter(name) || IsUpsamplingParameter(name) || in_head;
    const bool fits = found != checkpoint.end() && IsReshapable(found->second.shape, shape);
    if (!fits && may_be_new) {
      weights.emplace(name, InitialParameter(name, shape, 0));
      report.initialised.push_back(name);
      continue;
    }
    if (found == checkpoint.end()) continue;  // CheckWeights lists all of these at once
    StoredTensor tensor = found->second;
    if (fits) {
      (tensor.shape == shape ? report.taken : report.reshaped).push_back(found->first);
      tensor.shape = shape;
    }
    weights.emplace(name, std::move(tensor));
    used.insert(found->first);
  }
  for (const auto& [name, tensor] : checkpoint)
    if (!used.contains(name)) report.ignored.push_back(name);
  CheckWeights(graph, weights, fmt::format("{} as {}", source, entry.name));
  return {.model = MakeModel(entry, std::move(graph), std::move(weights), std::move(classes)),
          .report = std::move(report)};
}

}  // namespace fcn
