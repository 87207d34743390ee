#include "models/import_by_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "fcn/error.h"
#include "fcn/text.h"
#include "graph/channels.h"
#include "models/binary.h"
#include "models/findings.h"
#include "models/foreign_names.h"
#include "models/import_check.h"
#include "models/initialise.h"
#include "models/model_check.h"
#include "models/name_fit.h"
#include "models/wanted.h"
#include "tensor/mapped_tensors.h"

namespace fcn {
namespace {

std::vector<WantedParameter> WantedOf(const Graph& graph) {
  std::vector<WantedParameter> wanted;
  for (const ValueId id : graph.Parameters()) {
    const Shape& shape = graph.value(id).parameter_shape;
    const std::vector<bool> is_classes(static_cast<size_t>(shape.rank()), false);
    wanted.push_back({.name = graph.value(id).name, .shape = shape, .is_classes = is_classes, .may_be_new = true});
  }
  return wanted;
}

/// Of the network's own names alone.
Naming OwnNames(const std::vector<WantedParameter>& wanted) {
  Naming naming;
  for (const WantedParameter& parameter : wanted) naming.names.emplace(parameter.name, parameter.name);
  return naming;
}

NameFit ChooseFit(const std::vector<NameFit>& fits, const ModelContents& model, const ImportSource& source,
                  const std::string& prefix) {
  const auto is_asked = [&](const NameFit& fit) {
    return prefix.empty() || fit.prefix == prefix || fit.prefix == prefix + ".";
  };
  const auto found = std::ranges::find_if(fits, is_asked);
  if (found != fits.end()) return *found;
  throw Error(ErrorCode::kInput,
              fmt::format("{} has no weight of {}{}", source.file, model.name,
                          prefix.empty() ? "" : fmt::format(" behind {}", Quoted(prefix))),
              fits.empty() ? "Parameters of the network are called as the file's tensors are."
                           : fmt::format("Most of them are behind {}.", Quoted(fits.front().prefix)));
}

void NameInputs(const std::vector<InputInfo>& inputs, ModelContents& model) {
  if (inputs.empty()) return;
  const std::vector<ValueId>& ids = model.graph->inputs();
  if (inputs.size() != ids.size())
    throw Error(ErrorCode::kUsage,
                fmt::format("{} inputs are named, and {} has {}", inputs.size(), model.name, ids.size()),
                "Name as many, in the network's order.");
  for (size_t i = 0; i < ids.size(); i++) {
    const int bands = model.graph->value(ids[i]).channels;
    if (PortOf(inputs[i]).channels != bands)
      throw Error(ErrorCode::kUsage,
                  fmt::format("the input {} of {} has {} bands", Quoted(inputs[i].name), model.name, bands),
                  "The network says how many there are.");
    model.inputs[i].name = inputs[i].name;
  }
}

void NameHeads(const ImportOptions& options, ModelContents& model) {
  const size_t count = model.graph->outputs().size();
  if (!options.heads.empty() && options.heads.size() != count)
    throw Error(ErrorCode::kUsage,
                fmt::format("{} heads are named, and {} has {}", options.heads.size(), model.name, count),
                "Name as many, in the network's order.");
  for (size_t i = 0; i < options.heads.size(); i++) {
    const HeadInfo& head = options.heads[i];
    model.heads[i].name = head.name;
    if (!head.classes.empty()) model.heads[i].classes = head.classes, model.heads[i].palette = head.palette;
  }
  if (!options.classes.empty()) {
    if (count > 1)
      throw Error(ErrorCode::kUsage, fmt::format("{} has {} heads, and classes of one are named", model.name, count),
                  "Name the heads with their classes.");
    model.head().classes = options.classes;
  }
  const ByValue<int64_t> channels = InferChannels(*model.graph);
  for (size_t i = 0; i < count; i++) {
    std::vector<std::string>& classes = model.heads[i].classes;
    const int64_t scores = channels[model.graph->outputs()[i]];
    if (!classes.empty()) {
      const auto named = static_cast<int64_t>(classes.size());
      if (named != scores && !(scores == 1 && named == 2))
        throw Error(ErrorCode::kUsage,
                    fmt::format("{} classes are named, and {} has {} scores", named, model.name, scores),
                    "Name as many, in the order of the scores.");
      continue;
    }
    if (scores == 1) classes = {"foreground"};
    for (int64_t k = 0; scores > 1 && k < scores; k++) classes.push_back(fmt::format("class {}", k));
  }
}

void ChoosePreprocessing(const ImportSource& source, const ImportOptions& options, ModelContents& model,
                         ImportReport& report) {
  std::string why = "the network's own";
  if (source.model && source.model->inputs.size() == model.inputs.size()) {
    bool is_alike = true;
    for (size_t i = 0; i < model.inputs.size(); i++)
      is_alike = is_alike && source.model->inputs[i].preprocessing.mean.size() ==
                                 static_cast<size_t>(model.graph->value(model.graph->inputs()[i]).channels);
    for (size_t i = 0; is_alike && i < model.inputs.size(); i++) {
      Preprocessing& own = model.inputs[i].preprocessing;
      const int shorter_side = own.shorter_side, crop = own.crop;
      own = source.model->inputs[i].preprocessing;
      own.shorter_side = shorter_side, own.crop = crop;
    }
    if (is_alike) why = "the file's own";
  }
  if (model.graph->value(model.graph->inputs()[0]).channels != 3) return;
  if (options.preprocessing) {
    model.input().preprocessing = *options.preprocessing;
    why = "as asked";
  }
  report.preprocessing = fmt::format("{} ({})", PreprocessingText(model.input().preprocessing), why);
}

}  // namespace

Imported ImportByName(ModelContents model, const ImportSource& source, const ImportOptions& options) {
  NameInputs(options.inputs, model);
  NameHeads(options, model);
  std::vector<WantedParameter> wanted = WantedOf(*model.graph);
  MarkNewLayers(options.new_layers, wanted);
  const std::vector<Naming> namings = {OwnNames(wanted)};
  const NameFit fit = ChooseFit(FitNames(wanted, namings, source.tensors), model, source, options.prefix);
  const FoundTensors found = TensorsOf(fit, source.tensors);

  ImportReport report;
  report.prefix = fit.prefix;
  report.notes = source.notes;
  FoundTensors used;
  Findings mismatched("of another shape");
  for (const WantedParameter& parameter : wanted) {
    const auto place = found.find(parameter.name);
    const bool is_there = place != found.end() && !parameter.begins_anew;
    const bool fits = is_there && parameter.Fits(place->second->second.shape);
    if (is_there && !fits && options.new_head == ImportOptions::NewHead::kNever)
      mismatched.Add(fmt::format("{} is {}, not {}", Quoted(place->second->first),
                                 place->second->second.shape.ToString(), parameter.shape.ToString()));
    if (!fits) {
      CheckHasBeginning(parameter.name, parameter.shape);
      model.weights.emplace(
          parameter.name, InitialParameter(parameter.name, parameter.shape, parameter.begins_anew ? options.seed : 0));
      report.initialised.push_back(parameter.name);
      continue;
    }
    const auto& [name, stored] = *place->second;
    (stored.shape == parameter.shape ? report.taken : report.reshaped).push_back(name);
    StoredTensor& tensor = model.weights.emplace(parameter.name, stored).first->second;
    tensor.shape = parameter.shape;
    used.insert(*place);
  }
  if (mismatched.count() > 0)
    throw Error(ErrorCode::kInput,
                fmt::format("{}: not the weights of {}: {}", source.file, model.name, mismatched.ToString()),
                "Change the network's shapes, or let such layers begin anew: --new-head those that depend on the "
                "classes, --new-layers NAME others.");
  std::set<std::string_view> used_names;
  for (const auto& [parameter, tensor] : used) used_names.insert(tensor->first);
  for (const auto& [name, tensor] : source.tensors)
    if (!used_names.contains(name)) report.ignored.push_back(name);
  CheckUsed(source, used);
  CheckUnchanged(source.tensors);

  ChoosePreprocessing(source, options, model, report);
  if (source.model) model.metadata = source.model->metadata;
  NameBothClasses(model);
  CheckModel(model, source.file);
  return {.model = std::move(model), .report = std::move(report)};
}

}  // namespace fcn
