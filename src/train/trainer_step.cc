#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/file.h"
#include "base/folder.h"
#include "base/quoted.h"
#include "evaluate/evaluate.h"
#include "fcn/error.h"
#include "metrics/score_table.h"
#include "tensor/random.h"
#include "train/ema.h"
#include "train/finite.h"
#include "train/trainer_state.h"

namespace fcn {
WeightSource Trainer::State::Source() const {
  return [this, source = parameters.Source()](const Value& value) {
    return value.name == "class_weights" ? ParameterData{class_weights, nullptr} : source(value);
  };
}

void Trainer::State::Iterate() {
  const WeightSource source = Source();
  const uint64_t dropout_stream = SeedFromName("dropout", static_cast<uint64_t>(config.seed));
  const auto update = [&](size_t i, int64_t first, std::span<const float> values) {
    is_torn = true;  // until the iteration is done
    Update(step->trained()[i].name, static_cast<size_t>(first), values);
  };
  // Until all passes are done nothing of the state is changed, so that a picture that cannot be read, or the lack of
  // memory, leaves the last whole iteration. (Gradients that are handed over are of the only pass.)
  std::vector<SeenStatistics> seen;
  double loss = 0;
  for (int64_t pass = 0; pass < config.accumulate; pass++) {
    const Batch batch = loader->Next();
    pictures_ = batch.names;
    const float pass_loss =
        step->Run(batch.images.view(), batch.labels.view(),
                  RandomBits(dropout_stream, static_cast<uint64_t>(batch.index)), source, context, nullptr, update);
    ThrowIfNotFinite(pass_loss);
    loss += double{pass_loss} / static_cast<double>(config.accumulate);
    for (const BatchStatistics& one : step->statistics())
      seen.push_back({one.running_mean,
                      one.running_variance,
                      {one.mean.begin(), one.mean.end()},
                      {one.variance.begin(), one.variance.end()},
                      one.count});
    for (const Gradient& gradient : step->gradients()) {
      std::vector<float>& sum = sums_[gradient.parameter];
      sum.resize(gradient.values.size());
      for (size_t i = 0; i < sum.size(); i++) sum[i] = pass == 0 ? gradient.values[i] : sum[i] + gradient.values[i];
    }
  }
  is_torn = true;
  for (const SeenStatistics& one : seen) MixStatistics(one);
  for (const auto& [name, sum] : sums_) Update(name, 0, sum);
  if (config.ema > 0)
    for (const auto& [name, rule] : rules)
      UpdateEma(context, average.at(name), parameters.at(name), EmaDecayAt(config.ema, iteration));

  iteration++;
  loss_sum += loss, loss_count++;
  is_torn = is_saved = false;
  pace.Tick(iteration);
  if (iteration % config.log_interval == 0 || iteration == max_iterations) {
    last_loss = loss_sum / static_cast<double>(loss_count);
    loss_sum = 0, loss_count = 0;
    Log(TrainingEntry{iteration, Progress().epoch, last_loss, RateAt(schedule, iteration - 1)});
  }
}

void Trainer::State::Update(const std::string& name, size_t first, std::span<const float> gradient) {
  // A mean loss is the mean over the passes; a summed one the sum.
  const bool is_mean = config.loss_normalisation == LossNormalisation::kValid;
  const ParameterRule& rule = rules.at(name);
  UpdateScale scale;
  scale.rate = RateAt(schedule, iteration) * rule.rate_multiplier;
  scale.decay_multiplier = rule.decay_multiplier;
  scale.step = iteration + 1;
  scale.gradient_scale = is_mean ? 1.0f / static_cast<float>(config.accumulate) : 1.0f;
  std::vector<std::span<float>> states;
  for (std::vector<float>& state : solver_states.at(name))
    states.push_back(std::span(state).subspan(first, gradient.size()));
  if (!optimiser.Update(context, parameters.at(name).subspan(first, gradient.size()), gradient, states, scale))
    ThrowNoNumber(iteration, fmt::format("the gradient of {} is no number", name));
}

void Trainer::State::MixStatistics(const SeenStatistics& seen) {
  const auto share = static_cast<float>(config.batch_norm_momentum);
  const std::span<float> mean = parameters.at(seen.running_mean);
  const std::span<float> variance = parameters.at(seen.running_variance);
  // As torch: the batch is normalised by its biased variance, and remembered by the unbiased one.
  const auto unbiased =
      static_cast<float>(static_cast<double>(seen.count) / static_cast<double>(std::max<int64_t>(1, seen.count - 1)));
  for (size_t c = 0; c < mean.size(); c++) {
    mean[c] = (1 - share) * mean[c] + share * seen.mean[c];
    variance[c] = (1 - share) * variance[c] + share * (seen.variance[c] * unbiased);
  }
}

// Gradients that were handed over have been looked at by then.
void Trainer::State::ThrowIfNotFinite(float loss) const {
  std::string what;
  if (!std::isfinite(loss)) what = fmt::format("the loss is {}", loss);
  // The last layer whose gradient is no number is where the trouble began, since gradients flow backwards.
  for (const Gradient& gradient : step->gradients())
    if (!IsFinite(gradient.values)) what = fmt::format("the gradient of {} is no number", gradient.parameter);
  if (!what.empty()) ThrowNoNumber(iteration, what);
}

void Trainer::State::ThrowNoNumber(int64_t at_iteration, const std::string& what) const {
  const auto command = [&](const std::string& more) {
    return fmt::format("fcn train --config {} --lr {:.3g} {}", files.config.string(), config.lr / 10, more);
  };
  const std::string remedy =
      Exists(files.latest)
          ? fmt::format("{} stays as it was. Train on from it with a lower lr, or warmup_iters: {}",
                        files.latest.string(),
                        command(fmt::format("--weights {} -o {}2", files.latest.string(), config.output)))
          : fmt::format("Begin again with a lower lr, or warmup_iters: {}", command("-o " + config.output));
  throw Diverged(ErrorCode::kInput,
                 fmt::format("iteration {}: {} (pictures {})", at_iteration, what, fmt::join(pictures_, ", ")), remedy);
}

bool Trainer::State::Validate(const std::atomic<bool>& stop, FunctionRef<void()> between) {
  struct Stopped {};
  pace.Pause();
  step->ReleaseMemory();  // not both at once
  ConfusionMatrix matrix(static_cast<int>(val_data->classes().size()));
  const auto on_piece = [&] {
    between();
    if (stop) throw Stopped();
  };
  CompileOptions options = compile;
  const int64_t pixels = LargestPixels(val_sizes);
  // The programs of a validation may have what the plan gave them: the limit without what lasts and the picture.
  if (compile.max_memory > 0)
    options.max_memory =
        std::max<int64_t>(1, compile.max_memory - memory.lasting() - memory.cache - DecodedBytes(pixels));
  try {
    Predictor predictor(EvaluatedNetwork(), options, context);
    matrix = EvaluateModel(predictor, *val_data, {.max_pixels = config.val_max_pixels, .on_piece = on_piece},
                           [&](size_t done) {
                             observer.OnValidating(done, val_data->size());
                             if (stop) throw Stopped();
                           });
  } catch (const Stopped&) {
    return false;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kMemory) throw;
    const int64_t at_once = config.val_max_pixels > 0 ? std::min(pixels, config.val_max_pixels) : pixels;
    throw Error(error.code(), fmt::format("validation after iteration {}: {}", iteration, error.message()),
                fmt::format("Go on with large pictures in pieces: fcn train --resume {} --val-max-pixels {}",
                            config.output, std::max(kSmallestPiece, at_once / 4)));
  }
  ValidationReport report{iteration, val_data->classes(), ComputeScores(matrix), false};
  // The first of equal ones stays the best.
  const bool has_score = !std::isnan(report.scores.mean_iu);
  report.is_best = has_score && (std::isnan(best_mean_iu) || report.scores.mean_iu > best_mean_iu);
  ValidationEntry logged;
  logged.iteration = iteration;
  logged.pixel_accuracy = report.scores.pixel_accuracy;
  logged.mean_accuracy = report.scores.mean_accuracy;
  logged.mean_iu = report.scores.mean_iu;
  logged.fw_iu = report.scores.fw_iu;
  for (const ClassScore& score : report.scores.per_class) logged.class_iu.push_back(score.iu);
  // Files first: where one cannot be written the state is as if this validation had not been.
  if (report.is_best) {
    SaveModelTo(files.best);
    nlohmann::ordered_json metrics = {{"iteration", iteration}};
    metrics.update(ScoresJson(report.scores, report.classes));
    WriteFile(files.metrics, PrintableJson(metrics.dump(2)) + "\n");
    best_mean_iu = report.scores.mean_iu, best_iteration = iteration;
  }
  if (has_score) worse_validations = report.is_best ? 0 : worse_validations + 1;
  validated = iteration;
  is_saved = false;
  Log(logged);
  observer.OnValidation(report);
  if (!has_score && !is_scoreless_)
    observer.OnNotice(fmt::format(
        "nothing in the pictures of the split {} counts: there are no scores, and no best model", config.val_split));
  is_scoreless_ = !has_score;
  WarnOfUnpredicted(report.scores);
  return true;
}

