#include "data/loader.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <set>
#include <thread>

#include "data/batch_maker.h"
#include "data/test_folder.h"
#include "support/expect_error.h"

namespace fcn {
namespace {

using test::ExpectError;

struct Contents {
  std::vector<float> images;
  std::vector<int32_t> labels;
  std::vector<std::string> names;
  bool operator==(const Contents&) const = default;
};

Contents Copy(const LoadedBatch& batch) {
  const auto images = batch.inputs[0].values();
  const auto labels = batch.labels[0].values();
  return {{images.begin(), images.end()}, {labels.begin(), labels.end()}, batch.names};
}

class Loader : public test::DataTest {
 protected:
  void SetUp() override {
    for (int i = 0; i < 7; i++) Pair(std::string("p") + std::to_string(i), 30 + i, 24);
    dataset_ = OpenDataset(Pairs());
    options_.batch_size = 3;
    options_.seed = 5;
    options_.augment = {20, 16, 0.5, 2, true, 0.3f, {}};
  }

  std::vector<Contents> Take(const LoaderOptions& options, int count) const {
    BatchLoader loader(*dataset_, options);
    std::vector<Contents> batches;
    for (int i = 0; i < count; i++) {
      const LoadedBatch batch = loader.Next();
      EXPECT_EQ(batch.index, options.first_batch + i);
      batches.push_back(Copy(batch));
    }
    return batches;
  }

