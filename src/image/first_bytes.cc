#include "image/first_bytes.h"

#include <algorithm>
#include <array>

namespace fcn {
namespace {

bool StartsWith(std::span<const uint8_t> bytes, std::string_view text) {
  return bytes.size() >= text.size() && std::equal(text.begin(), text.end(), bytes.begin(),
                                                   [](char a, uint8_t b) { return static_cast<uint8_t>(a) == b; });
}

}  // namespace

bool IsJpeg(std::span<const uint8_t> bytes) { return StartsWith(bytes, kJpegSignature); }

std::optional<PngHeader> ReadPngHeader(std::span<const uint8_t> bytes) {
  constexpr std::string_view kChunk("\0\0\0\x0dIHDR", 8);  // its length and its name
  if (bytes.size() < PngHeader::kBytes || !StartsWith(bytes, kPngSignature) ||
      !StartsWith(bytes.subspan(kPngSignature.size()), kChunk))
    return std::nullopt;
  const auto number = [&](size_t at) {  // the high byte comes first
    return uint32_t{bytes[at]} << 24 | uint32_t{bytes[at + 1]} << 16 | uint32_t{bytes[at + 2]} << 8 |
           uint32_t{bytes[at + 3]};
  };
  return PngHeader{number(16), number(20), bytes[24], bytes[25]};
}

int64_t LeastPngBytes(int64_t pixels, int bit_depth, int colour_type) {
  constexpr std::array<int64_t, 7> kChannels = {1, 0, 3, 1, 2, 0, 4};  // by colour type
  // DEFLATE's best: 258 bytes for a length code and a distance code of one bit each.
  constexpr int64_t kMostBitsPerByte = int64_t{1032} * 8;
  const auto type = static_cast<size_t>(colour_type);
  const int64_t bits = bit_depth * (type < kChannels.size() ? kChannels[type] : 0);  // of a pixel
  return pixels / kMostBitsPerByte * bits + pixels % kMostBitsPerByte * bits / kMostBitsPerByte;
}

}  // namespace fcn
