#include "image/png_reader.h"

#include <algorithm>
#include <new>
#include <string_view>

#include "base/check.h"

namespace fcn {
namespace {

/// What compressed texts and colour profiles may unpack to beside the pixels; nobody reads them.
constexpr size_t kMaxUnpackedMetadata = size_t{16} << 20;

constexpr size_t kMaxChunk = 0x7fffffff;  // of any PNG

/// DEFLATE's best: 258 bytes for a length code and a distance code of one bit each.
constexpr int64_t kMaxDeflateRatio = 1032;

}  // namespace

PngReader::PngReader(const Source& source) : source_(source), codec_(spng_ctx_new(0)) {
  if (!codec_) throw std::bad_alloc();
  const size_t metadata = 2 * source.bytes.size() + kMaxUnpackedMetadata;
  Check(spng_set_chunk_limits(codec(), std::min(metadata, kMaxChunk), metadata));
  Check(spng_set_png_buffer(codec(), source.bytes.data(), source.bytes.size()));
  Check(spng_get_ihdr(codec(), &header_));
  const int64_t width = header_.width, height = header_.height;
  CheckPixels(source, width, height);
  constexpr int kChannels[] = {1, 0, 3, 1, 2, 0, 4};  // by colour type
  const int64_t bytes = width * height * header_.bit_depth * kChannels[header_.color_type] / 8;
  CheckLeastSize(source, width, height, bytes / kMaxDeflateRatio,
                 "DEFLATE, PNG's compression, packs at most 1032 bytes into one");
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
  Check(spng_decode_image(codec(), out.data(), out.size(), format, flags));
  Check(spng_decode_chunks(codec()));
  // libspng stops ahead of the last checksum. The last chunk is the same in all files.
  constexpr std::string_view kLastChunk("\0\0\0\0IEND\xae\x42\x60\x82", 12);
  const std::string_view bytes(reinterpret_cast<const char*>(source_.bytes.data()), source_.bytes.size());
  if (bytes.rfind(kLastChunk) == bytes.npos) ThrowCorrupt(source_, "PNG", "its last chunk is not whole");
}

void PngReader::Check(int status) const {
  if (status == SPNG_EMEM) throw std::bad_alloc();
  if (status != SPNG_OK) ThrowCorrupt(source_, "PNG", spng_strerror(status));
}

}  // namespace fcn
