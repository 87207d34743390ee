#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/augment.h"
#include "fcn/dataset.h"
#include "fcn/preprocessing.h"
#include "tensor/tensor.h"

namespace fcn {

/// Batches that wait to be taken, beside those in the making.
inline constexpr int64_t kBatchesAhead = 3;

struct LoaderOptions {
  int batch_size = 8;
  uint64_t seed = 0;
  AugmentOptions augment;  ///< its padding is replaced by the preprocessings' means
  /// The share of each picture's pixels that keep their labels; the others are ignored. Which, is drawn anew for each
  /// picture of each batch, the same in all heads.
  double loss_sampling = 1;
  std::vector<Preprocessing> preprocessings = {{}};  ///< of each input
  int64_t cache_bytes = int64_t{1} << 30;            ///< decoded samples are kept while they take no more
  int64_t first_batch = 0;                           ///< where to begin: a resumed training goes on where it stopped
  int threads = 1;                                   ///< that prepare batches in the background
};

struct LoadedBatch {
  int64_t index = 0;
  std::vector<Tensor> inputs = {};       ///< of each input N×H×W×bands, as the network takes them
  std::vector<LabelTensor> labels = {};  ///< of each head N×H×W×1; kIgnoredLabel where a pixel does not count
  std::vector<std::string> names = {};
};

/// Endless batches for training, prepared ahead in the background. Samples come in a new random order in every epoch,
/// and a batch may reach over the end of one. Batch b is a pure function of data set, options and b: place
/// s = b · batch_size + j holds entry s mod size of epoch s / size's order, changed at random as a function of (seed,
/// epoch, sample); which of its pixels count is one of (seed, b, j, pixel).
class BatchLoader {
 public:
  /// The data set must outlive the loader. Throws Error(kUsage) for options out of range and an empty data set.
  BatchLoader(const Dataset& dataset, LoaderOptions options);
  ~BatchLoader();
  BatchLoader(const BatchLoader&) = delete;
  BatchLoader& operator=(const BatchLoader&) = delete;

  /// The next batch; waits where it is not ready. Throws what reading a sample of it threw, then and ever after;
  /// Error(kInput) where no crop is given and the batch's pictures differ in size. Not thread-safe.
  LoadedBatch Next();

  /// Batches until every sample was seen once, rounded up.
  int64_t batches_per_epoch() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fcn
