#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "data/label_options.h"
#include "data/role_options.h"
#include "evaluate/evaluate.h"
#include "fcn/error.h"
#include "fcn/text.h"
#include "train/config.h"
#include "train/config_keys.h"
#include "train/config_values.h"

namespace fcn {
namespace {

[[noreturn]] void Fail(const std::string& what, const std::string& hint) {
  throw Error(ErrorCode::kUsage, "configuration: " + what, hint);
}

/// Files and flags have been checked when they were read; fields may have been set directly.
void CheckValues(TrainConfig config) {
  VisitConfig(config, [](const ConfigKey& key, auto& value) {
    const std::string written = WriteValue(value);
    try {
      const toml::table table = toml::parse("v = " + written);
      ReadValue(*table.get("v"), key, value);
    } catch (const WrongValue& wrong) {
      Fail(fmt::format("{} {}", key.name, wrong.what), fmt::format("{}: {}", key.name, key.help));
    } catch (const toml::parse_error&) {
      Fail(fmt::format("{} cannot be {}", key.name, Quoted(written)), "Texts are UTF-8 without control characters.");
    }
  });
}

void CheckLength(const TrainConfig& config) {
  if (config.max_iters > 0 && config.epochs > 0)
    Fail(fmt::format("max_iters = {} and epochs = {} both say how long to train", config.max_iters, config.epochs),
         "Set one of them to 0.");
  if (config.max_iters == 0 && config.epochs == 0)
    Fail("neither max_iters nor epochs says how long to train", "For example --epochs 100.");
  if (config.max_iters > 0 && config.warmup_iters > config.max_iters)
    Fail(fmt::format("the warm-up of {} iterations is longer than the training of {}", config.warmup_iters,
                     config.max_iters),
         fmt::format("Lower it, as in --warmup-iters {}.", config.max_iters / 10));
}

void CheckWeights(const TrainConfig& config) {
  const ClassWeights& weights = config.class_weights;
  if (weights.kind != ClassWeights::Kind::kGiven) return;
  const size_t classes = CountOfClasses(config.classes);
  if (classes > 0 && weights.given.size() != classes)
    Fail(fmt::format("class_weights has {} numbers for {} classes", weights.given.size(), classes),
         "Give a number for each class.");
  if (std::ranges::all_of(weights.given, [](double weight) { return weight == 0; }))
    Fail("all class_weights are 0, so there would be nothing to learn", "Give at least one class a weight.");
}

void CheckHeads(const TrainConfig& config) {
  if (config.class_weights.kind == ClassWeights::Kind::kGiven && config.heads.size() > 1)
    Fail(fmt::format("class_weights has numbers, and there are {} heads", config.heads.size()),
         "\"median\" weighs the classes of each head.");
  for (const NamedFactor& one : config.loss_weights) {
    if (std::ranges::find(config.heads, one.name) == config.heads.end())
      Fail(fmt::format("loss_weights names {}, which is none of the heads", Quoted(one.name)),
           "Name what heads names, as in heads = \"class, geometry\".");
    if (std::ranges::count(config.loss_weights, one.name, &NamedFactor::name) > 1)
      Fail(fmt::format("loss_weights names {} twice", Quoted(one.name)), "Give it one weight.");
  }
  const auto is_zero = [&](const std::string& head) { return LossWeightOf(config, head) == 0; };
  if (!config.heads.empty() && std::ranges::all_of(config.heads, is_zero))
    Fail("all loss_weights are 0, so there would be nothing to learn", "Give at least one head a weight.");
}

void CheckPieces(const TrainConfig& config) {
  if (config.val_max_pixels > 0 && config.val_max_pixels < kSmallestPiece)
    Fail(fmt::format("val_max_pixels is {}, and pieces of a picture have {} pixels or more", config.val_max_pixels,
                     kSmallestPiece),
         "0 validates pictures whole.");
}

void CheckBands(const TrainConfig& config) {
  const size_t bands = config.bands.size();
  const bool is_colour =
      config.inputs.empty() || config.inputs[0].find(':') == std::string::npos;  // "depth:1" has bands of its own
  if (is_colour && bands != 0 && bands != 1 && bands != 3)
    Fail(fmt::format("bands has {} members", bands), "They are those of red, green and blue, or the one that is grey.");
}

}  // namespace

void CheckConfig(const TrainConfig& config) {
  CheckConfigWithoutFiles(config);
  if (config.data.empty()) Fail("data is empty", "Name the data set's folder: --data DIR.");
  if (config.train_split.empty()) Fail("train_split is empty", "Name the part to learn from: --train-split train.");
}

void CheckConfigWithoutFiles(const TrainConfig& config) {
  CheckValues(config);
  if (config.model.empty()) Fail("model is empty", "Name a network: fcn info lists them.");
  if (config.output.empty()) Fail("output is empty", "Name the folder to write to: -o run.");
  if (config.scale[0] > config.scale[1])
    Fail(fmt::format("scale goes from {} down to {}", config.scale[0], config.scale[1]),
         "Give the smaller factor first.");
  CheckLength(config);
  const DatasetOptions data = DatasetOptionsOf(config, config.train_split);
  CheckLabelOptions(data);
  CheckRoles(data);
  CheckHeads(config);
  CheckWeights(config);
  CheckBands(config);
  CheckPieces(config);
}

std::string DataName(const TrainConfig& config) { return config.data.empty() ? "the data" : config.data; }

double LossWeightOf(const TrainConfig& config, const std::string& head) {
  const auto found = std::ranges::find(config.loss_weights, head, &NamedFactor::name);
  return found == config.loss_weights.end() ? 1 : found->factor;
}

NetworkForm FormOf(const TrainConfig& config) {
  return {.upsampling = config.upsampling,
          .skip_scale = config.skip_scale,
          .fc_channels = static_cast<int>(config.fc_channels)};
}

DatasetOptions DatasetOptionsOf(const TrainConfig& config, const std::string& split) {
  DatasetOptions options;
  options.kind = config.dataset;
  options.folder = config.data;
  options.split = split;
  options.inputs = ParseInputs(fmt::format("{}", fmt::join(config.inputs, ", ")));
  options.heads = config.heads;
  options.classes = config.classes;
  options.ignore_index = static_cast<int>(config.ignore_index);
  options.map = config.map;
  options.reduce_zero_label = config.reduce_zero_label;
  options.palette = config.palette;
  options.images.strict = config.strict;
  options.images.max_pixels = config.max_pixels;
  options.images.sample_max = static_cast<int>(config.sample_max);
  options.images.bands.assign(config.bands.begin(), config.bands.end());
  options.images.page = static_cast<int>(config.page);
  options.images.ignore_alpha = config.ignore_alpha;
  return options;
}

OptimiserOptions OptimiserOptionsOf(const TrainConfig& config) {
  return {.solver = config.optimiser,
          .momentum = config.momentum,
          .beta1 = config.betas[0],
          .beta2 = config.betas[1],
          .epsilon = config.epsilon,
          .weight_decay = config.weight_decay};
}

RuleOptions RuleOptionsOf(const TrainConfig& config) {
  return {.paper_bias = config.paper_bias,
          .decay_rank1 = config.decay_rank1,
          .head_multiplier = config.head_lr_multiplier,
          .multipliers = config.lr_multipliers,
          .frozen = config.frozen,
          .upsampling = config.upsampling};
}

ScheduleOptions ScheduleOptionsOf(const TrainConfig& config, int64_t max_iterations) {
  return {.schedule = config.lr_schedule,
          .base = config.lr,
          .max_iterations = max_iterations,
          .power = config.power,
          .step_size = config.step_size,
          .gamma = config.gamma,
          .warmup_iterations = config.warmup_iters,
          .warmup_ratio = config.warmup_ratio};
}

}  // namespace fcn
