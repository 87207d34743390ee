#include "cli/model_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <optional>
#include <vector>

#include "fcn/text.h"

namespace fcn::cli {
namespace {

using nlohmann::ordered_json;
using Counts = std::map<std::string, int64_t>;

/// Nothing where all are float32.
std::string CountsText(const char* title, const Counts& counts) {
  if (counts.size() == 1 && counts.begin()->first == "float32") return "";
  std::vector<std::string> parts;
  for (const auto& [type, count] : counts) parts.push_back(fmt::format("{} of {}", count, type));
  return parts.empty() ? "" : fmt::format("{}: {}\n", title, fmt::join(parts, ", "));
}

std::string Joined(const PerBand& numbers) { return fmt::format("{}", fmt::join(numbers.begin(), numbers.end(), ",")); }

std::string InputText(const ModelInput& input) {
  const Preprocessing& p = input.preprocessing;
  return fmt::format("input {}: {} {} of float32, order {}, samples from {:g} to {:g}, mean {}, deviation {}\n",
                     Shown(input.name), input.bands, input.bands == 1 ? "channel" : "channels", OrderName(p.order),
                     p.least, p.most, Joined(p.mean), Joined(p.deviation));
}

std::string HeadText(const ModelHead& head) {
  const std::string name = head.name.empty() ? "" : fmt::format("head {}: ", Shown(head.name));
  const std::string weight = head.loss_weight == 1 ? "" : fmt::format(", loss weight {:g}", head.loss_weight);
  return fmt::format("{}{} classes{}{}\n", name, head.classes.size(), weight,
                     head.binary ? ": a binary model, of one score for each pixel" : "");
}

std::string PrecisionText(const Model& model, const VerifiedPrecision& verified) {
  std::string text = fmt::format("{} {}, on {} ({} pictures), tolerance {:.3g}\n", PrecisionName(verified.precision),
                                 verified.passed ? "verified" : "measured, and refused: it loses too much",
                                 Shown(verified.data), verified.pictures, verified.tolerance);
  for (size_t i = 0; i < verified.heads.size(); i++) {
    const HeadChange& change = verified.heads[i];
    const std::string& name = model.heads()[i].name;
    text += fmt::format("  {}{:.2f} % of labels change", name.empty() ? "" : Shown(name) + ": ",
                        100 * change.changed_labels);
    if (const auto& scores = change.scores)
      text += fmt::format(", mean IU {:.4f} (float32: {:.4f}; difference from {:.4f} to {:.4f})", scores->mean_iu,
                          scores->float32_mean_iu, scores->interval[0], scores->interval[1]);
    text += "\n";
  }
  return text;
}

// Members stand in the order of the alphabet, as in the metadata of a model file.

ordered_json JsonOf(const PerBand& numbers) { return std::vector<float>(numbers.begin(), numbers.end()); }

ordered_json JsonOf(const ModelInput& input) {
  const Preprocessing& p = input.preprocessing;
  return {{"crop", p.crop},
          {"deviation", JsonOf(p.deviation)},
          {"mean", JsonOf(p.mean)},
          {"name", input.name},
          {"order", OrderName(p.order)},
          {"range", {p.least, p.most}},
          {"shorter_side", p.shorter_side},
          {"channels", input.bands}};
}

ordered_json JsonOf(const ModelHead& head) {
  ordered_json palette = ordered_json::array();
  for (const auto& [r, g, b] : head.palette) palette.push_back({r, g, b});
  return {{"classes", head.classes},
          {"loss_weight", head.loss_weight},
          {"name", head.name},
          {"palette", palette},
          {"binary", head.binary}};
}

ordered_json JsonOf(const std::vector<std::optional<double>>& numbers) {
  ordered_json list = ordered_json::array();
  for (const std::optional<double>& number : numbers) list.push_back(number ? ordered_json(*number) : ordered_json());
  return list;
}

ordered_json JsonOf(const VerifiedPrecision& verified) {
  ordered_json heads = ordered_json::array();
  for (const HeadChange& change : verified.heads) {
    ordered_json& head = heads.emplace_back(ordered_json{{"changed_labels", change.changed_labels}});
    if (const auto& scores = change.scores)
      head["scores"] = {{"float32_iu", JsonOf(scores->float32_iu)},
                        {"float32_mean_iu", scores->float32_mean_iu},
                        {"interval", scores->interval},
                        {"iu", JsonOf(scores->iu)},
                        {"mean_iu", scores->mean_iu}};
  }
  return {{"data", verified.data},
          {"heads", heads},
          {"passed", verified.passed},
          {"pictures", verified.pictures},
          {"precision", PrecisionName(verified.precision)},
          {"tolerance", verified.tolerance}};
}

template <typename Part>
ordered_json ListOf(const std::vector<Part>& parts) {
  ordered_json list = ordered_json::array();
  for (const Part& part : parts) list.push_back(JsonOf(part));
  return list;
}

/// Whether the file gives names to inputs and heads.
bool NamesRoles(const Model& model) { return !model.inputs().front().name.empty(); }

}  // namespace

std::string ModelText(const Model& model) {
  std::string text;
  if (NamesRoles(model))
    for (const ModelInput& input : model.inputs()) text += InputText(input);
  for (const ModelHead& head : model.heads()) text += HeadText(head);
  text += CountsText("weights", model.weight_types());
  text += CountsText("values", model.network().value_types());
  for (const VerifiedPrecision& verified : model.precisions()) text += PrecisionText(model, verified);
  return text;
}

void AddModelJson(const Model& model, ordered_json& json) {
  json["classes"] = model.heads().front().classes;
  json["binary"] = model.heads().front().binary;
  if (NamesRoles(model)) {
    json["inputs"] = ListOf(model.inputs());
    json["heads"] = ListOf(model.heads());
  }
  json["weight_types"] = model.weight_types();
  json["value_types"] = model.network().value_types();
  json["precisions"] = ListOf(model.precisions());
}

}  // namespace fcn::cli
