#include "image/png_reader.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "image/first_bytes.h"

namespace fcn {
namespace {

/// What compressed texts and colour profiles may unpack to beside the pixels; nobody reads them.
constexpr size_t kMaxUnpackedMetadata = size_t{16} << 20;

constexpr size_t kMaxChunk = 0x7fffffff;  // of any PNG

}  // namespace

PngReader::PngReader(const Source& source, Damage damage) : source_(source), damage_(damage), codec_(spng_ctx_new(0)) {
  if (!codec_) throw std::bad_alloc();
  Check(spng_set_crc_action(codec(), SPNG_CRC_ERROR,
                            damage == Damage::kBesidePixels ? SPNG_CRC_DISCARD : SPNG_CRC_ERROR));
  const size_t metadata = 2 * source.bytes.size() + kMaxUnpackedMetadata;
  Check(spng_set_chunk_limits(codec(), std::min(metadata, kMaxChunk), metadata));
  // In pieces: of a buffer, libspng decodes no row of a chunk that is not whole.
  Check(spng_set_png_stream(codec(), Read, this));
  Check(spng_get_ihdr(codec(), &header_));
  const int64_t width = header_.width, height = header_.height;
  CheckPixels(source, width, height);
  CheckLeastSize(source, width, height, LeastPngBytes(width * height, header_.bit_depth, header_.color_type),
                 "DEFLATE, PNG's compression, packs at most 1032 bytes into one");
}

int PngReader::Read(spng_ctx*, void* user, void* out, size_t size) {
  auto& reader = *static_cast<PngReader*>(user);
  const std::span<const uint8_t> left = reader.source_.bytes.subspan(reader.position_);
  if (size > left.size()) return SPNG_IO_EOF;
  if (size > 0) std::memcpy(out, left.data(), size);
  reader.position_ += size;
  return SPNG_OK;
}

bool PngReader::HasTransparency() const {
  spng_trns transparency;
  return header_.color_type == SPNG_COLOR_TYPE_GRAYSCALE_ALPHA ||
         header_.color_type == SPNG_COLOR_TYPE_TRUECOLOR_ALPHA || spng_get_trns(codec(), &transparency) == SPNG_OK;
}

void PngReader::Decode(std::span<uint8_t> out, int format, int flags) const {
  size_t size = 0;
  Check(spng_decoded_image_size(codec(), format, &size));
  FCN_CHECK(size == out.size());
  const size_t row_size = size / header_.height;
  if (header_.interlace_method == SPNG_INTERLACE_NONE)
    DecodeEach(format, flags, row_size, [&](uint32_t y) { return &out[y * row_size]; });
  else
    Check(spng_decode_image(codec(), out.data(), out.size(), format, flags));
  Finish();
}

void PngReader::DecodeRows(int format, int flags, FunctionRef<void(uint32_t y, const uint8_t* row)> take) const {
  size_t size = 0;
  Check(spng_decoded_image_size(codec(), format, &size));
  const size_t row_size = size / header_.height;
  if (header_.interlace_method != SPNG_INTERLACE_NONE) {
    std::vector<uint8_t> whole(size);
    Decode(whole, format, flags);
    for (uint32_t y = 0; y < header_.height; y++) take(y, &whole[y * row_size]);
    return;
  }
  std::vector<uint8_t> row(row_size);
  DecodeEach(format, flags, row_size, [&](uint32_t y) {
    if (y > 0) take(y - 1, row.data());
    return row.data();
  });
  take(header_.height - 1, row.data());
  Finish();
}

void PngReader::DecodeEach(int format, int flags, size_t row_size, FunctionRef<uint8_t*(uint32_t y)> place) const {
  Check(spng_decode_image(codec(), nullptr, 0, format, flags | SPNG_DECODE_PROGRESSIVE));
  for (uint32_t y = 0; y < header_.height; y++) {
    const int status = spng_decode_row(codec(), place(y), row_size);
    if (status == SPNG_IO_EOF && y > 0) ThrowRowsMissing(source_, "PNG", y, header_.height);
    if (status != SPNG_EOI || y + 1 < header_.height) Check(status);
  }
}

void PngReader::Finish() const {
  const int status = spng_decode_chunks(codec());
  if (status == SPNG_IO_EOF && damage_ == Damage::kBesidePixels) return;
  Check(status);
  // libspng stops ahead of the last checksum. The last chunk is the same in all files.
  constexpr std::string_view kLastChunk("\0\0\0\0IEND\xae\x42\x60\x82", 12);
  const std::string_view bytes(reinterpret_cast<const char*>(source_.bytes.data()), source_.bytes.size());
  if (damage_ == Damage::kRefused && bytes.rfind(kLastChunk) == bytes.npos)
    ThrowCorrupt(source_, "PNG", "its last chunk is not whole");
}

void PngReader::Check(int status) const {
  if (status == SPNG_EMEM || status == SPNG_EZLIB_INIT) throw std::bad_alloc();  // zlib begins by asking for memory
  if (status != SPNG_OK) ThrowCorrupt(source_, "PNG", spng_strerror(status));
}

}  // namespace fcn
