#pragma once

#include <mutex>

#include "base/context.h"
#include "data/loader.h"

namespace fcn {

/// Samples that were decoded, kept while they take no more than a limit. Thread-safe.
class SampleCache {
 public:
  SampleCache(const Dataset& dataset, int64_t limit) : dataset_(dataset), limit_(limit), kept_(dataset.size()) {}

  /// The i-th sample, read where it is not kept. Throws as Dataset::Get does.
  std::shared_ptr<const Sample> Get(size_t i);

 private:
  const Dataset& dataset_;
  const int64_t limit_;
  int64_t bytes_ = 0;
  std::mutex mutex_;
  std::vector<std::shared_ptr<const Sample>> kept_;
};

/// The order of an epoch's samples: a permutation of [0, size) that is a pure function of (seed, epoch).
std::vector<size_t> EpochOrder(size_t size, uint64_t seed, int64_t epoch);

/// Makes any batch. One for each thread; they share a cache.
class BatchMaker {
 public:
  BatchMaker(const Dataset& dataset, const LoaderOptions& options, SampleCache& cache)
      : dataset_(dataset), options_(options), cache_(cache) {}

  /// Throws as BatchLoader::Next does.
  LoadedBatch Make(int64_t index);

 private:
  size_t SampleAt(int64_t epoch, size_t entry);
  Sample Augmented(const Sample& sample, uint64_t stream) const;

  const Dataset& dataset_;
  const LoaderOptions& options_;
  SampleCache& cache_;
  Context context_{1};
  int64_t epoch_ = -1;
  std::vector<size_t> order_;  // of epoch_
};

}  // namespace fcn
