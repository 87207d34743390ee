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

/// Something about a file that was read and that its user should know: what was found and what was done about it.
struct FCN_API ImageNote {
  std::string kind;     ///< a word for programs: "damaged", "range", "transparency", "pages", "bands"
  std::string message;  ///< a sentence that names the file
  std::string hint;     ///< what to do where this is not what was wanted; may be empty
};

/// How pictures are read, where their files do not say, or say it wrongly.
struct FCN_API ReadImageOptions {
  int64_t max_pixels = int64_t{1} << 30;  ///< refused with the figure before anything is decoded
  /// Damage that leaves most of a picture whole is an error; otherwise it is a note, as other programs read it.
  bool strict = false;
  /// Colours are taken as they are stored; otherwise transparency is laid over white.
  bool ignore_alpha = false;
  /// The sample that becomes 255, for 16-bit files whose samples use fewer bits (4095 for 12 bits). 0: 65535.
  int sample_max = 0;
  /// The stored samples, counted from 1, that are red, green and blue; or one, that is grey. Empty: as the file says.
  std::vector<int> bands = {};
  int page = 1;  ///< of a TIFF, counted from 1
};

/// Reads JPEG (grey, YCbCr, RGB, CMYK, YCCK), PNG (grey, palette, RGB, with alpha, 1 to 16 bit), TIFF (one page) and
/// WebP as 8-bit RGB, upright whatever EXIF orientation the file has. The format is told by the content, not by the
/// name. Transparency is laid over white; 16-bit samples keep their high byte; colour profiles are not applied. What a
/// user should know of it is added to `notes`, where that is given.
///
/// Throws Error, always with the file's name: kIo where the file cannot be read; kUnsupported where it is another
/// format, or a rare form of one of these; kInput where it is no image, is truncated (also where only the end marker is
/// missing), corrupt, or claims more pixels than its format can pack into so few bytes; kMemory where it has more than
/// max_pixels, or, being large, more than 65536 pixels per byte of the file.
FCN_API Image ReadImage(const std::string& path, const ReadImageOptions& options = {},
                        std::vector<ImageNote>* notes = nullptr);

/// The same from memory; `name` is what messages call it.
FCN_API Image DecodeImage(const uint8_t* bytes, size_t size, const std::string& name,
                          const ReadImageOptions& options = {}, std::vector<ImageNote>* notes = nullptr);

}  // namespace fcn
