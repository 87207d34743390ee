#include "data/picture_sizes.h"

#include <algorithm>
#include <array>
#include <fstream>

#include "data/listing.h"

namespace fcn {

std::pair<int, int> PngSize(const std::filesystem::path& path) {
  // The signature; then length and name of the first chunk, width and height, with the high byte first.
  constexpr std::array<uint8_t, 16> kStart = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n',
                                              0,    0,   0,   13,  'I',  'H',  'D',  'R'};
  std::array<uint8_t, 24> bytes{};
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return {};
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(bytes.data()), bytes.size());
  if (!file || !std::equal(kStart.begin(), kStart.end(), bytes.begin())) return {};
  const auto number = [&](size_t at) {
    const uint32_t value = uint32_t{bytes[at]} << 24 | uint32_t{bytes[at + 1]} << 16 | uint32_t{bytes[at + 2]} << 8 |
                           uint32_t{bytes[at + 3]};
    return value <= 0x7fffffff ? static_cast<int>(value) : 0;
  };
  const int width = number(16), height = number(20);
  return width > 0 && height > 0 ? std::pair(width, height) : std::pair(0, 0);
}

PictureSizes ReadPictureSizes(const DatasetOptions& options) {
  PictureSizes sizes;
  for (const SampleFiles& sample : ListDataset(options).samples)
    if (const std::pair<int, int> size = PngSize(sample.labels); size.first > 0) sizes[size]++;
  return sizes;
}

int64_t LargestPixels(const PictureSizes& sizes) {
  int64_t largest = 0;
  for (const auto& [size, pictures] : sizes) largest = std::max(largest, int64_t{size.first} * size.second);
  return largest;
}

}  // namespace fcn
