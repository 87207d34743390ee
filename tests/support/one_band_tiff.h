#pragma once

#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

namespace fcn::test {

/// An uncompressed TIFF of one band: floats, or integers of 8 or 16 bits.
template <typename Sample>
std::vector<uint8_t> OneBandTiff(uint32_t width, uint32_t height, const std::vector<Sample>& samples) {
  std::vector<uint8_t> bytes = {'I', 'I', 42, 0};
  const auto add = [&](uint32_t number, int count) {
    for (int i = 0; i < count; i++) bytes.push_back(static_cast<uint8_t>(number >> 8 * i));
  };
  constexpr uint32_t kBits = 8 * sizeof(Sample), kFormat = kBits == 32 ? 3 : 1;
  const auto size = static_cast<uint32_t>(samples.size() * sizeof(Sample));
  const size_t begin = 8;
  add(begin + size, 4);
  bytes.resize(begin + size);
  std::memcpy(bytes.data() + begin, samples.data(), size);
  const std::vector<std::pair<uint32_t, uint32_t>> tags = {{256, width}, {257, height}, {258, kBits}, {259, 1},
                                                           {262, 1},     {273, 8},      {277, 1},     {278, height},
                                                           {279, size},  {339, kFormat}};
  add(static_cast<uint32_t>(tags.size()), 2);
  for (const auto& [tag, value] : tags) add(tag, 2), add(4, 2), add(1, 4), add(value, 4);
  add(0, 4);
  return bytes;
}

}  // namespace fcn::test
