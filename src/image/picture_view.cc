#include "image/picture_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <variant>
#include <vector>

#include "fcn/error.h"

namespace fcn {
namespace {

constexpr int64_t kMostViewPixels = int64_t{1} << 32;
constexpr int64_t kMostPixelStep = int64_t{1} << 20, kMostRowStep = int64_t{1} << 31;  // of 2³¹ rows: below 2⁶³
constexpr ptrdiff_t kSampleBytes[] = {1, 2, 4};                                        // in the order of SampleType

ptrdiff_t BytesOf(SampleType type) { return kSampleBytes[static_cast<size_t>(type)]; }

ptrdiff_t PixelBytes(const PictureView& view) {
  return view.pixel_bytes != 0 ? view.pixel_bytes : view.bands * BytesOf(view.type);
}

/// From the beginning of a row to its last byte that is read.
int64_t RowReach(const PictureView& view) {
  const int last = view.order.empty() ? view.bands - 1 : *std::ranges::max_element(view.order);
  return int64_t{view.width - 1} * PixelBytes(view) + (last + 1) * BytesOf(view.type);
}

ptrdiff_t RowBytes(const PictureView& view) {
  return view.row_bytes != 0 ? view.row_bytes : view.width * PixelBytes(view);
}

/// Throws where a picture lacks samples that its size asks for.
void CheckWhole(int width, int height, int bands, size_t samples) {
  const bool is_possible = width >= 0 && height >= 0 && bands >= 0 && bands <= kMostPictureBands;
  if (is_possible &&
      samples / static_cast<size_t>(std::max(bands, 1)) == static_cast<size_t>(int64_t{width} * height) &&
      samples % static_cast<size_t>(std::max(bands, 1)) == 0)
    return;
  throw Error(ErrorCode::kInput,
              fmt::format("a picture of {}x{} pixels in {} bands has {} samples", width, height, bands, samples),
              "It must have as many as pixels times bands.");
}

template <typename Sample>
std::vector<Sample> Samples(const PictureView& view) {
  std::vector<int> order = view.order;
  if (order.empty()) {
    order.resize(static_cast<size_t>(view.bands));
    std::iota(order.begin(), order.end(), 0);
  }
  const bool is_packed = view.order.empty() && PixelBytes(view) == view.bands * ptrdiff_t{sizeof(Sample)};
  const size_t in_row = static_cast<size_t>(view.width) * static_cast<size_t>(view.bands);
  std::vector<Sample> samples(in_row * static_cast<size_t>(view.height));
  Sample* out = samples.data();
  for (int64_t y = 0; y < view.height; y++) {
    const char* pixel = static_cast<const char*>(view.samples) + y * RowBytes(view);
    if (is_packed) {
      std::memcpy(out, pixel, in_row * sizeof(Sample));
      out += in_row;
      continue;
    }
    for (int x = 0; x < view.width; x++)
      for (const int sample : order)
        std::memcpy(out++, pixel + x * PixelBytes(view) + sample * ptrdiff_t{sizeof(Sample)}, sizeof(Sample));
  }
  return samples;
}

}  // namespace

void CheckView(const PictureView& view, const std::string& what) {
  const auto refuse = [&](const std::string& wrong, const char* remedy) {
    throw Error(ErrorCode::kInput, fmt::format("{} {}", what, wrong), remedy);
  };
  if (view.type > SampleType::kFloat32) refuse("has samples of no type", "Samples are of 8 or 16 bits, or floats.");
  if (view.samples == nullptr) refuse("has no memory", "Let its view point to the upper left pixel.");
  if (view.width < 1 || view.height < 1 || int64_t{view.width} * view.height > kMostViewPixels)
    refuse(fmt::format("cannot have {}x{} pixels", view.width, view.height), "A picture has 1 to 4294967296 pixels.");
  if (view.bands < 1 || view.bands > kMostPictureBands)
    refuse(fmt::format("cannot have {} bands", view.bands), "A picture has 1 to 64 bands.");
  if (view.pixel_bytes < 0 || view.pixel_bytes > kMostPixelStep || view.row_bytes < -kMostRowStep ||
      view.row_bytes > kMostRowStep)
    refuse(fmt::format("cannot have steps of {} bytes between pixels and {} between rows", view.pixel_bytes,
                       view.row_bytes),
           "Steps are up to 2^20 bytes for pixels and 2^31 for rows; only rows may go backwards.");
  if (!view.order.empty() && view.order.size() != static_cast<size_t>(view.bands))
    refuse(fmt::format("has {} bands and an order of {}", view.bands, view.order.size()),
           "Name a sample for each band, or leave the order empty.");
  const int64_t in_pixel = PixelBytes(view) / BytesOf(view.type);
  for (const int sample : view.order)
    if (sample < 0 || sample >= in_pixel)
      refuse(fmt::format("has a band that is sample {} of a pixel of {}", sample, in_pixel),
             "Samples are counted from 0, and pixel_bytes says how many there are.");
  if (in_pixel < view.bands && view.order.empty())
    refuse(fmt::format("has {} bands of {} bytes in pixels of {}", view.bands, BytesOf(view.type), PixelBytes(view)),
           "Give the bytes from a pixel to the next one, or 0 where there is nothing between.");
  if (const int64_t reach = RowReach(view); view.height > 1 && std::abs(int64_t{RowBytes(view)}) < reach)
    refuse(fmt::format("has rows of {} bytes that begin every {} bytes", reach, RowBytes(view)),
           "Give the bytes from a row to the next one, or 0 where there is nothing between.");
}

PictureView ViewOf(const Image& image) {
  CheckWhole(image.width, image.height, 3, image.rgb.size());
  return {.samples = image.rgb.data(), .width = image.width, .height = image.height};
}

PictureView ViewOf(const Raster& raster) {
  CheckWhole(raster.width, raster.height, raster.bands,
             std::visit([](const auto& samples) { return samples.size(); }, raster.samples));
  PictureView view{.type = raster.type(), .width = raster.width, .height = raster.height, .bands = raster.bands};
  view.samples = std::visit([](const auto& samples) -> const void* { return samples.data(); }, raster.samples);
  return view;
}

Raster CopyOf(const PictureView& view) {
  CheckView(view, "the picture");
  switch (view.type) {
    case SampleType::kUint16:
      return {view.width, view.height, view.bands, Samples<uint16_t>(view)};
    case SampleType::kFloat32:
      return {view.width, view.height, view.bands, Samples<float>(view)};
    case SampleType::kUint8:
      break;
  }
  return {view.width, view.height, view.bands, Samples<uint8_t>(view)};
}

}  // namespace fcn
