#include "train/run_folder.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>

#include "base/check.h"
#include "base/temporary.h"
#include "fcn/error.h"
#include "fcn/files.h"

namespace fcn {
namespace {

double Megabytes(int64_t bytes) { return static_cast<double>(bytes) / 1e6; }

}  // namespace

RunFolder::RunFolder(const std::string& folder) : folder_(folder), lock_(folder), files_(folder) {}

void RunFolder::CheckSpace(int64_t checkpoint_bytes, int64_t model_bytes, bool has_best) const {
  // Of each file that is replaced there are two for a moment; one at a time.
  int64_t needed = checkpoint_bytes;
  if (!Exists(files_.latest)) needed += checkpoint_bytes;
  if (!Exists(files_.model)) needed += model_bytes;
  if (has_best && !Exists(files_.best)) needed += model_bytes;
  rlimit limit{};
  const int64_t largest = std::max(checkpoint_bytes, model_bytes);
  if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < static_cast<rlim_t>(largest))
    throw Error(ErrorCode::kIo,
                fmt::format("{} needs a file of {:.0f} MB; ulimit -f allows {:.0f} MB", folder_, Megabytes(largest),
                            static_cast<double>(limit.rlim_cur) / 1e6),
                "Raise the limit of files' sizes: ulimit -f unlimited");
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(folder_, error);
  if (!error && space.available < static_cast<uintmax_t>(needed))
    throw Error(ErrorCode::kIo,
                fmt::format("{} needs {:.0f} MB for the run's files; its disk has {:.0f} MB left", folder_,
                            Megabytes(needed), static_cast<double>(space.available) / 1e6),
                "Free some space, or choose another folder with -o.");
}

void RunFolder::Open(const TrainConfig& config, const History& so_far) {
  RemoveLeftovers(files_.config.parent_path(), [&](const std::string& name, bool) {
    return std::ranges::any_of(files_.all(), [&](const auto* file) { return file->filename() == name; });
  });
  WriteFile(files_.config, ToToml(config));
  log_.emplace(files_.log, so_far);
}

void RunFolder::Append(const HistoryEntry& line) {
  FCN_CHECK(log_);
  lock_.Check();
  log_->Append(line);
}

void RunFolder::SaveCheckpoint(const Checkpoint& checkpoint, const TrainingPoint& point) {
  lock_.Check();
  fcn::SaveCheckpoint(files_.latest, checkpoint);
  saved_ = point;
  is_ours_ = true;
}

bool RunFolder::has_checkpoint() const { return Exists(files_.latest); }

std::optional<int64_t> RunFolder::saved_iteration() const {
  if (!saved_ || !has_checkpoint()) return std::nullopt;
  return saved_->iteration;
}

}  // namespace fcn
