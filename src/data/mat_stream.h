#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace fcn {

/// The bytes of a part of a MATLAB file, one after the other.
class MatStream {
 public:
  virtual ~MatStream() = default;
  /// Takes the next `count` bytes; false where there are fewer.
  virtual bool Read(uint8_t* to, size_t count) = 0;
};

/// The bytes as they are.
std::unique_ptr<MatStream> PlainStream(std::span<const uint8_t> bytes);

/// What they unpack to (zlib). Read also fails where they are corrupt. At most kMostUnpacked times as many bytes come
/// out, and none is kept.
std::unique_ptr<MatStream> UnpackedStream(std::span<const uint8_t> packed);

/// DEFLATE's best: 258 bytes for a length code and a distance code of one bit each.
inline constexpr int64_t kMostUnpacked = 1032;

}  // namespace fcn
