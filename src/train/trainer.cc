#include "train/trainer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "data/check.h"
#include "data/loader.h"
#include "data/open.h"
#include "evaluate/evaluate.h"
#include "fcn/error.h"
#include "models/half.h"
#include "segment/golden.h"
#include "tensor/random.h"
#include "train/checkpoint.h"
#include "train/ema.h"
#include "train/history.h"
#include "train/parameters.h"
#include "train/start.h"
#include "train/training_step.h"

namespace fcn {
namespace {

using Clock = std::chrono::steady_clock;

DatasetOptions DataOptions(const TrainConfig& config, const std::string& split) {
  DatasetOptions options;
  options.kind = config.dataset;
  options.folder = config.data;
  options.split = split;
  options.classes = config.classes;
  options.ignore_index = static_cast<int>(config.ignore_index);
  for (const LabelMapping& mapping : config.map)
    options.map.emplace_back(static_cast<int>(mapping.from), static_cast<int>(mapping.to));
  options.palette = config.palette;
  return options;
}

LoaderOptions LoaderOptionsOf(const TrainConfig& config, const Preprocessing& preprocessing, int64_t first_batch) {
  LoaderOptions options;
  options.batch_size = static_cast<int>(config.batch_size);
  options.seed = static_cast<uint64_t>(config.seed);
  options.augment.crop_width = static_cast<int>(config.crop_size.width);
  options.augment.crop_height = static_cast<int>(config.crop_size.height);
  options.augment.scale_min = config.scale[0], options.augment.scale_max = config.scale[1];
  options.augment.flip = config.flip;
  options.augment.colour = static_cast<float>(config.colour);
  options.preprocessing = preprocessing;
  options.cache_bytes = config.cache_mb << 20;
  options.first_batch = first_batch;
  return options;
}

int64_t IterationsOf(const TrainConfig& config, size_t samples) {
  if (config.max_iters > 0) return config.max_iters;
  const int64_t per_iteration = config.batch_size * config.accumulate;
  return std::max<int64_t>(1, (config.epochs * static_cast<int64_t>(samples) + per_iteration - 1) / per_iteration);
}

bool IsFinite(std::span<const float> values) {
  return std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
}

/// Images per second and time left, from the iterations of the last half minute.
class Pace {
 public:
  void Tick(int64_t iteration) {
    ticks_.emplace_back(Clock::now(), iteration);
    while (ticks_.size() > 2 && ticks_.back().first - ticks_.front().first > std::chrono::seconds(30))
      ticks_.erase(ticks_.begin());
  }
  /// Time that was spent on something else does not count.
  void Pause() { ticks_.clear(); }
  /// NaN before two iterations.
  double SecondsPerIteration() const {
    if (ticks_.size() < 2) return std::numeric_limits<double>::quiet_NaN();
    return std::chrono::duration<double>(ticks_.back().first - ticks_.front().first).count() /
           static_cast<double>(ticks_.back().second - ticks_.front().second);
  }

 private:
  std::vector<std::pair<Clock::time_point, int64_t>> ticks_;
};

}  // namespace

struct Trainer::State {
  State(TrainConfig resolved, const CompileOptions& compile_options, const Context& run_context,
        TrainingObserver& run_observer)
      : config(std::move(resolved)),
        compile(compile_options),
        context(run_context),
        observer(run_observer),
        files(config.output),
        train_data(OpenDataset(DataOptions(config, config.train_split))),
        optimiser(OptimiserOptionsOf(config)) {
    if (!config.val_split.empty()) val_data = OpenDataset(DataOptions(config, config.val_split));
    if (val_data && val_data->classes() != train_data->classes())
      throw Error(ErrorCode::kInput, fmt::format("the splits {} and {} have different classes", config.train_split,
                                                 config.val_split));
    max_iterations = IterationsOf(config, train_data->size());
    schedule = ScheduleOptionsOf(config, max_iterations);
  }

  /// Everything that follows from the weights' names and shapes.
  void Prepare(const ZooEntry& zoo_entry) {
    entry = &zoo_entry;
    const auto classes = static_cast<int>(train_data->classes().size());
    network = std::make_shared<const Graph>(entry->build(classes));
    const RuleOptions rule_options = RuleOptionsOf(config);
    for (const ValueId id : network->Parameters()) {
      const Value& parameter = network->value(id);
      rules[parameter.name] = RuleFor(parameter.name, parameter.parameter_shape, rule_options);
    }
    TrainingFormOptions form;
    form.batch_statistics = config.batch_norm == "train";
    form.ignore_label = kIgnoredLabel;
    form.mean_loss = config.loss_normalisation == "valid";
    form.class_weights = config.class_weights.kind != ClassWeights::Kind::kNone;
    if (config.class_weights.kind == ClassWeights::Kind::kGiven)
      class_weights.assign(config.class_weights.given.begin(), config.class_weights.given.end());
    if (config.class_weights.kind == ClassWeights::Kind::kMedian) class_weights = MedianFrequencyWeights(*train_data);
    const Nhwc images{config.batch_size, config.crop_size.height, config.crop_size.width, 3};
    step = std::make_unique<TrainingStep>(
        *network, form, [this](const Value& parameter) { return IsTrained(parameter.name); }, images, compile, context);
  }

  bool IsTrained(const std::string& name) const {
    const auto rule = rules.find(name);
    return rule != rules.end() && !rule->second.frozen();
  }

  WeightSource Source() const {
    return [this, source = parameters.Source()](const Value& value) {
      return value.name == "class_weights" ? ParameterData{class_weights, nullptr} : source(value);
    };
  }

  void StartLoader() {
    loader = std::make_unique<BatchLoader>(
        *train_data, LoaderOptionsOf(config, entry->preprocessing, iteration * config.accumulate));
  }

  void Iterate();
  void MixStatistics();
  void Log();
  void Validate(const std::atomic<bool>& stop);
  void SaveModelTo(const std::filesystem::path& path) const;
  void SaveState();
  TrainingProgress Progress() const;

  const Parameters& Evaluated() const { return config.ema > 0 ? average : parameters; }

  TrainConfig config;
  CompileOptions compile;
  const Context& context;
  TrainingObserver& observer;
  RunFiles files;
  std::unique_ptr<Dataset> train_data, val_data;
  Optimiser optimiser;
  ScheduleOptions schedule;
  int64_t max_iterations = 0;

  const ZooEntry* entry = nullptr;
  std::shared_ptr<const Graph> network;
  std::map<std::string, ParameterRule> rules;
  std::vector<float> class_weights;
  std::unique_ptr<TrainingStep> step;
  std::unique_ptr<BatchLoader> loader;

  // What a checkpoint holds.
  int64_t iteration = 0, validated = 0, saved = 0;
  Parameters parameters, average;
  std::map<std::string, std::vector<std::vector<float>>> solver_states;
  std::map<std::string, std::vector<float>> sums;  // of gradients, where several passes make an iteration
  History history;
  double loss_sum = 0;
  int64_t loss_count = 0;
  Pace pace;
};

}  // namespace fcn
