#pragma once

#include <spng.h>

#include <memory>
#include <span>

#include "fcn/function_ref.h"
#include "image/codec.h"

namespace fcn {

struct SpngDeleter {
  void operator()(spng_ctx* codec) const { spng_ctx_free(codec); }
};
using SpngPointer = std::unique_ptr<spng_ctx, SpngDeleter>;

/// A PNG whose header was read and found plausible: what pictures and labels have in common.
class PngReader {
 public:
  /// What to do about a chunk with a bad checksum that holds no pixels, and about a file that ends behind its pixels.
  enum class Damage { kRefused, kBesidePixels /* the chunk is left out, the missing end ignored */ };

  /// Throws as CheckPixels and CheckLeastSize do, and Error(kInput) for a bad header.
  explicit PngReader(const Source& source, Damage damage = Damage::kRefused);

  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  const spng_ihdr& header() const { return header_; }
  spng_ctx* codec() const { return codec_.get(); }

  /// Whether the chunks ahead of the pixels declare transparency.
  bool HasTransparency() const;

  /// Decodes all pixels as `format` (spng_format) into `out`, then the remaining chunks up to IEND, so that a file
  /// without its end is an error. Throws Error(kInput); FCN_CHECKs that `out` has the size that the format needs.
  void Decode(std::span<uint8_t> out, int format, int flags) const;

  /// The same row by row, 16-bit samples in this machine's order: only interlaced pictures are in memory as a whole.
  void DecodeRows(int format, int flags, FunctionRef<void(uint32_t y, const uint8_t* row)> take) const;

 private:
  static int Read(spng_ctx* codec, void* user, void* out, size_t size);
  void Check(int status) const;
  /// Decodes a picture that is not interlaced, each row to where `place` says.
  void DecodeEach(int format, int flags, size_t row_size, FunctionRef<uint8_t*(uint32_t y)> place) const;
  /// Reads what follows the pixels.
  void Finish() const;

  const Source& source_;
  const Damage damage_;
  size_t position_ = 0;  ///< of what was not read yet
  SpngPointer codec_;
  spng_ihdr header_ = {};
};

}  // namespace fcn
