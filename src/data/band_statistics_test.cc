#include "data/band_statistics.h"

#include <gmock/gmock.h>

#include <cmath>

#include "data/test_folder.h"
#include "support/expect_error.h"

namespace fcn {
namespace {

using test::ExpectError;

template <typename T>
Raster NoiseRaster(int width, int height, int bands, uint64_t seed) {
  std::vector<T> samples;
  for (uint64_t i = 0; i < static_cast<uint64_t>(width * height * bands); i++)
    samples.push_back(static_cast<T>(RandomBits(seed, i) >> 48));
  return {width, height, bands, std::move(samples)};
}

template <typename T>
void ExpectTrue(int bands) {
  InputReport report;
  std::vector<std::vector<double>> all(static_cast<size_t>(bands));
  for (const int width : {1, 7, 30}) {
    const Raster raster = NoiseRaster<T>(width, 11, bands, static_cast<uint64_t>(width));
    report.Add(MeasureBands(raster));
    for (size_t i = 0; i < raster.Of<T>().size(); i++)
      all[i % static_cast<size_t>(bands)].push_back(static_cast<double>(raster.Of<T>()[i]));
  }
  ASSERT_EQ(report.bands.size(), all.size());
  for (size_t band = 0; band < all.size(); band++) {
    double sum = 0, squares = 0;
    for (const double sample : all[band]) sum += sample;
    const double mean = sum / static_cast<double>(all[band].size());
    for (const double sample : all[band]) squares += (sample - mean) * (sample - mean);
    EXPECT_EQ(report.bands[band].count(), std::ssize(all[band]));
    EXPECT_EQ(report.bands[band].least(), *std::ranges::min_element(all[band]));
    EXPECT_EQ(report.bands[band].most(), *std::ranges::max_element(all[band]));
    EXPECT_NEAR(report.bands[band].mean(), mean, 1e-9);
    EXPECT_NEAR(report.bands[band].deviation(), std::sqrt(squares / static_cast<double>(all[band].size())), 1e-9);
  }
}

TEST(BandStatistics, AreThoseOfAllSamples) {
  for (const int bands : {1, 3, 5}) {
    ExpectTrue<uint8_t>(bands);
    ExpectTrue<uint16_t>(bands);
    ExpectTrue<float>(bands);
  }
}

TEST(MeasuredPreprocessing, CountsIntegersAsZeroToOneAndFloatsAsTheyAre) {
  const auto measured = [](const Raster& raster, int bands) {
    InputReport report{.input = {"x", bands}, .type = raster.type()};
    report.Add(MeasureBands(raster));
    return MeasuredPreprocessing(report);
  };
  Preprocessing wanted{
      .order = Preprocessing::Order::kBands, .mean = {0.5f, 1}, .deviation = {0.5f, 1}, .least = 0, .most = 1};
  EXPECT_EQ(measured(Raster(2, 1, 2, std::vector<uint8_t>{0, 255, 255, 255}), 2), wanted);
  EXPECT_EQ(measured(Raster(2, 1, 2, std::vector<uint16_t>{0, 65535, 65535, 65535}), 2), wanted);
  wanted.mean = {-1, 7}, wanted.deviation = {3, 1};
  EXPECT_EQ(measured(Raster(2, 1, 2, std::vector<float>{-4, 7, 2, 7}), 2), wanted);
  wanted = {.order = Preprocessing::Order::kRgb, .mean = {5, 0, 100}, .deviation = {5, 1, 100}};
  EXPECT_EQ(measured(Raster(2, 1, 3, std::vector<uint8_t>{0, 0, 0, 10, 0, 200}), 0), wanted);
}

TEST(MeasuredPreprocessing, IsOfNumbersThatANetworkCanComputeWith) {
  InputReport report{.input = {"depth", 1}, .type = SampleType::kFloat32};
  report.Add(MeasureBands(Raster(3, 1, 1, std::vector<float>{1, 2, -3.4e38f})));
  ExpectError(ErrorCode::kInput, "the input depth as it is measured: preprocessing has a mean of",
              [&] { MeasuredPreprocessing(report); });
  // A constant band whose mean was rounded does not vary.
  report.bands.clear();
  report.Add(MeasureBands(Raster(3, 1, 1, std::vector<float>{0.1f, 0.1f, 0.1f})));
  EXPECT_EQ(MeasuredPreprocessing(report).deviation[0], 1);
}

TEST(MissingMark, IsAValueFarFromAllOthers) {
  const auto mark = [](std::vector<float> samples) {
    InputReport report;
    for (const float sample : samples) report.Add(MeasureBands(Raster(1, 1, 1, std::vector<float>{sample})));
    const auto whole = MeasureBands(Raster(static_cast<int>(samples.size()), 1, 1, samples));
    EXPECT_EQ(MissingMark(whole[0]), MissingMark(report.bands[0]));
    return MissingMark(whole[0]);
  };
  EXPECT_EQ(mark({1, -9999, 3, -9999, 2}), -9999);
  EXPECT_EQ(mark({0, 8848, 12, -9999}), -9999);
  EXPECT_EQ(mark({250, 260, 300, 1e20f}), 1e20f);
  EXPECT_EQ(mark({1, 2, -3.4e38f}), -3.4e38f);
  EXPECT_EQ(mark({3.4e38f, 3.4e38f}), 3.4e38f);
  EXPECT_EQ(mark({1, 2, 3, 4}), std::nullopt);
  EXPECT_EQ(mark({0, 1, 0}), std::nullopt);
  EXPECT_EQ(mark({0, 0.9f, 1}), std::nullopt);
  EXPECT_EQ(mark({5, 5}), std::nullopt);
  EXPECT_EQ(mark({-9999, -20000, 3000}), std::nullopt);
}

/// Pictures of which one may have another type.
class Pictures : public Dataset {
 public:
  const std::vector<InputInfo>& inputs() const override { return inputs_; }
  const std::vector<HeadInfo>& heads() const override { return heads_; }
  size_t size() const override { return 9; }
  std::string name(size_t i) const override { return std::to_string(i); }
  Sample Get(size_t i) const override {
    return {name(i),
            {NoiseRaster<uint8_t>(4, 3, 3, i), NoiseRaster<float>(4, 3, 2, i)},
            {{4, 3, std::vector<uint16_t>(12)}},
            {}};
  }

