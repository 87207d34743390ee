#include "fcn/learner.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "data/loader.h"
#include "fcn/error.h"
#include "fcn/text.h"
#include "library/model_access.h"
#include "library/runtime_access.h"
#include "train/batch_learner.h"
#include "train/no_number.h"
#include "train/trained_model.h"
#include "train/updater.h"

namespace fcn {
namespace {

std::vector<std::string> HeadNames(const TrainedModel& model) {
  std::vector<std::string> names;
  for (const HeadRole& head : model.heads()) names.push_back(head.name);
  return names;
}

/// The keys that a step needs; crops and batches are those of each batch.
TrainConfig ConfigOf(const LearnerOptions& options, const std::string& model) {
  TrainConfig config;
  config.model = model;
  config.optimiser = options.optimiser;
  config.momentum = options.momentum;
  config.betas = options.betas;
  config.epsilon = options.epsilon;
  config.weight_decay = options.weight_decay;
  config.decay_rank1 = options.decay_rank1, config.paper_bias = options.paper_bias;
  config.head_lr_multiplier = options.head_lr_multiplier;
  config.lr_multipliers = options.lr_multipliers;
  config.frozen = options.frozen;
  config.batch_norm = options.batch_norm;
  config.batch_norm_momentum = options.batch_norm_momentum;
  config.loss_normalisation = options.loss_normalisation;
  config.max_iters = 1;
  CheckConfigWithoutFiles(config);
  const auto has_numbers = [](const std::vector<double>& weights) { return !weights.empty(); };
  if (std::ranges::any_of(options.class_weights, has_numbers)) config.class_weights.kind = ClassWeights::Kind::kGiven;
  return config;
}

/// The model with the losses of its heads weighed as the options say.
ModelContents Weighed(ModelContents model, const std::vector<NamedFactor>& loss_weights) {
  for (const NamedFactor& one : loss_weights) {
    const auto head = std::ranges::find(model.heads, one.name, &HeadRole::name);
    if (head == model.heads.end())
      throw Error(ErrorCode::kUsage, fmt::format("loss_weights names {}, which is none of the heads", Quoted(one.name)),
                  "Name the model's heads.");
    if (!(one.factor >= 0))
      throw Error(ErrorCode::kUsage, fmt::format("the loss of {} has a weight of {}", Quoted(one.name), one.factor),
                  "Weights are 0 or more.");
    head->loss_weight = one.factor;
  }
  return model;
}

/// For all heads, ones where a head has none.
std::vector<std::vector<float>> ClassWeightsOf(const LearnerOptions& options, const std::vector<HeadRole>& heads,
                                               bool has_any) {
  const std::vector<std::vector<double>>& given = options.class_weights;
  if (given.size() > heads.size())
    throw Error(ErrorCode::kUsage,
                fmt::format("there are class_weights of {} heads, and the model has {}", given.size(), heads.size()),
                "Give a list for each head.");
  std::vector<std::vector<float>> weights;
  for (size_t i = 0; has_any && i < heads.size(); i++) {
    const size_t classes = heads[i].classes.size();
    weights.emplace_back(classes, 1.0f);
    if (i >= given.size() || given[i].empty()) continue;
    if (given[i].size() != classes)
      throw Error(ErrorCode::kUsage,
                  fmt::format("class_weights has {} numbers for {} classes", given[i].size(), classes),
                  "Give a number for each class.");
    for (size_t c = 0; c < classes; c++) weights[i][c] = static_cast<float>(given[i][c]);
  }
  return weights;
}

std::vector<std::string> ParameterNames(const Graph& network) {
  std::vector<std::string> names;
  for (const ValueId id : network.Parameters()) names.push_back(network.value(id).name);
  return names;
}

/// What a series of batches and a model must agree in.
struct Roles {
  std::vector<int64_t> bands;   // of each input
  std::vector<size_t> classes;  // of each head
  bool operator==(const Roles&) const = default;
};

std::string TextOf(const Roles& roles) {
  return fmt::format("inputs of {} bands and heads of {} classes", fmt::join(roles.bands, ", "),
                     fmt::join(roles.classes, ", "));
}

void CheckAgree(const Roles& data, const Roles& model) {
  if (data == model) return;
  throw Error(ErrorCode::kUsage, fmt::format("the data have {}, the model has {}", TextOf(data), TextOf(model)),
              "They need the same inputs and heads, in the same order.");
}

void CheckLabels(std::span<const int32_t> labels, size_t classes) {
  for (const int32_t label : labels)
    if (label != kIgnoredLabel && (label < 0 || static_cast<size_t>(label) >= classes))
      throw Error(ErrorCode::kUsage, fmt::format("a batch has the label {}, and there are {} classes", label, classes),
                  "Batches are made for the model that learns from them.");
}

Roles RolesOf(const Model& model) {
  Roles roles;
  for (const ModelInput& input : model.inputs()) roles.bands.push_back(input.bands);
  for (const ModelHead& head : model.heads()) roles.classes.push_back(head.classes.size());
  return roles;
}

Roles RolesOf(const Dataset& dataset) {
  Roles roles;
  for (const InputInfo& input : dataset.inputs()) roles.bands.push_back(input.bands == 0 ? 3 : input.bands);
  for (const HeadInfo& head : dataset.heads()) roles.classes.push_back(head.classes.size());
  return roles;
}

template <typename T>
const T& At(const std::vector<T>& all, size_t i, const char* what) {
  if (i < all.size()) return all[i];
  throw Error(ErrorCode::kUsage, fmt::format("number {} of a batch's {}, of which there are {}", i, what, all.size()),
              "They are counted from 0.");
}

/// What is inside of a handle, unless it was moved from.
template <typename Inside>
Inside& InOf(const std::unique_ptr<Inside>& impl, const char* what) {
  if (impl) return *impl;
  throw Error(ErrorCode::kUsage, fmt::format("this {} was moved from", what), "Use the one that it was moved to.");
}

}  // namespace

int64_t Batch::index() const { return loaded_->index; }
const std::vector<std::string>& Batch::names() const { return loaded_->names; }
int64_t Batch::size() const { return loaded_->inputs[0].shape().n; }
int64_t Batch::width() const { return loaded_->inputs[0].shape().w; }
int64_t Batch::height() const { return loaded_->inputs[0].shape().h; }
std::span<const float> Batch::input(size_t i) const { return At(loaded_->inputs, i, "inputs").values(); }
std::span<const int32_t> Batch::labels(size_t head) const { return At(loaded_->labels, head, "heads").values(); }

struct Batches::Impl {
  Impl(std::shared_ptr<const Dataset> its_dataset, const LoaderOptions& options)
      : dataset(std::move(its_dataset)), loader(*dataset, options) {}

