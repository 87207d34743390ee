#include "data/band_statistics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <mutex>
#include <type_traits>
#include <utility>
#include <variant>

#include "fcn/error.h"
#include "models/preprocessing_fault.h"

namespace fcn {

template <typename Sample>
void BandStatistics::Add(const Sample* samples, size_t step, size_t count) {
  if (count == 0) return;
  BandStatistics picture;
  picture.count_ = static_cast<int64_t>(count);
  picture.least_ = picture.most_ = samples[0];
  double sum = 0;
  for (size_t i = 0; i < count; i++) {
    const double sample = samples[i * step];
    picture.Widen(sample);
    sum += sample;
  }
  picture.mean_ = sum / static_cast<double>(count);
  for (size_t i = 0; i < count; i++) {
    const double difference = samples[i * step] - picture.mean_;
    picture.squares_ += difference * difference;
  }
  Merge(picture);
}

/// Each of the 256 values is counted, and weighed once.
template <>
void BandStatistics::Add(const uint8_t* samples, size_t step, size_t count) {
  if (count == 0) return;
  std::array<int64_t, 256> counts{};
  for (size_t i = 0; i < count; i++) counts[samples[i * step]]++;
  BandStatistics picture;
  picture.count_ = static_cast<int64_t>(count);
  int64_t sum = 0;
  for (size_t value = 0; value < counts.size(); value++) sum += static_cast<int64_t>(value) * counts[value];
  picture.mean_ = static_cast<double>(sum) / static_cast<double>(count);
  picture.least_ = picture.most_ = samples[0];
  for (size_t value = 0; value < counts.size(); value++) {
    if (counts[value] == 0) continue;
    const auto number = static_cast<double>(value);
    picture.Widen(number);
    picture.squares_ += (number - picture.mean_) * (number - picture.mean_) * static_cast<double>(counts[value]);
  }
  Merge(picture);
}

void BandStatistics::Widen(double sample) {
  if (sample < least_)
    second_least_ = std::exchange(least_, sample);
  else if (sample > least_ && sample < second_least_)
    second_least_ = sample;
  if (sample > most_)
    second_most_ = std::exchange(most_, sample);
  else if (sample < most_ && sample > second_most_)
    second_most_ = sample;
}

void BandStatistics::Merge(const BandStatistics& others) {
  if (others.count_ == 0) return;
  if (count_ == 0) {
    *this = others;
    return;
  }
  // Chan, Golub and LeVeque 1979, "Updating formulae and a pairwise algorithm for computing sample variances".
  const auto mine = static_cast<double>(count_), theirs = static_cast<double>(others.count_);
  const double difference = others.mean_ - mean_, all = mine + theirs;
  mean_ += difference * theirs / all;
  squares_ += others.squares_ + difference * difference * mine * theirs / all;
  count_ += others.count_;
  for (const double sample : {others.least_, others.second_least_, others.second_most_, others.most_})
    if (std::isfinite(sample)) Widen(sample);
}

double BandStatistics::deviation() const { return count_ > 0 ? std::sqrt(squares_ / static_cast<double>(count_)) : 0; }

std::optional<double> MissingMark(const BandStatistics& band) {
  constexpr double kHuge = 1e30, kFar = 1000;
  constexpr std::array kMarks = {-999.0, -9999.0, -99999.0, -32767.0, -32768.0, 9999.0, 99999.0, 32767.0};
  const auto is_mark = [&](double sample, double gap, double rest) {
    if (std::abs(sample) >= kHuge) return true;
    const bool is_usual = std::ranges::find(kMarks, sample) != kMarks.end();
    return rest > 0 && gap > (is_usual ? 1 : kFar) * rest;
  };
  if (is_mark(band.least(), band.second_least() - band.least(), band.most() - band.second_least())) return band.least();
  if (is_mark(band.most(), band.most() - band.second_most(), band.second_most() - band.least())) return band.most();
  return std::nullopt;
}

std::vector<BandStatistics> MeasureBands(const Raster& raster) {
  std::vector<BandStatistics> bands(static_cast<size_t>(raster.bands));
  std::visit(
      [&](const auto& samples) {
        for (size_t band = 0; band < bands.size(); band++)
          bands[band].Add(samples.data() + band, bands.size(), static_cast<size_t>(raster.pixels()));
      },
      raster.samples);
  return bands;
}

void InputReport::Add(const std::vector<BandStatistics>& picture) {
  bands.resize(std::max(bands.size(), picture.size()));
  for (size_t band = 0; band < picture.size(); band++) bands[band].Merge(picture[band]);
}

std::vector<InputReport> MeasureInputs(const Dataset& dataset, const std::vector<bool>& wanted, const Context& context,
                                       FunctionRef<void(size_t done)> progress) {
  struct Measured {
    SampleType type = SampleType::kUint8;
    std::vector<BandStatistics> bands;
  };
  const size_t inputs = dataset.inputs().size(), size = dataset.size();
  std::vector<std::vector<Measured>> samples(size, std::vector<Measured>(inputs));
  std::mutex mutex;
  size_t done = 0;
  context.Parallel(static_cast<int64_t>(size), [&](int64_t task, int) {
    context.ThrowIfCancelled();
    const auto i = static_cast<size_t>(task);
    const Sample sample = dataset.Get(i);
    for (size_t k = 0; k < inputs; k++)
      if (wanted[k]) samples[i][k] = {sample.inputs[k].type(), MeasureBands(sample.inputs[k])};
    const std::lock_guard lock(mutex);
    progress(++done);
  });
  std::vector<InputReport> reports;
  for (size_t k = 0; k < inputs; k++) {
    InputReport& report = reports.emplace_back(InputReport{.input = dataset.inputs()[k]});
    if (!wanted[k] || size == 0) continue;
    report.type = samples[0][k].type;
    for (size_t i = 0; i < size; i++) {  // in their order, for sums of doubles
      if (samples[i][k].type != report.type)
        throw Error(
            ErrorCode::kInput,
            fmt::format("the pictures {} and {} of the input {} are of {} and {}", dataset.name(0), dataset.name(i),
                        report.input.name, SampleTypeName(report.type), SampleTypeName(samples[i][k].type)),
            "An input's pictures have one type: save all with as many bits, or as floats.");
      report.Add(samples[i][k].bands);
    }
  }
  return reports;
}

Preprocessing MeasuredPreprocessing(const InputReport& report) {
  const bool is_colour = report.input.bands == 0, is_float = report.type == SampleType::kFloat32;
  Preprocessing measured;
  measured.order = is_colour ? Preprocessing::Order::kRgb : Preprocessing::Order::kBands;
  measured.least = 0, measured.most = is_colour ? 255 : 1;
  const double largest = report.type == SampleType::kUint8 ? 255 : 65535;
  const double unit = is_float ? 1 : largest / double{measured.most};
  std::vector<float> mean, deviation;
  for (const BandStatistics& band : report.bands) {
    mean.push_back(static_cast<float>(band.mean() / unit));
    const auto its = static_cast<float>(band.deviation() / unit);
    const bool varies = band.least() < band.most() && its >= 1 / kLargestInput;
    deviation.push_back(varies ? its : 1);
  }
  measured.mean = PerBand(mean), measured.deviation = PerBand(deviation);
  if (const std::string fault = PreprocessingFault(measured); !fault.empty())
    throw Error(ErrorCode::kInput, fmt::format("the input {} as it is measured: {}", report.input.name, fault),
                "Samples are far from the others, as marks for missing values are: fcn dataset check names them. Write "
                "numbers of the band's range in their place.");
  return measured;
}

}  // namespace fcn
