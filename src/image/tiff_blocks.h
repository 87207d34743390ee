#pragma once

#include <cstdint>
#include <vector>

#include "fcn/function_ref.h"
#include "image/tiff_file.h"

namespace fcn {

/// How a TIFF stores the samples of its pixels.
struct TiffBlocks {
  int count;    ///< samples of a pixel
  int bits;     ///< of a sample: 8 to 16, fewer than 16 packed, or 32
  bool planes;  ///< each sample has blocks of its own
  bool tiled;
  uint32_t width, height;              ///< of the picture
  uint32_t block_width, block_height;  ///< of a strip or a tile

  /// What the tags say. Other numbers of bits, and blocks without pixels, are the caller's to refuse.
  explicit TiffBlocks(const TiffFile& file);
  bool has_pixels() const { return block_width > 0 && block_height > 0; }
};

/// Reads samples block by block and unpacks them: 8 bits become uint8_t, 9 to 16 uint16_t, 32 uint32_t or float, all in
/// this machine's order.
class TiffBlockReader {
 public:
  /// A part of a row.
  struct Part {
    uint32_t x, y, pixels;
    size_t step;  ///< from a pixel's sample to the next pixel's
    FunctionRef<const void*(int sample)> first;

    /// The first pixel's sample, one of those that are read.
    template <typename T>
    const T* At(int sample) const {
      return static_cast<const T*>(first(sample));
    }
  };

  /// `samples`, counted from 0, are read; all are where a pixel's lie together. Throws Error(kMemory) for blocks larger
  /// than TiffFile::MostBlockBytes.
  TiffBlockReader(const TiffFile& file, const TiffBlocks& blocks, std::vector<int> samples);

  /// Calls `take` for each part of the picture. Throws Error(kInput) for blocks that are not whole.
  void Read(FunctionRef<void(const Part&)> take);

 private:
  void ReadBlock(uint32_t x0, uint32_t y0, uint32_t rows, size_t plane);
  void TakeRow(uint32_t x0, uint32_t y0, uint32_t y, uint32_t pixels, FunctionRef<void(const Part&)> take);
  /// Which of the blocks that were read has a sample.
  size_t BlockOf(int sample) const;

  const TiffFile& file_;
  const TiffBlocks blocks_;
  const std::vector<int> planes_;  ///< the samples whose blocks are read
  const size_t stored_;            ///< samples of a pixel in one block
  const size_t row_bytes_, block_bytes_;
  std::vector<uint8_t> bytes_;      ///< of a block for each of planes_
  std::vector<uint16_t> unpacked_;  ///< a row of each, of 9 to 15 bits
};

}  // namespace fcn
