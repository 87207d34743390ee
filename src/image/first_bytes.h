#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

/// What the first bytes of a file tell, before anything is decoded.
namespace fcn {

inline constexpr std::string_view kJpegSignature = "\xff\xd8\xff";
inline constexpr std::string_view kPngSignature = "\x89PNG\r\n\x1a\n";

bool IsJpeg(std::span<const uint8_t> bytes);

/// What IHDR, the first chunk of any PNG, says. Nothing of it is checked: decoders do that.
struct PngHeader {
  static constexpr size_t kBytes = 26;  ///< from the file's first one on

  uint32_t width = 0, height = 0;
  int bit_depth = 0, colour_type = 0;
};

/// None where the bytes are too few or no PNG's.
std::optional<PngHeader> ReadPngHeader(std::span<const uint8_t> bytes);

/// The fewest bytes into which PNG's compression packs a picture of so many pixels; less than 2^63 whatever a header
/// says.
int64_t LeastPngBytes(int64_t pixels, int bit_depth, int colour_type);

}  // namespace fcn
