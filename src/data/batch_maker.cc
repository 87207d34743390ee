#include "data/batch_maker.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "fcn/error.h"
#include "image/to_tensor.h"
#include "tensor/random.h"

namespace fcn {
namespace {

/// Independent streams of one seed.
enum Purpose : uint64_t { kOrder, kAugmentation };

uint64_t Stream(uint64_t seed, Purpose purpose, int64_t epoch) {
  return RandomBits(RandomBits(seed, purpose), static_cast<uint64_t>(epoch));
}

int64_t BytesOf(const Sample& sample) {
  return static_cast<int64_t>(sample.image.rgb.size() + sample.labels.labels.size() * sizeof(uint16_t));
}

void CheckSameSize(const Sample& sample, const Sample& first) {
  if (sample.image.width == first.image.width && sample.image.height == first.image.height) return;
  throw Error(ErrorCode::kInput,
              fmt::format("{} has {}x{} pixels and {} has {}x{}: they cannot be in one batch", first.name,
                          first.image.width, first.image.height, sample.name, sample.image.width, sample.image.height),
              "Give a crop_size, or a batch_size of 1.");
}

}  // namespace

std::shared_ptr<const Sample> SampleCache::Get(size_t i) {
  {
    const std::lock_guard lock(mutex_);
    if (kept_[i]) return kept_[i];
  }
  auto sample = std::make_shared<const Sample>(dataset_.Get(i));
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

Batch BatchMaker::Make(int64_t index) {
  const Preprocessing& preprocessing = options_.preprocessing;
  std::array<float, 3> scale{};
  std::ranges::transform(preprocessing.deviation.Triple(), scale.begin(),
                         [](float deviation) { return 1 / deviation; });
  const bool rgb = preprocessing.order == Preprocessing::Order::kRgb;
  AugmentOptions augment = options_.augment;
  const auto mean = [&](size_t c) {
    return static_cast<uint8_t>(std::clamp(preprocessing.mean[rgb ? c : 2 - c] + 0.5f, 0.0f, 255.0f));
  };
  augment.padding = {mean(0), mean(1), mean(2)};

  const auto size = static_cast<int64_t>(dataset_.size());
  std::vector<Sample> samples;
  for (int64_t j = 0; j < options_.batch_size; j++) {
    const int64_t place = index * options_.batch_size + j, epoch = place / size;
    const size_t i = SampleAt(epoch, static_cast<size_t>(place % size));
    const uint64_t stream = RandomBits(Stream(options_.seed, kAugmentation, epoch), i);
    samples.push_back(Augment(*cache_.Get(i), augment, stream));
    CheckSameSize(samples.back(), samples.front());
  }

  const int64_t width = samples[0].image.width, height = samples[0].image.height;
  Batch batch{
      index, Tensor({options_.batch_size, height, width, 3}), LabelTensor({options_.batch_size, height, width, 1}), {}};
  for (size_t j = 0; j < samples.size(); j++) {
    const auto n = static_cast<int64_t>(j);
    ToTensor(samples[j].image, preprocessing.mean.Triple(), scale, rgb ? ChannelOrder::kRgb : ChannelOrder::kBgr,
             {batch.images.view().at(n, 0, 0), {1, height, width, 3}}, context_);
    std::ranges::copy(samples[j].labels.labels, batch.labels.view().at(n, 0, 0));
    batch.names.push_back(std::move(samples[j].name));
  }
  return batch;
}

}  // namespace fcn
