#include <benchmark/benchmark.h>

#include <memory>

#include "data/batch_maker.h"
#include "tensor/random.h"

namespace fcn {
namespace {

/// Decoded samples of CamVid's size, so that the disk is not what is measured.
class NoiseDataset : public Dataset {
 public:
  const std::vector<HeadInfo>& heads() const override { return heads_; }
  size_t size() const override { return 32; }
  std::string name(size_t i) const override { return std::to_string(i); }
  Sample Get(size_t i) const override {
    constexpr int kWidth = 480, kHeight = 360, kPixels = kWidth * kHeight;
    Image image{kWidth, kHeight, {}};
    LabelMap labels{kWidth, kHeight, {}};
    for (uint64_t p = 0; p < kPixels; p++) {
      const uint64_t bits = RandomBits(i, p);
      for (int shift : {0, 8, 16}) image.rgb.push_back(static_cast<uint8_t>(bits >> shift));
      labels.labels.push_back(static_cast<uint16_t>(bits % 11));
    }
    return {name(i), {Raster(std::move(image))}, {std::move(labels)}, {}};
  }

 private:
  std::vector<HeadInfo> heads_ = {{"", std::vector<std::string>(11, "class"), std::vector<Colour>(11)}};
};

AugmentOptions Usual(float colour) { return {352, 352, 0.5, 2, true, colour, {}}; }

void BM_Augment(benchmark::State& state) {
  const Sample sample = NoiseDataset().Get(0);
  const AugmentOptions options = Usual(state.range(0) != 0 ? 0.4f : 0.0f);
  uint64_t stream = 0;
  for (auto _ : state) benchmark::DoNotOptimize(Augment(sample, options, stream++));
}
BENCHMARK(BM_Augment)->Arg(0)->Arg(1)->ArgName("colour")->Unit(benchmark::kMillisecond);

/// A batch of 8 from the cache, normalised.
void BM_Batch(benchmark::State& state) {
  const NoiseDataset dataset;
  LoaderOptions options;
  options.augment = Usual(0.4f);
  SampleCache cache(dataset, options.cache_bytes);
  for (size_t i = 0; i < dataset.size(); i++) cache.Get(i);
  BatchMaker maker(dataset, options, cache);
  int64_t index = 0;
  for (auto _ : state) benchmark::DoNotOptimize(maker.Make(index++).inputs[0].data());
  state.SetItemsProcessed(state.iterations() * options.batch_size);
}
BENCHMARK(BM_Batch)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace fcn
