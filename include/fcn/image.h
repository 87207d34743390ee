#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
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
  /// A word for programs. "damaged": what is read although it is damaged; "range": samples that use a small part of
  /// their range, or go past the one that is said; "transparency": pixels that were changed by laying it over white;
  /// "pages": pages or frames that were not read; "bands": stored samples that were not read.
  std::string kind;
  std::string message;  ///< a sentence that names the file
  std::string hint;     ///< what to do where this is not what was wanted; may be empty
};

/// How pictures are read, where their files do not say, or say it wrongly.
struct FCN_API ReadImageOptions {
  /// Pictures of more are refused with the figure before anything is decoded. 0: 50 million, and of larger ones 50 for
  /// each byte of the file, which no photograph reaches, up to 2³⁰; so a small file cannot take much memory.
  int64_t max_pixels = 0;
  /// Damage that leaves most of a picture whole is an error; otherwise it is a note, as other programs read it.
  bool strict = false;
  /// Colours are taken as they are stored; otherwise transparency is laid over white.
  bool ignore_alpha = false;
  /// The sample that becomes 255, for files whose samples use fewer bits than they have (4095 for 12 bits in 16);
  /// larger ones become 255 too. 0: what the file says, or all bits. Files of 8 bits do not heed more than 255.
  int sample_max = 0;
  /// The stored samples, counted from 1, that are red, green and blue; or one, that is grey. Transparency is not looked
  /// at then, unless it is one of them. Where a file stores no such samples (palettes, YCbCr), they are the red, green,
  /// blue (and alpha) that it decodes to. Empty: as the file says.
  std::vector<int> bands = {};
  /// Of a TIFF, or picture of a HEIC or AVIF file with the primary one first; counted from 1. Where the first page of a
  /// TIFF is a smaller copy of another or a mask, page 1 is the first that is neither.
  int page = 1;
  /// Where given: called with width and height when they are known and allowed, before memory is taken for the pixels,
  /// and again where decoding begins anew. It may wait, and what it throws ends the reading.
  std::function<void(int64_t width, int64_t height)> on_size = {};
};

/// Reads as 8-bit RGB, upright whatever orientation the file has: JPEG (grey, YCbCr, RGB, CMYK, YCCK), PNG (grey,
/// palette, RGB, with alpha, 1 to 16 bit), TIFF (1 to 16 bit, any number of bands), WebP, BMP and GIF (of animations
/// and of files of several frames the first), and, in builds with libheif, HEIC and AVIF. The format is told by the
/// content, not by the name. 16-bit samples keep their high byte, unless options.sample_max says otherwise; colour
/// profiles are not applied. What a user should know of it is added to `notes`, where that is given.
///
/// Throws Error, but for options always with the file's name: kUsage for options that make no sense; kIo where the file
/// cannot be read; kUnsupported where it is another format, or a rare form of one of these; kInput where it is no
/// image, lacks pixels or is damaged more than options.strict allows, claims more pixels than its format can pack into
/// so few bytes, or has no such page or band; kMemory where it has more pixels than options.max_pixels allows, or where
/// what is available is too little for them.
FCN_API Image ReadImage(const std::string& path, const ReadImageOptions& options = {},
                        std::vector<ImageNote>* notes = nullptr);

/// The same from memory; `name` is what messages call it.
FCN_API Image DecodeImage(const uint8_t* bytes, size_t size, const std::string& name,
                          const ReadImageOptions& options = {}, std::vector<ImageNote>* notes = nullptr);

}  // namespace fcn
