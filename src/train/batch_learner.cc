#include "train/batch_learner.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "base/finite.h"
#include "fcn/error.h"
#include "graph/shapes.h"
#include "tensor/random.h"
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

std::unique_ptr<TrainingStep> MakeTrainingStep(const TrainConfig& config, const TrainedModel& model,
                                               const CompileOptions& options, const Context& context) {
  const Graph& network = *model.network();
  TrainingFormOptions form;
  form.batch_statistics = config.batch_norm == BatchNormMode::kTrain;
  form.ignore_label = kIgnoredLabel;
  form.mean_loss = config.loss_normalisation == LossNormalisation::kValid;
  form.class_weights = config.class_weights.kind != ClassWeights::Kind::kNone;
  form.heads = model.losses();
  if (config.loss_normalisation == LossNormalisation::kBatch)
    for (HeadLoss& head : form.heads) head.weight /= static_cast<float>(config.batch_size);
  const auto& [width, height] = config.crop_size;
  const std::vector<Nhwc> inputs = model.Inputs(config.batch_size, height, width);
  try {
    InferShapes(network, inputs);
  } catch (const Error& error) {
    throw Error(ErrorCode::kUsage,
                fmt::format("crops of {}x{} are nothing for {}: {}", width, height, config.model, error.message()),
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
  auto step = std::make_unique<TrainingStep>(network, form, is_trained, inputs, of_step, context, use);
  if (step->trained().empty())
    throw Error(ErrorCode::kUsage, "no parameter of the network is trained", "Name fewer of them under frozen.");
  return step;
}

LoaderOptions LoaderOptionsOf(const TrainConfig& config, const TrainedModel& model, int64_t cache_bytes,
                              int64_t iteration) {
  LoaderOptions options;
  options.batch_size = static_cast<int>(config.batch_size);
  options.seed = static_cast<uint64_t>(config.seed);
  options.augment.crop_width = static_cast<int>(config.crop_size.width);
  options.augment.crop_height = static_cast<int>(config.crop_size.height);
  options.augment.scale_min = config.scale[0], options.augment.scale_max = config.scale[1];
  options.augment.flip = config.flip;
  options.augment.colour = static_cast<float>(config.colour);
  options.loss_sampling = config.loss_sampling;
  options.preprocessings = model.preprocessings();
  options.cache_bytes = cache_bytes;
  options.first_batch = iteration * config.accumulate;
  return options;
}

BatchLearner::BatchLearner(std::unique_ptr<TrainingStep> step, const std::vector<std::string>& heads,
                           std::vector<std::vector<float>> class_weights, uint64_t seed, const Context& context)
    : context_(context), step_(std::move(step)), dropout_stream_(SeedFromName("dropout", seed)) {
  for (size_t i = 0; i < class_weights.size(); i++)
    class_weights_[HeadValueName("class_weights", class_weights.size(), heads[i])] = std::move(class_weights[i]);
}

StepLoss BatchLearner::Learn(const Iteration& iteration, FunctionRef<std::shared_ptr<const LoadedBatch>()> next,
                             Updater& updater) {
  const auto& [number, rate, passes] = iteration;
  const WeightSource source = [&, weights = updater.weights().Source()](const Value& value) {
    const auto of_head = class_weights_.find(value.name);
    return of_head != class_weights_.end() ? ParameterData{of_head->second, nullptr} : weights(value);
  };
  const auto update = [&](size_t i, int64_t first, std::span<const float> gradient) {
    updater.Update(iteration.number, iteration.rate, trained()[i].name, static_cast<size_t>(first), gradient);
  };
  std::vector<SeenStatistics> seen;
  StepLoss loss;
  loss.heads.resize(step_->head_losses().size());
  for (int64_t pass = 0; pass < passes; pass++) {
    const std::shared_ptr<const LoadedBatch> batch = next();
    iteration_ = number, pictures_ = batch->names;
    std::vector<TensorView<const float>> inputs;
    std::vector<TensorView<const int32_t>> labels;
    for (const Tensor& input : batch->inputs) inputs.push_back(input.view());
    for (const LabelTensor& of_head : batch->labels) labels.push_back(of_head.view());
    const float pass_loss = step_->Run(inputs, labels, RandomBits(dropout_stream_, static_cast<uint64_t>(batch->index)),
                                       source, context_, nullptr, update);
    CheckFinite(pass_loss);
    const auto share = static_cast<double>(passes);
    loss.sum += double{pass_loss} / share;
    for (size_t i = 0; i < loss.heads.size(); i++) loss.heads[i] += double{step_->head_losses()[i]} / share;
    for (const BatchStatistics& one : step_->statistics()) seen.emplace_back(one);
    AddGradients(pass == 0);
  }
  for (const SeenStatistics& one : seen) updater.Mix(one.view());
  for (const auto& [name, sum] : sums_) updater.Update(number, rate, name, 0, sum);
  updater.Finish(number);
  return loss;
}

void BatchLearner::AddGradients(bool is_first_pass) {
  for (const Gradient& gradient : step_->gradients()) {
    std::vector<float>& sum = sums_[gradient.parameter];
    sum.resize(gradient.values.size());
    for (size_t i = 0; i < sum.size(); i++) sum[i] = is_first_pass ? gradient.values[i] : sum[i] + gradient.values[i];
  }
}

void BatchLearner::CheckFinite(float loss) const {
  std::string what;
  if (!std::isfinite(loss)) what = fmt::format("the loss is {}", loss);
  // The last layer whose gradient is no number is where the trouble began, since gradients flow backwards.
  for (const Gradient& gradient : step_->gradients())
    if (!IsFinite(gradient.values)) what = fmt::format("the gradient of {} is no number", gradient.parameter);
  if (!what.empty()) throw NoNumber(what);
}

}  // namespace fcn
