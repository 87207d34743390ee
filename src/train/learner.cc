#include "train/learner.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "fcn/error.h"
#include "graph/shapes.h"
#include "tensor/random.h"
#include "train/finite.h"
#include "train/no_number.h"

namespace fcn {
namespace {

/// BatchStatistics that outlast the step's next run.
class SeenStatistics {
 public:
  explicit SeenStatistics(const BatchStatistics& seen)
      : seen_(seen), mean_(seen.mean.begin(), seen.mean.end()), variance_(seen.variance.begin(), seen.variance.end()) {}

  BatchStatistics view() const { return {seen_.running_mean, seen_.running_variance, mean_, variance_, seen_.count}; }

 private:
  BatchStatistics seen_;
  std::vector<float> mean_, variance_;
};

}  // namespace

std::unique_ptr<TrainingStep> MakeTrainingStep(const TrainConfig& config, const Graph& network,
                                               const CompileOptions& options, const Context& context) {
  TrainingFormOptions form;
  form.batch_statistics = config.batch_norm == BatchNormMode::kTrain;
  form.ignore_label = kIgnoredLabel;
  form.mean_loss = config.loss_normalisation == LossNormalisation::kValid;
  form.class_weights = config.class_weights.kind != ClassWeights::Kind::kNone;
  const Nhwc images{config.batch_size, config.crop_size.height, config.crop_size.width, 3};
  try {
    InferShapes(network, std::span(&images, 1));
  } catch (const Error& error) {
    throw Error(ErrorCode::kUsage,
                fmt::format("crops of {}x{} are nothing for {}: {}", images.w, images.h, config.model, error.message()),
                "Choose another crop_size.");
  }
  const ParameterRules rules = RulesOf(network, RuleOptionsOf(config));
  const auto is_trained = [&](const Value& parameter) {
    const auto rule = rules.find(parameter.name);
    return rule != rules.end() && !rule->second.frozen();
  };
  CompileOptions of_step = options;
  of_step.max_memory = 0;  // the step is not all that there is
  // Gradients that several passes add up must be kept.
  const GradientUse use = config.accumulate > 1 ? GradientUse::kKeep : GradientUse::kHandOver;
  auto step = std::make_unique<TrainingStep>(network, form, is_trained, images, of_step, context, use);
  if (step->trained().empty())
    throw Error(ErrorCode::kUsage, "no parameter of the network is trained", "Name fewer of them under frozen.");
  return step;
}

LoaderOptions LoaderOptionsOf(const TrainConfig& config, const Preprocessing& preprocessing, int64_t cache_bytes,
                              int64_t iteration) {
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
  options.first_batch = iteration * config.accumulate;
  return options;
}

Learner::Learner(const TrainConfig& config, std::unique_ptr<TrainingStep> step, const Dataset& pictures,
                 const LoaderOptions& loader, std::vector<float> class_weights, const Context& context)
    : context_(context),
      step_(std::move(step)),
      class_weights_(std::move(class_weights)),
      passes_(config.accumulate),
      dropout_stream_(SeedFromName("dropout", static_cast<uint64_t>(config.seed))),
      loader_(pictures, loader) {}

double Learner::Learn(int64_t iteration, Updater& updater) {
  const WeightSource source = [&, weights = updater.weights().Source()](const Value& value) {
    return value.name == "class_weights" ? ParameterData{class_weights_, nullptr} : weights(value);
  };
  const auto update = [&](size_t i, int64_t first, std::span<const float> gradient) {
    updater.Update(iteration, step_->trained()[i].name, static_cast<size_t>(first), gradient);
  };
  std::vector<SeenStatistics> seen;
  double loss = 0;
  for (int64_t pass = 0; pass < passes_; pass++) {
    const Batch batch = loader_.Next();
    iteration_ = iteration, pictures_ = batch.names;
    const float pass_loss =
        step_->Run(batch.images.view(), batch.labels.view(),
                   RandomBits(dropout_stream_, static_cast<uint64_t>(batch.index)), source, context_, nullptr, update);
    CheckFinite(pass_loss);
    loss += double{pass_loss} / static_cast<double>(passes_);
    for (const BatchStatistics& one : step_->statistics()) seen.emplace_back(one);
    AddGradients(pass == 0);
  }
  for (const SeenStatistics& one : seen) updater.Mix(one.view());
  for (const auto& [name, sum] : sums_) updater.Update(iteration, name, 0, sum);
  updater.Finish(iteration);
  return loss;
}

void Learner::AddGradients(bool is_first_pass) {
  for (const Gradient& gradient : step_->gradients()) {
    std::vector<float>& sum = sums_[gradient.parameter];
    sum.resize(gradient.values.size());
    for (size_t i = 0; i < sum.size(); i++) sum[i] = is_first_pass ? gradient.values[i] : sum[i] + gradient.values[i];
  }
}

void Learner::CheckFinite(float loss) const {
  std::string what;
  if (!std::isfinite(loss)) what = fmt::format("the loss is {}", loss);
  // The last layer whose gradient is no number is where the trouble began, since gradients flow backwards.
  for (const Gradient& gradient : step_->gradients())
    if (!IsFinite(gradient.values)) what = fmt::format("the gradient of {} is no number", gradient.parameter);
  if (!what.empty()) throw NoNumber(what);
}

}  // namespace fcn
