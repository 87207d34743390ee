#pragma once

// The table of all keys of a training's configuration: reading, writing, flags and help follow it.

#include <array>
#include <limits>
#include <string_view>

#include "train/config.h"

namespace fcn {

/// What is known of a key beside its value. Numbers lie in [least, most] (each of them, in a list or pair), or in
/// (least, most] where `above_least`. A training that is resumed may have another value of a key that `is_free`.
struct ConfigKey {
  const char* name;
  const char* help;
  const char* group;  ///< the heading under which help lists it
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();
  bool above_least = false;
  bool is_free = false;
};

/// The names of an enumeration's values in a configuration.
template <typename E>
struct Choice {
  std::string_view name;
  E value;
};
constexpr auto ChoicesOf(Solver) {
  return std::to_array<Choice<Solver>>(
      {{"adamw", Solver::kAdamW}, {"sgd", Solver::kSgd}, {"sgd-caffe", Solver::kSgdCaffe}});
}
constexpr auto ChoicesOf(BatchNormMode) {
  return std::to_array<Choice<BatchNormMode>>({{"train", BatchNormMode::kTrain}, {"frozen", BatchNormMode::kFrozen}});
}
constexpr auto ChoicesOf(Schedule) {
  return std::to_array<Choice<Schedule>>(
      {{"poly", Schedule::kPoly}, {"step", Schedule::kStep}, {"constant", Schedule::kConstant}});
}
constexpr auto ChoicesOf(NewBands) {
  return std::to_array<Choice<NewBands>>(
      {{"mean", NewBands::kMean}, {"repeat", NewBands::kRepeat}, {"zeros", NewBands::kZeros}});
}
constexpr auto ChoicesOf(UpsamplingMethod) {
  return std::to_array<Choice<UpsamplingMethod>>({{"usual", UpsamplingMethod::kUsual},
                                                  {"resize", UpsamplingMethod::kResize},
                                                  {"bilinear", UpsamplingMethod::kBilinear},
                                                  {"paper", UpsamplingMethod::kPaper},
                                                  {"learned", UpsamplingMethod::kLearned}});
}
constexpr auto ChoicesOf(LossNormalisation) {
  return std::to_array<Choice<LossNormalisation>>(
      {{"valid", LossNormalisation::kValid}, {"sum", LossNormalisation::kSum}, {"batch", LossNormalisation::kBatch}});
}

/// Calls visit(const ConfigKey&, value&) for each key, in the order of the written file; values are const where
/// `config` is. Types: std::string, bool, int64_t, double, CropSize, std::array<double, 2>, ClassWeights, enumerations
/// that have ChoicesOf, and vectors of std::string, int64_t, Colour, LabelMapping and NamedFactor.
template <typename Config, typename Visit>
  requires std::is_same_v<std::remove_const_t<Config>, TrainConfig>
void VisitConfig(Config& c, Visit&& visit) {
  constexpr double kMany = 1'000'000'000;
  const char* group = "Network and files";
  const auto whole = [&](const char* name, const char* help, double least, double most) {
    return ConfigKey{.name = name, .help = help, .group = group, .least = least, .most = most};
  };
  const auto positive = [&](const char* name, const char* help, double most) {
    return ConfigKey{.name = name, .help = help, .group = group, .least = 0, .most = most, .above_least = true};
  };
  const auto text = [&](const char* name, const char* help) {
    return ConfigKey{.name = name, .help = help, .group = group};
  };
  // Where things are, how long to wait and how much memory to use changes no result; in how large pieces pictures are
  // validated no weights, but scores a little, and so perhaps which model is the best.
  const auto free = [](ConfigKey key) {
    key.is_free = true;
    return key;
  };

  visit(text("model", "the network's name; fcn info lists them"), c.model);
  visit(text("weights", "what to start from: a model, .pth or safetensors file; empty: random weights"), c.weights);
  visit(
      text("preprocessing", "of pictures: torchvision, caffe, tensorflow, lite, …; empty: what belongs to the weights"),
      c.preprocessing);
  visit(text("new_bands", "how bands begin that the weights lack: mean (of theirs), repeat or zeros"), c.new_bands);
  visit(text("upsampling", "of scores: usual, resize; by filters: bilinear, paper (the last fixed), learned"),
        c.upsampling);
  visit(positive("skip_scale", "factor of what pool4's scores read, squared of pool3's; 0.01: the paper's at once", 1),
        c.skip_scale);
  visit(whole("fc_channels", "channels of fc6 and fc7 (VGG16, AlexNet), which then may be new; 0: their own 4096", 0,
              16384),
        c.fc_channels);
  visit(text("new_layers", "beginnings of the names of parameters that begin anew, which the weights may lack"),
        c.new_layers);
  visit(free(text("output", "the folder that the run is written to")), c.output);

  group = "Data";
  visit(text("dataset", "the kind of data set; empty: told from the folder"), c.dataset);
  visit(free(text("data", "the data set's folder")), c.data);
  visit(text("train_split", "the part to learn from"), c.train_split);
  visit(text("val_split", "the part to validate on; empty: no validation"), c.val_split);
  visit(text("inputs", "what is seen, with bands of what is no colour picture: \"image, depth:1\"; empty: a picture"),
        c.inputs);
  visit(text("heads", "what is told apart, by name: \"class, geometry\"; empty: one thing, without a name"), c.heads);
  visit(text("classes", "class names in the order of their indices; empty: the data set's own"), c.classes);
  visit(text("palette", "a colour for each class; empty: the data set's own"), c.palette);
  visit(whole("ignore_index", "the label value of pixels that do not count; -1: none", -1, 65535), c.ignore_index);
  visit(text("reduce_zero_label", "whether 0 does not count, and label 1 is the first class, as in ADE20K"),
        c.reduce_zero_label);
  visit(whole("map", "what labels or colours mean: \"255:1\", \"#e0e0c0:ignore\"; of another head \"geometry=255:1\"",
              0, 65535),
        c.map);
  visit(free(whole("cache_mb", "memory for decoded pictures, in MB; changes no result", 0, 1 << 24)), c.cache_mb);
  visit(free(text("check", "whether all pictures and labels are checked before the first iteration")), c.check);
  visit(free(whole("val_max_pixels", "larger pictures are validated in pieces of so many pixels; 0: whole", 0, kMany)),
        c.val_max_pixels);

  group = "How pictures are read";
  visit(text("strict", "whether damaged pictures that other programs read are refused"), c.strict);
  visit(whole("max_pixels", "pictures of more pixels are refused undecoded; 0: 50 million, and 50 a byte", 0,
              9007199254740992.0),
        c.max_pixels);
  visit(whole("sample_max", "the sample that is white in 16-bit pictures: 4095 where they hold 12 bits; 0: 65535", 0,
              65535),
        c.sample_max);
  visit(
      whole("bands", "which stored bands, from 1, are red, green and blue, or grey; empty: as the file says", 1, 65535),
      c.bands);
  visit(whole("page", "which page of a TIFF, or picture of a HEIC file, is read", 1, 1 << 30), c.page);
  visit(text("ignore_alpha", "whether colours are taken as stored, in place of laying transparency over white"),
        c.ignore_alpha);

  group = "Crops";
  visit(whole("crop_size", "width and height of the crops to learn from, in pixels", 1, 16384), c.crop_size);
  visit(ConfigKey{.name = "scale",
                  .help = "pictures are resized by a factor from this range",
                  .group = group,
                  .least = 0.05,
                  .most = 20},
        c.scale);
  visit(text("flip", "whether half of the crops are mirrored"), c.flip);
  visit(whole("colour", "how far brightness, contrast and saturation vary; 0: not at all", 0, 1), c.colour);

  group = "Batches and length";
  visit(whole("batch_size", "crops in one pass", 1, 65536), c.batch_size);
  visit(whole("accumulate", "passes whose gradients make one iteration", 1, 65536), c.accumulate);
  visit(whole("max_iters", "how long to train, in iterations; 0: see epochs", 0, kMany), c.max_iters);
  visit(whole("epochs", "how long to train, in passes over the data; 0: see max_iters", 0, kMany), c.epochs);
  visit(free(whole("max_time", "stop with a checkpoint after so many minutes; 0: no limit", 0, kMany)), c.max_time);
  visit(whole("patience", "stop after so many validations without a new best; 0: never", 0, kMany), c.patience);
  visit(whole("seed", "of all randomness", 0, 9007199254740992.0), c.seed);

  group = "Optimiser";
  visit(text("optimiser", "adamw, sgd (torch's momentum) or sgd-caffe (the rate inside of the momentum)"), c.optimiser);
  visit(positive("lr", "the learning rate, before schedule and multipliers", 1000), c.lr);
  visit(whole("momentum", "of sgd and sgd-caffe", 0, 0.999999), c.momentum);
  visit(whole("betas", "AdamW's decay of the first and the second moment", 0, 0.999999), c.betas);
  visit(positive("epsilon", "AdamW's smallest divisor", 1), c.epsilon);
  visit(whole("weight_decay", "how much weights shrink, times the learning rate", 0, 1000), c.weight_decay);
  visit(text("decay_rank1", "whether biases and batch norms decay as well"), c.decay_rank1);
  visit(text("paper_bias", "whether biases learn twice as fast and do not decay, as in the FCN paper"), c.paper_bias);
  visit(whole("head_lr_multiplier", "of the learning rate of layers that give or upsample scores", 0, 1'000'000),
        c.head_lr_multiplier);
  visit(whole("lr_multipliers", "of the learning rate by how a parameter's name begins, as in \"backbone.:0.1\"", 0,
              1'000'000),
        c.lr_multipliers);
  visit(text("frozen", "beginnings of the names of parameters that stay as they are"), c.frozen);
  visit(text("batch_norm", "train: statistics of each batch; frozen: those of the weights file"), c.batch_norm);
  visit(positive("batch_norm_momentum", "the share of a new batch in the running statistics (torch's convention)", 1),
        c.batch_norm_momentum);

  group = "Learning rate";
  visit(text("lr_schedule", "how the learning rate falls: poly, step or constant"), c.lr_schedule);
  visit(whole("power", "of poly: lr * (1 - t / max)^power", 0, 100), c.power);
  visit(whole("step_size", "of step: iterations between two falls", 1, kMany), c.step_size);
  visit(positive("gamma", "of step: the factor of each fall", 1), c.gamma);
  visit(whole("warmup_iters", "iterations over which the learning rate climbs at first", 0, kMany), c.warmup_iters);
  visit(whole("warmup_ratio", "the factor that this climb begins with", 0, 1), c.warmup_ratio);

  group = "Loss and weights";
  visit(text("loss_normalisation", "over pixels that count: valid, the mean; sum; batch, the sum by pictures"),
        c.loss_normalisation);
  visit(positive("loss_sampling", "the share of pixels, drawn anew for each picture, that the loss is of", 1),
        c.loss_sampling);
  visit(whole("class_weights", "\"none\", \"median\" (median-frequency balancing) or a number for each class", 0,
              1'000'000),
        c.class_weights);
  visit(whole("loss_weights", "of heads' losses in their sum, as in \"geometry:0.5\"; 1 of those that are not named", 0,
              1'000'000),
        c.loss_weights);
  visit(text("binary", "whether heads of two classes have one score, and a threshold"), c.binary);
  visit(whole("ema", "decay of a moving average of the weights, which is validated and kept; 0: none", 0, 0.9999999),
        c.ema);
  visit(text("half", "whether models are stored in half precision; training and use compute in float32"), c.half);

  group = "Intervals";
  visit(whole("log_interval", "iterations between two lines of log.jsonl", 1, kMany), c.log_interval);
  visit(whole("val_interval", "iterations between two validations", 1, kMany), c.val_interval);
  visit(whole("checkpoint_interval", "iterations between two checkpoints", 1, kMany), c.checkpoint_interval);
}

}  // namespace fcn
