#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "fcn/dataset.h"
#include "fcn/export.h"
#include "fcn/image.h"
#include "fcn/network_form.h"
#include "fcn/new_bands.h"

namespace fcn {

/// The solvers, with gradient g, weight w, weight decay d (scaled by the parameter's multiplier) and rate r:
///
///   kSgd       v = momentum · v + (g + d·w); w −= r · v                        torch.optim.SGD without dampening
///   kSgdCaffe  v = momentum · v + r · (g + d·w); w −= v                        Caffe's SGDSolver
///   kAdamW     w −= r·d·w; m = β₁·m + (1 − β₁)·g; v = β₂·v + (1 − β₂)·g²;
///              w −= r · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + epsilon)         Loshchilov and Hutter 2019,
///              torch.optim.AdamW
///
/// The two conventions of SGD agree while the rate stays as it is. All state begins with zeros: torch's first step,
/// v = g + d·w, is then the general one.
enum class Solver { kSgd, kSgdCaffe, kAdamW };

/// How the learning rate falls from `lr`, with t iterations of `max` done:
///   kPoly      lr · (1 − t / max)^power   (Caffe's; Liu et al. 2015, ParseNet)
///   kStep      lr · gamma^⌊t / step_size⌋
///   kConstant  lr
enum class Schedule { kPoly, kStep, kConstant };

/// What something is multiplied with: the rate of parameters whose names begin so, the loss of a head.
struct FCN_API NamedFactor {
  std::string name;
  double factor = 1;
  bool operator==(const NamedFactor&) const = default;
};

/// Width and height in pixels, in the order that every flag and key has them.
struct FCN_API CropSize {
  int64_t width = 352, height = 352;
  bool operator==(const CropSize&) const = default;
};

/// How much each class counts in the loss.
struct FCN_API ClassWeights {
  /// kMedian: median-frequency balancing (Eigen and Fergus 2015), from the labels of the training split.
  enum class Kind { kNone, kMedian, kGiven } kind = Kind::kNone;
  std::vector<double> given;  ///< kGiven: one per class
  bool operator==(const ClassWeights&) const = default;
};

/// What batch norms normalise by: statistics of each batch, or those of the weights.
enum class BatchNormMode { kTrain, kFrozen };

/// What the loss is of the losses of the pixels that count, a batch's N pictures together, and what iterations of
/// several batches make of it (`accumulate`):
///   kValid  their mean; the mean of the batches
///   kSum    their sum; the sum of the batches
///   kBatch  their sum divided by N; the mean of the batches: Caffe's `normalize: false` and iter_size
/// With class weights, kValid divides by the sum of the pixels' weights.
enum class LossNormalisation { kValid, kSum, kBatch };

/// All that decides what a training computes: the keys of a configuration. ConfigKeys() says what each means, and so
/// does `fcn train --help`.
struct FCN_API TrainConfig {
  std::string model = "fcn8s-efficientnet-lite0";
  std::string weights, preprocessing;
  NewBands new_bands = NewBands::kMean;
  UpsamplingMethod upsampling = UpsamplingMethod::kUsual;
  double skip_scale = 1;
  int64_t fc_channels = 0;
  std::vector<std::string> new_layers;
  std::string output = "run";

  std::string dataset, data;
  std::string train_split = "train", val_split = "val";
  std::vector<std::string> inputs, heads;
  std::vector<std::string> classes;
  std::vector<Colour> palette;
  int64_t ignore_index = 255;
  bool reduce_zero_label = false;
  std::vector<LabelMapping> map;
  int64_t cache_mb = 1024;
  bool check = true;
  int64_t val_max_pixels = 0;

  bool strict = false;
  int64_t max_pixels = 0;
  int64_t sample_max = 0;
  std::vector<int64_t> bands;
  int64_t page = 1;
  bool ignore_alpha = false;

  CropSize crop_size;
  std::array<double, 2> scale = {0.5, 2.0};
  bool flip = true;
  double colour = 0.3;

  int64_t batch_size = 8, accumulate = 1;
  int64_t max_iters = 0, epochs = 0;
  double max_time = 0;
  int64_t patience = 0;
  int64_t seed = 0;

