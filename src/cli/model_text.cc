#include "cli/model_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <vector>

#include "fcn/text.h"
#include "models/binary.h"
#include "models/model_json.h"

namespace fcn::cli {
namespace {

using Counts = std::map<std::string, int64_t>;

std::string TypeOf(const StoredTensor& weight) {
  return weight.quantisation ? "int8 with scales" : DTypeName(weight.dtype);
}

/// How many weights are stored as each type.
Counts WeightTypes(const ModelContents& model) {
  Counts counts;
  for (const auto& [name, weight] : model.weights) counts[TypeOf(weight)]++;
  return counts;
}

/// How many values are computed in each type.
Counts ValueTypes(const ModelContents& model) {
  Counts counts;
  for (const Value& value : model.graph->values())
    if (value.kind != ValueKind::kParameter) counts[std::string(ElementName(value.type.element))]++;
  return counts;
}

/// Nothing where all are float32.
std::string CountsText(const char* title, const Counts& counts) {
  if (counts.size() == 1 && counts.begin()->first == "float32") return "";
  std::vector<std::string> parts;
  for (const auto& [type, count] : counts) parts.push_back(fmt::format("{} of {}", count, type));
  return parts.empty() ? "" : fmt::format("{}: {}\n", title, fmt::join(parts, ", "));
}

std::string Joined(const PerBand& numbers) { return fmt::format("{}", fmt::join(numbers.begin(), numbers.end(), ",")); }

std::string InputText(const InputRole& input, const Value& value) {
  const Preprocessing& p = input.preprocessing;
  return fmt::format("input {}: {} {} of {}, order {}, samples from {:g} to {:g}, mean {}, deviation {}\n",
                     Shown(input.name), value.channels, value.channels == 1 ? "channel" : "channels",
                     ToString(value.type), OrderName(p.order), p.least, p.most, Joined(p.mean), Joined(p.deviation));
}

std::string HeadText(const ModelContents& model, size_t i) {
  const HeadRole& head = model.heads[i];
  const std::string name = head.name.empty() ? "" : fmt::format("head {}: ", Shown(head.name));
  const std::string weight = head.loss_weight == 1 ? "" : fmt::format(", loss weight {:g}", head.loss_weight);
  return fmt::format("{}{} classes{}{}\n", name, head.classes.size(), weight,
                     IsBinary(*model.graph, i) ? ": a binary model, of one score for each pixel" : "");
}

std::string PrecisionText(const ModelContents& model, const VerifiedPrecision& verified) {
  std::string text = fmt::format("{} {}, on {} ({} pictures), tolerance {:.3g}\n", PrecisionName(verified.precision),
                                 verified.passed ? "verified" : "measured, and refused: it loses too much",
                                 Shown(verified.data), verified.pictures, verified.tolerance);
  for (size_t i = 0; i < verified.heads.size(); i++) {
    const HeadChange& change = verified.heads[i];
    const std::string& name = model.heads[i].name;
    text += fmt::format("  {}{:.2f} % of labels change", name.empty() ? "" : Shown(name) + ": ",
                        100 * change.changed_labels);
    if (const auto& scores = change.scores)
      text += fmt::format(", mean IU {:.4f} (float32: {:.4f}; difference from {:.4f} to {:.4f})", scores->mean_iu,
                          scores->float32_mean_iu, scores->interval[0], scores->interval[1]);
    text += "\n";
  }
  return text;
}

}  // namespace

std::string ModelText(const ModelContents& model) {
  std::string text;
  if (model.names_roles())
    for (size_t i = 0; i < model.inputs.size(); i++)
      text += InputText(model.inputs[i], model.graph->value(model.graph->inputs()[i]));
  for (size_t i = 0; i < model.heads.size(); i++) text += HeadText(model, i);
  text += CountsText("weights", WeightTypes(model));
  text += CountsText("values", ValueTypes(model));
  for (const VerifiedPrecision& verified : model.precisions) text += PrecisionText(model, verified);
  return text;
}

void AddModelJson(const ModelContents& model, nlohmann::ordered_json& json) {
  json["classes"] = model.head().classes;
  json["binary"] = IsBinary(*model.graph);
  if (model.names_roles()) {
    json["inputs"] = ToJson(model.inputs);
    for (size_t i = 0; i < model.inputs.size(); i++)
      json["inputs"][i]["channels"] = model.graph->value(model.graph->inputs()[i]).channels;
    json["heads"] = ToJson(model.heads);
    for (size_t i = 0; i < model.heads.size(); i++) json["heads"][i]["binary"] = IsBinary(*model.graph, i);
  }
  json["weight_types"] = WeightTypes(model);
  json["value_types"] = ValueTypes(model);
  json["precisions"] = ToJson(model.precisions);
}

}  // namespace fcn::cli
