#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "fcn/image.h"

/// What decode.cc and the decoders of each format share. Each decoder gets bytes whose signature is known to be its
/// own.
namespace fcn {

/// One encoded picture.
struct Source {
  std::span<const uint8_t> bytes;
  const std::string& name;  ///< what messages call it
  int64_t max_pixels;
};

Image DecodeJpeg(const Source& source);
Image DecodePng(const Source& source);
Image DecodeTiff(const Source& source);
Image DecodeWebp(const Source& source);

/// Throws Error(kMemory) with the figures where width × height is more than source.max_pixels, or is both large and
/// more than kMaxPixelsPerByte per byte of the file. To be called before anything of that size is allocated.
void CheckPixels(const Source& source, int64_t width, int64_t height);

/// An honest file of a whole photograph holds far fewer: JPEG has at most 512 (one bit per 8×8 block), PNG 8256
/// (DEFLATE's 1032:1, one-bit pixels), a blank fax page some 30 000. Images of up to kSmallPixels are harmless and
/// exempt.
inline constexpr int64_t kMaxPixelsPerByte = 65536;
inline constexpr int64_t kSmallPixels = int64_t{1} << 24;

/// Throws Error(kInput) where `needed`, the least bytes that the format's best compression can reach for what the
/// header announces, are more than the file has: it was truncated, or is a decompression bomb. `why` names the bound.
void CheckLeastSize(const Source& source, int64_t width, int64_t height, int64_t needed, const char* why);

/// Throws Error(kInput): "NAME is a truncated or corrupt FORMAT: DETAIL".
[[noreturn]] void ThrowCorrupt(const Source& source, const char* format, const std::string& detail);

/// Throws Error(kUnsupported): "NAME is a FORMAT with DETAIL, which fcn does not read".
[[noreturn]] void ThrowUnsupported(const Source& source, const char* format, const std::string& detail);

/// Throws Error(kMemory): decoders throw std::bad_alloc, and whoever calls them says for which file.
[[noreturn]] void ThrowNoMemory(const Source& source);

/// An image of that size, zeroed, after CheckPixels.
Image AllocateImage(const Source& source, int64_t width, int64_t height);

/// A colour over white: `alpha` 255 is opaque. Exact rounding of (c·a + 255·(255 − a)) / 255.
inline uint8_t OverWhite(uint8_t colour, uint8_t alpha) {
  return static_cast<uint8_t>((colour * alpha + 255 * (255 - alpha) + 127) / 255);
}

/// One of R, G, B from the amounts of an ink and of black that are *missing* (255 = no ink): their product, as a
/// printer without a colour profile would see it.
inline uint8_t InkToLight(uint8_t missing_ink, uint8_t missing_black) {
  return static_cast<uint8_t>((missing_ink * missing_black + 127) / 255);
}

}  // namespace fcn
