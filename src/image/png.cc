// PNG pictures through libspng. Labels have their own reader, in png_labels.cc.
#include <vector>

#include "image/codec.h"
#include "image/orientation.h"
#include "image/png_reader.h"

namespace fcn {

Image DecodePng(const Source& source) {
  const PngReader reader(source);
  Image image = AllocateImage(source, reader.header().width, reader.header().height);
  if (reader.HasTransparency()) {
    const size_t pixels = image.rgb.size() / 3;
    std::vector<uint8_t> rgba(pixels * 4);
    reader.Decode(rgba, SPNG_FMT_RGBA8, SPNG_DECODE_TRNS);
    for (size_t i = 0; i < pixels; ++i)
      for (size_t c = 0; c < 3; ++c) image.rgb[3 * i + c] = OverWhite(rgba[4 * i + c], rgba[4 * i + 3]);
  } else {
    reader.Decode(image.rgb, SPNG_FMT_RGB8, 0);
  }
  spng_exif exif = {};
  if (spng_get_exif(reader.codec(), &exif) != SPNG_OK) return image;
  return Upright(std::move(image), ExifOrientation({reinterpret_cast<const uint8_t*>(exif.data), exif.length}));
}

}  // namespace fcn
