#pragma once

#include <cstdint>
#include <cstring>
#include <iterator>
#include <string_view>
#include <variant>
#include <vector>

#include "fcn/image.h"
#include "fcn/raster.h"
#include "target.h"

namespace fcn {

/// What all image targets do; inputs without the format's `magic` at `offset` are another target's and not kept.
inline int FuzzDecodeImage(const uint8_t* data, size_t size, size_t offset, std::string_view magic) {
  if (size < offset + magic.size() || std::memcmp(data + offset, magic.data(), magic.size()) != 0) return -1;
  // As files say it, and by options; leniently first.
  const ReadImageOptions kinds[] = {
      {.max_pixels = 1 << 22},
      {.max_pixels = 1 << 22, .strict = true, .ignore_alpha = true, .sample_max = 4095, .bands = {2}, .page = 2}};
  for (const ReadImageOptions& options : kinds)
    fuzz::Accepts([&] {
      std::vector<ImageNote> notes;
      const Image image = DecodeImage(data, size, "fuzz", options, &notes);
      fuzz::Require(image.rgb.size() == static_cast<size_t>(image.width) * static_cast<size_t>(image.height) * 3,
                    "every pixel has three samples");
    });
  ReadImageOptions bands = kinds[0];
  for (const std::vector<int>& chosen : {std::vector<int>{}, {2, 1, 2, 1}}) {
    bands.bands = chosen;
    fuzz::Accepts([&] {
      const Raster raster = DecodeRaster(data, size, "fuzz", bands);
      const int64_t samples = std::visit([](const auto& its) { return std::ssize(its); }, raster.samples);
      fuzz::Require(raster.bands >= 1 && raster.bands <= kMostPictureBands && samples == raster.pixels() * raster.bands,
                    "every pixel has a sample of each band");
    });
  }
  return 0;
}

}  // namespace fcn
