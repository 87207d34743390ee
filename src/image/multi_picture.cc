#include "image/multi_picture.h"

#include <cstring>

namespace fcn {

int64_t CountFrames(std::span<const uint8_t> segment) {
  constexpr size_t kHeading = 4, kField = 12, kEntry = 16;
  constexpr uint64_t kEntries = 0xb002;  // the tag of the list of pictures
  if (segment.size() < kHeading + 8 || std::memcmp(segment.data(), "MPF", kHeading) != 0) return 0;
  const std::span<const uint8_t> tiff = segment.subspan(kHeading);  // what follows is laid out as a TIFF
  const bool big_endian = tiff[0] == 'M';
  const auto number = [&](uint64_t at, size_t size) {
    uint64_t value = 0;
    for (size_t i = 0; i < size && at + size <= tiff.size(); i++)
      value |= uint64_t{tiff[at + i]} << (8 * (big_endian ? size - 1 - i : i));
    return value;
  };
  const uint64_t directory = number(4, 4), fields = number(directory, 2);
  int64_t frames = 0;
  for (uint64_t i = 0, at = directory + 2; i < fields && at + kField <= tiff.size(); i++, at += kField) {
    if (number(at, 2) != kEntries) continue;
    const uint64_t bytes = number(at + 4, 4), list = number(at + 8, 4);
    for (uint64_t entry = 0; entry + kEntry <= bytes && list + entry + kEntry <= tiff.size(); entry += kEntry)
      frames += (number(list + entry, 4) >> 16 & 0xff) != 1;  // 1: a large thumbnail
  }
  return frames;
}

}  // namespace fcn
