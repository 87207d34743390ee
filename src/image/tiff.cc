// TIFF 6.0 and BigTIFF through libtiff: one page.
#include <fmt/format.h>

#include <bit>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "fcn/error.h"
#include "image/orientation.h"
#include "image/samples.h"
#include "image/tiff_file.h"

namespace fcn {
namespace {

/// The compressions that we let libtiff decode, and the most bytes that each can make of one; 0 where there is no
/// bound.
struct Compression {
  int code;
  int64_t max_ratio;
  const char* why;
};

constexpr Compression kCompressions[] = {
    {COMPRESSION_NONE, 1, "it is not compressed"},
    {COMPRESSION_PACKBITS, 64, "PackBits makes at most 128 bytes of two"},
    {COMPRESSION_LZW, 3413, "LZW makes at most 5119 bytes of a code of 12 bits"},
    {COMPRESSION_DEFLATE, 1032, "DEFLATE packs at most 1032 bytes into one"},
    {COMPRESSION_ADOBE_DEFLATE, 1032, "DEFLATE packs at most 1032 bytes into one"},
    {COMPRESSION_JPEG, 512, "JPEG spends at least one bit on each 8x8 block"},
    {COMPRESSION_CCITTRLE, 0, ""},
    {COMPRESSION_CCITTRLEW, 0, ""},
    {COMPRESSION_CCITTFAX3, 0, ""},
    {COMPRESSION_CCITTFAX4, 0, ""},
    {COMPRESSION_LZMA, 0, ""},
    {COMPRESSION_ZSTD, 0, ""},
    {COMPRESSION_WEBP, 0, ""},
};

void CheckCompression(const TiffFile& file, int64_t width, int64_t height) {
  const int code = file.Short(TIFFTAG_COMPRESSION, "compression");
  for (const Compression& compression : kCompressions) {
    if (compression.code != code || !TIFFIsCODECConfigured(static_cast<uint16_t>(code))) continue;
    if (compression.max_ratio == 0) return;
    // Chroma may be stored at a fraction of the size: then luma alone is certain to be there.
    const bool luma_only = code == COMPRESSION_JPEG || file.Short(TIFFTAG_PHOTOMETRIC, "colour") == PHOTOMETRIC_YCBCR;
    const int64_t bits_per_pixel = int64_t{file.Short(TIFFTAG_BITSPERSAMPLE, "bits per sample")} *
                                   (luma_only ? 1 : file.Short(TIFFTAG_SAMPLESPERPIXEL, "samples per pixel"));
    int64_t bits = 0;
    if (__builtin_mul_overflow(width * height, bits_per_pixel, &bits)) bits = INT64_MAX;
    CheckLeastSize(file.source(), width, height, bits / 8 / compression.max_ratio, compression.why);
    return;
  }
  ThrowUnsupported(file.source(), "TIFF", fmt::format("compression {}", code));
}

/// Everything that ReadTiffSamples leaves: palettes, fewer than 8 bits, YCbCr, CIE Lab.
void ReadByLibrary(const TiffFile& file, Image& image) {
  struct Converter {
    TIFFRGBAImage state;
    bool begun;
    ~Converter() {
      if (begun) TIFFRGBAImageEnd(&state);
    }
  };
  char message[1024] = "";
  if (!TIFFRGBAImageOK(file.get(), message)) ThrowUnsupported(file.source(), "TIFF", fmt::format("\"{}\"", message));
  Converter converter{};
  converter.begun = TIFFRGBAImageBegin(&converter.state, file.get(), /*stop=*/1, message) != 0;
  if (!converter.begun) file.Fail(message);
  // No turning by libtiff, which only mirrors: Upright does it all.
  converter.state.orientation = converter.state.req_orientation = ORIENTATION_TOPLEFT;
  const size_t pixels = image.rgb.size() / 3;
  std::vector<uint32_t> abgr(pixels);
  // libtiff multiplies the colours by alpha. In memory, red comes first.
  SamplesToRgb to_rgb(file.source(), {.count = 4, .alpha = converter.state.alpha != 0 ? 3 : -1, .premultiplied = true});
  if (!TIFFRGBAImageGet(&converter.state, abgr.data(), static_cast<uint32_t>(image.width),
                        static_cast<uint32_t>(image.height)))
    file.Fail("its picture cannot be decoded");
  static_assert(std::endian::native == std::endian::little);
  to_rgb.Convert(reinterpret_cast<const uint8_t*>(abgr.data()), pixels, image.rgb.data());
  to_rgb.AddNotes();
}

/// Cameras' raw files (DNG, NEF, ARW …) are TIFFs whose first page is a thumbnail, and whose picture is in a directory
/// below it or has no colours yet.
void CheckNotRaw(const TiffFile& file) {
  uint32_t kind = 0;
  TIFFGetField(file.get(), TIFFTAG_SUBFILETYPE, &kind);
  uint16_t count = 0, colour = 0;
  const uint64_t* below = nullptr;
  const bool has_below = TIFFGetField(file.get(), TIFFTAG_SUBIFD, &count, &below) != 0 && count > 0;
  TIFFGetField(file.get(), TIFFTAG_PHOTOMETRIC, &colour);
  constexpr uint16_t kLinearRaw = 34892;
  if (((kind & FILETYPE_REDUCEDIMAGE) != 0 && has_below) || colour == PHOTOMETRIC_CFA || colour == kLinearRaw)
    throw Error(ErrorCode::kUnsupported,
                file.source().name +
                    " is a camera's raw file (DNG, NEF or the like), of which fcn could read the "
                    "thumbnail alone",
                "Develop it with the camera maker's program or any raw converter, and save a PNG or JPEG.");
}

/// Throws where the page is no picture that can be decoded, before anything of its size is allocated.
void CheckPicture(const TiffFile& file) {
  file.CheckWhole();
  CheckNotRaw(file);
  const uint32_t width = file.Long(TIFFTAG_IMAGEWIDTH, "width"), height = file.Long(TIFFTAG_IMAGELENGTH, "height");
  CheckPixels(file.source(), width, height);
  CheckCompression(file, width, height);
  if (TIFFIsTiled(file.get())) {  // a tile may be larger than the picture, and is stored and decoded whole
    const uint32_t tile_width = file.Long(TIFFTAG_TILEWIDTH, "tile width");
    const uint32_t tile_height = file.Long(TIFFTAG_TILELENGTH, "tile height");
    CheckPixels(file.source(), tile_width, tile_height);
    CheckCompression(file, tile_width, tile_height);
  }
}

/// As a picture in colour.
Image ReadColours(const TiffFile& file) {
  const Source& source = file.source();
  const uint16_t format = file.Short(TIFFTAG_SAMPLEFORMAT, "sample format");
  if (format == SAMPLEFORMAT_IEEEFP)
    ThrowUnsupported(source, "TIFF", "floating-point samples",
                     "Where it is no picture in colour, an input of bands reads it: --inputs NAME:BANDS.");
  if (format != SAMPLEFORMAT_UINT && format != SAMPLEFORMAT_VOID)
    ThrowUnsupported(
        source, "TIFF", "signed samples",
        "Save it as an 8-bit RGB PNG or JPEG; where it is no picture in colour, as 32-bit floats, which an "
        "input of bands reads: --inputs NAME:BANDS.");
  Image image = AllocateImage(source, file.Long(TIFFTAG_IMAGEWIDTH, "width"), file.Long(TIFFTAG_IMAGELENGTH, "height"));
  if (!ReadTiffSamples(file, image)) ReadByLibrary(file, image);
  file.CheckWhole();
  return Upright(std::move(image), file.Short(TIFFTAG_ORIENTATION, "orientation"));
}

}  // namespace

Image DecodeTiff(const Source& source) {
  const TiffFile file(source);
  CheckPicture(file);
  return ReadColours(file);
}

Raster DecodeTiffRaster(const Source& source, const std::vector<int>& bands) {
  const TiffFile file(source);
  CheckPicture(file);
  std::optional<Raster> raster = ReadTiffBands(file, bands);
  if (!raster) return ChooseBands(source, bands, Raster(ReadColours(file)));
  file.CheckWhole();
  return Upright(std::move(*raster), file.Short(TIFFTAG_ORIENTATION, "orientation"));
}

}  // namespace fcn
