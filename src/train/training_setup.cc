// How a training begins, and how one that is resumed goes on: all that may fail late is tried before the first
// iteration, and nothing is written before it is.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "data/band_statistics.h"
#include "data/input_preprocessing.h"
#include "fcn/files.h"
#include "fcn/text.h"
#include "train/class_weights.h"
#include "train/data_check.h"
#include "train/start.h"
#include "train/training.h"

namespace fcn {
namespace {

int64_t IterationsOf(const TrainConfig& config, size_t samples) {
  if (config.max_iters > 0) return config.max_iters;
  const int64_t per_iteration = config.batch_size * config.accumulate;
  return std::max<int64_t>(1, (config.epochs * static_cast<int64_t>(samples) + per_iteration - 1) / per_iteration);
}

std::vector<std::string> HeadNames(const Dataset& pictures) {
  std::vector<std::string> names;
  for (const HeadInfo& head : pictures.heads()) names.push_back(head.name);
  return names;
}

CourseOptions CourseOptionsOf(const TrainConfig& config, const Dataset& pictures) {
  const size_t samples = pictures.size();
  std::vector<std::string> heads = HeadNames(pictures);
  if (heads.size() == 1) heads.clear();
  return {.max_iterations = IterationsOf(config, samples),
          .log_interval = config.log_interval,
          .images_per_iteration = config.batch_size * config.accumulate,
          .images = static_cast<int64_t>(samples),
          .heads = std::move(heads)};
}

std::vector<std::string> ParameterNames(const Graph& network) {
  std::vector<std::string> names;
  for (const ValueId id : network.Parameters()) names.push_back(network.value(id).name);
  return names;
}

}  // namespace

Training::Training(std::unique_ptr<RunFolder> folder, const TrainConfig& config, const TrainingDatasets& data,
                   const ZooEntry& entry, const CompileOptions& options, const Context& context,
                   TrainingObserver& observer)
    : folder_(std::move(folder)),
      config_(config),
      context_(context),
      observer_(observer),
      data_(config_, data, observer),
      model_(entry, config_, data_.training()),
      course_(CourseOptionsOf(config_, data_.training())) {
  if (!folder_->warning().empty()) observer_.OnNotice(folder_->warning());
  if (data_.validation() != nullptr)
    validator_.emplace(config_, *data_.validation(), data_.validation_sizes(), options, context_, observer_);
}

Training::Training(std::unique_ptr<RunFolder> folder, const TrainConfig& config, const TrainingDatasets& data,
                   const CompileOptions& options, const Context& context, TrainingObserver& observer)
    : Training(std::move(folder), config, data, SegmentationNetwork(config.model), options, context, observer) {
  // A resumed training goes on as it began, whatever it began with.
  CheckBeginnings(RuleOptionsOf(config_), ParameterNames(*model_.network()));
  std::unique_ptr<TrainingStep> step = PlanStep(options);
  const std::vector<HeadLoss> losses = model_.losses();
  Parameters weights = TakeWeights();
  if (model_.losses() != losses) step = MakeTrainingStep(config_, model_, options, context_);
  NoticeOddities(config_, data_, observer_);
  identity_.emplace(config_, data_, context_, observer_);  // ahead of the check: what changes meanwhile is another
  std::vector<std::vector<float>> class_weights = ReadLabels(options, true);
  MeasureInputs();
  updater_ = std::make_unique<Updater>(config_, model_.network(), step->trained(), std::move(weights), context_);
  Open(std::move(step), std::move(class_weights));
}

Training::Training(std::unique_ptr<RunFolder> folder, const TrainConfig& config, const TrainingDatasets& data,
                   const Checkpoint& checkpoint, const std::filesystem::path& path, const CompileOptions& options,
                   const Context& context, TrainingObserver& observer)
    : Training(std::move(folder), config, data, SegmentationNetwork(config.model), options, context, observer) {
  const std::string where = path.string();
  if (checkpoint.network != config_.model)  // two networks may have the same tensors
    ThrowDamaged(where, fmt::format("its tensors are those of {}, and its configuration is of {}",
                                    Quoted(checkpoint.network), config_.model));
  const TrainConfig before = ParseConfig(checkpoint.config, where);
  // Weights chose it where the configuration left it open; they are not read again.
  if (config_.preprocessing.empty()) config_.preprocessing = before.preprocessing;
  std::vector<Preprocessing> preprocessings = model_.preprocessings();
  const auto asked = ParsePreprocessings(config_.preprocessing, data_.training().inputs(), preprocessings[0]);
  for (size_t i = 0; i < asked.size(); i++) preprocessings[i] = asked[i].value_or(preprocessings[i]);
  model_.SetPreprocessings(preprocessings);
  model_.ReadFrom(checkpoint, where);
  CheckClasses(checkpoint, where, config_, data_.training());
  identity_.emplace(config_, data_, context_, observer_);
  identity_->Check(checkpoint, where, observer_);
  course_.ReadFrom(checkpoint, data_.class_counts(), where);
  std::unique_ptr<TrainingStep> step = PlanStep(options);
  if (before.val_max_pixels != config_.val_max_pixels)
    observer_.OnNotice(
        fmt::format("val_max_pixels was {} and is {}: scores before and after differ a little, and so may which model "
                    "is kept as the best",
                    before.val_max_pixels, config_.val_max_pixels));
  std::vector<std::vector<float>> class_weights = ReadLabels(options, before.data != config_.data || !before.check);
  updater_ = std::make_unique<Updater>(config_, model_.network(), step->trained(), checkpoint, where, context_);
  if (IdentityOf(path) == IdentityOf(folder_->files().latest)) folder_->FoundCheckpoint(course_.point());
  Open(std::move(step), std::move(class_weights));
}

std::unique_ptr<TrainingStep> Training::PlanStep(const CompileOptions& options) {
  std::unique_ptr<TrainingStep> step = MakeTrainingStep(config_, model_, options, context_);
  model_.CheckCanBeSaved(folder_->files().model, DataName(config_));
  memory_ = PlanTrainingMemory(config_, model_, *step, data_, validator_ ? &*validator_ : nullptr, options, context_);
  return step;
}

Parameters Training::TakeWeights() {
  const std::vector<InputInfo>& inputs = data_.training().inputs();
  // What the text does not speak of goes with the weights, where these are for such inputs, or is measured.
  Preprocessing unasked;
  unasked.crop = -1;
  const auto asked = ParsePreprocessings(config_.preprocessing, inputs, unasked);
  const bool speaks_of_measured = config_.preprocessing.find("measured") != std::string::npos;
  StartOptions options{.ports = model_.ports(), .new_bands = config_.new_bands};
  options.new_layers = config_.new_layers;
  options.file = config_.weights, options.seed = static_cast<uint64_t>(config_.seed);
  for (size_t i = 0; i < model_.heads().size(); i++) {
    HeadRole& head = options.heads.emplace_back(model_.heads()[i]);
    head.name = model_.ports().heads[i].name;
  }
  if (inputs[0].bands == 0 && asked[0] != unasked) options.preprocessing = asked[0];
  // Its tensors go before the step takes memory.
  const TrainingStart start = StartTraining(config_.model, options);
  for (const std::string& notice : StartNotices(start, config_.weights)) observer_.OnNotice(notice);
  model_.TakeNames(start.model);
  TakeLossWeights(start.model);
  std::vector<Preprocessing> preprocessings;
  for (size_t i = 0; i < inputs.size(); i++) {
    is_measured_.push_back(!asked[i] && (speaks_of_measured || !start.has_inputs));
    preprocessings.push_back(asked[i] && asked[i] != unasked ? *asked[i] : start.model.inputs[i].preprocessing);
  }
  model_.SetPreprocessings(preprocessings);
  return Parameters(*model_.network(), start.model.weights);
}

void Training::TakeLossWeights(const ModelContents& start) {
  std::vector<NamedFactor> weights = config_.loss_weights;
  std::vector<std::string> taken;
  double sum = 0;
  for (size_t i = 0; i < config_.heads.size(); i++) {
    const std::string& head = config_.heads[i];
    const bool is_given = std::ranges::find(weights, head, &NamedFactor::name) != weights.end();
    const double weight = is_given ? LossWeightOf(config_, head) : start.heads[i].loss_weight;
    sum += weight;
    if (is_given || weight == 1) continue;
    weights.push_back({head, weight});
    taken.push_back(fmt::format("{}:{:g}", head, weight));
  }
  if (sum == 0 || taken.empty()) return;  // heads that were not learnt there are to be learnt now
  config_.loss_weights = weights;
  model_.SetLossWeights(config_);
  observer_.OnNotice(fmt::format("loss_weights as in {}: {}", config_.weights, fmt::join(taken, ", ")));
}

std::vector<std::vector<float>> Training::ReadLabels(const CompileOptions& options, bool is_new) {
  std::optional<std::vector<ClassFrequencies>> counted;  // all labels are read once, whoever asks
  const bool is_checked = config_.check && data_.are_files();
  if (is_new && is_checked) counted = CheckTrainingData(config_, options.max_memory / 2, context_, observer_);
  if (is_new && data_.are_files() && !config_.check)
    observer_.OnNotice("the data is not checked (check is false): a file that cannot be read ends the training late");
  return WeighClasses(config_, data_.training(), counted, context_, observer_);
}

void Training::MeasureInputs() {
  const Dataset& pictures = data_.training();
  std::vector<Preprocessing> preprocessings = model_.preprocessings();
  if (std::ranges::find(is_measured_, true) != is_measured_.end()) {
    const std::vector<InputReport> reports = fcn::MeasureInputs(pictures, is_measured_, context_, [&](size_t done) {
      observer_.OnReading(config_.train_split, done, pictures.size());
    });
    for (size_t i = 0; i < reports.size(); i++)
      if (is_measured_[i]) preprocessings[i] = MeasuredPreprocessing(reports[i]);
    model_.SetPreprocessings(preprocessings);
  }
  config_.preprocessing = PreprocessingsText(preprocessings, pictures.inputs());
}

void Training::Open(std::unique_ptr<TrainingStep> step, std::vector<std::vector<float>> class_weights) {
  const LoaderOptions loader = LoaderOptionsOf(config_, model_, memory_.cache, course_.iteration());
  loader_.emplace(data_.training(), loader);
  learner_ = std::make_unique<BatchLearner>(std::move(step), HeadNames(data_.training()), std::move(class_weights),
                                            static_cast<uint64_t>(config_.seed), context_);
  folder_->CheckLock();  // checking the data may have taken long
  folder_->CheckSpace(memory_.state, model_.FileBytes(), validator_.has_value());
  folder_->Open(config_, course_.history());
}

}  // namespace fcn
