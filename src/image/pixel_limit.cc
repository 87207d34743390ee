#include "image/pixel_limit.h"

#include <algorithm>

namespace fcn {

int64_t MostPixels(const ReadImageOptions& options, int64_t file_bytes) {
  if (options.max_pixels > 0) return options.max_pixels;
  const int64_t of_bytes = std::min(file_bytes, kMostPixels) * kMostPixelsOfByte;
  return std::clamp(of_bytes, kAnyFilesPixels, kMostPixels);
}

}  // namespace fcn
