#include "data/class_frequencies.h"

#include <algorithm>
#include <mutex>
#include <numeric>

#include "base/check.h"

namespace fcn {

void ClassFrequencies::Add(std::span<const uint16_t> labels) {
  std::vector<int64_t> pixels(counts_.size());
  for (uint16_t label : labels)
    if (label < pixels.size()) pixels[label]++;
  AddCounts(pixels);
}

void ClassFrequencies::AddCounts(std::span<const int64_t> pixels) {
  FCN_CHECK(pixels.size() == counts_.size());
  const int64_t valid = std::accumulate(pixels.begin(), pixels.end(), int64_t{0});
  valid_pixels_ += valid;
  for (size_t i = 0; i < pixels.size(); i++) {
    if (pixels[i] == 0) continue;
    counts_[i].pixels += pixels[i];
    counts_[i].pictures++;
    counts_[i].pixels_where_present += valid;
  }
}

std::vector<double> ClassFrequencies::MedianWeights() const {
  const auto frequency = [](const Count& count) {
    return static_cast<double>(count.pixels) / static_cast<double>(count.pixels_where_present);
  };
  std::vector<double> frequencies;
  for (const Count& count : counts_)
    if (count.pixels > 0) frequencies.push_back(frequency(count));
  std::sort(frequencies.begin(), frequencies.end());
  const size_t n = frequencies.size();
  const double median = n == 0 ? 0 : (frequencies[(n - 1) / 2] + frequencies[n / 2]) / 2;
  std::vector<double> weights;
  weights.reserve(counts_.size());
  for (const Count& count : counts_) weights.push_back(count.pixels > 0 ? median / frequency(count) : 0);
  return weights;
}

std::vector<ClassFrequencies> CountClasses(const Dataset& dataset, const Context& context,
                                           FunctionRef<void(size_t done)> progress) {
  std::vector<ClassFrequencies> heads;
  for (const HeadInfo& head : dataset.heads()) heads.emplace_back(head.classes.size());
  std::mutex mutex;
  size_t done = 0;
  context.Parallel(static_cast<int64_t>(dataset.size()), [&](int64_t i, int) {
    context.ThrowIfCancelled();
    const Sample sample = dataset.Get(static_cast<size_t>(i));
    const std::lock_guard lock(mutex);  // sums of whole numbers: their order does not matter
    for (size_t head = 0; head < heads.size(); head++) heads[head].Add(sample.labels[head].labels);
    progress(++done);
  });
  return heads;
}

}  // namespace fcn
