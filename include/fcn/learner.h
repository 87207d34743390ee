#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fcn/dataset.h"
#include "fcn/export.h"
#include "fcn/model.h"
#include "fcn/runtime.h"
#include "fcn/train_config.h"

// A training of one's own, step by step. The Trainer (train.h) does all of it: checkpoints, validation, schedule, log.

namespace fcn {

struct LoadedBatch;

/// Pictures and labels as a network learns from them. Immutable; copies share.
class FCN_API Batch {
 public:
  int64_t index() const;                          ///< its place in the series, from 0
  const std::vector<std::string>& names() const;  ///< of the samples
  int64_t size() const;                           ///< how many these are
  int64_t width() const;
  int64_t height() const;
  /// What an input of the network gets: size × height × width × bands. Throws Error(kUsage) where there is none.
  std::span<const float> input(size_t i = 0) const;
  /// What a head is to answer: size × height × width classes, kIgnoredLabel where a pixel does not count. Throws
  /// Error(kUsage) where there is none.
  std::span<const int32_t> labels(size_t head = 0) const;

 private:
  friend class Batches;
  friend class Learner;
  explicit Batch(std::shared_ptr<const LoadedBatch> loaded) : loaded_(std::move(loaded)) {}
  std::shared_ptr<const LoadedBatch> loaded_;
};

/// How samples become batches; what TrainConfig has under the same names.
struct FCN_API BatchOptions {
  int64_t batch_size = 8;
  CropSize crop_size = {};  ///< 0×0: the pictures' own, which must be the same in a batch
  std::array<double, 2> scale = {0.5, 2.0};
  bool flip = true;
  double colour = 0.3;
  double loss_sampling = 1;
  uint64_t seed = 0;
  int64_t cache_mb = 1024;
  int64_t first = 0;  ///< the batch to begin with
};

/// An endless series of batches, prepared ahead in the background: samples in a new random order in every epoch,
/// resized, cropped, mirrored, their colours varied. Each batch is a function of data, options and its index alone; the
/// Trainer's are the same. One thread at a time.
class FCN_API Batches {
 public:
  /// Pictures are prepared as the model takes them (ModelInput::preprocessing). Throws Error(kUsage) for options out of
  /// range, a data set without samples, and where its inputs, heads or classes are others than the model's.
  Batches(std::shared_ptr<const Dataset> dataset, const Model& model, const BatchOptions& options = {});
  ~Batches();
  Batches(Batches&&) noexcept;
  Batches& operator=(Batches&&) noexcept;

  /// The next one; waits where it is not ready. Throws what reading a sample of it threw, then and ever after;
  /// Error(kInput) where a sample is not what its data set says.
  Batch Next();
  /// Batches until every sample was seen once, rounded up.
  int64_t per_epoch() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// How a network learns; what TrainConfig has under the same names.
struct FCN_API LearnerOptions {
  Solver optimiser = Solver::kAdamW;
  double momentum = 0.9;
  std::array<double, 2> betas = {0.9, 0.999};
  double epsilon = 1e-8;
  double weight_decay = 0.01;
  bool decay_rank1 = false, paper_bias = false;
  double head_lr_multiplier = 1;
  std::vector<NamedFactor> lr_multipliers = {};
  std::vector<std::string> frozen = {};
  BatchNormMode batch_norm = BatchNormMode::kTrain;
  double batch_norm_momentum = 0.01;
  LossNormalisation loss_normalisation = LossNormalisation::kValid;
  /// A number for each class, by head; empty, of a head or of all: every class counts alike.
  std::vector<std::vector<double>> class_weights = {};
  /// By the names of heads; of the others it is the model's (ModelHead::loss_weight).
  std::vector<NamedFactor> loss_weights = {};
  uint64_t seed = 0;  ///< of dropout
};

/// The loss of a batch, and what each head added to it.
struct FCN_API StepLoss {
  double sum = 0;
  std::vector<double> heads = {};
};

/// A model that learns, one batch at a time: forward, backward, update. Fed with the Trainer's batches at the Trainer's
/// rates, it has the Trainer's weights bit for bit. Not thread-safe.
class FCN_API Learner {
 public:
  /// Throws Error(kUsage) for options out of range, a classifier, and names that are none of its parameters' or heads'.
  Learner(const Model& model, const LearnerOptions& options = {}, const Runtime& runtime = Runtime());
  ~Learner();
  Learner(Learner&&) noexcept;
  Learner& operator=(Learner&&) noexcept;

  /// One update of the weights at this learning rate; gives the loss that they had before. The first step, and one of
  /// batches of another shape, is planned first. Throws Error(kUsage) for batches of other data than the model's, a
  /// rate that is none, and where no parameter is trained; Error(kMemory) with figures where it does not fit;
  /// Error(kInput) naming the layer and the pictures where a loss or a gradient is no number; Error(kCancelled). After
  /// an error in the middle of an update this learner is of no use any more, and throws Error(kUsage).
  StepLoss Step(const Batch& batch, double rate);
  /// Updates so far.
  int64_t steps() const;

  /// What it has become, with what it answers to a known picture. Throws as Model::WithGoldenVectors.
  Model model() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fcn
