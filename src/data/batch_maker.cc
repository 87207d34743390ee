#include "data/batch_maker.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <span>

#include "data/sample_check.h"
#include "fcn/error.h"
#include "image/to_tensor.h"
#include "tensor/random.h"

namespace fcn {
namespace {

/// Independent streams of one seed.
enum Purpose : uint64_t { kOrder, kAugmentation, kLossSampling };

uint64_t Stream(uint64_t seed, Purpose purpose, int64_t epoch_or_batch) {
  return RandomBits(RandomBits(seed, purpose), static_cast<uint64_t>(epoch_or_batch));
}

/// Ignores all but a random share, below 1, of a picture's pixels.
void SampleLabels(double share, uint64_t stream, std::span<int32_t> labels) {
  const auto kept_below = static_cast<uint64_t>(share * 0x1p64);
  for (size_t pixel = 0; pixel < labels.size(); pixel++)
    if (RandomBits(stream, pixel) >= kept_below) labels[pixel] = kIgnoredLabel;
}

int64_t BytesOf(const Sample& sample) {
  int64_t bytes = 0;
  for (const Raster& input : sample.inputs) bytes += input.bytes();
  for (const LabelMap& labels : sample.labels) bytes += static_cast<int64_t>(labels.labels.size() * sizeof(uint16_t));
  return bytes;
}

void CheckSameSize(const Sample& sample, const Sample& first) {
  if (sample.width() == first.width() && sample.height() == first.height()) return;
  throw Error(ErrorCode::kInput,
              fmt::format("{} has {}x{} pixels and {} has {}x{}: they cannot be in one batch", first.name,
                          first.width(), first.height(), sample.name, sample.width(), sample.height()),
              "Give a crop_size, or a batch_size of 1.");
}

/// Where a classifier's or a segmenter's input is 0: the mean, as the samples of such a picture are stored.
PerBand MeanSample(const Preprocessing& preprocessing, SampleType type) {
  PerBand sample = preprocessing.mean;
  if (preprocessing.order == Preprocessing::Order::kBgr) std::swap(sample[0], sample[2]);
  if (preprocessing.order == Preprocessing::Order::kLogs)
    for (size_t band = 0; band < sample.size(); band++) sample[band] = std::exp(sample[band]);
  if (type == SampleType::kFloat32) return sample;
  const float step = (preprocessing.most - preprocessing.least) / (type == SampleType::kUint8 ? 255.0f : 65535.0f);
  for (size_t band = 0; band < sample.size(); band++) sample[band] = (sample[band] - preprocessing.least) / step;
  return sample;
}

/// A batch's tensor, filled with each sample's part.
template <typename T>
T BatchTensor(const std::vector<Sample>& samples, int64_t channels) {
  return T({std::ssize(samples), samples[0].height(), samples[0].width(), channels});
}

}  // namespace

std::shared_ptr<const Sample> SampleCache::Get(size_t i) {
  {
    const std::lock_guard lock(mutex_);
    if (kept_[i]) return kept_[i];
  }
  auto sample = std::make_shared<const Sample>(dataset_.Get(i));
  CheckSample(*sample, dataset_);
  const std::lock_guard lock(mutex_);
  if (!kept_[i] && bytes_ + BytesOf(*sample) <= limit_) {
    bytes_ += BytesOf(*sample);
    kept_[i] = sample;
  }
  return sample;
}

std::vector<size_t> EpochOrder(size_t size, uint64_t seed, int64_t epoch) {
  std::vector<size_t> order(size);
  std::iota(order.begin(), order.end(), size_t{0});
  const uint64_t stream = Stream(seed, kOrder, epoch);
  for (size_t i = size; i > 1; i--) std::swap(order[i - 1], order[RandomBits(stream, i) % i]);  // Fisher and Yates
  return order;
}

size_t BatchMaker::SampleAt(int64_t epoch, size_t entry) {
  if (epoch != epoch_) {
    order_ = EpochOrder(dataset_.size(), options_.seed, epoch);
    epoch_ = epoch;
  }
  return order_[entry];
}

LoadedBatch BatchMaker::Make(int64_t index) {
  const auto size = static_cast<int64_t>(dataset_.size());
  std::vector<Sample> samples;
  for (int64_t j = 0; j < options_.batch_size; j++) {
    const int64_t place = index * options_.batch_size + j, epoch = place / size;
    const size_t i = SampleAt(epoch, static_cast<size_t>(place % size));
    const uint64_t stream = RandomBits(Stream(options_.seed, kAugmentation, epoch), i);
    samples.push_back(Augmented(*cache_.Get(i), stream));
    CheckSameSize(samples.back(), samples.front());
  }

  LoadedBatch batch{.index = index};
  for (size_t k = 0; k < options_.preprocessings.size(); k++) {
    Tensor& input = batch.inputs.emplace_back(BatchTensor<Tensor>(samples, samples[0].inputs[k].bands));
    for (size_t j = 0; j < samples.size(); j++) {
      const Raster& raster = samples[j].inputs[k];
      ToTensor(raster, options_.preprocessings[k],
               {input.view().at(static_cast<int64_t>(j), 0, 0), {1, raster.height, raster.width, input.shape().c}},
               context_);
    }
  }
  for (size_t k = 0; k < samples[0].labels.size(); k++) {
    LabelTensor& labels = batch.labels.emplace_back(BatchTensor<LabelTensor>(samples, 1));
    for (size_t j = 0; j < samples.size(); j++)
      std::ranges::copy(samples[j].labels[k].labels, labels.view().at(static_cast<int64_t>(j), 0, 0));
    if (options_.loss_sampling == 1) continue;
    const size_t pixels = labels.values().size() / samples.size();
    for (size_t j = 0; j < samples.size(); j++)  // the same pixels in all heads
      SampleLabels(options_.loss_sampling, RandomBits(Stream(options_.seed, kLossSampling, index), j),
                   labels.values().subspan(j * pixels, pixels));
  }
  for (Sample& sample : samples) batch.names.push_back(std::move(sample.name));
  return batch;
}

Sample BatchMaker::Augmented(const Sample& sample, uint64_t stream) const {
  AugmentOptions augment = options_.augment;
  augment.padding.clear();
  for (size_t k = 0; k < sample.inputs.size(); k++)
    augment.padding.push_back(MeanSample(options_.preprocessings[k], sample.inputs[k].type()));
  return Augment(sample, augment, stream);
}

}  // namespace fcn
