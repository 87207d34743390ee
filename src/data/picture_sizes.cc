#include "data/picture_sizes.h"

#include <algorithm>
#include <array>
#include <climits>
#include <fstream>

#include "data/mat_file.h"
#include "image/first_bytes.h"
#include "image/pixel_limit.h"

namespace fcn {

std::pair<int, int> PngSize(const std::filesystem::path& path, const ReadImageOptions& options) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return {};
  const auto file_bytes = static_cast<int64_t>(std::filesystem::file_size(path, error));
  std::array<uint8_t, PngHeader::kBytes> bytes{};
  std::ifstream file(path, std::ios::binary);
  if (error || !file.read(reinterpret_cast<char*>(bytes.data()), bytes.size())) return {};
  const PngHeader header = ReadPngHeader(bytes).value_or(PngHeader{});
  const int64_t width = header.width, height = header.height;
  if (width < 1 || height < 1 || width > INT_MAX || height > INT_MAX) return {};
  // A header may claim anything. What is no picture at all must not be planned for.
  if (width > std::min(MostPixels(options, file_bytes), kMostPlannedPixels) / height) return {};
  if (LeastPngBytes(width * height, header.bit_depth, header.colour_type) > file_bytes) return {};
  return {static_cast<int>(width), static_cast<int>(height)};
}

std::pair<int, int> LabelSize(const std::filesystem::path& path, const ReadImageOptions& options) {
  return path.extension() == ".mat" ? MatSize(path, options) : PngSize(path, options);
}

PictureSizes ReadPictureSizes(const Dataset& dataset, FunctionRef<void(size_t done, size_t total)> progress) {
  PictureSizes sizes;
  for (size_t i = 0; i < dataset.size(); i++) {
    if (const auto size = dataset.picture_size(i); size.first > 0 && size.second > 0) sizes[size]++;
    progress(i + 1, dataset.size());
  }
  return sizes;
}

std::string SourceOfSize(const Dataset& dataset, std::pair<int, int> size) {
  for (size_t i = 0; i < dataset.size(); i++)
    if (dataset.picture_size(i) == size) return dataset.source(i);
  return "a picture";  // the files have changed since
}

int64_t LargestPixels(const PictureSizes& sizes) {
  int64_t largest = 0;
  for (const auto& [size, pictures] : sizes) largest = std::max(largest, int64_t{size.first} * size.second);
  return largest;
}

}  // namespace fcn
