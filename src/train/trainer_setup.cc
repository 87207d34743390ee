#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/quoted.h"
#include "data/class_frequencies.h"
#include "fcn/error.h"
#include "graph/shapes.h"
#include "models/model.h"
#include "models/model_check.h"
#include "models/model_metadata.h"
#include "tensor/finite_tensor.h"
#include "tensor/mapped_tensors.h"
#include "train/data_check.h"
#include "train/trainer_state.h"

namespace fcn {
namespace {

LoaderOptions LoaderOptionsOf(const TrainConfig& config, const Preprocessing& preprocessing, int64_t cache_bytes,
                              int64_t first_batch) {
  LoaderOptions options;
  options.batch_size = static_cast<int>(config.batch_size);
  options.seed = static_cast<uint64_t>(config.seed);
  options.augment.crop_width = static_cast<int>(config.crop_size.width);
  options.augment.crop_height = static_cast<int>(config.crop_size.height);
  options.augment.scale_min = config.scale[0], options.augment.scale_max = config.scale[1];
  options.augment.flip = config.flip;
  options.augment.colour = static_cast<float>(config.colour);
  options.preprocessing = preprocessing;
  options.cache_bytes = cache_bytes;
  options.first_batch = first_batch;
  return options;
}

int64_t IterationsOf(const TrainConfig& config, size_t samples) {
  if (config.max_iters > 0) return config.max_iters;
  const int64_t per_iteration = config.batch_size * config.accumulate;
  return std::max<int64_t>(1, (config.epochs * static_cast<int64_t>(samples) + per_iteration - 1) / per_iteration);
}

}  // namespace

Trainer::State::State(std::unique_ptr<RunLock> run_lock, TrainConfig resolved, const CompileOptions& compile_options,
                      const Context& run_context, TrainingObserver& run_observer)
    : lock(std::move(run_lock)),
      config(std::move(resolved)),
      compile(compile_options),
      context(run_context),
      observer(run_observer),
      files(config.output),
      train_data(OpenDataset(DatasetOptionsOf(config, config.train_split))),
      optimiser(OptimiserOptionsOf(config)),
      entry(SegmentationNetwork(config.model)),
      preprocessing(config.preprocessing.empty() ? entry.preprocessing : PreprocessingFromText(config.preprocessing)) {
  const auto read_sizes = [&](const std::string& split) {
    return ReadPictureSizes(DatasetOptionsOf(config, split),
                            [&](size_t done, size_t total) { observer.OnReading(split, done, total); });
  };
  train_sizes = read_sizes(config.train_split);
  if (!lock->warning().empty()) observer.OnNotice(lock->warning());
  if (!config.val_split.empty()) {
    val_data = OpenDataset(DatasetOptionsOf(config, config.val_split));
    val_sizes = read_sizes(config.val_split);
  }
  if (val_data && val_data->classes() != train_data->classes())
    throw Error(ErrorCode::kInput,
                fmt::format("the splits {} and {} have different classes", config.train_split, config.val_split),
                "Give both the same classes: one class file for all splits, or --classes.");
  const size_t classes = train_data->classes().size();
  if (config.class_weights.kind == ClassWeights::Kind::kGiven && config.class_weights.given.size() != classes)
    throw Error(ErrorCode::kUsage,
                fmt::format("class_weights has {} numbers; the data has {} classes", config.class_weights.given.size(),
                            classes),
                "Give one weight for each class, in their order (fcn dataset stats lists them).");
  max_iterations = IterationsOf(config, train_data->size());
  schedule = ScheduleOptionsOf(config, max_iterations);
  network = std::make_shared<const Graph>(entry.build(static_cast<int>(classes)));
  const RuleOptions rule_options = RuleOptionsOf(config);
  for (const ValueId id : network->Parameters()) {
    const Value& parameter = network->value(id);
    rules[parameter.name] = RuleFor(parameter.name, parameter.parameter_shape, rule_options);
  }
}

void Trainer::State::Begin() {
  // A resumed training goes on as it began, whatever it began with.
  std::vector<std::string> names;
  for (const ValueId id : network->Parameters()) names.push_back(network->value(id).name);
  CheckBeginnings(RuleOptionsOf(config), names);
  PlanStep();
  {
    // Its tensors go before the step takes memory.
    const auto asked = config.preprocessing.empty() ? std::nullopt : std::optional(preprocessing);
    const TrainingStart start =
        StartTraining(config.model, train_data->classes(), config.weights, static_cast<uint64_t>(config.seed), asked);
    for (const std::string& notice : StartNotices(start, config.weights)) observer.OnNotice(notice);
    preprocessing = start.model.input().preprocessing;
    config.preprocessing = PreprocessingText(preprocessing);  // what a resumed run must use, whatever the file is then
    parameters = Parameters(*network, start.model.weights);
  }
  if (config.ema > 0) average = parameters;
  NoticeOddities(config, train_sizes, observer);
  TakeFingerprints();  // ahead of the check: what changes meanwhile is another
  OpenPictures(true);
  for (const TrainedParameter& parameter : step->trained())
    solver_states[parameter.name].assign(static_cast<size_t>(optimiser.states()),
                                         std::vector<float>(static_cast<size_t>(parameter.elements)));
}

void Trainer::State::Resume(const Checkpoint& checkpoint, const std::string& where) {
  if (checkpoint.network != config.model)  // two networks may have the same tensors
    ThrowDamaged(where, fmt::format("its tensors are those of {}, and its configuration is of {}",
                                    Quoted(checkpoint.network), config.model));
  // Weights chose it where the configuration left it open; they are not read again.
  if (config.preprocessing.empty()) config.preprocessing = ParseConfig(checkpoint.config, where).preprocessing;
  if (!config.preprocessing.empty()) preprocessing = PreprocessingFromText(config.preprocessing);
  CheckClasses(checkpoint, where);
  TakeFingerprints();
  CheckData(checkpoint, where);
  ReadCounts(checkpoint, where);
  PlanStep();
  const TrainConfig before = ParseConfig(checkpoint.config, where);
  if (before.val_max_pixels != config.val_max_pixels)
    observer.OnNotice(
        fmt::format("val_max_pixels was {} and is {}: scores before and after differ a little, and so may which model "
                    "is kept as the best",
                    before.val_max_pixels, config.val_max_pixels));
  OpenPictures(before.data != config.data || !before.check);
  std::set<std::string> trained, all;
  for (const TrainedParameter& parameter : step->trained()) trained.insert(parameter.name);
  for (const auto& [name, tensor] : checkpoint.weights) all.insert(name);
  std::map<std::string, std::set<std::string>> states;
  for (const std::string& name : optimiser.state_names()) states[name] = trained;
  if (config.ema > 0) states["ema"] = all;
  CheckResumes(checkpoint, *network, states, where);
  CheckFinite(checkpoint.weights, where);
  for (const auto& [kind, group] : checkpoint.states) CheckFinite(group, fmt::format("{}: {}", where, kind));

  parameters = Parameters(*network, checkpoint.weights);
  for (const std::string& name : trained)
    for (const std::string& state : optimiser.state_names())
      solver_states[name].push_back(checkpoint.states.at(state).at(name).ToFloats());
  if (config.ema > 0) average = Parameters(*network, checkpoint.states.at("ema"));
  CheckUnchanged(checkpoint.weights);  // of the same file as the states
}

void Trainer::State::PlanStep() {
  TrainingFormOptions form;
  form.batch_statistics = config.batch_norm == BatchNormMode::kTrain;
  form.ignore_label = kIgnoredLabel;
  form.mean_loss = config.loss_normalisation == LossNormalisation::kValid;
  form.class_weights = config.class_weights.kind != ClassWeights::Kind::kNone;
  const Nhwc images{config.batch_size, config.crop_size.height, config.crop_size.width, 3};
  try {
    InferShapes(*network, std::span(&images, 1));
  } catch (const Error& error) {
    throw Error(ErrorCode::kUsage,
                fmt::format("crops of {}x{} are nothing for {}: {}", images.w, images.h, config.model, error.message()),
                "Choose another crop_size.");
  }
  CompileOptions options = compile;
  options.max_memory = 0;  // the step is not all that there is
  // Gradients that several passes add up must be kept.
  const GradientUse use = config.accumulate > 1 ? GradientUse::kKeep : GradientUse::kHandOver;
  step = std::make_unique<TrainingStep>(
      *network, form, [this](const Value& parameter) { return IsTrained(parameter.name); }, images, options, context,
      use);
  if (step->trained().empty())
    throw Error(ErrorCode::kUsage, "no parameter of the network is trained", "Name fewer of them under frozen.");
  CheckModelCanBeSaved();
  PlanMemory();
}

void Trainer::State::CheckModelCanBeSaved() const {
  Model model;
  model.name = entry.name;
  model.graph = network;
  model.head().classes = train_data->classes();
  model.head().palette = train_data->palette();
  model.input().preprocessing = preprocessing;
  try {
    CheckModel(model, files.model.string());
    ModelToMetadata(model);
  } catch (const Error& error) {
    throw Error(
        error.code(), fmt::format("no model could be saved: {}", error.message()),
        fmt::format("Names of classes are UTF-8 without control characters: see classes.txt in {}, or --classes.",
                    config.data));
  }
}

void Trainer::State::OpenPictures(bool is_new) {
  // All labels are read once, whoever asks.
  std::optional<ClassFrequencies> frequencies;
  if (config.check && is_new) frequencies = CheckTrainingData(config, compile.max_memory / 2, context, observer);
  if (!config.check && is_new)
    observer.OnNotice("the data is not checked (check is false): a file that cannot be read ends the training late");
  switch (config.class_weights.kind) {
    case ClassWeights::Kind::kNone:
      break;
    case ClassWeights::Kind::kGiven:
      class_weights.assign(config.class_weights.given.begin(), config.class_weights.given.end());
      break;
    case ClassWeights::Kind::kMedian:
      if (!frequencies)
        frequencies = CountClasses(*train_data, context, [&](size_t done) {
          observer.OnReading(config.train_split, done, train_data->size());
        });
      for (const double weight : frequencies->MedianWeights()) class_weights.push_back(static_cast<float>(weight));
  }
  loader = std::make_unique<BatchLoader>(
      *train_data, LoaderOptionsOf(config, preprocessing, memory.cache, iteration * config.accumulate));
}

bool Trainer::State::IsTrained(const std::string& name) const {
  const auto rule = rules.find(name);
  return rule != rules.end() && !rule->second.frozen();
}

}  // namespace fcn
