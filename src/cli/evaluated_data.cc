#include "cli/evaluated_data.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "cli/print.h"
#include "fcn/error.h"
#include "fcn/text.h"

namespace fcn::cli {
namespace {

bool IsColour(const ModelInput& input) { return input.preprocessing.is_colour(); }

/// The heads that are asked for, in the model's order: of a data set's own labels the first one's are the model's
/// first, whatever the order of the names.
std::vector<std::string> InModelsOrder(const std::vector<std::string>& asked, const Model& model) {
  std::vector<std::string> names, ordered;
  for (const ModelHead& head : model.heads()) names.push_back(head.name);
  for (const std::string& name : asked)
    if (std::ranges::find(names, name) == names.end())
      throw Error(ErrorCode::kUsage, fmt::format("the model has no head {}", Quoted(name)),
                  fmt::format("Choose of its heads with --heads: {}.", fmt::join(names, ", ")));
  std::ranges::copy_if(names, std::back_inserter(ordered),
                       [&](const std::string& name) { return std::ranges::find(asked, name) != asked.end(); });
  return ordered;
}

/// The inputs of all models that name theirs, in their order.
std::vector<ModelInput> NamedInputs(std::span<const Model> models) {
  std::vector<ModelInput> inputs;
  for (const Model& model : models)
    for (const ModelInput& input : model.inputs())
      if (!input.name.empty() && std::ranges::find(inputs, input.name, &ModelInput::name) == inputs.end())
        inputs.push_back(input);
  return inputs;
}

/// What the models take and the first one gives, where the flags do not say what the samples have.
void AskForRoles(std::span<const Model> models, DatasetOptions& data) {
  const Model& model = models[0];
  const std::vector<ModelInput> inputs = NamedInputs(models);
  if (inputs.empty()) return;
  if (data.inputs.empty() && (inputs.size() > 1 || !IsColour(inputs[0])))
    for (const ModelInput& input : inputs)
      data.inputs.push_back({.name = input.name, .bands = IsColour(input) ? 0 : input.bands});
  for (const ModelInput& input : inputs) data.list_inputs.push_back(input.name);
  for (const ModelHead& head : model.heads()) data.list_heads.push_back(head.name);
  if (!data.heads.empty())
    data.heads = InModelsOrder(data.heads, model);
  else if (model.heads().size() > 1)
    data.heads = data.list_heads;
}

/// The model's classes, of the data's first head, where the flags name none, or the same in another order.
void ChooseModelsClasses(const Model& model, DatasetOptions& data) {
  const auto named = std::ranges::find(model.heads(), data.heads.empty() ? "" : data.heads[0], &ModelHead::name);
  const std::vector<std::string>& classes = (named == model.heads().end() ? model.heads()[0] : *named).classes;
  if (data.classes.empty()) data.classes = classes;
  if (std::ranges::is_permutation(data.classes, classes)) data.classes = classes;  // names tell, not order
  if (data.classes != classes)
    PrintNote("the names of --classes are not the model's; they are taken for each other in order");
}

}  // namespace

DatasetOptions DataFor(std::span<const Model> models, DatasetOptions data) {
  AskForRoles(models, data);
  ChooseModelsClasses(models[0], data);
  return data;
}

}  // namespace fcn::cli
