#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "fcn/export.h"

namespace fcn {

/// A colour of a palette.
struct FCN_API Colour {
  uint8_t r = 0, g = 0, b = 0;
  bool operator==(const Colour&) const = default;
};

/// An 8-bit RGB picture, rows from the top, three bytes a pixel, no gaps.
struct FCN_API Image {
  int width = 0, height = 0;
  std::vector<uint8_t> rgb;  ///< height × width × 3
};

/// What ReadImage refuses: more than the caller wants to hold.
struct FCN_API ReadImageOptions {
  int64_t max_pixels = int64_t{1} << 30;  ///< refused with the figure before anything is decoded
};

/// Reads JPEG (grey, YCbCr, RGB, CMYK, YCCK), PNG (grey, palette, RGB, with alpha, 1 to 16 bit), TIFF (the first page)
/// and WebP as 8-bit RGB, upright whatever EXIF orientation the file has. The format is told by the content, not by the
/// name. Transparency is laid over white; 16-bit samples keep their high byte; colour profiles are not applied.
///
/// Throws Error, always with the file's name: kIo where the file cannot be read; kUnsupported where it is another
/// format, or a rare form of one of these; kInput where it is no image, is truncated (also where only the end marker is
/// missing), corrupt, or claims more pixels than its format can pack into so few bytes; kMemory where it has more than
/// max_pixels, or, being large, more than 65536 pixels per byte of the file.
FCN_API Image ReadImage(const std::string& path, const ReadImageOptions& options = {});

/// The same from memory; `name` is what messages call it.
FCN_API Image DecodeImage(const uint8_t* bytes, size_t size, const std::string& name,
                          const ReadImageOptions& options = {});

}  // namespace fcn
