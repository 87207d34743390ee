#include "train/foreign_files.h"

#include <fmt/format.h>

#include <string>

#include "fcn/error.h"
#include "fcn/files.h"
#include "train/config.h"
#include "train/history.h"

namespace fcn {
namespace {

namespace fs = std::filesystem;

std::string ReadText(const fs::path& path) {
  const std::vector<uint8_t> bytes = ReadFile(path);
  return {bytes.begin(), bytes.end()};
}

bool IsRunsConfig(const fs::path& path) {
  try {
    const std::string text = ReadText(path);
    return text == ToToml(ParseConfig(text, path.string()));
  } catch (const Error&) {
    return false;
  }
}

/// Whether it is the configuration of this training, which may have been moved, or resumed with other flags.
bool IsConfigOf(const TrainConfig& resumed, const fs::path& path) {
  try {
    return IsSameTraining(ParseConfig(ReadText(path), path.string()), resumed);
  } catch (const Error&) {
    return false;
  }
}

bool IsRunsLog(const fs::path& path) {
  try {
    std::string text = ReadText(path);
    text.resize(text.rfind('\n') + 1);  // a kill may have cut the last line; npos + 1 is 0
    ParseHistory(text, path.string());
    return true;
  } catch (const Error&) {
    return false;
  }
}

void Refuse(const fs::path& path) {
  throw Error(ErrorCode::kUsage, fmt::format("{} would be replaced by the run's own", path.string()),
              "Move that file away, or let the run have a folder of its own: -o, or for --resume a new one with the "
              "checkpoint alone.");
}

/// What is written through a link would be elsewhere, also where nothing is there yet.
void RefuseLinks(const RunFiles& files) {
  for (const fs::path* path : files.all()) {
    std::error_code error;
    if (fs::is_symlink(fs::symlink_status(*path, error))) Refuse(*path);
  }
}

}  // namespace

void RefuseForeignFiles(const RunFiles& files) {
  RefuseLinks(files);
  if (Exists(files.config) && !IsRunsConfig(files.config)) Refuse(files.config);
  if (Exists(files.log) && !IsRunsLog(files.log)) Refuse(files.log);
  if (Exists(files.metrics)) Refuse(files.metrics);  // a run has written a checkpoint before it has scores
}

void RefuseForeignFilesOfRun(const RunFiles& files, const TrainConfig& resumed) {
  RefuseLinks(files);
  if (Exists(files.config)) {
    if (!IsConfigOf(resumed, files.config)) Refuse(files.config);
  } else {
    for (const fs::path& path : {files.metrics, files.best, files.model})
      if (Exists(path)) Refuse(path);
  }
  if (Exists(files.log) && !IsRunsLog(files.log)) Refuse(files.log);
}

}  // namespace fcn
