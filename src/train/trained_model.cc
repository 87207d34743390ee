#include "train/trained_model.h"

#include <fmt/format.h>

#include <utility>

#include "fcn/error.h"
#include "graph/cost.h"
#include "models/binary.h"
#include "models/half.h"
#include "models/model_check.h"
#include "models/model_metadata.h"
#include "segment/golden.h"

namespace fcn {

TrainedModel::TrainedModel(const ZooEntry& entry, const TrainConfig& config, const Dataset& data)
    : is_half_(config.half) {
  model_.name = entry.name;
  model_.graph = std::make_shared<const Graph>(entry.build(static_cast<int>(data.classes().size())));
  model_.head().classes = data.classes();
  model_.head().palette = data.palette();
  NameBothClasses(model_);
  model_.input().preprocessing =
      config.preprocessing.empty() ? entry.preprocessing : PreprocessingFromText(config.preprocessing);
}

void TrainedModel::TakeFrom(const Model& start) {
  model_.input() = start.input();
  model_.head().name = start.head().name, model_.head().loss_weight = start.head().loss_weight;
}

PictureNetwork TrainedModel::With(WeightSource weights) const {
  return {model_.name, model_.graph, std::move(weights), preprocessing()};
}

int64_t TrainedModel::FileBytes() const {
  const int64_t bytes = ParameterCount(*network()) * int64_t{sizeof(float)};
  return is_half_ ? bytes / 2 : bytes;
}

void TrainedModel::CheckCanBeSaved(const std::filesystem::path& path, const std::string& data_folder) const {
  try {
    CheckModel(model_, path.string());
    ModelToMetadata(model_);
  } catch (const Error& error) {
    throw Error(
        error.code(), fmt::format("no model could be saved: {}", error.message()),
        fmt::format("Names of classes are UTF-8 without control characters: see classes.txt in {}, or --classes.",
                    data_folder));
  }
}

void TrainedModel::Save(const std::filesystem::path& path, const Parameters& weights, const Context& context) const {
  Model model = model_;
  model.weights = weights.ToTensors();
  if (is_half_) model.weights = ToHalf(model.weights);
  model.golden.push_back(MakeGolden(model, context));
  SaveModel(path, model);
}

}  // namespace fcn
