#include "image/orientation.h"

#include <libexif/exif-data.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace fcn {
namespace {

constexpr uint8_t kHeading[6] = {'E', 'x', 'i', 'f', 0, 0};

struct ExifDeleter {
  void operator()(ExifData* data) const { exif_data_unref(data); }
};

/// Pixels of kBytes bytes; 0: of `pixel_bytes`.
template <size_t kBytes>
void Turn(const void* from, void* to, int64_t w, int64_t h, size_t pixel_bytes, int orientation) {
  const size_t bytes = kBytes > 0 ? kBytes : pixel_bytes;
  const bool transposed = orientation >= 5;
  const bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_bottom = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  // Where the source's pixel (x, y) goes: start + x · step_x + y · step_y, in pixels of the result. Mirrors act on the
  // source's own axes before the transposition.
  int64_t step_x = transposed ? h : 1, step_y = transposed ? 1 : w, start = 0;
  if (from_right) start += (w - 1) * step_x, step_x = -step_x;
  if (from_bottom) start += (h - 1) * step_y, step_y = -step_y;
  constexpr int64_t kBlock = 64;  // both pictures walk through few cache lines within a block
  for (int64_t by = 0; by < h; by += kBlock)
    for (int64_t bx = 0; bx < w; bx += kBlock)
      for (int64_t y = by; y < std::min(by + kBlock, h); y++)
        for (int64_t x = bx; x < std::min(bx + kBlock, w); x++)
          std::memcpy(static_cast<uint8_t*>(to) + static_cast<size_t>(start + x * step_x + y * step_y) * bytes,
                      static_cast<const uint8_t*>(from) + static_cast<size_t>(y * w + x) * bytes, bytes);
}

}  // namespace

int ExifOrientation(std::span<const uint8_t> exif) {
  if (exif.size() < 8 || exif.size() > 65536) return 1;
  std::vector<uint8_t> block(exif.begin(), exif.end());
  if (std::memcmp(block.data(), kHeading, sizeof kHeading) != 0)
    block.insert(block.begin(), std::begin(kHeading), std::end(kHeading));
  const std::unique_ptr<ExifData, ExifDeleter> data(
      exif_data_new_from_data(block.data(), static_cast<unsigned>(block.size())));
  if (!data) return 1;
  const ExifEntry* entry = exif_content_get_entry(data->ifd[EXIF_IFD_0], EXIF_TAG_ORIENTATION);
  if (entry == nullptr || entry->format != EXIF_FORMAT_SHORT || entry->components < 1 || entry->size < 2) return 1;
  const int orientation = exif_get_short(entry->data, exif_data_get_byte_order(data.get()));
  return orientation >= 1 && orientation <= 8 ? orientation : 1;
}

Image Upright(Image image, int orientation) {
  if (orientation < 2 || orientation > 8) return image;
  return ToImage(Upright(Raster(std::move(image)), orientation));
}

Raster Upright(Raster raster, int orientation) {
  if (orientation < 2 || orientation > 8) return raster;
  const bool transposed = orientation >= 5;
  Raster upright(transposed ? raster.height : raster.width, transposed ? raster.width : raster.height, raster.bands,
                 std::vector<uint8_t>());
  std::visit(
      [&](const auto& from) {
        std::decay_t<decltype(from)> to(from.size());
        const size_t bytes = static_cast<size_t>(raster.bands) * sizeof(from[0]);
        if (bytes == 3)
          Turn<3>(from.data(), to.data(), raster.width, raster.height, bytes, orientation);
        else
          Turn<0>(from.data(), to.data(), raster.width, raster.height, bytes, orientation);
        upright.samples = std::move(to);
      },
      raster.samples);
  return upright;
}

}  // namespace fcn
