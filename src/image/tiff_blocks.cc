#include "image/tiff_blocks.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "fcn/error.h"

namespace fcn {
namespace {

/// Samples of 9 to 15 bits, packed from the highest bit on.
void Unpack(const uint8_t* in, int bits, std::span<uint16_t> out) {
  uint32_t buffer = 0;
  int held = 0;
  for (uint16_t& sample : out) {
    for (; held < bits; held += 8) buffer = buffer << 8 | *in++;
    held -= bits;
    sample = static_cast<uint16_t>(buffer >> held & ((1u << bits) - 1));
  }
}

}  // namespace

TiffBlocks::TiffBlocks(const TiffFile& file)
    : count(file.Short(TIFFTAG_SAMPLESPERPIXEL, "samples per pixel")),
      bits(file.Short(TIFFTAG_BITSPERSAMPLE, "bits per sample")),
      planes(file.Short(TIFFTAG_PLANARCONFIG, "plane layout") == PLANARCONFIG_SEPARATE),
      tiled(TIFFIsTiled(file.get()) != 0),
      width(file.Long(TIFFTAG_IMAGEWIDTH, "width")),
      height(file.Long(TIFFTAG_IMAGELENGTH, "height")) {
  if (tiled) {
    block_width = file.Long(TIFFTAG_TILEWIDTH, "tile width");
    block_height = file.Long(TIFFTAG_TILELENGTH, "tile height");
  } else {
    block_width = width;
    block_height = std::min(file.Long(TIFFTAG_ROWSPERSTRIP, "rows per strip"), height);
  }
}

TiffBlockReader::TiffBlockReader(const TiffFile& file, const TiffBlocks& blocks, std::vector<int> samples)
    : file_(file),
      blocks_(blocks),
      planes_(blocks.planes ? std::move(samples) : std::vector<int>{0}),
      stored_(blocks.planes ? 1 : static_cast<size_t>(blocks.count)),
      row_bytes_((blocks.block_width * stored_ * static_cast<size_t>(blocks.bits) + 7) / 8),
      block_bytes_(row_bytes_ * blocks.block_height) {
  const auto most = static_cast<size_t>(file.MostBlockBytes());
  if (row_bytes_ > most / blocks.block_height / planes_.size())
    throw Error(ErrorCode::kMemory,
                fmt::format("{} stores its {} bands in blocks of {}x{} pixels, more than {} bytes", file.source().name,
                            blocks.count, blocks.block_width, blocks.block_height, most),
                "Save it in tiles or strips of some rows, or raise the limit with --max-pixels if you trust the file.");
  bytes_.resize(block_bytes_ * planes_.size());
  if (blocks.bits > 8 && blocks.bits < 16) unpacked_.resize(blocks.block_width * stored_ * planes_.size());
}

void TiffBlockReader::Read(FunctionRef<void(const Part&)> take) {
  const uint32_t width = blocks_.width, height = blocks_.height;
  for (uint32_t y0 = 0; y0 < height; y0 += std::min(blocks_.block_height, height - y0))
    for (uint32_t x0 = 0; x0 < width; x0 += std::min(blocks_.block_width, width - x0)) {
      const uint32_t rows = std::min(blocks_.block_height, height - y0),
                     columns = std::min(blocks_.block_width, width - x0);
      for (size_t plane = 0; plane < planes_.size(); plane++) ReadBlock(x0, y0, rows, plane);
      for (uint32_t y = 0; y < rows; y++) TakeRow(x0, y0, y, columns, take);
    }
}

void TiffBlockReader::ReadBlock(uint32_t x0, uint32_t y0, uint32_t rows, size_t plane) {
  uint8_t* out = bytes_.data() + plane * block_bytes_;
  const auto sample = static_cast<uint16_t>(planes_[plane]);
  const auto wanted = static_cast<tmsize_t>(blocks_.tiled ? block_bytes_ : row_bytes_ * rows);
  TIFF* tiff = file_.get();
  const tmsize_t got = blocks_.tiled ? TIFFReadEncodedTile(tiff, TIFFComputeTile(tiff, x0, y0, 0, sample), out, wanted)
                                     : TIFFReadEncodedStrip(tiff, TIFFComputeStrip(tiff, y0, sample), out, wanted);
  if (got != wanted) file_.Fail(fmt::format("the block of pixels at x {}, y {} is not whole", x0, y0));
}

size_t TiffBlockReader::BlockOf(int sample) const {
  return static_cast<size_t>(std::find(planes_.begin(), planes_.end(), sample) - planes_.begin());
}

void TiffBlockReader::TakeRow(uint32_t x0, uint32_t y0, uint32_t y, uint32_t pixels,
                              FunctionRef<void(const Part&)> take) {
  const uint8_t* row = bytes_.data() + y * row_bytes_;
  const size_t unpacked = blocks_.block_width * stored_;  // samples of a row
  if (!unpacked_.empty())
    for (size_t plane = 0; plane < planes_.size(); plane++)
      Unpack(row + plane * block_bytes_, blocks_.bits, {unpacked_.data() + plane * unpacked, unpacked});
  const auto first = [&](int sample) -> const void* {
    const size_t block = blocks_.planes ? BlockOf(sample) : 0, place = blocks_.planes ? 0 : static_cast<size_t>(sample);
    if (!unpacked_.empty()) return unpacked_.data() + block * unpacked + place;
    return row + block * block_bytes_ + place * static_cast<size_t>(blocks_.bits / 8);
  };
  take({x0, y0 + y, pixels, stored_, first});
}

}  // namespace fcn
