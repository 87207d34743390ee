#include "train/training_run.h"

#include <fmt/format.h>

#include <utility>

#include "data/role_options.h"
#include "fcn/error.h"
#include "fcn/files.h"
#include "models/ports.h"
#include "train/checkpoint.h"
#include "train/foreign_files.h"
#include "train/run_folder.h"
#include "train/training.h"

namespace fcn {
namespace {

/// A training may begin anew where another ended before its first checkpoint, but never writes over a model.
void RefuseOtherRun(const std::string& folder) {
  const RunFiles files(folder);
  if (Exists(files.latest))
    throw Error(ErrorCode::kUsage, fmt::format("{} holds a training already", folder),
                fmt::format("Go on with it (fcn train --resume {}), or choose another folder with -o.", folder));
  for (const std::filesystem::path& model : {files.best, files.model})
    if (Exists(model))
      throw Error(ErrorCode::kUsage, fmt::format("{} would be written over", model.string()),
                  "Choose another folder with -o.");
  RefuseForeignFiles(files);
}

/// The configuration as it is checked and written down: with given data, what it says of them is what they are.
TrainConfig ConfigFor(TrainConfig config, const TrainingDatasets& data) {
  if (data.training == nullptr) {
    if (data.validation != nullptr)
      throw Error(ErrorCode::kUsage, "there are data to validate on, and none to learn from",
                  "Give both, or those to learn from alone.");
    CheckConfig(config);
    return config;
  }
  std::vector<InputInfo> inputs = data.training->inputs();
  if (inputs.size() == 1 && inputs[0] == InputInfo()) inputs.clear();
  config.inputs.clear(), config.heads.clear();
  for (InputInfo& input : inputs) {
    if (input.name.empty()) input.name = InputPort().name;
    config.inputs.push_back(InputsText({input}));
  }
  for (const HeadInfo& head : data.training->heads())
    if (!head.name.empty()) config.heads.push_back(head.name);
  if (data.validation == nullptr) config.val_split.clear();
  CheckConfigWithoutFiles(config);
  return config;
}

}  // namespace

TrainingObserver::~TrainingObserver() = default;

const char* TrainingEndName(TrainingEnd end) {
  switch (end) {
    case TrainingEnd::kDone:
      return "done";
    case TrainingEnd::kInterrupted:
      return "interrupted";
    case TrainingEnd::kTimeUp:
      return "time_up";
    case TrainingEnd::kPatience:
      return "patience";
  }
  return "";
}

TrainingRun::TrainingRun(const TrainConfig& config, const CompileOptions& options, const Context& context,
                         TrainingObserver& observer, const TrainingDatasets& data) {
  const TrainConfig its = ConfigFor(config, data);
  auto folder = std::make_unique<RunFolder>(its.output);
  RefuseOtherRun(its.output);
  training_ = std::make_unique<Training>(std::move(folder), its, data, options, context, observer);
}

TrainingRun::TrainingRun(const TrainConfig& config, const std::filesystem::path& path, const CompileOptions& options,
                         const Context& context, TrainingObserver& observer, const TrainingDatasets& data) {
  auto folder = std::make_unique<RunFolder>(config.output);
  const Checkpoint checkpoint = LoadCheckpoint(path);  // the last one: whoever wrote it is done
  const RunFiles& files = folder->files();
  if (IdentityOf(path) == IdentityOf(files.latest))
    RefuseForeignFilesOfRun(files, ParseConfig(checkpoint.config, path.string()));
  else
    RefuseOtherRun(config.output);
  TrainConfig its;
  try {
    its = ConfigFor(config, data);
  } catch (const Error& error) {
    throw Error(ErrorCode::kInput, path.string() + ": " + error.message(), error.hint());
  }
  training_ = std::make_unique<Training>(std::move(folder), its, data, checkpoint, path, options, context, observer);
}

TrainingRun::~TrainingRun() = default;

TrainingResult TrainingRun::Run(const std::atomic<bool>& stop, std::atomic<bool>* checkpoint) {
  return training_->Run(stop, checkpoint);
}

ModelContents TrainingRun::model() const { return training_->model(); }

}  // namespace fcn