  std::shared_ptr<const Dataset> dataset;
  BatchLoader loader;
};

Batches::Batches(std::shared_ptr<const Dataset> dataset, const Model& model, const BatchOptions& options) {
  if (!dataset) throw Error(ErrorCode::kUsage, "there is no data set to make batches of", "Open one first.");
  CheckAgree(RolesOf(*dataset), RolesOf(model));
  TrainConfig config;
  config.batch_size = options.batch_size, config.accumulate = 1;
  config.crop_size = options.crop_size;
  config.scale = options.scale, config.flip = options.flip, config.colour = options.colour;
  config.loss_sampling = options.loss_sampling;
  config.seed = static_cast<int64_t>(options.seed);
  config.cache_mb = options.cache_mb;
  config.max_iters = 1;
  const bool is_whole = config.crop_size == CropSize{0, 0};
  if (is_whole) config.crop_size = CropSize();
  CheckConfigWithoutFiles(config);
  if (is_whole) config.crop_size = {0, 0};
  const TrainedModel prepared(*ModelAccess::ContentsOf(model));
  impl_ = std::make_unique<Impl>(std::move(dataset),
                                 LoaderOptionsOf(config, prepared, options.cache_mb << 20, options.first));
}

Batches::~Batches() = default;
Batches::Batches(Batches&&) noexcept = default;
Batches& Batches::operator=(Batches&&) noexcept = default;

Batch Batches::Next() { return Batch(std::make_shared<const LoadedBatch>(InOf(impl_, "Batches").loader.Next())); }
int64_t Batches::per_epoch() const { return InOf(impl_, "Batches").loader.batches_per_epoch(); }

struct Learner::Impl {
  Impl(const Model& its_model, const LearnerOptions& options, const Runtime& its_runtime)
      : runtime(its_runtime),
        context(RuntimeAccess::ContextOf(runtime)),
        start(its_model),
        roles(RolesOf(start)),
        config(ConfigOf(options, start.name())),
        model(Weighed(*ModelAccess::ContentsOf(start), options.loss_weights)),
        class_weights(ClassWeightsOf(options, model.heads(), config.class_weights.kind != ClassWeights::Kind::kNone)),
        seed(options.seed) {
    CheckBeginnings(RuleOptionsOf(config), ParameterNames(*model.network()));
  }

