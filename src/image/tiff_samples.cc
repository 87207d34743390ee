#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <vector>

#include "image/tiff_file.h"

namespace fcn {
namespace {

enum class Alpha { kNone, kPremultiplied, kSeparate };

/// How the samples of a pixel are stored and what they mean.
struct Layout {
  int photometric;
  int colours;    ///< samples that make the colour: 1, 3 or 4; alpha, where there is one, follows them
  int per_pixel;  ///< samples in the file
  size_t bytes;   ///< of a sample: 1 or 2
  bool planes;    ///< each sample has blocks of its own
  bool tiled;
  Alpha alpha;
  uint32_t block_width, block_height;  ///< of a strip or a tile
};

bool Describe(const TiffFile& file, const Image& image, Layout& layout) {
  const int bits = file.Short(TIFFTAG_BITSPERSAMPLE, "bits per sample");
  layout.photometric = file.Short(TIFFTAG_PHOTOMETRIC, "colour");
  layout.per_pixel = file.Short(TIFFTAG_SAMPLESPERPIXEL, "samples per pixel");
  layout.planes = file.Short(TIFFTAG_PLANARCONFIG, "plane layout") == PLANARCONFIG_SEPARATE;
  layout.tiled = TIFFIsTiled(file.get()) != 0;
  layout.bytes = static_cast<size_t>(bits) / 8;
  switch (layout.photometric) {
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_MINISBLACK:
      layout.colours = 1;
      break;
    case PHOTOMETRIC_RGB:
      layout.colours = 3;
      break;
    case PHOTOMETRIC_SEPARATED:
      layout.colours = 4;
      break;
    default:
      return false;
  }
  if ((bits != 8 && bits != 16) || layout.per_pixel < layout.colours) return false;
  if (layout.colours == 1 && layout.per_pixel > 2)
    ThrowUnsupported(file.source(), "TIFF", fmt::format("{} bands that are not red, green and blue", layout.per_pixel));
  if (layout.colours == 4 && file.Short(TIFFTAG_INKSET, "inks") != INKSET_CMYK)
    ThrowUnsupported(file.source(), "TIFF", "inks other than CMYK");

  uint16_t extra_count = 0;
  const uint16_t* extra = nullptr;
  layout.alpha = Alpha::kNone;
  if (TIFFGetField(file.get(), TIFFTAG_EXTRASAMPLES, &extra_count, &extra) && extra_count > 0 &&
      layout.per_pixel > layout.colours) {
    if (extra[0] == EXTRASAMPLE_ASSOCALPHA) layout.alpha = Alpha::kPremultiplied;
    if (extra[0] == EXTRASAMPLE_UNASSALPHA) layout.alpha = Alpha::kSeparate;
  }
  if (layout.tiled) {
    layout.block_width = file.Long(TIFFTAG_TILEWIDTH, "tile width");
    layout.block_height = file.Long(TIFFTAG_TILELENGTH, "tile height");
  } else {
    layout.block_width = static_cast<uint32_t>(image.width);
    layout.block_height =
        std::min(file.Long(TIFFTAG_ROWSPERSTRIP, "rows per strip"), static_cast<uint32_t>(image.height));
  }
  return layout.block_width > 0 && layout.block_height > 0;
}

/// One pixel; `sample(i)` is its i-th sample in 8 bits.
template <typename Sample>
void Convert(const Layout& layout, Sample sample, uint8_t* rgb) {
  for (int c = 0; c < 3; ++c) {
    uint8_t value = sample(layout.colours == 1 ? 0 : c);
    if (layout.photometric == PHOTOMETRIC_MINISWHITE) value = static_cast<uint8_t>(255 - value);
    if (layout.colours == 4)
      value = InkToLight(static_cast<uint8_t>(255 - value), static_cast<uint8_t>(255 - sample(3)));
    if (layout.alpha == Alpha::kSeparate) value = OverWhite(value, sample(layout.colours));
    if (layout.alpha == Alpha::kPremultiplied)
      value = static_cast<uint8_t>(std::min(255, value + 255 - sample(layout.colours)));
    rgb[c] = value;
  }
}

}  // namespace

bool ReadTiffSamples(const TiffFile& file, Image& image) {
  Layout layout;
  if (!Describe(file, image, layout)) return false;
  const auto width = static_cast<uint32_t>(image.width), height = static_cast<uint32_t>(image.height);
  const int used = layout.colours + (layout.alpha != Alpha::kNone);
  const auto block_count = static_cast<size_t>(layout.planes ? used : 1);
  const size_t stored = layout.planes ? 1 : static_cast<size_t>(layout.per_pixel);  // samples of a pixel in one block
  const size_t row_bytes = layout.block_width * stored * layout.bytes;
  const size_t block_bytes = row_bytes * layout.block_height;
  std::vector<uint8_t> blocks(block_bytes * block_count);
  // libtiff has turned 16-bit samples into this machine's byte order: the high byte is what an 8-bit picture keeps.
  const size_t high_byte = layout.bytes == 2 && std::endian::native == std::endian::little ? 1 : 0;
  const size_t sample_step = layout.planes ? block_bytes : layout.bytes;

  for (uint32_t y0 = 0; y0 < height; y0 += std::min(layout.block_height, height - y0))
    for (uint32_t x0 = 0; x0 < width; x0 += std::min(layout.block_width, width - x0)) {
      const uint32_t rows = std::min(layout.block_height, height - y0),
                     columns = std::min(layout.block_width, width - x0);
      for (size_t plane = 0; plane < block_count; ++plane) {
        uint8_t* out = blocks.data() + plane * block_bytes;
        const auto sample = static_cast<uint16_t>(plane);
        const size_t wanted = layout.tiled ? block_bytes : row_bytes * rows;
        const tmsize_t got = layout.tiled
                                 ? TIFFReadEncodedTile(file.get(), TIFFComputeTile(file.get(), x0, y0, 0, sample), out,
                                                       static_cast<tmsize_t>(wanted))
                                 : TIFFReadEncodedStrip(file.get(), TIFFComputeStrip(file.get(), y0, sample), out,
                                                        static_cast<tmsize_t>(wanted));
        if (got != static_cast<tmsize_t>(wanted))
          file.Fail(fmt::format("the block of pixels at x {}, y {} is not whole", x0, y0));
      }
      for (uint32_t y = 0; y < rows; ++y)
        for (uint32_t x = 0; x < columns; ++x) {
          const uint8_t* pixel = blocks.data() + y * row_bytes + x * stored * layout.bytes + high_byte;
          const auto sample = [&](int i) { return pixel[static_cast<size_t>(i) * sample_step]; };
          Convert(layout, sample, &image.rgb[(size_t{y0 + y} * width + x0 + x) * 3]);
        }
    }
  return true;
}

}  // namespace fcn