void Trainer::State::WarnOfUnpredicted(const Scores& scores) {
  constexpr int kAlarm = 3;
  for (int c = 0; c < static_cast<int>(scores.per_class.size()); c++) {
    const ClassScore& score = scores.per_class[static_cast<size_t>(c)];
    const bool is_missing = score.truth_pixels > 0 && score.predicted_pixels == 0;
    unpredicted_[c] = is_missing ? unpredicted_[c] + 1 : 0;
    if (unpredicted_[c] == kAlarm)
      observer.OnNotice(fmt::format("{} was never predicted in {} validations; class_weights = \"median\" may help",
                                    val_data->classes()[static_cast<size_t>(c)], kAlarm));
  }
}

TrainingProgress Trainer::State::Progress() const {
  TrainingProgress progress;
  progress.iteration = iteration, progress.max_iterations = max_iterations;
  const auto images = static_cast<double>(config.batch_size * config.accumulate);
  progress.epoch = static_cast<double>(iteration) * images / static_cast<double>(train_data->size());
  progress.loss = loss_count > 0 ? loss_sum / static_cast<double>(loss_count) : last_loss;
  progress.rate = RateAt(schedule, std::max<int64_t>(0, iteration - 1));
  const double seconds = pace.SecondsPerIteration();
  progress.images_per_second = images / seconds;
  progress.seconds_left = seconds * static_cast<double>(max_iterations - iteration);
  progress.best_mean_iu = best_mean_iu;
  return progress;
}

}  // namespace fcn