  /// Plans a step for batches of this one's shape.
  void PlanFor(const LoadedBatch& batch) {
    const Nhwc shape = batch.inputs[0].shape();
    if (learner && planned == shape) return;
    learner.reset();  // not both at once
    config.batch_size = shape.n, config.crop_size = {shape.w, shape.h};
    const CompileOptions options = RuntimeAccess::CompileOptionsOf(runtime);
    std::unique_ptr<TrainingStep> step = MakeTrainingStep(config, model, options, context);
    CheckMemory(StateBytes(config, *model.network(), step->trained()) + step->planned_bytes(), options.max_memory,
                "smaller batches or crops");
    if (!updater)
      updater.emplace(config, model.network(), step->trained(),
                      Parameters(*model.network(), ModelAccess::ContentsOf(start)->weights), context);
    learner.emplace(std::move(step), HeadNames(model), class_weights, seed, context);
    planned = shape;
  }

  Runtime runtime;
  const Context& context;
  Model start;
  Roles roles;
  TrainConfig config;
  TrainedModel model;
  std::vector<std::vector<float>> class_weights;
  uint64_t seed;
  Nhwc planned{};
  std::optional<Updater> updater;
  std::optional<BatchLearner> learner;
  int64_t steps = 0;
};

Learner::Learner(const Model& model, const LearnerOptions& options, const Runtime& runtime) {
  if (model.is_classifier())
    throw Error(ErrorCode::kUsage, fmt::format("{} is a classifier: it gives no class to a pixel", model.name()),
                "Train a fully convolutional network.");
  impl_ = std::make_unique<Impl>(model, options, runtime);
}

Learner::~Learner() = default;
Learner::Learner(Learner&&) noexcept = default;
Learner& Learner::operator=(Learner&&) noexcept = default;

StepLoss Learner::Step(const Batch& batch, double rate) {
  if (!(rate >= 0 && std::isfinite(rate)))
    throw Error(ErrorCode::kUsage, fmt::format("a learning rate of {}", rate), "Rates are finite, 0 or more.");
  Impl& impl = InOf(impl_, "Learner");
  if (impl.updater && impl.updater->is_torn())
    throw Error(ErrorCode::kUsage, "this learner ended in the middle of an update", "Begin again with another one.");
  Roles roles = impl.roles;
  roles.bands.clear();
  for (const Tensor& input : batch.loaded_->inputs) roles.bands.push_back(input.shape().c);
  roles.classes.resize(batch.loaded_->labels.size());
  CheckAgree(roles, impl.roles);
  for (size_t head = 0; head < roles.classes.size(); head++) CheckLabels(batch.labels(head), roles.classes[head]);
  impl.PlanFor(*batch.loaded_);
  try {
    StepLoss loss = impl.learner->Learn(
        {impl.steps, rate, 1}, [&] { return batch.loaded_; }, *impl.updater);
    impl.steps++;
    return loss;
  } catch (const NoNumber& what) {
    throw Error(ErrorCode::kInput,
                fmt::format("step {}: {} (pictures {})", impl.steps, what.what(), fmt::join(batch.names(), ", ")),
                "A lower rate may help, or one that climbs at first.");
  }
}

int64_t Learner::steps() const { return InOf(impl_, "Learner").steps; }

Model Learner::model() const {
  const Impl& impl = InOf(impl_, "Learner");
  if (!impl.updater) return impl.start;
  return ModelAccess::Make(impl.model.Complete(impl.updater->evaluated(), impl.context));
}

}  // namespace fcn