  Solver optimiser = Solver::kAdamW;
  double lr = 0.001;
  double momentum = 0.9;
  std::array<double, 2> betas = {0.9, 0.999};
  double epsilon = 1e-8;
  double weight_decay = 0.01;
  bool decay_rank1 = false, paper_bias = false;
  double head_lr_multiplier = 1;
  std::vector<NamedFactor> lr_multipliers;
  std::vector<std::string> frozen;
  BatchNormMode batch_norm = BatchNormMode::kTrain;
  double batch_norm_momentum = 0.01;

  Schedule lr_schedule = Schedule::kPoly;
  double power = 0.9;
  int64_t step_size = 1000;
  double gamma = 0.1;
  int64_t warmup_iters = 0;
  double warmup_ratio = 0.001;

  LossNormalisation loss_normalisation = LossNormalisation::kValid;
  double loss_sampling = 1;
  ClassWeights class_weights;
  std::vector<NamedFactor> loss_weights;
  bool binary = false;
  double ema = 0;
  bool half = false;

  int64_t log_interval = 10, val_interval = 500, checkpoint_interval = 100;

  bool operator==(const TrainConfig&) const = default;
};

/// Reads flat TOML 1.0 over `base`: keys that the text lacks keep base's values. `where` (the file) begins every
/// message. Throws Error(kInput) with the line: malformed TOML; an unknown key (with the nearest one); a value of
/// another type or out of its key's range. Keys that must fit each other are CheckConfig's, because flags may still
/// change them.
FCN_API TrainConfig ParseConfig(std::string_view toml, const std::string& where, TrainConfig base = {});

/// ParseConfig of a file. Throws Error(kIo) where it cannot be read, Error(kInput) where it has more than a megabyte.
FCN_API TrainConfig ReadConfig(const std::filesystem::path& path, TrainConfig base = {});

/// The recipe of a solver of Caffe's (solver.prototxt) and of the net that it trains, which it finds beside itself or
/// from where the program runs: model, solver, rates, loss and how pictures come, of a network that fcn builds by name
/// and that computes the same (docs/caffe.md). What else a training needs, such as data, is at its default. Appends to
/// `notes` what may matter, a sentence each. Throws Error(kIo) where a file cannot be read, Error(kInput) for malformed
/// ones, Error(kUnsupported) that names file and line for what fcn does not do.
FCN_API TrainConfig ReadCaffeSolverConfig(const std::string& solver, std::vector<std::string>& notes);

/// Sets one key from a flag's text: strings and numbers as they are, "true" or "false", 640x480 for a size, lists,
/// colours and mappings as option_text.h reads them; in TOML the same texts are understood, and lists of them.
/// Throws Error(kUsage) that names the flag ("--lr") for a text of another form or out of range, and for an unknown
/// key.
FCN_API void SetConfigKey(TrainConfig& config, std::string_view key, const std::string& text);

/// The ranges of all keys, and what keys require of each other: exactly one of max_iters and epochs; data given;
/// class weights and palette as many as the classes; what CheckLabelOptions asks; … Throws Error(kUsage) that names
/// keys and values.
FCN_API void CheckConfig(const TrainConfig& config);

/// The whole configuration as TOML: every key in the table's order with a comment saying what it is. ParseConfig gives
/// an equal configuration back, and equal configurations give equal text.
FCN_API std::string ToToml(const TrainConfig& config);

/// One key as help and flags need it.
struct FCN_API ConfigKeyInfo {
  std::string name;           ///< "crop_size"
  std::string flag;           ///< "--crop-size"
  std::string help;           ///< one line, without the default
  std::string group;          ///< the heading of its part of the table
  std::string form;           ///< what the flag takes, for help: "INT", "WIDTHxHEIGHT", "COLOUR,COLOUR"
  bool is_list = false;       ///< the flag may be repeated, as if there were commas between
  bool is_switch = false;     ///< true or false; the flag alone is true
  bool is_free = false;       ///< a training that is resumed may have another value
  std::string default_value;  ///< as TOML: "[352, 352]"
};
/// All keys in the table's order.
FCN_API std::vector<ConfigKeyInfo> ConfigKeys();

/// Where a configuration's data is and what its labels mean, for one split. Throws Error(kUsage) for inputs that are
/// none (ParseInputs).
FCN_API DatasetOptions DatasetOptionsOf(const TrainConfig& config, const std::string& split);

}  // namespace fcn