 protected:
  std::vector<InputInfo> inputs_ = {{"image"}, {"heat", 2}};
  std::vector<HeadInfo> heads_ = {{"", {"a"}, {{}}}};
};

class Mixed : public Pictures {
 public:
  Sample Get(size_t i) const override {
    Sample sample = Pictures::Get(i);
    if (i == 7) sample.inputs[1] = NoiseRaster<uint16_t>(4, 3, 2, i);
    return sample;
  }
};

TEST(MeasureInputs, IsTheSameForAnyNumberOfThreads) {
  size_t last = 0;
  const auto measure = [&](int threads, const Dataset& dataset) {
    return MeasureInputs(dataset, {false, true}, Context(threads), [&](size_t done) { last = done; });
  };
  const std::vector<InputReport> one = measure(1, Pictures()), four = measure(4, Pictures());
  EXPECT_EQ(last, 9u);
  EXPECT_TRUE(one[0].bands.empty());
  ASSERT_EQ(one[1].bands.size(), 2u);
  EXPECT_EQ(one[1].type, SampleType::kFloat32);
  EXPECT_EQ(one[1].bands[0].count(), 9 * 12);
  for (size_t band = 0; band < 2; band++) {
    EXPECT_EQ(one[1].bands[band].mean(), four[1].bands[band].mean());
    EXPECT_EQ(one[1].bands[band].deviation(), four[1].bands[band].deviation());
  }
  ExpectError(ErrorCode::kInput, "the pictures 0 and 7 of the input heat are of float32 and uint16",
              [&] { measure(2, Mixed()); });
}

}  // namespace
}  // namespace fcn
