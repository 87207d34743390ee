#include "train/training_memory.h"

#include <span>

#include "base/check.h"
#include "data/loader.h"
#include "evaluate/evaluate.h"
#include "graph/cost.h"
#include "runtime/memory_limit.h"
#include "train/updater.h"

namespace fcn {
namespace {

int64_t SumBytes(const TrainConfig& config, const TrainingStep& step) {
  if (config.accumulate == 1) return 0;
  int64_t trained = 0;
  for (const TrainedParameter& parameter : step.trained()) trained += parameter.elements;
  return trained * int64_t{sizeof(float)};
}

/// Of a picture in colour with one label map, and of a sample of this data at most: other bands may be floats.
constexpr int64_t kUsualPixelBytes = 3 + sizeof(uint16_t);
int64_t PixelBytes(const Dataset& data) {
  int64_t bytes = std::ssize(data.heads()) * int64_t{sizeof(uint16_t)};
  for (const InputInfo& input : data.inputs()) bytes += input.bands == 0 ? 3 : input.bands * int64_t{sizeof(float)};
  return bytes;
}

int64_t LoadingBytes(const TrainConfig& config, const TrainedModel& model, const TrainingData& data) {
  const int64_t crops = config.batch_size * config.crop_size.width * config.crop_size.height;
  // Of a pixel of a batch: its bands and labels as the network takes them.
  const int64_t batch = (model.ports().channels() + std::ssize(model.heads())) * int64_t{sizeof(float)};
  return DecodedBytes(LargestPixels(data.training_sizes())) * PixelBytes(data.training()) / kUsualPixelBytes +
         (kBatchesAhead + 1) * crops * batch;
}

/// Validating and saving take the step's place: they pack all weights, and what is saved is a copy.
int64_t SavingBytes(const TrainConfig& config, const TrainedModel& model, const CompileOptions& options,
                    const Context& context) {
  const std::vector<Nhwc> pictures = model.Inputs(1, config.crop_size.height, config.crop_size.width);
  const int64_t running = MakePlan(model.network(), pictures, options, context).memory.peak();
  return running + ParameterCount(*model.network()) * int64_t{sizeof(float)};
}

/// As many decoded pictures as are allowed and there is room for.
int64_t CacheBytes(const TrainConfig& config, const TrainingData& data, int64_t room) {
  const int64_t allowed = config.cache_mb << 20;
  if (!data.are_files() && data.training_sizes().empty())
    return std::clamp(allowed, int64_t{0}, std::max(int64_t{0}, room));
  int64_t all = 0;  // never more than is allowed: many large pictures would overflow
  for (const auto& [size, pictures] : data.training_sizes()) {
    const int64_t each = PixelBytes(data.training()) * size.first * size.second;
    all = pictures < (allowed - all) / each ? all + pictures * each : allowed;
  }
  return std::clamp(all, int64_t{0}, std::max(int64_t{0}, room));
}

/// Planning asks for no weights.
ParameterData NoWeights(const Value&) {
  FCN_CHECK(false);
  return {};
}

}  // namespace

TrainingMemory PlanTrainingMemory(const TrainConfig& config, const TrainedModel& model, const TrainingStep& step,
                                  const TrainingData& data, const Validator* validator, const CompileOptions& options,
                                  const Context& context) {
  TrainingMemory memory;
  memory.state = StateBytes(config, *model.network(), step.trained());
  memory.sums = SumBytes(config, step);
  memory.loading = LoadingBytes(config, model, data);
  memory.training = std::max(step.planned_bytes(), SavingBytes(config, model, options, context));
  CheckMemory(memory.total(), options.max_memory, "a smaller crop_size or batch_size, or smaller pictures");
  if (validator != nullptr) {
    memory.validating = validator->PlanMemory(model.With(NoWeights), memory.lasting());
    validator->NoticePieces();
  }
  memory.cache = CacheBytes(config, data, MemoryLimit(options.max_memory).bytes() - memory.total());
  return memory;
}

}  // namespace fcn
