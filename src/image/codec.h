#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "fcn/image.h"
#include "fcn/raster.h"
#include "image/pixel_limit.h"

/// What decode.cc and the decoders of each format share. Each decoder gets bytes whose signature is known to be its
/// own.
namespace fcn {

/// One encoded picture.
struct Source {
  std::span<const uint8_t> bytes;
  const std::string& name;  ///< what messages call it
  const ReadImageOptions& options;
  std::vector<ImageNote>* notes = nullptr;  ///< nullptr: nobody reads them

  void Note(const char* kind, std::string message, std::string hint) const {
    if (notes != nullptr) notes->push_back({kind, std::move(message), std::move(hint)});
  }
};

Image DecodeJpeg(const Source& source);
Image DecodePng(const Source& source);
Image DecodeTiff(const Source& source);
Image DecodeWebp(const Source& source);
Image DecodeBmp(const Source& source);
Image DecodeGif(const Source& source);
/// The bands that are named, from 1, or all; unscaled. Those of source.options are not heeded.
Raster DecodeJpegRaster(const Source& source, const std::vector<int>& bands);
Raster DecodePngRaster(const Source& source, const std::vector<int>& bands);
Raster DecodeTiffRaster(const Source& source, const std::vector<int>& bands);
/// HEIC and AVIF. In builds without libheif: throws Error(kUnsupported), which says how to get it.
Image DecodeHeif(const Source& source);

/// Throws Error(kMemory) with the figures where width × height is more than MostPixels, or too much for what is
/// available. To be called before anything of that size is allocated.
void CheckPixels(const Source& source, int64_t width, int64_t height);

/// The same for a picture of bands, by the bytes that its samples take: where max_pixels does not say otherwise, no
/// more than a picture in colour of so many pixels.
void CheckRasterBytes(const Source& source, int64_t width, int64_t height, int64_t bands, int64_t sample_bytes);

/// Throws Error(kInput) where `needed`, the least bytes that the format's best compression can reach for what the
/// header announces, are more than the file has: it was truncated, or is a decompression bomb. `why` names the bound.
void CheckLeastSize(const Source& source, int64_t width, int64_t height, int64_t needed, const char* why);

/// Throws Error(kInput) with both figures where a file has fewer than `band` bands.
void CheckBand(const Source& source, int band, int bands);

/// Those bands of a picture in that order, or all where none are named.
Raster ChooseBands(const Source& source, const std::vector<int>& bands, Raster raster);

/// Throws Error(kInput) with both figures where options.page is not among the file's `pages`. Where it has more than
/// one, notes which is read.
void ChoosePage(const Source& source, int64_t pages);

/// For formats of which the first frame alone is read: throws Error(kUnsupported) where options.page is another, and
/// notes that there are more.
void ChooseFirstFrame(const Source& source, bool has_more);

/// Throws Error(kInput): "NAME is a truncated or corrupt FORMAT: DETAIL".
[[noreturn]] void ThrowCorrupt(const Source& source, const char* format, const std::string& detail);

/// ThrowCorrupt for a file that ends early: its message and hint say that the first `rows` of `height` are there.
[[noreturn]] void ThrowRowsMissing(const Source& source, const char* format, int64_t rows, int64_t height);

/// Throws Error(kUnsupported): "NAME is a FORMAT with DETAIL, which fcn does not read".
[[noreturn]] void ThrowUnsupported(const Source& source, const char* format, const std::string& detail,
                                   const std::string& hint = "Save it as an 8-bit RGB PNG or JPEG.");

/// Throws Error(kMemory): decoders throw std::bad_alloc, and whoever calls them says for which file.
[[noreturn]] void ThrowNoMemory(const Source& source);

/// An image of that size, zeroed, after CheckPixels and options.on_size.
Image AllocateImage(const Source& source, int64_t width, int64_t height);

/// What to do about a file that is read although it is damaged.
inline constexpr const char* kDamagedHint =
    "Fetch it again from where it came if you can. --strict refuses such files.";

}  // namespace fcn
