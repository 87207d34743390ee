#include "data/augment.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "data/resample.h"
#include "fcn/error.h"
#include "tensor/random.h"

namespace fcn {
namespace {

/// What is drawn from a stream, each at its own index, so that switching one off does not change the others.
enum Draw : uint64_t { kScale, kLeft, kTop, kFlip, kBrightness, kContrast, kSaturation };

double Uniform(uint64_t stream, Draw draw) {  // in [0, 1)
  return static_cast<double>(RandomBits(stream, draw) >> 11) * 0x1p-53;
}

/// The first pixel of the resized picture that a crop shows; negative where the crop is larger.
int RandomPlace(int resized, int crop, double uniform) {
  const int slack = resized - crop;
  const int place = static_cast<int>(uniform * (std::abs(slack) + 1.0));
  return slack < 0 ? -place : place;
}

int Resized(int size, double scale) { return std::max(1, static_cast<int>(std::lround(size * scale))); }

float Grey(const uint8_t* rgb) {  // luma of ITU-R BT.601, as Pillow and torchvision take it
  return 0.299f * static_cast<float>(rgb[0]) + 0.587f * static_cast<float>(rgb[1]) +
         0.114f * static_cast<float>(rgb[2]);
}

/// Brightness, then contrast about the picture's mean grey, then saturation about each pixel's grey, as one affine map:
/// v → saturated · v + faded · grey(v) + offset, clamped once at the end.
void ChangeColours(Raster& picture, const Window& window, float brightness, float contrast, float saturation) {
  double sum = 0;
  const auto row_of = [&](int y) {
    return picture.Of<uint8_t>().data() +
           3 * (static_cast<size_t>(y) * static_cast<size_t>(picture.width) + static_cast<size_t>(window.left));
  };
  for (int y = window.top; y < window.top + window.height; y++) {
    std::array<int64_t, 3> sums{};
    const uint8_t* row = row_of(y);
    for (int i = 0; i < 3 * window.width; i += 3)
      for (size_t c = 0; c < 3; c++) sums[c] += row[i + static_cast<int>(c)];
    sum += 0.299 * static_cast<double>(sums[0]) + 0.587 * static_cast<double>(sums[1]) +
           0.114 * static_cast<double>(sums[2]);
  }
  const auto mean = static_cast<float>(sum / (static_cast<double>(window.width) * window.height));
  const float saturated = saturation * contrast * brightness, faded = (1 - saturation) * contrast * brightness;
  const float offset = (1 - contrast) * brightness * mean + 0.5f;
  for (int y = window.top; y < window.top + window.height; y++) {
    uint8_t* row = row_of(y);
    for (int i = 0; i < 3 * window.width; i += 3) {
      const float common = faded * Grey(row + i) + offset;
      for (int c = 0; c < 3; c++)
        row[i + c] =
            static_cast<uint8_t>(std::clamp(saturated * static_cast<float>(row[i + c]) + common, 0.0f, 255.0f));
    }
  }
}

PerBand PaddingOf(const Raster& raster, const AugmentOptions& options, size_t input) {
  if (input < options.padding.size()) return options.padding[input];
  return raster.is_colour() ? PerBand{124, 116, 104} : PerBand(std::vector<float>(static_cast<size_t>(raster.bands)));
}

}  // namespace

void CheckAugmentOptions(const AugmentOptions& options) {
  constexpr int kLargest = 16384;
  for (int side : {options.crop_width, options.crop_height})
    if (side < 0 || side > kLargest)
      throw Error(ErrorCode::kUsage,
                  fmt::format("a crop of {}x{} pixels is not between 0 and {}", options.crop_width, options.crop_height,
                              kLargest),
                  "--crop-size is WIDTHxHEIGHT, or 0 for none.");
  if (!(options.scale_min >= 0.01 && options.scale_min <= options.scale_max && options.scale_max <= 100))
    throw Error(
        ErrorCode::kUsage,
        fmt::format("scales from {} to {} are not 0.01 <= min <= max <= 100", options.scale_min, options.scale_max),
        "Say for instance --scale-min 0.5 --scale-max 2.");
  if (!(options.colour >= 0 && options.colour < 1))
    throw Error(ErrorCode::kUsage, fmt::format("a colour change of {} is not in [0, 1)", options.colour),
                "Say for instance --colour 0.2; 0 changes none.");
}

Sample Augment(const Sample& sample, const AugmentOptions& options, uint64_t stream) {
  const double ratio = options.scale_max / options.scale_min;
  const double scale = options.scale_min * (ratio == 1 ? 1 : std::exp(std::log(ratio) * Uniform(stream, kScale)));
  const int width = Resized(sample.width(), scale), height = Resized(sample.height(), scale);
  const int crop_width = options.crop_width > 0 ? options.crop_width : sample.width();
  const int crop_height = options.crop_height > 0 ? options.crop_height : sample.height();
  const bool flip = options.flip && (RandomBits(stream, kFlip) & 1) != 0;

  const Axis columns =
      MakeAxis(sample.width(), width, RandomPlace(width, crop_width, Uniform(stream, kLeft)), crop_width, flip);
  const Axis rows =
      MakeAxis(sample.height(), height, RandomPlace(height, crop_height, Uniform(stream, kTop)), crop_height, false);
  Sample result{.name = sample.name};
  for (size_t i = 0; i < sample.inputs.size(); i++)
    result.inputs.push_back(ResampleRaster(sample.inputs[i], columns, rows, PaddingOf(sample.inputs[i], options, i)));
  for (const LabelMap& labels : sample.labels) result.labels.push_back(ResampleLabels(labels, columns, rows));
  if (options.colour > 0) {
    const auto factor = [&](Draw draw) {
      return 1 + options.colour * (2 * static_cast<float>(Uniform(stream, draw)) - 1);
    };
    const float brightness = factor(kBrightness), contrast = factor(kContrast), saturation = factor(kSaturation);
    for (Raster& input : result.inputs)
      if (input.is_colour())
        ChangeColours(input, {columns.begin, rows.begin, columns.count(), rows.count()}, brightness, contrast,
                      saturation);
  }
  return result;
}

}  // namespace fcn
