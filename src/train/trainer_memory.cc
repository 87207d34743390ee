// What a training needs of the machine, planned before it begins: memory for its steps and for validating the largest
// picture, and space for its files.

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>

#include "base/folder.h"
#include "evaluate/evaluate.h"
#include "fcn/error.h"
#include "graph/cost.h"
#include "train/trainer_state.h"

namespace fcn {
namespace {

double Megabytes(int64_t bytes) { return static_cast<double>(bytes) / 1e6; }

}  // namespace

int64_t Trainer::State::TrainedCount() const {
  int64_t trained = 0;
  for (const TrainedParameter& parameter : step->trained()) trained += parameter.elements;
  return trained;
}

int64_t Trainer::State::CheckpointBytes() const {
  const int64_t floats = ParameterCount(*network) * (config.ema > 0 ? 2 : 1) + TrainedCount() * optimiser.states();
  return floats * int64_t{sizeof(float)};
}

int64_t Trainer::State::StateBytes() const {
  const int64_t sums = config.accumulate > 1 ? TrainedCount() : 0;
  return CheckpointBytes() + sums * int64_t{sizeof(float)};
}

int64_t Trainer::State::LoadingBytes() const {
  const int64_t crops = config.batch_size * config.crop_size.width * config.crop_size.height;
  constexpr int64_t kBatchBytes = 4 * sizeof(float);  // of a pixel: three colours and a label
  return DecodedBytes(LargestPixels(train_sizes)) + (kBatchesAhead + 1) * crops * kBatchBytes;
}

int64_t Trainer::State::CacheBytes() const {
  constexpr int64_t kKeptBytes = 3 + sizeof(uint16_t);  // of a pixel: its colours and its label
  const int64_t allowed = config.cache_mb << 20;
  int64_t all = 0;  // never more than is allowed: many large pictures would overflow
  for (const auto& [size, pictures] : train_sizes) {
    const int64_t each = kKeptBytes * size.first * size.second;
    all = pictures < (allowed - all) / each ? all + pictures * each : allowed;
  }
  const int64_t room = MemoryLimit(compile.max_memory).bytes() - PlannedBytes();
  return std::clamp(all, int64_t{0}, std::max(int64_t{0}, room));
}

void Trainer::State::PlanMemory() {
  // Validating and saving take the step's place: they pack all weights, and what is saved is a copy.
  const Nhwc picture{1, config.crop_size.height, config.crop_size.width, 3};
  const int64_t running = MakePlan(network, std::span(&picture, 1), compile, context).memory.peak();
  const int64_t saving = running + ParameterCount(*network) * int64_t{sizeof(float)};
  memory = {.state = StateBytes(), .loading = LoadingBytes(), .training = std::max(step->planned_bytes(), saving)};
  CheckMemory(PlannedBytes(), compile.max_memory, "a smaller crop_size or batch_size, or smaller pictures");
  if (val_data) {
    const LargestPicture largest = PlanValidation(config.val_max_pixels);
    memory.validating = largest.bytes;
    if (const MemoryLimit limit(compile.max_memory); PlannedBytes() > limit.bytes()) ThrowTooLarge(largest, limit);
    NoticePieces();
  }
  memory.cache = CacheBytes();
}

LargestPicture Trainer::State::PlanValidation(int64_t max_pixels) const {
  const auto file = [&](std::pair<int, int> size) { return ValidationLabels(size.first, size.second); };
  Predictor predictor(EvaluatedNetwork(), compile, context);
  CheckClassCount(predictor, *val_data);
  return PlanLargestPicture(predictor, val_sizes, max_pixels, file);
}

std::string Trainer::State::ValidationLabels(int width, int height) const {
  return LabelsOfSize(DatasetOptionsOf(config, config.val_split), {width, height}).string();
}

void Trainer::State::ThrowTooLarge(const LargestPicture& picture, const MemoryLimit& limit) const {
  // The largest pieces that would fit, halved and halved again, so that the remedy is one.
  const int64_t planned = memory.lasting() + picture.bytes;
  std::string remedy = "Validate on smaller pictures";
  for (int64_t pixels = int64_t{picture.width} * picture.height / 2; pixels >= kSmallestPiece; pixels /= 2)
    if (memory.lasting() + PlanValidation(pixels).bytes <= limit.bytes()) {
      remedy = fmt::format("Validate it in pieces, with --val-max-pixels {}", pixels);
      break;
    }
  throw Error(ErrorCode::kMemory,
              fmt::format("{}: validating a picture of {}x{} pixels would need {:.0f} MB of memory; {}",
                          ValidationLabels(picture.width, picture.height), picture.width, picture.height,
                          Megabytes(planned), limit.BoundText(planned)),
              remedy + ", or " + limit.Remedy(planned) + ". An empty --val-split is no validation.");
}

void Trainer::State::NoticePieces() const {
  int64_t cut = 0, all = 0;
  for (const auto& [size, pictures] : val_sizes) {
    all += pictures;
    if (config.val_max_pixels > 0 && int64_t{size.first} * size.second > config.val_max_pixels) cut += pictures;
  }
  if (cut > 0)
    observer.OnNotice(
        fmt::format("{} of {} validation pictures are validated in pieces of at most {} pixels: scores "
                    "differ a little at the cuts",
                    cut, all, config.val_max_pixels));
}

void Trainer::State::CheckDisk() const {
  // Of each file that is replaced there are two for a moment; one at a time.
  const int64_t all = ParameterCount(*network) * int64_t{sizeof(float)};
  const int64_t checkpoint = CheckpointBytes(), model = config.half ? all / 2 : all;
  int64_t needed = checkpoint;
  if (!Exists(files.latest)) needed += checkpoint;
  if (!Exists(files.model)) needed += model;
  if (val_data && !Exists(files.best)) needed += model;
  rlimit limit{};
  const int64_t largest = std::max(checkpoint, model);
  if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < static_cast<rlim_t>(largest))
    throw Error(ErrorCode::kIo,
                fmt::format("{} needs a file of {:.0f} MB; ulimit -f allows {:.0f} MB", config.output,
                            Megabytes(largest), static_cast<double>(limit.rlim_cur) / 1e6),
                "Raise the limit of files' sizes: ulimit -f unlimited");
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(config.output, error);
  if (!error && space.available < static_cast<uintmax_t>(needed))
    throw Error(ErrorCode::kIo,
                fmt::format("{} needs {:.0f} MB for the run's files; its disk has {:.0f} MB left", config.output,
                            Megabytes(needed), static_cast<double>(space.available) / 1e6),
                "Free some space, or choose another folder with -o.");
}

}  // namespace fcn
