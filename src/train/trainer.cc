#include "train/trainer.h"

#include <fmt/format.h>

#include <utility>

#include "fcn/error.h"
#include "fcn/files.h"
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

}  // namespace

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

Trainer::Trainer(const TrainConfig& config, const CompileOptions& options, const Context& context,
                 TrainingObserver& observer) {
  CheckConfig(config);
  auto folder = std::make_unique<RunFolder>(config.output);
  RefuseOtherRun(config.output);
  training_ = std::make_unique<Training>(std::move(folder), config, options, context, observer);
}

Trainer::Trainer(const TrainConfig& config, const std::filesystem::path& path, const CompileOptions& options,
                 const Context& context, TrainingObserver& observer) {
  auto folder = std::make_unique<RunFolder>(config.output);
  const Checkpoint checkpoint = LoadCheckpoint(path);  // the last one: whoever wrote it is done
  const RunFiles& files = folder->files();
  if (IdentityOf(path) == IdentityOf(files.latest))
    RefuseForeignFilesOfRun(files, ParseConfig(checkpoint.config, path.string()));
  else
    RefuseOtherRun(config.output);
  try {
    CheckConfig(config);
  } catch (const Error& error) {
    throw Error(ErrorCode::kInput, path.string() + ": " + error.message(), error.hint());
  }
  training_ = std::make_unique<Training>(std::move(folder), config, checkpoint, path, options, context, observer);
}

Trainer::~Trainer() = default;

TrainingResult Trainer::Run(const std::atomic<bool>& stop, std::atomic<bool>* checkpoint) {
  return training_->Run(stop, checkpoint);
}

}  // namespace fcn
