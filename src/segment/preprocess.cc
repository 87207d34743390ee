#include "segment/preprocess.h"

#include <fmt/format.h>

#include <algorithm>
#include <variant>
#include <vector>

#include "fcn/error.h"
#include "image/resize.h"
#include "image/to_tensor.h"

namespace fcn {
namespace {

/// The samples of a picture that is larger than this one of so many bands.
template <typename Sample>
std::vector<Sample> RepeatEdges(const std::vector<Sample>& samples, int bands, int width, int height,
                                const Nhwc& size) {
  const auto pixel = static_cast<size_t>(bands);
  std::vector<Sample> larger;
  larger.reserve(static_cast<size_t>(size.pixels()) * pixel);
  for (int64_t y = 0; y < size.h; y++) {
    const auto row = samples.begin() + std::min<int64_t>(y, height - 1) * width * bands;
    larger.insert(larger.end(), row, row + int64_t{width} * bands);
    for (int64_t x = width; x < size.w; x++)
      larger.insert(larger.end(), row + int64_t{width - 1} * bands, row + int64_t{width} * bands);
  }
  return larger;
}

Image Enlarged(const Image& image, const Nhwc& size) {
  return {static_cast<int>(size.w), static_cast<int>(size.h),
          RepeatEdges(image.rgb, 3, image.width, image.height, size)};
}

Raster Enlarged(const Raster& picture, const Nhwc& size) {
  Raster larger;
  larger.width = static_cast<int>(size.w), larger.height = static_cast<int>(size.h), larger.bands = picture.bands;
  std::visit(
      [&](const auto& samples) {
        larger.samples = RepeatEdges(samples, picture.bands, picture.width, picture.height, size);
      },
      picture.samples);
  return larger;
}

template <typename Picture>
Tensor InputOf(const Picture& picture, const Nhwc& size, const Preprocessing& preprocessing, const Context& context) {
  Tensor input(size);
  if (picture.width == size.w && picture.height == size.h)
    ToTensor(picture, preprocessing, input.view(), context);
  else
    ToTensor(Enlarged(picture, size), preprocessing, input.view(), context);
  return input;
}

}  // namespace

Tensor NetworkInput(const Image& image, const Nhwc& size, const Preprocessing& preprocessing, const Context& context) {
  return InputOf(image, size, preprocessing, context);
}

Tensor NetworkInput(const Raster& picture, const Nhwc& size, const Preprocessing& preprocessing,
                    const Context& context) {
  return InputOf(picture, size, preprocessing, context);
}

Image ClassifierCrop(const Image& image, const Preprocessing& preprocessing, const Context& context) {
  // Of a very long picture only the middle is scaled: the rest would take memory and be cropped away.
  constexpr int kLongest = 8;
  const int shorter = std::min(image.width, image.height);
  const int width = std::min(image.width, kLongest * shorter), height = std::min(image.height, kLongest * shorter);
  const bool is_long = width != image.width || height != image.height;
  const Image middle = is_long ? CentreCrop(image, width, height) : Image{};
  const Size scaled = FitShorterSide({width, height}, preprocessing.shorter_side);
  return CentreCrop(ResizeBilinear(is_long ? middle : image, scaled.width, scaled.height, context), preprocessing.crop,
                    preprocessing.crop);
}

Raster ClassifierCrop(const Raster& picture, const Preprocessing& preprocessing, const Context& context) {
  if (picture.type() != SampleType::kUint8)
    throw Error(ErrorCode::kUnsupported,
                fmt::format("a picture of samples of {} is not classified as a whole", SampleTypeName(picture.type())),
                "Segment it, or give it in 8 bits.");
  constexpr int kTogether = 3;  // bands are scaled as those of a picture in colour are
  const auto& samples = picture.Of<uint8_t>();
  const auto pixels = static_cast<size_t>(picture.pixels()), bands = static_cast<size_t>(picture.bands);
  Raster result;
  for (size_t first = 0; first < bands; first += kTogether) {
    Image some{picture.width, picture.height, std::vector<uint8_t>(pixels * kTogether)};
    const size_t count = std::min<size_t>(kTogether, bands - first);
    for (size_t i = 0; i < pixels; i++) std::copy_n(&samples[i * bands + first], count, &some.rgb[i * kTogether]);
    const Image crop = ClassifierCrop(some, preprocessing, context);
    const size_t kept = crop.rgb.size() / kTogether;
    if (first == 0) result = Raster(crop.width, crop.height, picture.bands, std::vector<uint8_t>(kept * bands));
    auto& cropped = result.Of<uint8_t>();
    for (size_t i = 0; i < kept; i++) std::copy_n(&crop.rgb[i * kTogether], count, &cropped[i * bands + first]);
  }
  return result;
}

}  // namespace fcn
