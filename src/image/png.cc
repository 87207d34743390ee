// PNG pictures through libspng. Labels have their own reader, in png_labels.cc.
#include <fmt/format.h>

#include <cstring>
#include <utility>
#include <vector>

#include "fcn/error.h"
#include "image/codec.h"
#include "image/orientation.h"
#include "image/png_reader.h"
#include "image/samples.h"

namespace fcn {
namespace {

/// How libspng is to give the pixels.
struct Wanted {
  int format;
  int flags;
  SampleForm form;
};

/// As they are stored; palettes as their colours, few bits as bytes, a transparent colour as alpha.
Wanted Choose(const PngReader& reader) {
  using Colour = SampleForm::Colour;
  const bool wide = reader.header().bit_depth == 16, transparent = reader.HasTransparency();
  const int max = wide ? 65535 : 255;
  switch (reader.header().color_type) {
    case SPNG_COLOR_TYPE_GRAYSCALE:
      if (transparent)
        return {wide ? SPNG_FMT_GA16 : SPNG_FMT_GA8, SPNG_DECODE_TRNS, {Colour::kGrey, 2, 1, false, max}};
      return {wide ? SPNG_FMT_PNG : SPNG_FMT_G8, 0, {Colour::kGrey, 1, -1, false, max}};
    case SPNG_COLOR_TYPE_GRAYSCALE_ALPHA:
      return {SPNG_FMT_PNG, 0, {Colour::kGrey, 2, 1, false, max}};
    case SPNG_COLOR_TYPE_TRUECOLOR_ALPHA:
      return {SPNG_FMT_PNG, 0, {Colour::kRgb, 4, 3, false, max}};
    default:
      if (transparent)
        return {wide ? SPNG_FMT_RGBA16 : SPNG_FMT_RGBA8, SPNG_DECODE_TRNS, {Colour::kRgb, 4, 3, false, max}};
      return {wide ? SPNG_FMT_PNG : SPNG_FMT_RGB8, 0, {Colour::kRgb, 3, -1, false, max}};
  }
}

/// Of the EXIF chunk among those that were read so far, or 0.
int Orientation(const PngReader& reader) {
  spng_exif exif = {};
  if (spng_get_exif(reader.codec(), &exif) != SPNG_OK) return 0;
  return ExifOrientation({reinterpret_cast<const uint8_t*>(exif.data), exif.length});
}

uint32_t BigEndian(const uint8_t* bytes) {
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | bytes[3];
}

/// Whether a chunk ahead of the pixels says that there are more frames (APNG), of which libspng knows nothing.
bool IsAnimated(std::span<const uint8_t> bytes) {
  constexpr size_t kSignature = 8, kHeader = 8, kChecksum = 4;
  for (size_t at = kSignature; at + kHeader + 4 <= bytes.size();) {
    const uint8_t* chunk = &bytes[at];
    if (std::memcmp(chunk + 4, "acTL", 4) == 0) return BigEndian(chunk + kHeader) > 1;
    if (std::memcmp(chunk + 4, "IDAT", 4) == 0) return false;
    at += kHeader + BigEndian(chunk) + kChecksum;
  }
  return false;
}

Image Decode(const Source& source, PngReader::Damage damage) {
  const PngReader reader(source, damage);
  const size_t width = reader.header().width;
  Image image = AllocateImage(source, reader.header().width, reader.header().height);
  const Wanted wanted = Choose(reader);
  SamplesToRgb to_rgb(source, wanted.form);
  int orientation = Orientation(reader);  // the chunk may stand ahead of the pixels or behind them
  if (to_rgb.copies()) {
    reader.Decode(image.rgb, wanted.format, wanted.flags);
  } else {
    reader.DecodeRows(wanted.format, wanted.flags, [&](uint32_t y, const uint8_t* row) {
      uint8_t* rgb = &image.rgb[y * width * 3];
      if (wanted.form.max > 255) {
        to_rgb.Convert(reinterpret_cast<const uint16_t*>(row), width, rgb);
      } else {
        to_rgb.Convert(row, width, rgb);
      }
    });
  }
  to_rgb.AddNotes();
  if (orientation == 0) orientation = Orientation(reader);
  return Upright(std::move(image), orientation);
}

int BandsOf(int colour_type) {
  switch (colour_type) {
    case SPNG_COLOR_TYPE_GRAYSCALE:
      return 1;
    case SPNG_COLOR_TYPE_GRAYSCALE_ALPHA:
      return 2;
    case SPNG_COLOR_TYPE_TRUECOLOR_ALPHA:
      return 4;
    default:
      return 3;
  }
}

/// The stored bands, bits below 8 spread to 8.
Raster DecodeBands(const Source& source, PngReader::Damage damage) {
  const PngReader reader(source, damage);
  const spng_ihdr& header = reader.header();
  if (source.options.on_size) source.options.on_size(header.width, header.height);
  const bool is_palette = header.color_type == SPNG_COLOR_TYPE_INDEXED, is_wide = header.bit_depth == 16;
  const bool is_few_bits = header.bit_depth < 8;
  const int format = is_palette ? SPNG_FMT_RGB8 : is_few_bits ? SPNG_FMT_G8 : SPNG_FMT_PNG;
  const int bands = is_palette ? 3 : BandsOf(header.color_type);
  const size_t samples = size_t{header.width} * header.height * static_cast<size_t>(bands);
  Raster raster(static_cast<int>(header.width), static_cast<int>(header.height), bands, std::vector<uint8_t>());
  int orientation = Orientation(reader);
  if (is_wide) {
    std::vector<uint16_t> values(samples);
    reader.Decode({reinterpret_cast<uint8_t*>(values.data()), samples * sizeof(uint16_t)}, format, 0);
    raster.samples = std::move(values);
  } else {
    raster.Of<uint8_t>().resize(samples);
    reader.Decode(raster.Of<uint8_t>(), format, 0);
  }
  if (orientation == 0) orientation = Orientation(reader);
  return Upright(std::move(raster), orientation);
}

/// What `decode` makes of the file, also where it is damaged beside its pixels.
template <typename Picture>
Picture DecodeWithNotes(const Source& source, Picture (*decode)(const Source&, PngReader::Damage)) {
  ChooseFirstFrame(source, IsAnimated(source.bytes));
  try {
    return decode(source, PngReader::Damage::kRefused);
  } catch (const Error& error) {
    if (source.options.strict || error.code() != ErrorCode::kInput) throw;
    Picture picture = decode(source, PngReader::Damage::kBesidePixels);
    source.Note("damaged", error.message() + "; all its pixels are there and are read", kDamagedHint);
    return picture;
  }
}

}  // namespace

Image DecodePng(const Source& source) { return DecodeWithNotes(source, Decode); }

Raster DecodePngRaster(const Source& source, const std::vector<int>& bands) {
  return ChooseBands(source, bands, DecodeWithNotes(source, DecodeBands));
}

}  // namespace fcn
