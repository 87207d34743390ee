#include "evaluate/upper_bound.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "data/sample_check.h"
#include "fcn/error.h"

namespace fcn {
namespace {

void CheckStride(int stride) {
  if (stride < 1)
    throw Error(
        ErrorCode::kUsage, fmt::format("{} is no stride", stride),
        "A network's output stride is how many pixels of the picture one of its predictions is for: 32, 16, 8.");
}

}  // namespace

LabelMap AtStride(const LabelMap& labels, int stride) {
  CheckStride(stride);
  const int64_t width = labels.width, height = labels.height;
  const auto middle = [&](int64_t at, int64_t length) {
    return std::min(at / stride * stride + stride / 2, length - 1);
  };
  LabelMap coarse{labels.width, labels.height, {}};
  coarse.labels.reserve(labels.labels.size());
  for (int64_t y = 0; y < height; y++)
    for (int64_t x = 0; x < width; x++)
      coarse.labels.push_back(labels.labels[static_cast<size_t>(middle(y, height) * width + middle(x, width))]);
  return coarse;
}

std::vector<UpperBound> UpperBounds(const Dataset& dataset, std::span<const int> strides, const Context& context,
                                    FunctionRef<void(size_t done, size_t total)> progress) {
  std::vector<UpperBound> bounds;
  for (const int stride : strides) {
    CheckStride(stride);
    Evaluation& evaluation = bounds.emplace_back(UpperBound{stride, {}}).evaluation;
    for (const HeadInfo& head : dataset.heads())
      evaluation.heads.push_back({head.name, head.classes, ConfusionMatrix(static_cast<int>(head.classes.size()))});
    for (size_t i = 0; i < dataset.size(); i++) evaluation.names.push_back(dataset.name(i));
    evaluation.mean_ius.resize(dataset.size());
  }
  std::mutex mutex;
  size_t done = 0;
  context.Parallel(static_cast<int64_t>(dataset.size()), [&](int64_t task, int) {
    context.ThrowIfCancelled();
    const auto i = static_cast<size_t>(task);
    const Sample sample = dataset.Get(i);
    CheckSample(sample, dataset);
    for (UpperBound& bound : bounds) {
      std::vector<HeadScores> scores;
      for (size_t head = 0; head < sample.labels.size(); head++) {
        const LabelMap& truth = sample.labels[head];
        ConfusionMatrix matrix(bound.evaluation.heads[head].matrix.classes());
        matrix.Add(truth.labels, AtStride(truth, bound.stride).labels, kIgnoredLabel);
        scores.push_back({.scores = ComputeScores(matrix)});
        const std::lock_guard lock(mutex);  // sums of whole numbers: their order does not matter
        bound.evaluation.heads[head].matrix.Merge(matrix);
      }
      bound.evaluation.mean_ius[i] = MeanIu(scores);
    }
    const std::lock_guard lock(mutex);
    progress(++done, dataset.size());
  });
  return bounds;
}

}  // namespace fcn
