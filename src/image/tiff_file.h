#pragma once

#include <tiffio.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "image/codec.h"

namespace fcn {

/// One page of a TIFF in memory, open in libtiff, its messages kept instead of printed.
class TiffFile {
 public:
  /// Opens the page options.page. Throws Error(kInput) where there is no readable directory, or no such page.
  explicit TiffFile(const Source& source);

  TIFF* get() const { return tiff_.get(); }
  const Source& source() const { return state_.source; }

  /// The value of a 16-bit or 32-bit tag, or TIFF's default for it. Throws Error(kInput) where it has neither.
  uint16_t Short(uint32_t tag, const char* name) const;
  uint32_t Long(uint32_t tag, const char* name) const;

  /// The most that one block of pixels, a strip or a tile, may take decoded: 16-bit RGBA of the largest picture that
  /// CheckPixels lets pass.
  int64_t MostBlockBytes() const;

  /// Throws Error(kInput) with libtiff's first error message, or with `otherwise`.
  [[noreturn]] void Fail(const std::string& otherwise) const;
  /// Throws Error(kInput) where libtiff wanted to read past the end: it makes up for lost tags with guesses and a
  /// warning, but a file that refers to bytes it does not have is truncated.
  void CheckWhole() const;

 private:
  void ChoosePage();

  struct State {
    explicit State(const Source& from) : source(from) {}

    const Source& source;
    size_t position = 0;
    bool past_end = false;
    std::string error;
  };
  struct Closer {
    void operator()(TIFF* tiff) const { TIFFClose(tiff); }
  };
  struct Callbacks;

  mutable State state_;
  std::unique_ptr<TIFF, Closer> tiff_;
};

/// The bands that are named, from 1, or all: 8 to 16 bits and 32-bit floats, strips or tiles, samples together or in
/// planes. Nothing for what is to be read as a picture in colour: palettes, fewer bits, YCbCr, Lab. Throws
/// Error(kUnsupported) for other samples and for more bands than a picture may have, Error(kInput) for floats that are
/// no numbers.
std::optional<Raster> ReadTiffBands(const TiffFile& file, const std::vector<int>& bands);

/// The pictures that are most common and those where libtiff's own conversion falls short: 8 to 16 bits, grey, RGB,
/// CMYK or any number of bands, with or without alpha, strips or tiles, samples together or in planes. Returns false,
/// having done nothing, for others.
bool ReadTiffSamples(const TiffFile& file, Image& image);

}  // namespace fcn