  std::unique_ptr<Dataset> dataset_;
  LoaderOptions options_;
};

TEST_F(Loader, BatchesArePureFunctionsOfTheirIndex) {
  const std::vector<Contents> all = Take(options_, 12);
  LoaderOptions other = options_;
  other.threads = 4;
  other.cache_bytes = 0;
  EXPECT_EQ(Take(other, 12), all);
  other.cache_bytes = 5000;  // of two samples
  other.first_batch = 5;
  EXPECT_EQ(Take(other, 7), std::vector<Contents>(all.begin() + 5, all.end()));
  other = options_;
  other.seed = 6;
  EXPECT_NE(Take(other, 12), all);
}

TEST_F(Loader, TheLossIsOfARandomShareOfThePixels) {
  options_.augment = {30, 24, 1, 1, true, 0.3f, {}};  // without a border: all labels count
  const std::vector<Contents> all = Take(options_, 28);
  options_.loss_sampling = 0.25;
  const std::vector<Contents> sampled = Take(options_, 28);
  constexpr size_t kPixels = 30 * 24;
  std::vector<int> kept(kPixels);
  std::set<std::vector<bool>> masks;
  for (size_t b = 0; b < all.size(); b++) {
    EXPECT_EQ(sampled[b].images, all[b].images);
    ASSERT_EQ(sampled[b].labels.size(), 3 * kPixels);
    for (size_t j = 0; j < 3; j++) {
      std::vector<bool> mask;
      for (size_t p = 0; p < kPixels; p++) {
        const int32_t label = sampled[b].labels[j * kPixels + p];
        mask.push_back(label != kIgnoredLabel);
        if (mask.back()) {
          EXPECT_EQ(label, all[b].labels[j * kPixels + p]);
        }
        kept[p] += mask.back();
      }
      masks.insert(mask);
    }
  }
  EXPECT_EQ(masks.size(), 28u * 3u) << "two pictures, or one at two times, have the same pixels";
  // Each pixel is kept in a quarter of 84 pictures, 21 ± 4; the sum of all is 15120 ± 107.
  for (const int count : kept) EXPECT_NEAR(count, 21, 5 * 4);
  EXPECT_NEAR(std::accumulate(kept.begin(), kept.end(), 0), 15120, 4 * 107);

  LoaderOptions other = options_;
  other.threads = 4, other.cache_bytes = 0, other.first_batch = 5;
  EXPECT_EQ(Take(other, 23), std::vector<Contents>(sampled.begin() + 5, sampled.end()));
  other = options_;
  other.seed = 6;
  EXPECT_NE(Take(other, 28), sampled);
  for (const double share : {0.0, -1.0, 1.5, std::nan("")}) {
    other.loss_sampling = share;
    ExpectError(ErrorCode::kUsage, "loss_sampling", [&] { Take(other, 1); });
  }
}

TEST_F(Loader, EveryEpochHasEverySampleOnceInAnotherOrder) {
  std::vector<std::string> names;
  for (const Contents& batch : Take(options_, 14)) names.insert(names.end(), batch.names.begin(), batch.names.end());
  ASSERT_EQ(names.size(), 42u);
  std::set<std::vector<std::string>> orders;
  for (auto begin = names.begin(); begin != names.end(); begin += 7) {
    orders.emplace(begin, begin + 7);
    EXPECT_EQ(std::set<std::string>(begin, begin + 7).size(), 7u);
  }
  EXPECT_EQ(orders.size(), 6u);
  EXPECT_EQ(BatchLoader(*dataset_, options_).batches_per_epoch(), 3);
}

TEST_F(Loader, NormalisesAsTheNetworkWantsIt) {
  options_.augment = {};
  options_.batch_size = 1;
  options_.preprocessings = {{Preprocessing::Order::kBgr, {1, 2, 3}, {4, 5, 6}, 0, 0}};
  BatchLoader loader(*dataset_, options_);
  const LoadedBatch batch = loader.Next();
  size_t i = 0;
  while (dataset_->name(i) != batch.names[0]) i++;
  const Sample sample = dataset_->Get(i);
  ASSERT_EQ(batch.inputs[0].shape(), (Nhwc{1, 24, sample.width(), 3}));
  ASSERT_EQ(batch.labels[0].shape(), (Nhwc{1, 24, sample.width(), 1}));
  for (size_t p = 0; p < sample.labels[0].labels.size(); p++) {
    EXPECT_EQ(batch.labels[0].values()[p], sample.labels[0].labels[p]);
    for (size_t c = 0; c < 3; c++)
      EXPECT_FLOAT_EQ(
          batch.inputs[0].values()[3 * p + c],
          (sample.inputs[0].Of<uint8_t>()[3 * p + 2 - c] - static_cast<float>(c + 1)) / static_cast<float>(c + 4));
  }
}

TEST_F(Loader, PaddingIsZeroAfterNormalisationAndIgnored) {
  options_.augment = {60, 60, 1, 1, false, 0.5f, {}};
  options_.preprocessings = {{Preprocessing::Order::kRgb, {100, 110, 120}, {50, 60, 70}, 0, 0}};
  BatchLoader loader(*dataset_, options_);
  const LoadedBatch batch = loader.Next();
  int64_t ignored = 0;
  for (size_t p = 0; p < batch.labels[0].values().size(); p++)
    if (batch.labels[0].values()[p] == kIgnoredLabel) {
      ignored++;
      for (size_t c = 0; c < 3; c++) EXPECT_EQ(batch.inputs[0].values()[3 * p + c], 0);
    }
  int64_t expected = 3 * 60 * 60;
  for (const std::string& name : batch.names) expected -= 24 * (30 + name[1] - '0');
  EXPECT_EQ(ignored, expected);
}

TEST_F(Loader, MixedSizesNeedACropOrABatchOfOne) {
  options_.augment.crop_width = options_.augment.crop_height = 0;
  ExpectError(ErrorCode::kInput, "crop_size", [&] { Take(options_, 1); });
  options_.batch_size = 1;
  EXPECT_EQ(Take(options_, 3).size(), 3u);
}

TEST_F(Loader, AReadersErrorReachesWhoAsksForTheBatchAndStays) {
  WriteFile(Path("images/p3.png"), std::string("no picture"));
  BatchLoader loader(*dataset_, options_);
  const auto until_failure = [&] {
    for (int i = 0; i < 3; i++) loader.Next();
  };
  ExpectError(ErrorCode::kInput, "p3.png", until_failure);
  ExpectError(ErrorCode::kInput, "p3.png", [&] { loader.Next(); });
}

TEST_F(Loader, StopsWhileBatchesWait) {
  for (int i = 0; i < 20; i++) {
    options_.threads = 1 + i % 3;
    BatchLoader loader(*dataset_, options_);
    if (i % 2 == 0) loader.Next();
  }
}

TEST_F(Loader, RefusesOptionsOutOfRange) {
  const auto with = [&](auto change) {
    LoaderOptions options = options_;
    change(options);
    return [this, options] { BatchLoader loader(*dataset_, options); };
  };
  ExpectError(ErrorCode::kUsage, "batch_size", with([](LoaderOptions& o) { o.batch_size = 0; }));
  ExpectError(ErrorCode::kUsage, "threads", with([](LoaderOptions& o) { o.threads = 0; }));
  ExpectError(ErrorCode::kUsage, "batch -1", with([](LoaderOptions& o) { o.first_batch = -1; }));
  ExpectError(ErrorCode::kUsage, "crop", with([](LoaderOptions& o) { o.augment.crop_width = -1; }));
  ExpectError(ErrorCode::kUsage, "scales", with([](LoaderOptions& o) { o.augment.scale_min = 3; }));
  ExpectError(ErrorCode::kUsage, "colour", with([](LoaderOptions& o) { o.augment.colour = 1; }));
}

TEST(EpochOrder, IsUniform) {
  // Each of 6 orders of 3 samples comes up 1000 times of 6000, with a standard deviation of 29.
  std::map<std::vector<size_t>, int> counts;
  for (int64_t epoch = 0; epoch < 6000; epoch++) counts[EpochOrder(3, 1, epoch)]++;
  EXPECT_EQ(counts.size(), 6u);
  for (const auto& [order, count] : counts) EXPECT_NEAR(count, 1000, 150);
}

}  // namespace
}  // namespace fcn
